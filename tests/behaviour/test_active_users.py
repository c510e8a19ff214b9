"""Active users: by hand, against the oracle, and a test that keeps its level."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import ActiveUsers
from analysis.errors import ParameterError, SchemaError
from analysis.events import from_rows
from tests.oracle import active_users as oracle
from tests.shop import days, journey

LATE = {"user": "z", "time": "2026-04-01 10:00", "event": "end"}


def series(answer: object, measure: str) -> pd.Series:
    table = answer.table  # type: ignore[attr-defined]
    mine = table[table["measure"] == measure]
    return pd.Series(mine["users"].to_numpy(), mine["period"].dt.date)


def test_users_of_a_day_a_week_and_a_month_are_different_people() -> None:
    log = from_rows([*days("a", [0, 0, 1, 8]), *days("b", [1, 40]), LATE])
    answer = ActiveUsers(event="x").ask(log)
    daily, weekly, monthly = (series(answer, m) for m in ("daily", "weekly", "monthly"))
    assert (daily[date(2026, 1, 5)], daily[date(2026, 1, 6)]) == (1, 2)
    assert (weekly[date(2026, 1, 5)], weekly[date(2026, 1, 12)]) == (2, 1)
    assert monthly.to_dict() == {date(2026, 2, 1): 1, date(2026, 3, 1): 0}  # January begins before the file


def test_a_rolling_window_ends_with_its_day_and_forgets() -> None:
    log = from_rows([*days("a", [0, 3]), *days("b", [1]), LATE])
    weekly = series(ActiveUsers(event="x", rolling=True).ask(log), "weekly")
    assert weekly.index[0] == date(2026, 1, 11)  # the first window that the file has seen whole
    assert weekly.tolist()[:5] == [2, 2, 1, 1, 0]


def test_the_unfinished_last_day_week_and_month_are_left_out() -> None:
    answer = ActiveUsers().ask(from_rows([*days("a", [0, 1, 2]), LATE]))
    assert series(answer, "daily").index[-1] == date(2026, 3, 31)
    assert series(answer, "weekly").index[-1] == date(2026, 3, 23)
    assert series(answer, "monthly").index[-1] == date(2026, 3, 1)


def test_daily_over_monthly_is_the_mean_of_the_users_shares_of_days() -> None:
    rows = [*days("a", range(27, 55)), *days("b", [30]), *days("c", [0]), LATE]  # all of February; one day of it
    ratio = ActiveUsers(event="x").ask(from_rows(rows)).ratio.iloc[0]
    assert (ratio["monthly"], ratio["daily"]) == (2, pytest.approx(29 / 28))
    assert ratio["daily_share"] == pytest.approx(29 / 56)
    rolled = ActiveUsers(event="x", rolling=True).ask(from_rows(rows)).ratio.set_index("period")
    assert rolled.loc["2026-02-10", "daily_share"] == 0.5


def test_g26_a_day_of_the_zone_and_across_daylight_saving() -> None:
    rows = [{"user": u, "time": f"2026-03-29 {t}", "event": "x"} for u, t in (("a", "01:30"), ("b", "03:30"))]
    daily = series(ActiveUsers(event="x").ask(from_rows([*rows, LATE], zone="Europe/Berlin")), "daily")
    assert daily.tolist() == [2, 0, 0]
    shanghai = from_rows([{"user": "a", "time": "2026-03-29 00:30", "event": "x"}, LATE], zone="Asia/Shanghai")
    assert series(ActiveUsers(event="x").ask(shanghai), "daily")[date(2026, 3, 29)] == 1


@pytest.mark.parametrize("rolling", [False, True])
def test_people_are_as_many_as_the_number(rolling: bool) -> None:
    rng = np.random.default_rng(1)
    log = from_rows([*(r for k in range(12) for r in days(f"u{k}", rng.integers(0, 80, 4).tolist())), LATE])
    answer = ActiveUsers(event="x", rolling=rolling).ask(log)
    for row in answer.table.sample(25, random_state=0).itertuples():
        assert len(answer.people(row.measure, str(row.period))) == row.users  # type: ignore[arg-type]


def test_days_asked_for_bound_the_ends_of_periods() -> None:
    log = from_rows([*days("a", range(60)), LATE])
    answer = ActiveUsers(event="x", first_day="2026-02-02", last_day="2026-02-28").ask(log)
    assert series(answer, "daily").index.tolist() == [date(2026, 2, d) for d in range(2, 29)]
    assert series(answer, "weekly").index.tolist() == [date(2026, 2, d) for d in (2, 9, 16)]
    assert series(answer, "monthly").index.tolist() == [date(2026, 2, 1)]


def test_a_change_is_found_and_chance_is_not() -> None:
    def months(second: int) -> list[dict[str, object]]:
        many = [[*range(27, 32 + k % 3), *range(55, 55 + second + k % 3)] for k in range(60)]
        return [r for k, when in enumerate(many) for r in days(f"u{k}", when)]

    found = ActiveUsers(event="x").ask(from_rows([*days("y", [0]), *months(12), LATE])).findings()
    assert [f.tone for f in found] == ["neutral", "good"]
    rng, low = np.random.default_rng(4), 0
    for _ in range(100):
        some = [np.flatnonzero(rng.random(59) < 0.2 * (1 + k % 3)) + 27 for k in range(40)]
        rows = [r for k, when in enumerate(some) for r in days(f"u{k}", when.tolist())]
        low += ActiveUsers(event="x").ask(from_rows([*days("y", [0]), *rows, LATE])).tested()[0].p <= 0.05
    assert low <= 10


def test_too_few_and_refusals() -> None:
    assert "Too few" in ActiveUsers().ask(from_rows(days("a", [0, 1]))).findings()[0].message
    with pytest.raises(ParameterError):
        ActiveUsers(first_day="soon")
    with pytest.raises(SchemaError):
        ActiveUsers().ask(from_rows(journey("u", "A"), shape="results"))


def test_repr_repeats_the_question() -> None:
    question = ActiveUsers(rolling=True, event="a", first_day="2026-01-01")
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("uvw"), st.integers(0, 24 * 80), st.sampled_from("ab")), min_size=1, max_size=30
    ),
    event=st.sampled_from([None, "a"]),
)
def test_oracle(rows, event) -> None:  # type: ignore[no-untyped-def]
    begin = datetime(2026, 1, 5)
    made = [(u, begin + timedelta(hours=h), e) for u, h, e in [*rows, ("end", 0, "b"), ("end", 24 * 86, "a")]]
    log = from_rows([{"user": u, "time": t.isoformat(), "event": e} for u, t, e in made])
    for rolling, names in ((False, ("daily", "weekly", "monthly")), (True, ("daily", "seven", "thirty"))):
        table = ActiveUsers(event=event, rolling=rolling).ask(log).table
        for measure, name in zip(("daily", "weekly", "monthly"), names, strict=True):
            mine = table[table["measure"] == measure]
            expected = [oracle.counts(made, event, d.date())[name] for d in mine["period"]]
            assert mine["users"].tolist() == expected
