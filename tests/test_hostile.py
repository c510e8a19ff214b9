"""Files nobody would wish for: every page of a question answers or refuses in words, and user data stay data."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest

from analysis.findings import Finding
from analysis.words import Words
from tests.behaviour.test_page_experiment import loaded
from tests.test_pages import CELLS, texts, visit

ODD = [
    "<script>alert(1)</script>",
    "$x^2$ **bold** |a|",
    "e" * 200,
    "(other)",
    "‮txet",
    "😀, “quoted”",
    "nan",
    "{event}",
]


def text_of(header: list[str], rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue()


def stamp(k: int, minutes: int = 7) -> str:
    day, rest = divmod(k * minutes, 1440)
    return f"2026-01-{1 + day % 28:02d} {rest // 60:02d}:{rest % 60:02d}:00"


FILES = {
    "one event name": text_of(["user", "time", "event"], [[f"u{k % 40}", stamp(k, 67), "visit"] for k in range(400)]),
    "one user": text_of(["user", "time", "event"], [["u", stamp(k, 97), "abc"[k % 3]] for k in range(200)]),
    "one second": text_of(
        ["user", "time", "event"], [[f"u{k % 9}", "2026-01-05 10:00:00", "abc"[k % 3]] for k in range(90)]
    ),
    "few rows": text_of(["user", "time", "event"], [[f"u{k}", stamp(k, 500), "ab"[k % 2]] for k in range(5)]),
    "odd names": text_of(
        ["user", "time", "event", "channel", "note {x}", "amount"],
        [
            [f"<b>{k % 60}</b>", stamp(k, 11), ODD[k % 8], ODD[k // 3 % 7] if k % 5 else "", f"v{k % 500}", f"{k % 13}"]
            for k in range(1500)
        ],
    ),
}


def test_a_long_name_leaves_room_for_the_sentence() -> None:
    name = "https://shop.example/" + "very/" * 40 + "deep/page-17.html"
    head, _detail = Words().finding(Finding("Most leave at {step}: {rate}", {"step": name, "rate": 0.5}))
    assert head.endswith("deep/page-17.html: 50.0%")
    assert len(head) < 90


@pytest.fixture(scope="module", params=FILES)
def hostile(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    with loaded(FILES[request.param], f"{request.param}.csv") as fingerprint:
        yield request.param, fingerprint


@pytest.mark.parametrize("page", [p for p in CELLS if p.startswith("behaviour/")])
def test_every_page_of_behaviour_answers_or_says_why_not(hostile: tuple[str, str], page: str) -> None:
    name, fingerprint = hostile
    read = [t for t in texts(visit(page, fingerprint)) if "fp-" not in t]
    assert read
    if name != "odd names":  # there "nan" is the name of an event
        assert not [t for t in read if re.search(r"\b(nan|None|NaT|inf)\b", t)]
