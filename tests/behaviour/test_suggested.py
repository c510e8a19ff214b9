"""Suggested funnels: what most did before the goal, in their order, and no shorter way that a longer one tells."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import suggest
from analysis.behaviour.funnels import suggested
from analysis.behaviour.funnels.suggested import Way, ways
from analysis.errors import UnknownValueError
from analysis.events import from_rows
from tests.oracle import suggested as oracle
from tests.shop import ROOT


def log_of(lives: list[str]):  # type: ignore[no-untyped-def]
    rows = []
    for k, life in enumerate(lives):
        rows += [{"user": f"u{k}", "time": f"2026-01-05 10:{m:02d}", "event": e} for m, e in enumerate(life)]
    return from_rows(rows)


def test_the_order_is_that_of_first_times_before_the_first_goal() -> None:
    found = ways(log_of(["ABAG", "BGA", "GA", "AB"]), "G")
    assert found == [Way(("B", "G"), 2, 3), Way(("A", "B", "G"), 1, 3)]


def test_a_shorter_way_is_left_out_where_a_longer_one_is_as_common() -> None:
    assert ways(log_of(["ABCG"] * 8 + ["ABG"] * 2), "G")[0] == Way(("A", "B", "C", "G"), 8, 10)
    assert ways(log_of(["ABCG"] * 7 + ["ABG"] * 3), "G")[:2] == [
        Way(("A", "B", "G"), 10, 10),
        Way(("A", "B", "C", "G"), 7, 10),
    ]


def test_rare_ways_and_events_left_out_are_no_ways() -> None:
    assert [w.events for w in ways(log_of(["AG"] * 39 + ["BG"]), "G")] == [("A", "G")]
    assert ways(log_of(["AG"] * 9), "G", frozenset("A")) == []
    assert ways(log_of(["G"] * 9), "G") == []


def test_an_unknown_goal_is_refused() -> None:
    with pytest.raises(UnknownValueError):
        ways(log_of(["AG"]), "H")


def test_the_first_way_of_the_sample_is_its_first_funnel() -> None:
    log = analysis.load(ROOT / "sample_data" / "shop.csv", time_zone="Asia/Shanghai")
    first = suggest.ways(log, "order")[0]
    assert first.funnel == suggest.funnel(log)
    assert first.users > 0.9 * first.reach


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ABCDG", max_size=9).filter(bool), min_size=1, max_size=12), st.sets(st.sampled_from("AB")))
def test_oracle(lives: list[str], left_out: set[str]) -> None:
    log = log_of([*lives, "AG"])
    counts, reach = oracle.ways([list(life) for life in [*lives, "AG"]], "G", left_out)
    told = suggested._told(counts, reach)  # type: ignore[misc]
    expected = sorted((-n, -len(w), n) for w, n in told)
    found = ways(log, "G", frozenset(left_out))
    assert sorted((-w.users, 1 - len(w.events), w.users) for w in found) == expected
    assert all(counts[w.events[:-1]] == w.users and w.reach == reach for w in found)
