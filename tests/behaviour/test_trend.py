"""Trend: the figures by hand and against the oracle; what stands out by simulation."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Trend
from analysis.behaviour.trends import marks
from analysis.behaviour.trends.expected import Scale
from analysis.behaviour.trends.shifts import filter_of, judge
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog, from_rows
from analysis.stats import benjamini_hochberg
from tests.oracle import trend as oracle
from tests.shop import days, journey

WEEK = 1 + 0.4 * np.array([0, 0.1, -0.2, 0.3, 0.5, 1, -0.6])


def column(log: EventLog, name: str, **fields: object) -> list[float]:
    return Trend(**fields).ask(log).table[name].tolist()  # type: ignore[arg-type]


def test_users_are_distinct_in_a_day_and_the_unfinished_day_is_told_apart() -> None:
    log = from_rows([*days("a", [0, 0, 1]), *days("b", [0, 2])])
    answer = Trend().ask(log)
    assert answer.table["users"].tolist() == [2, 1, 1]
    assert answer.table["complete"].tolist() == [True, True, False]
    assert answer.table["p"].isna().all()
    assert log.ids(answer.people(date(2026, 1, 5))) == ["a", "b"]


def test_a_first_week_that_begins_late_is_not_complete() -> None:
    log = from_rows([*days("a", [2, 8, 15, 22])])
    assert Trend(period="week").ask(log).table["complete"].tolist() == [False, True, True, False]


def test_events_orders_and_money() -> None:
    rows = [
        {"user": "a", "time": f"2026-01-0{d} 10:00", "event": "buy", "order": o, "amount": m}
        for d, o, m in ((5, "o1", 10), (5, "o1", 5), (5, None, 1), (5, None, 2), (6, "o1", 4), (6, "o2", 8))
    ]
    log = from_rows([*rows, *days("b", [0, 1, 2])], roles={"amount": "amount", "order": "order"})
    assert column(log, "events", measure="events", event="buy") == [4, 2, 0]
    assert column(log, "orders", measure="orders", event="buy") == [3, 1, 0]  # o1, two without a number; o2
    assert column(log, "money", measure="money", event="buy") == [18, 12, 0]
    assert column(log, "money_a_user", measure="money", per_user=True)[:2] == [9, 6]


def test_a_rate_is_of_the_base_in_the_same_period_before_or_after() -> None:
    log = from_rows(
        [
            *journey("a", ["view", "buy"]),
            *journey("b", ["buy", "view"]),
            *journey("c", ["view"]),
            *journey("d", ["buy"]),
            *days("z", [1]),
        ]
    )
    answer = Trend(measure="rate", event="buy", base="view").ask(log)
    assert answer.table["rate"][0] == pytest.approx(2 / 3)
    assert answer.table["base"][0] == 3
    assert np.isnan(answer.table["rate"][1])
    assert log.ids(answer.people(date(2026, 1, 5))) == ["a", "b"]


def test_a_split_gives_the_six_most_frequent_values() -> None:
    rows = [{**r, "c": f"v{k}"} for k in range(8) for u in range(9 - k) for r in days(f"u{u}", [0, 1])]
    answer = Trend(split="c").ask(from_rows(rows))
    assert answer.names == [f"v{k}" for k in range(6)]
    assert answer.table["users"].tolist()[::2] == [9, 8, 7, 6, 5, 4]


def test_a_view_is_all_that_is_seen() -> None:
    log = from_rows([*days("a", range(10)), *days("b", range(5))]).between("2026-01-06", "2026-01-08")
    answer = Trend().ask(log)
    assert answer.table["users"].tolist() == [2, 2, 2]
    assert answer.table["complete"].all()


def series(level: np.ndarray, seed: int = 3) -> EventLog:
    """A log whose daily users are Poisson around a level."""
    counts = np.random.default_rng(seed).poisson(level)
    first = date(2026, 1, 5)
    rows = [
        {"user": f"u{k}", "time": f"{first + timedelta(d)} 10:00", "event": "x"}
        for d, n in enumerate(counts)
        for k in range(n)
    ]
    return from_rows([*rows, {"user": "end", "time": f"{first + timedelta(len(level))} 00:00", "event": "x"}])


def test_an_odd_day_and_a_shift_are_found_and_nothing_else() -> None:
    level = 200 * WEEK[np.arange(182) % 7]
    assert len(Trend().ask(series(level)).findings()) == 1
    level[60] *= 0.3
    level[120:] *= 0.6
    answer = Trend().ask(series(level))
    assert answer.outside()["day"].tolist() == [date(2026, 1, 5) + timedelta(60)]
    assert abs((answer.shifts["day"][0] - date(2026, 1, 5)).days - 120) <= 1
    assert len(answer.shifts) == 1
    row = answer.shifts.iloc[0]
    assert row["after_users_low"] < 0.6 * row["before_users"] < row["after_users_high"]
    day = answer.outside().iloc[0]
    assert len(answer.people(day["day"])) == day["users"]


def test_the_weekday_is_expected() -> None:
    level = 100 * np.where(np.arange(84) % 7 == 6, 0.2, 1.0)
    table = Trend().ask(series(level)).table
    sundays = table[(table.index % 7 == 6) & table["complete"]]
    assert (sundays["expected_users"] < 40).all()
    assert not len(Trend().ask(series(level)).outside())


def null(seed: int, n: int, mean: float, over: float, memory: float, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """A smooth trend, weekdays, and noise larger than chance: nothing to find."""
    draw, t = np.random.default_rng(seed), np.arange(n)
    mu = mean * np.exp(0.5 * np.sin(2 * np.pi * t / 365 + draw.uniform(0, 6)) + 0.3 * t / n) * WEEK[t % 7]
    if kind == "rate":
        share = 0.1 * np.exp(0.5 * np.sin(2 * np.pi * t / 365))
        base = draw.poisson(mu)
        hits = draw.binomial(base, draw.beta(share * 50, (1 - share) * 50) if over > 1 else share)
        return np.where(base > 0, hits / np.maximum(base, 1), np.nan), base.astype(float)
    if kind == "amount":
        return np.array([draw.lognormal(4, 1, int(k)).sum() for k in draw.poisson(mu)]), np.zeros(n)
    if memory:
        noise = np.zeros(n + 50)
        for k in range(1, n + 50):
            noise[k] = memory * noise[k - 1] + np.sqrt(1 - memory**2) * draw.standard_normal()
        size = np.sqrt((over - 1) / mean)
        return draw.poisson(mu * np.exp(size * noise[50:] - size**2 / 2)).astype(float), np.zeros(n)
    return (draw.poisson(mu) if over == 1 else draw.negative_binomial(mu / (over - 1), 1 / over)).astype(float), mu


def false_alarms(seeds: int, *settings_: object) -> tuple[int, int]:
    """Of so many series without anything to find, those with an odd period, and those with a shift."""
    odd = shifted = 0
    for seed in range(seeds):
        value, base = null(seed, *settings_)  # type: ignore[arg-type]
        expected, looked = judge(value, Scale.of(settings_[-1], value, base), "day")  # type: ignore[arg-type]
        odd += bool((benjamini_hochberg(expected.p) <= 0.05).any())
        shifted += bool(looked and looked[0].p <= 0.05)
    return odd, shifted


NULLS = [
    (365, 100, 1, 0, "count"),
    (365, 100, 4, 0, "count"),
    (365, 8, 3, 0, "count"),
    (90, 20, 3, 0, "count"),
    (60, 100, 3, 0, "count"),
    (30, 100, 3, 0, "count"),
    (365, 100, 4, 0.3, "count"),
    (365, 100, 3, 0, "rate"),
    (365, 60, 1, 0, "amount"),
]


@pytest.mark.parametrize("settings_", NULLS, ids=str)
def test_where_nothing_is_nothing_is_found(settings_: tuple) -> None:
    odd, shifted = false_alarms(60, *settings_)
    # 5 % of 60 is 3; up to 7 are chance (binomial, p = .98)
    assert odd <= 7
    assert shifted <= 7


@pytest.mark.slow
@pytest.mark.parametrize("settings_", NULLS, ids=str)
def test_where_nothing_is_nothing_is_found_in_many_draws(settings_: tuple) -> None:
    odd, shifted = false_alarms(300, *settings_)
    # 5 % of 300 is 15; up to 22 are chance (binomial, p = .97)
    assert odd <= 22
    assert shifted <= 22


def test_the_step_filter_gives_the_step_and_ignores_growth_and_weekdays() -> None:
    t = np.arange(56)
    other = 3 + 0.2 * t + np.array([1, 5, 2, 0, 0, 9, 4])[t % 7]
    assert filter_of(28, 7) @ other == pytest.approx(0, abs=1e-9)
    assert filter_of(28, 7) @ (other + 2.5 * (t >= 28)) == pytest.approx(2.5)


def test_too_few_is_said_with_what_would_be_enough() -> None:
    found = Trend().ask(from_rows([*days("a", range(9))])).findings()
    assert found[0].message.startswith("Too few")
    assert found[0].facts["enough"] == 14
    short = Trend().ask(series(np.full(20, 50.0))).findings()
    assert short[-1].facts["enough"] == 42


def test_refusals() -> None:
    for fields in (
        {"measure": "sales"},
        {"measure": "rate"},
        {"base": "x"},
        {"per_user": True},
        {"period": "year"},
        {"holidays": "FR"},
    ):
        with pytest.raises(ParameterError):
            Trend(**fields)  # type: ignore[arg-type]
    with pytest.raises(SchemaError):
        Trend(measure="money").ask(from_rows(days("a", [0])))
    with pytest.raises(SchemaError):
        Trend().ask(from_rows(journey("u", "A"), shape="results"))


def test_holidays_in_both_languages_runs_joined_and_days_off_left_out() -> None:
    found = marks.between("CN", date(2026, 2, 10), date(2026, 5, 5))
    assert [(h.first, h.last, h.zh) for h in found if h.en.startswith("Chinese New Year (")] == [
        (date(2026, 2, 17), date(2026, 2, 19), "春节")
    ]
    assert {h.zh for h in found} == {"农历除夕", "春节", "清明节", "劳动节"}
    assert [h.name("zh") for h in marks.between("US", date(2026, 12, 1), date(2026, 12, 31))] == ["圣诞节"]
    assert marks.country_of("Asia/Shanghai") == "CN"
    assert marks.country_of("America/New_York") == "US"
    assert marks.country_of("Europe/Berlin") is None
    names = {h.en for h in marks.between("US", date(2020, 1, 1), date(2030, 12, 31))}
    assert names <= set(marks.US_ZH)


ROWS = st.lists(
    st.tuples(
        st.sampled_from("uvw"),
        st.integers(0, 24 * 20),
        st.sampled_from("ab"),
        st.sampled_from(["", "x", "y"]),
        st.integers(-3, 9),
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(
    rows=ROWS,
    measure=st.sampled_from(["users", "events", "money", "rate"]),
    event=st.sampled_from([None, "a"]),
    base=st.sampled_from([None, "b"]),
    split=st.booleans(),
    week=st.booleans(),
    same=st.booleans(),
)
def test_oracle(rows, measure, event, base, split, week, same) -> None:  # type: ignore[no-untyped-def]
    if same:
        rows = [(u, 30, *rest) for u, _h, *rest in rows]
    rows = [*rows, ("end", 0, "b", "x", 0.0), ("end", 480, "a", "x", 1.0)]
    if measure == "rate":
        event = "a"
    else:
        base = None
    made = [
        {
            "user": u,
            "time": f"2026-01-{5 + h // 24:02d} {h % 24:02d}:00",
            "event": e,
            "c": c or None,
            "amount": float(m),
        }
        for u, h, e, c, m in rows
    ]
    log = from_rows(made, roles={"amount": "amount"})
    question = Trend(
        measure=measure, event=event, base=base, split="c" if split else None, period="week" if week else "day"
    )
    answer = question.ask(log)
    expected = oracle.figures(rows, measure, event, base, split, 7 if week else 1)
    start = date(2026, 1, 5)
    found = {
        ((d - start).days // (7 if week else 1), s): v
        for d, s, v in zip(answer.table["day"], answer.table["series"], answer.table[answer.figure], strict=True)
        if (v == v if measure == "rate" else v)
    }
    assert found == pytest.approx(expected)
    for k, s in list(expected)[:3]:
        day = start + timedelta(k * (7 if week else 1))
        row = answer.table[(answer.table["day"] == day) & (answer.table["series"] == s)].iloc[0]
        count = row["base"] * row["rate"] if measure == "rate" else row["base"]
        assert len(answer.people(day, s)) == round(count)
