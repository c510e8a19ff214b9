"""Stickiness: by hand, against the oracle, and a test that keeps its level."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import Stickiness
from analysis.errors import ParameterError, SchemaError
from analysis.events import from_rows
from tests.oracle import stickiness as oracle
from tests.shop import days, journey

LATE = {"user": "z", "time": "2026-02-02 10:00", "event": "end"}  # a Monday: four whole weeks from 5 January


def test_exactly_and_at_least_count_users_periods() -> None:
    log = from_rows([*days("a", [0, 1, 1, 2, 7]), *days("b", [0]), LATE])
    answer = Stickiness(event="x").ask(log)
    assert answer.table["exactly"].tolist() == [2, 0, 1, 0, 0, 0, 0]
    assert answer.table["at_least"].tolist() == [3, 1, 1, 0, 0, 0, 0]
    assert answer.table["exactly_share"].tolist()[:3] == pytest.approx([2 / 3, 0, 1 / 3])
    assert answer.average[0] == pytest.approx(5 / 3)
    assert answer.by_period["users"].tolist() == [2, 1, 0, 0]


def test_unfinished_periods_at_either_end_are_left_out() -> None:
    log = from_rows([*days("a", [2, 3, 7, 28]), LATE])  # the file begins on a Wednesday
    assert Stickiness(event="x").ask(log).by_period["period"].dt.day.tolist() == [12, 19, 26]
    january = Stickiness(event="x", period="month").ask(from_rows([*days("a", [-4, 0, 3]), LATE]))
    assert (january.by_period["users"].tolist(), january.table["exactly"][2]) == ([1], 1)


def test_a_period_must_lie_within_the_days_asked_for() -> None:
    log = from_rows([*days("a", [0, 7, 14]), LATE])
    answer = Stickiness(event="x", first_day="2026-01-06", last_day="2026-01-25").ask(log)
    assert answer.by_period["period"].dt.day.tolist() == [12, 19]


def test_g26_days_are_those_of_the_zone_daylight_saving_included() -> None:
    rows = [{"user": "a", "time": f"2026-03-29 {t}", "event": "x"} for t in ("01:30", "03:30", "23:30")]
    rows += [{"user": "a", "time": "2026-03-30 00:30", "event": "x"}]
    rows += [{"user": "z", "time": f"2026-0{m}-0{d} 00:00", "event": "end"} for m, d in ((3, 2), (4, 6))]
    answer = Stickiness(event="x").ask(from_rows(rows, zone="Europe/Berlin"))
    assert answer.table["exactly"].tolist() == [2, 0, 0, 0, 0, 0, 0]  # one week ends on the 29th


def test_the_interval_is_clustered_by_user() -> None:
    rng = np.random.default_rng(0)
    rows = [r for k in range(60) for r in days(f"u{k}", [7 * w + d for w in range(4) for d in range(1 + 4 * (k % 2))])]
    rng.shuffle(rows)  # type: ignore[arg-type]
    table = Stickiness(event="x").ask(from_rows([*rows, LATE])).table
    width = table["at_least_share_high"][4] - table["at_least_share_low"][4]
    assert width == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 59), rel=1e-3)  # 60 users, not 240 weeks


def test_people_are_those_of_the_last_period() -> None:
    log = from_rows([*days("a", [21, 22, 23]), *days("b", [0, 1, 2, 21]), LATE])
    answer = Stickiness(event="x").ask(log)
    assert log.ids(answer.people(2)) == ["a"]
    assert len(answer.people(1)) == answer.by_period["users"].iloc[-1] == 2


def test_a_change_of_the_last_period_is_found_and_chance_is_not() -> None:
    def weeks(last: int) -> list[dict[str, object]]:
        many = [[7 * w + d for w in range(4) for d in range(2 + (k % 2) + (last if w == 3 else 0))] for k in range(80)]
        return [r for k, when in enumerate(many) for r in days(f"u{k}", when)]

    assert Stickiness(event="x").ask(from_rows([*weeks(2), LATE])).findings()[1].tone == "good"
    assert len(Stickiness(event="x").ask(from_rows([*weeks(0), LATE])).findings()) == 1
    rng, low = np.random.default_rng(2), 0
    for _ in range(100):
        some = [[7 * w + int(d) for w in (2, 3) for d in rng.choice(7, rng.integers(1, 5))] for _ in range(40)]
        log = from_rows([*(r for k, when in enumerate(some) for r in days(f"u{k}", when)), *days("y", [0]), LATE])
        low += Stickiness(event="x").ask(log).tested()[0].p <= 0.05
    assert low <= 10


def test_too_few_and_refusals() -> None:
    assert "Too few" in Stickiness().ask(from_rows(days("a", [0, 1]))).findings()[0].message
    with pytest.raises(ParameterError, match="week or month"):
        Stickiness(period="day")  # type: ignore[arg-type]
    with pytest.raises(SchemaError):
        Stickiness().ask(from_rows(journey("u", "A"), shape="results"))


def test_repr_repeats_the_question() -> None:
    question = Stickiness(period="month", event="a", first_day="2026-01-01")
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("uvw"), st.integers(0, 24 * 80), st.sampled_from("ab")), min_size=1, max_size=30
    ),
    event=st.sampled_from([None, "a"]),
    period=st.sampled_from(["week", "month"]),
)
def test_oracle(rows, event, period) -> None:  # type: ignore[no-untyped-def]
    begin = datetime(2026, 1, 5)
    made = [(u, begin + timedelta(hours=h), e) for u, h, e in [*rows, ("end", 0, "b"), ("end", 24 * 84, "a")]]
    log = from_rows([{"user": u, "time": t.isoformat(), "event": e} for u, t, e in made])
    answer = Stickiness(period=period, event=event).ask(log)
    every = [date(2026, 1, 5) + timedelta(days=k) for k in range(84)]
    first = {"week": {oracle.period_of(d, "week") for d in every}, "month": {(2026, 2)}}[period]
    expected = oracle.exactly(made, event, period, first)
    assert answer.table["exactly"].tolist() == [expected.get(n, 0) for n in answer.table["days"]]
    least = [sum(v for k, v in expected.items() if k >= n) for n in answer.table["days"]]
    assert answer.table["at_least"].tolist() == least
    assert answer.by_period["users"].sum() == sum(expected.values())
