"""The ledger and the health of the data, as a person meets them on the Data page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from analysis.charts.look import Look
from analysis.events import from_rows
from analysis.intake.ledger import Ledger
from analysis.words import Words
from pages.notebook import session

ROWS = """user_id,time,event,amount,channel
u1,2026-01-05 10:00:00,Add Cart,,ads
u2,2026-01-05 11:00:07,add_cart,,"two
lines"
0,2026-01-05 11:30:00,view,,mail
u2,2026-01-06 11:00:00,buy,12.5,mail
u2,2026-01-06 11:00:00,buy,12.5,mail
,2026-01-05 11:00:00,view,,mail
,2026-01-05 12:00:00,view,,mail
u3,yesterday,view,,mail
=cmd|1,2026-01-07 10:00:00,<b>x_y</b>,n/k,<img src=x>
<i>u4</i>,2026-01-07 10:00:00,<b>x y</b>,3,[a](http://b)
"""


def script() -> None:
    import streamlit as st

    from pages.notebook import session
    from pages.start import account, health

    current = session.dataset()
    assert current is not None
    account.card(current)
    health.card(current)
    st.caption("end")


def loaded(text: str, name: str = "odd.csv", **settings: object) -> str:
    space = session.workspace()
    return space.add(space.receive([text.encode()], name), **settings).fingerprint  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def odd() -> Iterator[str]:
    """A small file with everything in it."""
    roles = {"user": "user_id", "time": "time", "event": "event", "amount": "amount", "channel": "channel"}
    fingerprint = loaded(ROWS, roles=roles)
    yield fingerprint
    session.workspace().remove(fingerprint)


def visit(fingerprint: str, language: str = "en", part: str | None = None) -> AppTest:
    at = AppTest.from_function(script, default_timeout=60)
    at.session_state["lang"], at.session_state["ds"] = language, fingerprint
    if part is not None:
        at.session_state[f"part:{fingerprint}@{language}"] = part
    at.run()
    assert not at.exception, at.exception
    assert at.caption[-1].value == "end"
    return at


def said(at: AppTest) -> str:
    """The text of all HTML, tags aside."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", " ".join(e.proto.body for e in at.get("html"))))


def test_the_sums_add_up_to_the_row_and_to_the_line(odd: str) -> None:
    text = said(visit(odd))
    assert "10 rows in the file = 6 used + 2 without a user + 1 with an unreadable time + 1 repeats" in text
    assert "12 lines = 10 rows + 1 of the header + 1 inside quotes" in text


def test_the_strip_has_a_part_for_each_and_labels_where_there_is_room(odd: str) -> None:
    body = next(e.proto.body for e in visit(odd).get("html") if "flex:" in e.proto.body)
    assert re.findall(r"flex:(\d+) ", body) == ["6", "2", "1", "1"]
    assert len(set(re.findall(r"background:(#\w+);color", body))) == 4
    assert ">without a user 2</div>" in body


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_part_opens_its_rows(odd: str, language: str) -> None:
    counts = {"used": 6, "no_user": 2, "bad_time": 1, "duplicate": 1, "unknown_ids": 1, "lines_in_quotes": 1}
    at = visit(odd, language)
    assert len(at.pills[0].options) >= len(counts)
    for part, count in counts.items():
        shown = visit(odd, language, part).dataframe[0].value
        assert len(shown) == count, part
        if part in ("no_user", "bad_time", "duplicate"):
            assert shown["line"].is_monotonic_increasing and shown["reason"].nunique() == 1
    assert visit(odd, language, "no_user").dataframe[0].value["line"].tolist() == [8, 9]


def test_a_number_that_could_not_be_read_says_which_rows_are_shown(odd: str) -> None:
    at = visit(odd, part="unreadable_numbers")
    assert any("all rows with an empty cell" in c.value for c in at.caption)
    assert len(at.dataframe[0].value) == 4


def test_a_reason_is_said_in_the_language(odd: str) -> None:
    assert visit(odd, part="no_user").dataframe[0].value["reason"][0] == "No user is given."
    assert visit(odd, "zh", part="no_user").dataframe[0].value["reason"][0] == Words("zh")("No user is given.")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_markup_in_the_data_stays_text(language: str) -> None:
    events = ["<script>x y</script>", "<script>x_y</script>", "<script>x_y</script>"]
    rows = "".join(f"<i>u{k}</i>,2026-01-05 10:00,{event}\n" for k, event in enumerate(events))
    fingerprint = loaded("user_id,time,event\n" + rows, "<img src=x onerror=alert(1)>.csv")
    at = visit(fingerprint, language, "used")
    bodies = " ".join(e.proto.body for e in at.get("html"))
    assert "&lt;script&gt;x" in bodies  # tiles name the most common event, and the spelling
    assert not re.search(r"<(script|img|i)\b", bodies)
    assert not at.markdown
    assert at.dataframe[0].value["event"].tolist() == events
    session.workspace().remove(fingerprint)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_health_tells_what_to_be_careful_with_first(odd: str, language: str) -> None:
    at = visit(odd, language)
    tiles = [e.proto.body for e in at.get("html") if "1.6rem" in e.proto.body]
    signs = [next(s for s in "▲◆●" if s in body) for body in tiles]
    assert signs == sorted(signs, key="▲◆●".index) and {"▲", "●"} <= set(signs)
    text = said(at)
    assert ("Spellings of events" in text) if language == "en" else ("事件名写法" in text)
    if language == "zh":
        assert not re.findall(r"[A-Za-z]{4,} [a-z]{2,} [a-z]{2,}", text)
    assert len(at.get("vega_lite_chart")) == 2


def test_a_tile_opens_who_is_behind_it(odd: str) -> None:
    at = visit(odd)
    next(b for b in at.button if ":spellings@" in str(b.key)).click().run()
    assert not at.exception
    assert sorted(at.dataframe[0].value["event"]) == ["<b>x y</b>", "<b>x_y</b>", "Add Cart", "add_cart"]
    next(b for b in at.button if ":unknown_ids@" in str(b.key)).click().run()
    assert at.dataframe[0].value["user"].tolist() == ["0"]
    next(b for b in at.button if ":events_per_user@" in str(b.key)).click().run()
    assert (
        at.dataframe[0].value["user"].tolist() == ["0", "<i>u4</i>", "=cmd|1", "u1"] or len(at.dataframe[0].value) == 4
    )


def test_a_clean_shop_has_nothing_in_the_way(shop: str) -> None:
    at = visit(shop)
    assert "Nothing stands in the way of good answers." in said(at)
    assert at.expander[0].label == "What is fine: 20" and not at.expander[0].proto.expanded


def test_one_row_is_enough() -> None:
    fingerprint = loaded("user_id,time,event\nu1,2026-01-05 10:00:00,view\n", "one.csv")
    at = visit(fingerprint, part="used")
    assert len(at.dataframe[0].value) == 1 and not at.get("vega_lite_chart")
    session.workspace().remove(fingerprint)


def test_a_result_table_and_a_data_set_made_here_have_cards_too() -> None:
    fingerprint = loaded("arm,converted,spend\n" + "a,1,2\nb,0,0\n" * 60, "results.csv")
    assert "The smallest arm" in said(visit(fingerprint))
    session.workspace().remove(fingerprint)
    made = session.workspace().add_derived(from_rows([{"user": "u", "time": "2026-01-05", "event": "x"}]), name="made")
    assert any("made here" in c.value for c in visit(made.fingerprint).caption)
    session.workspace().remove(made.fingerprint)


def test_several_files_add_up_file_by_file() -> None:
    log = from_rows([{"user": f"u{k}", "time": "2026-01-05", "event": "x"} for k in range(5)])
    first = Ledger(rows=4, lines=5, used=3, dropped={"no_user": 1}, events=3, header_lines=1)
    second = Ledger(rows=3, lines=0, used=2, dropped={"overlap": 1}, events=2)
    whole = Ledger.joined([("<b>may</b>.csv", first), ("june.xlsx", second)])
    assert whole.closes()
    made = session.workspace().add_derived(replace(log, ledger=whole), name="both")
    at = visit(made.fingerprint)
    table = at.dataframe[0].value
    assert table["file"].tolist() == ["<b>may</b>.csv", "june.xlsx", "together"]
    assert table["rows"].tolist() == ["4", "3", "7"] and table["used"].tolist() == ["3", "2", "5"]
    assert table["in an earlier file"].tolist() == ["0", "1", "1"]
    assert "7 rows in the file = 5 used + 1 without a user + 1 in an earlier file" in said(at)
    lost = visit(made.fingerprint, part="no_user")
    assert any("not kept" in c.value for c in lost.caption)
    session.workspace().remove(made.fingerprint)


def test_dark_and_light_strips_are_readable() -> None:
    from pages.start.account import on

    for look in (Look(), Look(dark=True)):
        for colour in [look.accent, *look.series]:
            assert contrast(colour, on(colour)) >= 3.4


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2)."""

    def light(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)
