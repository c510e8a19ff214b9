"""Transitions: the definition by hand, against the oracle, and that as many come to an event as leave it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis.behaviour.journeys import transition_count
from analysis.behaviour.journeys.transitions import END, OTHER, START, Transitions
from analysis.engine import over_users
from analysis.errors import ParameterError, SchemaError, UnknownValueError
from analysis.events import from_rows
from tests.oracle import transitions as oracle
from tests.shop import journey


def pairs(answer: object, column: str = "transitions") -> dict[tuple[str, str], int]:
    table = answer.table  # type: ignore[attr-defined]
    return {(a, b): n for a, b, n in table[["from", "to", column]].itertuples(index=False)}


def test_every_event_is_entered_and_left_once() -> None:
    answer = Transitions().ask(from_rows([*journey("u", "ABAB"), *journey("v", "AB")]))
    assert pairs(answer) == {(START, "A"): 2, ("A", "B"): 3, ("B", "A"): 1, ("B", END): 2}
    assert pairs(answer, "users") == {(START, "A"): 2, ("A", "B"): 2, ("B", "A"): 1, ("B", END): 2}
    assert answer.table.set_index(["from", "to"]).loc[("B", "A"), "share"] == pytest.approx(1 / 3)


def test_repeats_are_one_by_choice() -> None:
    log = from_rows(journey("u", "AAB"))
    assert pairs(Transitions().ask(log))["A", "A"] == 1
    assert pairs(Transitions(collapse=True).ask(log)) == {(START, "A"): 1, ("A", "B"): 1, ("B", END): 1}


def test_a_pause_ends_a_visit_and_the_last_event_may_be_open() -> None:
    log = from_rows([*journey("u", "AB", hours=2), *journey("w", "A", start="2026-01-06 00:00")])
    answer = Transitions(within_minutes=60).ask(log)
    assert pairs(answer) == {(START, "A"): 2, (START, "B"): 1, ("A", END): 1, ("B", END): 1}
    assert answer.still_open == 1
    assert pairs(Transitions(within_minutes=120).ask(log))["A", "B"] == 1


def test_events_outside_are_not_seen_and_small_ones_are_other() -> None:
    log = from_rows(journey("u", "AAAxBBc"))
    assert pairs(Transitions(events=("A", "B"), collapse=True).ask(log))["A", "B"] == 1
    answer = Transitions(most_events=2, collapse=True).ask(log)
    assert pairs(answer) == {(START, "A"): 1, ("A", OTHER): 1, (OTHER, "B"): 1, ("B", OTHER): 1, (OTHER, END): 1}


def test_equal_stamps_keep_the_order_of_the_file() -> None:
    rows = [{"user": "u", "time": "2026-01-05", "event": e} for e in "BA"]
    assert ("B", "A") in pairs(Transitions().ask(from_rows(rows)))


def test_people_are_as_many_as_the_users() -> None:
    log = from_rows([*journey("u", "ABA"), *journey("v", "AB"), *journey("w", "B")])
    answer = Transitions().ask(log)
    for row in answer.table.to_dict("records"):
        assert len(answer.people(row["from"], row["to"])) == row["users"]
    assert log.ids(answer.people("B", "A")) == ["u"]
    with pytest.raises(UnknownValueError, match="Nearest"):
        answer.people("b", "A")


def test_the_interval_allows_for_users_who_come_often() -> None:
    """Ten who always go on and ten who never do, each fifty times: as good as twenty users, not a thousand."""
    often = [r for k in range(20) for r in journey(f"u{k}", "AB" * 50 if k % 2 else "AC" * 50)]
    row = Transitions().ask(from_rows(often)).table.set_index(["from", "to"]).loc[("A", "B")]
    assert row["share"] == 0.5
    assert row["share_high"] - row["share_low"] > 0.4


def test_findings_and_too_few() -> None:
    log = from_rows([r for k in range(40) for r in journey(f"u{k}", "ABC" if k % 4 else "A")])
    first, last = Transitions().ask(log).findings()
    assert (first.facts["event"], first.facts["next"], first.effect) == ("A", "B", 0.75)
    assert (last.facts["event"], last.facts["users"]) == ("C", 30)
    assert "Too few" in Transitions().ask(from_rows(journey("u", "AB"))).findings()[0].message


@pytest.mark.parametrize("said", ["A", "AAAA"])
def test_one_event_only(said: str) -> None:
    answer = Transitions(collapse=True).ask(from_rows(journey("u", said)))
    assert pairs(answer) == {(START, "A"): 1, ("A", END): 1}


def test_refusals_and_repr() -> None:
    for bad in ({"within_minutes": 0}, {"events": ()}, {"most_events": 0}):
        with pytest.raises(ParameterError):
            Transitions(**bad)  # type: ignore[arg-type]
    with pytest.raises(SchemaError):
        Transitions().ask(from_rows(journey("u", "A"), shape="results"))
    question = Transitions(within_minutes=30, collapse=True, events=("a", "b"), most_events=5)
    assert analysis.Question.from_dict(json.loads(json.dumps(question.to_dict()))) == question


def test_an_empty_view_has_the_shape_of_a_full_answer() -> None:
    answer = Transitions().ask(from_rows(journey("u", "AB")).between("2027-01-01", "2027-01-02"))
    assert list(answer.table.columns) == answer.COLUMNS
    assert not len(answer.table)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("uvw"), st.integers(0, 90), st.sampled_from("abcd")), min_size=1, max_size=30
    ),
    within=st.sampled_from([None, 5.0, 20.0]),
    collapse=st.booleans(),
    seen=st.sampled_from([None, ("a", "b"), ("a", "c", "d")]),
)
def test_oracle(rows, within, collapse, seen) -> None:  # type: ignore[no-untyped-def]
    rows = [*rows, ("x", 0, "a"), ("x", 1, "b"), ("x", 2, "c"), ("x", 2, "d")]
    made = [{"user": u, "time": f"2026-01-05 {m // 60:02d}:{m % 60:02d}:00", "event": e} for u, m, e in rows]
    log = from_rows(made)
    answer = Transitions(within_minutes=within, collapse=collapse, events=seen).ask(log)
    until = max(m for _, m, _ in rows) + log.resolution_us / 60e6
    counts, users, still_open = oracle.pairs(rows, within, collapse, set(seen or "abcd"), until)
    assert pairs(answer) == dict(counts)
    assert pairs(answer, "users") == {k: len(v) for k, v in users.items()}
    assert answer.still_open == still_open
    entered, left = answer.matrix.sum(axis=0)[1:], answer.matrix.sum(axis=1)[1:]
    assert np.all(entered - left >= 0)
    assert (entered - left).sum() == still_open


def test_the_order_of_chunks_changes_nothing() -> None:
    log = from_rows([r for k in range(9) for r in journey(f"u{k}", "ABCAB"[k % 3 :])])
    answer = Transitions().ask(log)
    cut = over_users(log, transition_count.count, *answer.arguments, merge=("sum", "sum"), rows_a_chunk=4)
    assert np.array_equal(cut[0], answer.matrix)
