"""Gaps between events: by hand, against the oracle, and with and without two humps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import SessionGaps, Sessions
from analysis.behaviour.visits.session_gaps import EDGES, valley
from analysis.errors import ParameterError, SchemaError
from analysis.events import from_rows
from tests.oracle import session_gaps as oracle
from tests.shop import real


def at(user: str, seconds: int) -> dict[str, object]:
    stamp = np.datetime64("2026-01-05T10:00:00") + np.timedelta64(int(seconds), "s")
    return {"user": user, "time": str(stamp), "event": "x"}


def binned(seconds: np.ndarray) -> np.ndarray:
    return np.histogram(np.asarray(seconds) * 1e6, bins=EDGES)[0]


def test_a_gap_of_exactly_the_timeout_does_not_cut() -> None:
    log = from_rows([at("a", 0), at("a", 1800), at("a", 3601), at("b", 0)])
    answer = SessionGaps().ask(log)
    assert (answer.cut[0], answer.sessions) == (0.5, 3)
    assert answer.table["gaps"].sum() == 2


def test_a_gap_on_an_edge_belongs_to_the_bin_that_ends_there() -> None:
    log = from_rows([at("a", 0), at("a", 1), at("b", 0), at("b", 30 * 86_400)])
    assert np.flatnonzero(SessionGaps().ask(log).counts).tolist() == [0, len(EDGES) - 1]


def test_sessions_fall_with_the_timeout_to_the_users() -> None:
    table = SessionGaps().ask(from_rows([at("a", 0), at("a", 60), at("a", 90_000), at("b", 0)])).table
    assert table["sessions"].is_monotonic_decreasing
    assert (table["sessions"].iloc[0], table["sessions"].iloc[-1]) == (4, 2)


def test_two_humps_have_a_valley_and_one_has_none() -> None:
    rng = np.random.default_rng(1)
    inside, between = rng.lognormal(np.log(60), 1, 4000), rng.lognormal(np.log(86_400), 0.7, 2000)
    place = valley(binned(np.concatenate([inside, between])))
    assert place is not None
    assert 600e6 < EDGES[place] < 6 * 3600e6
    assert valley(binned(between)) is None
    assert valley(np.zeros(len(EDGES) - 1, np.int64)) is None


def test_one_hump_is_hardly_ever_called_two() -> None:
    rng = np.random.default_rng(2)
    made = [
        binned(rng.lognormal(rng.uniform(np.log(30), np.log(86_400)), rng.uniform(0.5, 3), rng.integers(50, 3000)))
        for _ in range(400)
    ]
    assert np.mean([valley(m) is not None for m in made]) <= 0.02


def test_stamps_of_whole_minutes_make_no_valley_of_their_own() -> None:
    rng = np.random.default_rng(3)
    minutes = np.round(rng.lognormal(np.log(600), 1.5, 20_000) / 60) * 60
    assert valley(binned(minutes), 8 * 60_000_000) is None


def test_the_suggestion_is_said_and_so_is_its_absence() -> None:
    rng = np.random.default_rng(4)
    rows = []
    for k in range(80):
        steps = np.where(rng.random(30) < 0.7, rng.lognormal(np.log(60), 1, 30), rng.lognormal(np.log(90_000), 0.5, 30))
        rows += [at(f"u{k}", s) for s in np.cumsum(steps)]
    answer = SessionGaps().ask(from_rows(rows))
    assert answer.suggested_minutes is not None
    assert 10 <= answer.suggested_minutes <= 360
    assert "valley" in answer.findings()[1].message
    flat = SessionGaps().ask(from_rows([at(f"u{k}", s * 90_000) for k in range(40) for s in range(4)]))
    assert flat.suggested_minutes is None
    assert "no timeout" in flat.findings()[1].message
    assert "Too few" in SessionGaps().ask(from_rows([at("a", 0), at("a", 61)])).findings()[0].message


def test_refusals_and_repr() -> None:
    with pytest.raises(ParameterError, match="timeout"):
        SessionGaps(timeout_minutes=2000)
    with pytest.raises(SchemaError, match="plain days"):
        SessionGaps().ask(from_rows([{"user": "a", "time": f"2026-01-{d:02d}", "event": "x"} for d in (5, 6, 7)]))
    question = SessionGaps(event="x", timeout_minutes=5, first_day="2026-01-05")
    assert eval(repr(question), {"SessionGaps": SessionGaps}) == question
    assert analysis.Question.from_dict(question.to_dict()) == question


def test_mathoverflow_sessions_are_those_of_sessions() -> None:
    log = analysis.load(real("mathoverflow_events.csv.gz"))
    assert SessionGaps().ask(log).sessions == 400_019


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from("uvw"), st.integers(0, 200_000)), min_size=1, max_size=20),
    same=st.booleans(),
    timeout=st.sampled_from([1, 30, 600]),
    bounded=st.booleans(),
)
def test_oracle(rows, same, timeout, bounded) -> None:  # type: ignore[no-untyped-def]
    rows = [(u, 7 if same else s) for u, s in rows] + [("end", 200_001)]
    log = from_rows([at(u, s) for u, s in rows])
    midnight = 14 * 3600
    span = (midnight, midnight + 86_400) if bounded else (-1, 10**9)
    days = {"first_day": "2026-01-06", "last_day": "2026-01-06"} if bounded else {}
    answer = SessionGaps(timeout_minutes=timeout, **days).ask(log)
    found, firsts = oracle.gaps(rows, 10**9, span)
    bins = np.searchsorted(EDGES, np.array(found, float) * 1e6, side="left")
    assert answer.counts.tolist() == np.bincount(bins.astype(int), minlength=len(EDGES) + 1).tolist()
    assert answer.sessions == firsts + sum(g > timeout * 60 for g in found)
    assert answer.sessions == Sessions(timeout_minutes=timeout, **days).ask(log).table["sessions"][0]
    for k in (5, 20, 40):
        assert answer.table["sessions"][k] == firsts + sum(g * 1e6 > EDGES[k] for g in found)
