"""Retention: by hand, golden, against the oracle, and the published figure."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import Retention
from analysis.errors import ParameterError, SchemaError
from analysis.events import from_rows
from tests.oracle import retention as oracle
from tests.shop import days, journey

LATE = {"user": "z", "time": "2026-03-01 00:00", "event": "end"}


def row(answer: object, cohort: str) -> list[float]:
    table = answer.table  # type: ignore[attr-defined]
    return table.loc[table["cohort"] == date.fromisoformat(cohort), "rate"].tolist()


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("on", [1, 1 / 3, 0, 0, 0, 1 / 3, 0]),
        ("on_or_after", [1, 2 / 3, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 0]),
        ("on_or_before", [1, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 2 / 3, 2 / 3]),
    ],
)
def test_g12_on_and_on_or_after(mode: str, expected: list[float]) -> None:
    log = from_rows([*days("a", [0, 1]), *days("b", [0, 5]), *days("c", [0]), LATE])
    answer = Retention(period="day", mode=mode, periods=6).ask(log)
    assert row(answer, "2026-01-05") == pytest.approx(expected)


def test_brackets_join_periods() -> None:
    log = from_rows([*days("a", [0, 1, 3]), *days("b", [0, 5]), *days("c", [0]), LATE])
    answer = Retention(period="day", brackets=(0, 1, 4, 8)).ask(log)
    assert answer.total["period"].tolist() == [0, 1, 4]
    assert row(answer, "2026-01-05") == pytest.approx([1, 1 / 3, 1 / 3])


def test_g13_a_minute_past_midnight_is_the_next_calendar_day_and_no_rolling_day() -> None:
    rows = [{"user": "a", "time": t, "event": "x"} for t in ("2026-01-05 23:45", "2026-01-06 00:01")]
    log = from_rows([*rows, LATE])
    assert row(Retention(period="day", periods=1).ask(log), "2026-01-05")[1] == 1
    assert row(Retention(period="day", periods=1, rolling=True).ask(log), "2026-01-05")[1] == 0


def test_g14_a_rolling_day_is_24_hours() -> None:
    rows = [{"user": "a", "time": t, "event": "x"} for t in ("2026-12-01 17:59", "2026-12-02 17:00")]
    log = from_rows([*rows, {**LATE, "time": "2026-12-20 00:00"}])
    assert row(Retention(period="day", periods=1, rolling=True).ask(log), "2026-12-01") == [1, 0]


def test_g15_the_total_is_weighted_by_users() -> None:
    small = [r for k in range(10) for r in days(f"s{k}", [0, 1])]
    large = [r for k in range(90) for r in days(f"l{k}", [0, 1] if k < 9 else [0], start="2026-01-07 10:00")]
    total = Retention(period="day", periods=1).ask(from_rows([*small, *large, LATE])).total
    assert total["rate"][1] == pytest.approx(19 / 100)
    # the end marker is a cohort of its own, whose day 1 is not over
    assert total["users"][1] == 100


def test_g26_one_day_in_every_zone_and_across_daylight_saving() -> None:
    rows = [{"user": u, "time": t, "event": "x"} for u, t in (("a", "2026-03-29 01:30"), ("a", "2026-03-29 03:30"))]
    berlin = from_rows([*rows, {**LATE, "time": "2026-04-10 00:00"}], zone="Europe/Berlin")
    answer = Retention(period="day", periods=1).ask(berlin)
    assert row(answer, "2026-03-29") == [1, 0]
    shanghai = from_rows(
        [{"user": "a", "time": "2026-03-29 00:30", "event": "x"}, {**LATE, "time": "2026-04-10 00:00"}],
        zone="Asia/Shanghai",
    )
    assert Retention(period="day", periods=1).ask(shanghai).table["cohort"][0] == date(2026, 3, 29)


def test_only_complete_cells_have_a_rate() -> None:
    answer = Retention(period="day", periods=3).ask(from_rows([*days("a", [0, 1]), *days("b", [1])]))
    first, second = row(answer, "2026-01-05"), row(answer, "2026-01-06")
    assert first[0] == 1
    assert np.isnan(first[1])  # 6 January ends after the last stamp
    assert np.isnan(second).all()


def test_start_event_must_lie_in_the_days_and_returns_may_not() -> None:
    log = from_rows([*days("a", [0, 7]), *days("b", [3, 7]), LATE])
    answer = Retention(period="day", periods=8, last_day="2026-01-06").ask(log)
    assert answer.sizes.sum() == 1
    assert row(answer, "2026-01-05")[7] == 1


def test_first_ever_start_before_the_days_is_not_of_the_population() -> None:
    log = from_rows([*days("a", [0, 7]), *days("b", [3]), LATE])
    assert Retention(period="day", first_day="2026-01-06", last_day="2026-02-01").ask(log).sizes.sum() == 1
    each = Retention(period="day", starts="each", first_day="2026-01-06", last_day="2026-02-01").ask(log)
    assert each.sizes.sum() == 2


def test_start_and_return_events() -> None:
    log = from_rows(
        [*days("a", [0], "signup"), *days("a", [1], "buy"), *days("b", [0], "signup"), *days("b", [1], "look"), LATE]
    )
    answer = Retention(start="signup", returning="buy", period="day", periods=1).ask(log)
    assert row(answer, "2026-01-05") == [1, 0.5]
    assert log.ids(answer.people(date(2026, 1, 5), 1)) == ["a"]
    assert log.ids(answer.people(date(2026, 1, 5), 1, retained=False)) == ["b"]


def test_left_edge_is_marked() -> None:
    regulars = [r for k in range(20) for r in days(f"u{k}", range(k % 5, 60, 5))]
    answer = Retention(period="day", periods=1).ask(from_rows(regulars))
    marked = answer.table.groupby("cohort")["left_edge"].first()
    assert marked.iloc[0]
    assert not answer.grid.left_edge[20]


def test_a_sudden_fall_is_named_and_a_smooth_curve_is_not() -> None:
    def shop(shares: list[float]) -> object:
        rows = [r for k in range(400) for r in days(f"u{k}", [m for m, s in enumerate(shares) if k < s * 400])]
        return Retention(period="day", periods=len(shares) - 1).ask(from_rows([*rows, LATE]))

    found = shop([1, 0.6, 0.55, 0.52, 0.5, 0.2, 0.19, 0.18]).findings()  # type: ignore[attr-defined]
    assert [f.facts["period"] for f in found[1:]] == [5]
    assert len(shop([1, 0.6, 0.5, 0.42, 0.36, 0.32, 0.29, 0.27]).findings()) == 1  # type: ignore[attr-defined]


def test_too_few_and_refusals() -> None:
    assert "Too few" in Retention(period="day").ask(from_rows(days("a", [0, 1]))).findings()[0].message
    with pytest.raises(ParameterError, match="brackets"):
        Retention(brackets=(1, 2))
    with pytest.raises(ParameterError, match="period"):
        Retention(period="year")
    with pytest.raises(SchemaError):
        Retention().ask(from_rows(journey("u", "A"), shape="results"))


def test_repr_repeats_the_question() -> None:
    question = Retention(start="a", returning=analysis.Step("b", "c"), brackets=(0, 1, 4), rolling=True)
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question
    assert analysis.Question.from_dict(question.to_dict()) == question


ROWS = st.lists(
    st.tuples(st.sampled_from("uvw"), st.integers(0, 24 * 7), st.sampled_from("ab")), min_size=1, max_size=16
)


@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS,
    start=st.sampled_from([None, "a"]),
    returning=st.sampled_from([None, "b"]),
    mode=st.sampled_from(["on", "on_or_after", "on_or_before"]),
    rolling=st.booleans(),
    each=st.booleans(),
)
def test_oracle(rows, start, returning, mode, rolling, each) -> None:  # type: ignore[no-untyped-def]
    made = [
        {"user": u, "time": f"2026-01-{5 + h // 24:02d} {h % 24:02d}:00", "event": e}
        for u, h, e in [*rows, ("end", 0, "b"), ("end", 480, "a")]
    ]
    log = from_rows(made)
    question = Retention(
        start=start,
        returning=returning,
        mode=mode,
        rolling=rolling,
        starts="each" if each else "first",
        period="day",
        periods=6,
    )
    answer = question.ask(log)
    sizes, kept = oracle.cells([*rows, ("end", 0, "b"), ("end", 480, "a")], start, returning, mode, rolling, each, 6)
    first = date(2026, 1, 5).toordinal()
    assert {
        c.toordinal() - first: n for c, n in zip(answer.grid.cohorts, answer.sizes.tolist(), strict=True) if n
    } == sizes
    found = {
        (answer.grid.cohorts[c].toordinal() - first, k): int(n) for (c, k), n in np.ndenumerate(answer.retained) if n
    }
    assert found == kept
    for (c, k), n in list(kept.items())[:5]:
        assert len(answer.people(date.fromordinal(first + c), k)) == n
