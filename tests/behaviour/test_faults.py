"""Faults: by hand, against the oracle, planted and not planted."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import EventLog, Faults
from analysis.behaviour.funnels.faults import expected_counts
from analysis.behaviour.funnels.usual import apart, usual
from analysis.errors import NotEnoughDataError, ParameterError, UnknownValueError
from analysis.events import from_rows
from tests.oracle import faults as oracle

MONDAY = datetime(2026, 1, 5)


def row(user: str, event: str, hours: float, value: str) -> dict[str, object]:
    return {"user": user, "time": (MONDAY + timedelta(hours=hours)).isoformat(), "event": event, "kind": value}


def shop(seed: int, *, fault: bool, users: int = 1500, weeks: int = 20) -> EventLog:
    """Carts and orders of three platforms over some weeks; with the fault, few of b's carts end well in weeks 8 to 10."""
    rng = np.random.default_rng(seed)
    base = {"a": 0.6, "b": 0.4, "c": 0.5}
    season = rng.normal(0, 0.4, weeks)
    who, at, event, kind = [], [], [], []
    for user in range(users):
        platform = "abc"[rng.choice(3, p=[0.4, 0.35, 0.25])]
        own = rng.normal(0, 0.8)  # users differ, and come again: their attempts go together
        for week in np.sort(rng.choice(weeks, size=1 + rng.poisson(1.5), replace=True)):
            logit = np.log(base[platform] / (1 - base[platform])) + season[week] + own
            if fault and platform == "b" and 8 <= week <= 10:
                logit -= 2
            hour = week * 168 + rng.uniform(0, 160)
            who.append(user), at.append(hour), event.append("cart"), kind.append(platform)
            if rng.random() < 1 / (1 + np.exp(-logit)):
                who.append(user), at.append(hour + 0.5), event.append("order"), kind.append(platform)
    start = int(MONDAY.timestamp() * 1e6)
    stamps = start + (np.array(at) * 3.6e9).astype(np.int64)
    table = pa.table({"user": [f"u{u}" for u in who], "time": stamps, "event": event, "kind": kind})
    return EventLog.build(table)


def test_the_fault_is_found_with_its_group_and_weeks_and_nothing_else() -> None:
    log = shop(1, fault=True)
    answer = Faults(steps=("cart", "order"), window_days=1).ask(log)
    found = answer.findings()
    assert len(found) == 1
    assert (found[0].facts["value"], found[0].tone) == ("b", "bad")
    assert found[0].facts["first"] == (MONDAY + timedelta(weeks=8)).date()
    assert found[0].facts["last"] == (MONDAY + timedelta(weeks=11, days=-1)).date()
    first = answer.table.iloc[0]
    who = answer.people(1, "kind", "b", first["first_day"], first["last_day"])
    stuck = first["attempts"] - round(first["attempts"] * first["rate"])
    assert 0.8 * stuck <= len(who) <= stuck  # users; some were stuck twice


def test_what_happens_to_everybody_is_no_fault() -> None:
    findings = Faults(steps=("cart", "order"), window_days=1).ask(shop(2, fault=False)).findings()
    assert [f.tone for f in findings] == ["neutral"]


def test_without_a_fault_few_seeds_show_one() -> None:
    p = [
        Faults(steps=("cart", "order"), window_days=1).ask(shop(s, fault=False, users=700)).table["p"]
        for s in range(40)
    ]
    assert np.mean([(v < 0.05 / 3).any() for v in p]) <= 0.125  # 5 % are expected; 40 seeds
    assert 0.3 < np.mean(np.concatenate(p) > 0.5) < 0.75


def test_too_few_weeks_are_refused() -> None:
    log = from_rows([row("u", "A", 0, "x"), row("v", "B", 30, "y")])
    with pytest.raises(NotEnoughDataError):
        Faults(steps=("A", "B")).ask(log)


def test_bad_settings_are_refused() -> None:
    with pytest.raises(ParameterError):
        Faults(steps=("A",))
    with pytest.raises(ParameterError):
        Faults(steps=("A", "B"), most_weeks=0)
    with pytest.raises(UnknownValueError):
        Faults(steps=("cart", "order"), columns=("colour",)).ask(shop(1, fault=False, users=50))


def test_too_few_users_are_told() -> None:
    rows = [
        r
        for k in range(6)
        for r in (row(f"u{k}", "A", 168 * k, "xy"[k % 2]), row(f"u{k}", "B", 168 * k + 1, "xy"[k % 2]))
    ]
    answer = Faults(steps=("A", "B")).ask(from_rows([*rows, row("z", "end", 3000, "x")]))
    assert not len(answer.table)
    assert answer.findings()[0].tone == "caution"


def test_a_fault_is_measured_against_weeks_that_it_did_not_touch() -> None:
    """By hand: 60 of 100 in every week on either side, but 10 of 100 in the third: 60 were to be expected, not 35."""
    x, n = np.array([60, 60, 10, 60]), np.full(4, 100)
    expected = usual(x, n, np.full(4, 60), n, np.arange(4) == 2)
    assert expected.rate == pytest.approx(0.6)
    assert expected.low < 0.6 < expected.high
    difference, low, high = apart((0.1, 0.055, 0.174), expected)
    assert difference == pytest.approx(-0.5)
    assert low < -0.5 - (0.1 - 0.055) < -0.5 < high < 0  # wider than the rate's own interval
    assert np.isnan(usual(x, n, np.full(4, 60), n, np.ones(4, bool)).rate)


def test_the_planted_fault_is_told_in_its_size() -> None:
    first = Faults(steps=("cart", "order"), window_days=1).ask(shop(1, fault=True)).table.iloc[0]
    assert 0.25 < first["expected_rate"] < 0.55  # b's own: 0.4, and the season of these weeks
    assert first["difference_low_points"] < first["difference_points"] < first["difference_high_points"] < 0


def test_expected_numbers_keep_the_margins_and_the_ratio() -> None:
    x, n, x_rest, n_rest = (np.array(v) for v in ([5, 9, 1], [20, 20, 20], [10, 30, 5], [40, 40, 50]))
    expected, variance = expected_counts(x, n, x_rest, n_rest)
    margin = x + x_rest
    odds = expected * (n_rest - margin + expected) / ((margin - expected) * (n - expected))
    assert np.ptp(odds) < 1e-9
    assert abs((x - expected).sum()) < 0.3  # the common ratio leaves nothing over, but for its approximation
    assert (variance > 0).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 35 * 24 * 60), st.sampled_from("ABC"), st.sampled_from("xyz")),
        min_size=12,
        max_size=120,
        unique_by=lambda r: (r[0], r[1]),
    )
)
def test_counts_against_the_oracle(rows: list[tuple[int, int, str, str]]) -> None:
    last = [("z", 40 * 24 * 60, e, "x") for e in "AB"]  # both steps occur, in no week that is counted
    log = from_rows(
        [row(f"u{u}", e, minute / 60, v) for u, minute, e, v in rows] + [row(u, e, m / 60, v) for u, m, e, v in last]
    )
    answer = Faults(steps=("A", "B"), window_days=2).ask(log)
    by_user: dict[int, list[tuple[float, str, str]]] = defaultdict(list)
    for u, minute, e, v in sorted(rows, key=lambda r: r[1]):
        by_user[u].append((minute / 60, e, v))
    first = min(minute for _u, minute, _e, _v in rows) / 60
    begins = int(first // 168)
    cells: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for user_rows in by_user.values():
        for hour, value, on in oracle.attempts(user_rows, 48):
            cells[value, int(hour // 168) - begins][0] += 1
            cells[value, int(hour // 168) - begins][1] += on
    for counts in answer.counted:
        arrived = {v: [cells[v, w][0] for w in range(len(answer.weeks))] for v in counts.values}
        went_on = {v: [cells[v, w][1] for w in range(len(answer.weeks))] for v in counts.values}
        assert [arrived[v] for v in counts.values] == counts.arrived.tolist()
        assert [went_on[v] for v in counts.values] == counts.went_on.tolist()
        for k, value in enumerate(counts.values):
            others = [j for j in range(len(counts.values)) if j != k]
            rest = counts.went_on[others].sum(axis=0), counts.arrived[others].sum(axis=0)
            told, _ = expected_counts(counts.went_on[k], counts.arrived[k], *rest)
            plain = oracle.expected(went_on[value], arrived[value], *(r.tolist() for r in rest))
            assert told == pytest.approx(plain, abs=1e-6)
