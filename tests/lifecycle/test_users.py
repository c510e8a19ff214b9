"""Gaps and the left edge."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.events import from_rows
from analysis.lifecycle.silence import churn_cut, silence_curve
from analysis.users import gaps, left_edge_days, percentile, period_at, periods_per_us
from tests.oracle import stages as oracle


def on(user: str, *days: int, hour: int = 10, event: str = "visit") -> list[dict]:
    return [
        {"user": user, "time": f"{date(2026, 1, 1) + timedelta(days=int(d))} {hour:02d}:00", "event": event}
        for d in days
    ]


def test_gaps_run_between_active_days_and_the_last_one_is_open():
    closed, still_open = gaps(from_rows([*on("a", 0, 0, 1, 5), *on("b", 3)]))
    assert [(g, closed[0, g]) for g in np.flatnonzero(closed[0])] == [(1, 1), (4, 1)]
    assert list(np.flatnonzero(still_open[0])) == [0, 2]


def test_future_stamps_are_not_seen():
    rows = [*on("a", 0, 2), *on("b", 4), *on("a", 90)]
    log = from_rows(rows, now=1_767_225_600_000_000 + 10 * 86_400_000_000)
    closed, still_open = gaps(log)
    assert closed.sum() == 1 and list(np.flatnonzero(still_open[0])) == [0, 2]


def test_left_edge_is_the_95th_percentile_of_gaps():
    rows = [*on("a", *range(0, 400, 2)), *on("b", 0, 90)]
    assert left_edge_days(from_rows(rows)) == 2


def test_left_edge_is_at_most_a_quarter_of_the_range():
    log = from_rows(on("a", 0, 40))
    assert left_edge_days(log) == pytest.approx(40 / 4, abs=0.02)


def test_left_edge_without_gaps_is_the_quarter_and_of_nothing_is_zero():
    log = from_rows([*on("a", 0), *on("b", 40)])
    assert left_edge_days(log) == pytest.approx(40 / 4, abs=0.02)
    assert left_edge_days(log.of(np.array([], dtype=int))) == 0


def test_percentile_of_a_histogram():
    assert percentile(np.array([0, 95, 5]), 0.95) == 1
    assert percentile(np.array([0, 94, 6]), 0.95) == 2
    assert np.isnan(percentile(np.zeros(3), 0.95))


@given(st.lists(st.integers(0, 50), min_size=2, max_size=20, unique=True).map(sorted), st.data())
@settings(max_examples=60, deadline=None)
def test_period_at_agrees_with_a_search(bounds, data):
    bounds = np.array(bounds, dtype=np.int64)
    instant = data.draw(st.integers(bounds[0], bounds[-1] - 1))
    assert period_at(instant, bounds, periods_per_us(bounds)) == np.searchsorted(bounds, instant, side="right") - 1


events = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 30)), min_size=2, max_size=30)


@given(events, st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_silence_curve_agrees_with_the_oracle(pairs, horizon):
    rows = [r for user, day in pairs for r in on(user, day)]
    curve = silence_curve(from_rows(rows), horizon)
    for row in curve.itertuples():
        wanted = oracle.return_rate(rows, row.silence_days, horizon)
        assert row.return_rate == pytest.approx(wanted, nan_ok=True)


def test_silence_curve_by_hand():
    """Ten users silent for 2 days: five return on day 3, of the other five nobody is seen longer."""
    rows = [r for k in range(5) for r in on(f"r{k}", 0, 3)] + [r for k in range(5) for r in on(f"s{k}", 0)]
    curve = silence_curve(from_rows(rows), 1).set_index("silence_days")
    assert curve.loc[2, "gaps"] == 10 and curve.loc[2, "return_rate"] == 0.5
    assert curve.loc[1, "return_rate"] == 0
    assert not curve["credible"].any() and np.isnan(churn_cut(curve.reset_index())[0])


def test_churn_cut_is_learned_where_few_come_back():
    rows = [r for k in range(60) for r in on(f"r{k}", *range(0, 100, 5))] + [
        r for k in range(60) for r in on(f"s{k}", 0)
    ]
    cut, learned = churn_cut(silence_curve(from_rows(rows), 10))
    assert learned and cut == 5  # nobody was ever silent for longer than 5 days and came back


def test_the_interval_is_over_users_and_covers_the_estimate():
    rng = np.random.default_rng(0)
    rows = [r for k in range(100) for r in on(f"u{k}", *sorted(rng.choice(90, 6, replace=False)))]
    curve = silence_curve(from_rows(rows), 10)
    known = curve[curve["credible"]]
    assert (known["return_rate_low"] <= known["return_rate"]).all() and (
        known["return_rate"] <= known["return_rate_high"]
    ).all()
    assert (known["return_rate_high"] - known["return_rate_low"]).iloc[5] > 0
