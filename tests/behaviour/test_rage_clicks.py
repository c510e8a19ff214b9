"""Rage clicks: by hand, against the oracle, and the planted button."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import RageClicks
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog, from_rows
from tests.oracle import rage_clicks as oracle
from tests.shop import ROOT, journey

Click = tuple[str, float, str, str, float, float]  # user, seconds, page, element, x, y
ROLES = {"page": "page", "element": "element", "x": "x", "y": "y"}


def log_of(clicks: list[Click], *, placed: bool = True, more: list[dict[str, object]] | None = None) -> EventLog:
    made = []
    for user, at, page, element, x, y in clicks:
        stamp = datetime(2026, 1, 5, 10) + timedelta(seconds=at)
        row: dict[str, object] = {"user": user, "time": stamp.isoformat(), "event": "click", "page": page}
        made.append(row | {"element": element} | ({"x": x, "y": y} if placed else {}))
    roles = ROLES if placed else {"page": "page", "element": "element"}
    return from_rows([*made, *(more or [])], roles=roles)


def at(*seconds: float, x: float = 0.0, element: str = "buy", page: str = "p", user: str = "u") -> list[Click]:
    return [(user, s, page, element, x, 0.0) for s in seconds]


def bursts(clicks: list[Click], **fields: object) -> int:
    return len(RageClicks(**fields).ask(log_of([*clicks, ("z", 90.25, "p", "buy", 0.0, 0.0)])).who)  # type: ignore[arg-type]


def test_three_clicks_in_a_second_are_a_burst_edges_included() -> None:
    assert bursts(at(0, 0.5, 1.0)) == 1
    assert bursts(at(0, 0.5, 1.01)) == 0
    assert bursts(at(0, 0.5)) == 0
    assert bursts(at(0, 0, 0)) == 1


def test_within_30_pixels_of_the_first_edge_included() -> None:
    assert bursts([*at(0, 0.2), *at(0.4, x=30.0)]) == 1
    assert bursts([*at(0, 0.2), *at(0.4, x=30.5)]) == 0


def test_a_long_burst_is_one_and_a_later_one_is_another() -> None:
    assert bursts(at(*np.arange(0, 3, 0.25))) == 1
    assert bursts(at(0, 0.25, 0.5, 20, 20.25, 20.5)) == 2


def test_pages_and_users_are_apart() -> None:
    assert bursts([*at(0, 0.25), *at(0.5, page="q")]) == 0
    assert bursts([*at(0, 0.25), *at(0.5, user="v")]) == 0
    both = [c for s in (0, 0.25, 0.5) for c in (*at(s), *at(s + 0.1, page="q"))]
    assert bursts(both) == 2
    assert bursts(both, page="q") == 1


def test_other_events_between_do_not_matter() -> None:
    view = {"user": "u", "time": "2026-01-05T10:00:00.300000", "event": "view", "page": "p", "element": None}
    assert len(RageClicks().ask(log_of(at(0, 0.25, 0.5), more=[view | {"x": None, "y": None}])).who) == 1


def test_without_positions_the_same_element_counts() -> None:
    same = log_of(at(0, 0.25, 0.5), placed=False)
    other = log_of([*at(0, 0.25), *at(0.5, element="help")], placed=False)
    assert (len(RageClicks().ask(same).who), len(RageClicks().ask(other).who)) == (1, 0)


def test_the_rate_is_of_the_users_of_the_page() -> None:
    answer = RageClicks().ask(log_of([*at(0, 0.25, 0.5), *at(5, user="v"), *at(6, page="q", user="w")]))
    row = answer.table.iloc[0]
    assert (row["page"], row["element"], row["bursts"], row["users"], row["page_users"]) == ("p", "buy", 1, 1, 2)
    assert row["rate"] == 0.5
    assert answer.log.ids(answer.people("p", "buy")) == ["u"]


def test_nothing_is_an_answer_with_the_shape_of_a_full_one() -> None:
    answer = RageClicks().ask(log_of(at(0, 20.25)))
    assert list(answer.table.columns) == RageClicks().ask(log_of(at(0, 0.25, 0.5))).table.columns.tolist()
    assert not len(answer.table)
    many = [c for k in range(40) for c in at(0.25, user=f"u{k}")]
    assert "No user" in RageClicks().ask(log_of(many)).findings()[0].message


def test_refusals() -> None:
    with pytest.raises(SchemaError, match="Record x and y"):
        RageClicks().ask(from_rows([{"user": "u", "time": "2026-01-05 10:00:01", "event": "click"}]))
    minutes = [{"user": "u", "time": f"2026-01-05 10:{k:02d}", "event": "click", "element": "a"} for k in (3, 4)]
    with pytest.raises(SchemaError, match="to the second"):
        RageClicks().ask(from_rows(minutes, roles={"element": "element"}))
    for wrong in ({"times": 1}, {"seconds": 0}, {"pixels": -1}):
        with pytest.raises(ParameterError):
            RageClicks(**wrong)
    with pytest.raises(SchemaError):
        RageClicks().ask(from_rows(journey("u", "A"), shape="results"))


def test_repr_repeats_the_question() -> None:
    question = RageClicks(click="tap", page="p", times=4, seconds=0.5, pixels=10, compare="platform")
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question
    assert analysis.Question.from_dict(question.to_dict()) == question


def test_the_planted_button_on_android_is_found_and_nothing_else() -> None:
    log = analysis.load(ROOT / "sample_data" / "clicks.csv", time_zone="Asia/Shanghai")
    truth = json.loads((ROOT / "sample_data" / "clicks_truth.json").read_text("utf-8"))["realised"]
    answer = RageClicks(compare="platform").ask(log)
    assert [(r.page, r.element) for r in answer.table.itertuples()] == [("checkout", "提交订单")]
    assert answer.table["users"][0] == truth["rage_users"]["checkout/提交订单/android"]
    bad = [f.facts["value"] for f in answer.findings() if f.tone == "bad"]
    assert bad == ["android"]
    assert all(np.isnan(f.p) for f in RageClicks(compare="variant").ask(log).findings())


@settings(max_examples=60, deadline=None)
@given(
    clicks=st.lists(
        st.tuples(
            st.sampled_from("uv"),
            st.integers(0, 12).map(lambda k: k / 4),
            st.sampled_from("pq"),
            st.sampled_from(["a", "b"]),
            st.sampled_from([0.0, 25.0, 40.0]),
            st.sampled_from([0.0, 20.0]),
        ),
        min_size=1,
        max_size=20,
    ),
    times=st.integers(2, 4),
    seconds=st.sampled_from([0.25, 1.0]),
)
def test_oracle(clicks, times, seconds) -> None:  # type: ignore[no-untyped-def]
    # Equal stamps of one user are in the order of the file, as in the log.
    answer = RageClicks(times=times, seconds=seconds).ask(log_of([*clicks, ("z", 90.25, "p", "a", 0.0, 0.0)]))
    log = answer.log
    pages, elements = log.words("page").values, log.words("element").values
    found = zip(log.ids(answer.who), answer.page, answer.element, strict=True)
    expected = oracle.bursts(clicks, times, seconds, 30)
    assert sorted((u, pages[p], elements[e]) for u, p, e in found) == sorted(expected)
    for row in answer.table.itertuples():
        who = {u for u, p, e in expected if (p, e) == (row.page, row.element)}
        assert set(log.ids(answer.people(row.page, row.element))) == who
        assert row.users == len(who)
