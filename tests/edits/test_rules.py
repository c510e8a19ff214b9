"""Derived events: by hand, a test a sentence of the definitions, and against the oracle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import engine, reshape
from analysis.edits import After, DeriveEvent, First, Nth, Repeated, Rule, Silent, Without, recipe
from analysis.errors import ParameterError, SchemaError, UnknownValueError
from analysis.events import EventLog, from_rows
from tests.oracle import edits as oracle
from tests.shop import days

DAY = 86_400_000_000
END = {"user": "end", "time": "2026-02-01 10:00", "event": "end"}


def log_of(*parts: list[dict[str, object]]) -> EventLog:
    """The rows, and one more that says until when everybody was observed: 1 February, 10:00 to 11:00."""
    return from_rows([*(row for part in parts for row in part), END])


def made(log: EventLog, rule: Rule, user: str = "u") -> list[str]:
    """Days on which the rule's event stands in one user's rows, as "05 10:00"."""
    found = DeriveEvent("new", rule).apply(log)
    place = found.user_ids.to_pylist().index(user)
    rows = slice(int(found.starts[place]), int(found.ends[place]))
    codes, names = found.events.codes[rows], found.events.values
    return [
        str(pd.Timestamp(int(t), unit="us"))[8:16]
        for t, c in zip(found.time[rows], codes, strict=True)
        if names[c] == "new"
    ]


def test_first_and_nth_count_different_stamps() -> None:
    log = log_of(days("u", [1, 0, 0, 3]), days("v", [2]))
    assert made(log, First("x")) == ["05 10:00"] and made(log, First("x"), "v") == ["07 10:00"]
    assert made(log, Nth("x", 2)) == ["06 10:00"]  # the two rows of the first day are one time
    assert made(log, Nth("x", 4)) == [] and made(log, Nth("x", 2), "v") == []


def test_a_run_includes_its_edge_and_starts_anew_after_it() -> None:
    assert made(log_of(days("u", [0, 3, 7])), Repeated("x", 3, 7)) == ["12 10:00"]
    assert made(log_of(days("u", [0, 3, 8])), Repeated("x", 3, 7)) == []
    assert made(log_of(days("u", [0, 1, 2, 3])), Repeated("x", 2, 7)) == ["06 10:00", "08 10:00"]
    assert made(log_of(days("u", [0, 1, 2])), Repeated("x", 2, 7)) == ["06 10:00"]


def test_a_run_is_found_where_an_earlier_time_is_too_old_for_it() -> None:
    assert made(log_of(days("u", [0, 6, 8])), Repeated("x", 2, 3)) == ["13 10:00"]


def test_without_is_stamped_at_the_end_of_the_window() -> None:
    assert made(log_of(days("u", [0, 1, 2])), Without("x", 3, "end", 7)) == ["12 10:00"]


@pytest.mark.parametrize(("day", "expected"), [(0, []), (7, []), (8, ["12 10:00"])])
def test_both_edges_of_the_window_are_looked_at_for_what_must_be_missing(day: int, expected: list[str]) -> None:
    log = log_of(days("u", [0, 1, 2]), days("u", [day], "cart"))
    assert made(log, Without("x", 3, "cart", 7)) == expected


def test_without_is_not_made_while_the_window_is_open() -> None:
    closing = days("u", [19, 20])  # 24 and 25 January; 8 days after the first is the stamp of the last row
    assert made(log_of(closing), Without("x", 2, "end", 8)) == ["01 10:00"]
    assert made(log_of(closing), Without("x", 2, "end", 8.1)) == []


@pytest.mark.parametrize("rule", [Without("x", 1, "end", 7), Silent(7)], ids=repr)
def test_a_window_that_ends_with_the_data_is_open(rule: Rule) -> None:
    rows = [{"user": "u", "time": "2026-01-05", "event": "x"}, {"user": "end", "time": "2026-01-11", "event": "end"}]
    assert made(from_rows(rows), rule) == []  # observed up to 12 January 00:00, that instant not included
    assert made(from_rows([*rows, {**rows[1], "time": "2026-01-12"}]), rule) == ["12 00:00"]


def test_counting_starts_anew_after_what_was_not_missing_and_after_the_window() -> None:
    log = log_of(days("u", [0, 1, 3, 4]), days("u", [2], "cart"))
    assert made(log, Without("x", 2, "cart", 5)) == ["13 10:00"]  # of the days 3 and 4
    log = log_of(days("u", [0, 1, 5, 6, 7]), days("v", [0], "cart"))
    assert made(log, Without("x", 2, "cart", 5)) == ["10 10:00", "16 10:00"]  # day 5 is inside the first window


def test_silence_is_every_gap_longer_than_the_days_and_the_closed_end() -> None:
    log = log_of(days("u", [0, 7, 15]))
    assert made(log, Silent(7)) == ["19 10:00", "27 10:00"]  # the gap of exactly 7 days is none
    assert made(log, Silent(12)) == ["01 10:00"] and made(log, Silent(13)) == []


def test_silence_of_one_event_and_derived_rows_are_no_sign_of_life() -> None:
    log = log_of(days("u", [0]), days("u", [5], "y"))
    assert made(log, Silent(7)) == ["17 10:00"] and made(log, Silent(7, "x")) == ["12 10:00"]
    edits = (DeriveEvent("quiet", Silent(4)), DeriveEvent("gone", Silent(7)))
    assert made(recipe.apply(log, edits[:1]), Silent(7)) == ["17 10:00"]
    assert recipe.counts(log, edits) == (2, 1)


def test_after_answers_each_time_by_the_first_later_one() -> None:
    log = log_of(days("u", [0, 1, 9]), days("u", [3, 4, 17], "buy"))
    assert made(log, After("x", "buy", 7)) == ["08 10:00"]  # two are answered at once; day 17 is 8 days late
    assert made(log, After("x", "buy", 8)) == ["08 10:00", "22 10:00"]  # the edge belongs to the window
    assert made(log_of(days("u", [2]), days("u", [2], "buy")), After("x", "buy", 1)) == ["07 10:00"]


def test_a_derived_row_carries_properties_but_no_money() -> None:
    rows = [
        {"user": "u", "time": f"2026-01-0{d}", "event": "buy", "city": c, "amount": 5.0, "size": d}
        for d, c in ((5, "Rome"), (6, "Oslo"))
    ]
    log = from_rows(rows, roles={"amount": "amount"})
    found = DeriveEvent("first buy", First("buy")).apply(log)
    shown = found.rows_of(0)
    assert shown["event"].tolist() == ["buy", "first buy", "buy"]
    assert shown["city"].tolist() == ["Rome", "Rome", "Oslo"] and shown["size"].tolist() == [5, 5, 6]
    assert np.isnan(shown["amount"][1]) and shown["amount"].sum() == 10
    assert shown["derived"].tolist() == ["", "by rule", ""]
    assert found.ends_at == log.ends_at and log.n_events == 2


def test_future_rows_are_not_seen() -> None:
    log = from_rows([*days("u", [0, 40]), END], now=pd.Timestamp("2026-02-02").value // 1000)
    assert made(log, Nth("x", 2)) == [] and made(log, Silent(5)) == ["10 10:00"]


def test_refusals() -> None:
    log = log_of(days("u", [0]))
    with pytest.raises(ParameterError, match="a name that no event has yet"):
        DeriveEvent("end", First("x")).apply(log)
    with pytest.raises(UnknownValueError, match="'xx' does not occur"):
        DeriveEvent("new", First("xx")).count(log)
    with pytest.raises(SchemaError, match="result table"):
        DeriveEvent("new", First("x")).apply(from_rows(days("u", [0]), shape="results"))
    with pytest.raises(ParameterError, match="a whole log"):
        DeriveEvent("new", First("x")).apply(log.between("2026-01-05", "2026-01-06"))
    for bad in (
        lambda: Nth("x", 0),
        lambda: Repeated("x", 1, 7),
        lambda: Silent(0),
        lambda: Silent(float("nan")),
        lambda: Without("x", 2, "x", 7),
        lambda: After("x", "x", 7),
        lambda: Repeated("x", 2.5, 7),
        lambda: First(""),
    ):  # type: ignore[arg-type]
        with pytest.raises(ParameterError):
            bad()


# -- random logs ----------------------------------------------------------------------------------

ROWS = st.lists(st.tuples(st.sampled_from("uv"), st.integers(0, 12), st.sampled_from("abc")), max_size=22)


def random_log(rows: list[tuple[str, int, str]]) -> EventLog:
    made_of = [{"user": u, "time": f"2026-01-{5 + d:02d} 10:00:01", "event": e} for u, d, e in rows]
    ends = [{"user": "end", "time": "2026-01-17 10:00:01", "event": e} for e in "abc"]
    return from_rows([*made_of, *ends])


def expected(rule: Rule, stamps: dict[str, list[int]], until: int) -> list[int]:
    """The oracle's instants of one user, by event and for all events together ("")."""
    times = {e: oracle.different(t, until) for e, t in stamps.items()}
    match rule:
        case First(event):
            return oracle.nth(times[event], 1)
        case Nth(event, n):
            return oracle.nth(times[event], n)
        case Repeated(event, k, window):
            return oracle.repeated(times[event], k, window * DAY)
        case Without(event, k, missing, window):
            return oracle.without(times[event], times[missing], k, window * DAY, until)
        case Silent(window, event):
            return oracle.silent(times[event or ""], window * DAY, until)
        case After(event, then, window):
            return oracle.after(times[event], times[then], window * DAY)
    raise AssertionError(rule)


WINDOW = st.sampled_from([1, 2, 3, 5])
RULES = st.one_of(
    st.just(First("a")),
    st.builds(Nth, st.just("a"), st.integers(1, 3)),
    st.builds(Repeated, st.just("a"), st.integers(2, 3), WINDOW),
    st.builds(Without, st.just("a"), st.integers(1, 3), st.just("b"), WINDOW),
    st.builds(Silent, WINDOW, st.sampled_from([None, "a"])),
    st.builds(After, st.just("a"), st.just("b"), WINDOW),
)


@settings(max_examples=400, deadline=None)
@given(rows=ROWS, rule=RULES, size=st.integers(1, 8))
def test_oracle(rows: list[tuple[str, int, str]], rule: Rule, size: int) -> None:
    log = random_log(rows)
    before, engine.ROWS_A_CHUNK = engine.ROWS_A_CHUNK, size
    try:
        found = DeriveEvent("new", rule).apply(log)
    finally:
        engine.ROWS_A_CHUNK = before
    assert DeriveEvent("new", rule).count(log) == found.n_events - log.n_events
    for place, user in enumerate(found.user_ids.to_pylist()):
        mine = log.rows_of(place)
        stamp = mine["time"].astype("int64").tolist()
        stamps = {
            e: [t for t, said in zip(stamp, mine["event"], strict=True) if said == e or not e]
            for e in ("a", "b", "c", "")
        }
        shown = found.rows_of(place)
        assert shown["time"].is_monotonic_increasing
        new = shown.loc[shown["event"] == "new", "time"].astype("int64").tolist()
        assert new == expected(rule, stamps, log.ends_at), (user, rule)
        rest = shown[shown["event"] != "new"].drop(columns="derived")
        assert rest.reset_index(drop=True).equals(mine)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, rule=RULES, day=st.integers(6, 16))
def test_no_rule_sees_the_future(rows: list[tuple[str, int, str]], rule: Rule, day: int) -> None:
    """What a log derives up to a day is what the log that ends there derives."""
    log = random_log(rows)
    until = int(log.time.max()) - (17 - day) * DAY
    seen = log.time < until
    if not {"a", "b"} <= {log.events.values[c] for c in log.events.codes[seen]}:
        return
    past = replace(reshape.keep_rows(log, seen), ends_at=until)
    early, full = rule.find(past)[1], rule.find(log)[1]
    assert sorted(early.tolist()) == sorted(full[full < until].tolist())
