"""Retention: by hand, golden, against the oracle, and the published figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import Retention, stats
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


def test_joined_periods_are_said_as_joined() -> None:
    log = from_rows([row for k in range(40) for row in days(f"u{k}", [0, 2, 8])])
    said = Retention(period="day", brackets=(0, 1, 4)).ask(log).findings()[0]
    assert said.message.startswith("{first_rate} come back on days {first}") and said.facts["first"] == "1–3"
    assert [Retention(brackets=(0, 1, 4)).named(p) for p in (0, 1)] == ["0", "1–3"]
    assert Retention().named(3) == 3


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


# -- how often, how much, and for whom ---------------------------------------------------------


def spent(user: str, said: list[tuple[int, float]], value: str = "a") -> list[dict[str, object]]:
    return [
        {"user": user, "time": f"2026-01-{5 + d:02d} 10:{k:02d}", "event": "buy", "money": m, "kind": value}
        for k, (d, m) in enumerate(said)
    ]


def test_times_asks_for_several_returns_a_period_and_counts_the_start_when_it_is_one() -> None:
    log = from_rows([*spent("u", [(0, 1), (0, 1), (1, 1)]), *spent("v", [(0, 1), (1, 1), (1, 1)]), LATE])
    answer = Retention(start="buy", returning="buy", period="day", periods=1, measure="times", times=2).ask(log)
    assert answer.table["retained"].tolist()[:2] == [1, 1]
    assert log.ids(answer.people(date(2026, 1, 5), 0)) == ["u"]
    assert log.ids(answer.people(date(2026, 1, 5), 1)) == ["v"]


def test_money_is_per_user_who_started_and_refunds_take_it_back() -> None:
    rows = [*spent("u", [(0, 10), (1, 30), (1, -6)]), *spent("v", [(0, 20)]), *spent("w", [(0, 0)]), LATE]
    log = from_rows(rows, roles={"amount": "money"})
    question = Retention(start="buy", returning="buy", period="day", periods=2, measure="money")
    total = question.ask(log).total
    assert total["money"].tolist() == [30, 24, 0]
    assert total["money_per_user"].tolist() == [10, 8, 0]
    half = 4.302653 * np.std([24, 0, 0], ddof=1) / 3**0.5  # Student, 2 degrees of freedom
    assert total["money_per_user_low"][1] == pytest.approx(8 - half)
    assert question.ask(log).table["money_per_user_low"][1] == pytest.approx(8 - half)
    summed = replace(question, mode="on_or_before").ask(log)
    assert summed.total["money"].tolist() == [30, 54, 54]


def test_a_split_compares_each_value_with_the_rest_in_one_stated_period() -> None:
    rows = [r for k in range(100) for r in spent(f"a{k}", [(0, 1), *([(2, 1)] if k < 20 else [])], "a")]
    rows += [r for k in range(100) for r in spent(f"b{k}", [(0, 1), *([(2, 1)] if k < 60 else [])], "b")]
    log = from_rows([*rows, LATE])
    answer = Retention(period="day", periods=4, split="kind", split_period=2).ask(log)
    by = answer.by_value.set_index(["value", "period"])
    assert by.loc[("a", 2), ["users", "retained", "difference_points"]].tolist() == [100, 20, pytest.approx(-0.4)]
    expected = stats.newcombe(20, 100, 60, 100)
    assert by.loc[("a", 2), "difference_low_points"] == pytest.approx(expected.low)
    assert answer.by_value["p"].notna().sum() == 2
    assert [(f.facts["value"], f.tone) for f in answer.findings()[1:]] == [("a", "bad"), ("b", "good")]
    assert len(answer.people_of("a", 2)) == 20
    assert len(answer.people_of("b", 2, retained=False)) == 40
    for asked in (answer, replace(answer.question, split=None, split_period=None).ask(log)):
        total = asked.total.set_index("period")
        assert len(asked.people_of(None, 2)) == total.loc[2, "retained"] == 80
        assert len(asked.people_of(None, 2, retained=False)) == total.loc[2, "users"] - 80 > 0


def test_the_middle_period_is_tested_unless_one_is_named() -> None:
    rows = [r for k in range(80) for r in spent(f"u{k}", [(0, 1)], "ab"[k % 2])]
    by = Retention(period="day", periods=5, split="kind").ask(from_rows([*rows, LATE])).by_value
    assert set(by.loc[by["p"].notna(), "period"]) == {3}


def test_values_that_do_not_differ_are_seldom_told_apart() -> None:
    rng, low = np.random.default_rng(3), 0
    for _ in range(120):
        rows = [r for k in range(160) for r in spent(f"u{k}", [(0, 1), *([(2, 1)] if rng.random() < 0.4 else [])])]
        for r in rows:
            r["kind"] = "a" if int(str(r["user"])[1:]) % 2 else "b"
        tested = Retention(period="day", periods=3, split="kind", split_period=2).ask(from_rows([*rows, LATE])).tested()
        low += tested[0].p <= 0.05
    assert low <= 12  # 6 expected; 12 has p = .02


def test_refusals_of_the_measures() -> None:
    for wrong in (
        {"measure": "clicks"},
        {"measure": "times", "times": 0},
        {"measure": "times", "mode": "on_or_after"},
        {"measure": "money", "mode": "on_or_after"},
        {"split": "kind", "starts": "each"},
        {"split": "kind", "split_period": 0},
    ):
        with pytest.raises(ParameterError):
            Retention(**wrong)
    with pytest.raises(SchemaError, match="amount"):
        Retention(measure="money").ask(from_rows(days("a", [0])))


def test_the_split_and_the_plain_question_agree_on_the_total() -> None:
    rng = np.random.default_rng(5)
    rows = [r for k in range(60) for r in spent(f"u{k}", [(int(d), 1) for d in rng.integers(0, 9, 5)], "ab"[k % 2])]
    log = from_rows([*rows, LATE])
    for settings_ in ({}, {"mode": "on_or_after"}, {"brackets": (0, 1, 3, 6)}, {"rolling": True}):
        plain = Retention(period="day", periods=5, **settings_).ask(log)
        split = Retention(period="day", periods=5, split="kind", **settings_).ask(log)
        assert split.total.equals(plain.total)
        assert split.table.equals(plain.table)


AMOUNTS = st.lists(
    st.tuples(
        st.sampled_from("uvw"), st.integers(0, 24 * 7), st.sampled_from("ab"),
        st.sampled_from([None, -5.0, 3.0, 10.0]), st.sampled_from(["x", "y"]),
    ),
    min_size=1, max_size=16,
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(
    rows=AMOUNTS,
    start=st.sampled_from([None, "a"]),
    returning=st.sampled_from([None, "b"]),
    measure=st.sampled_from(["times", "money"]),
    times=st.integers(1, 3),
    rolling=st.booleans(),
    each=st.booleans(),
    cumulative=st.booleans(),
)
def test_oracle_of_the_measures(rows, start, returning, measure, times, rolling, each, cumulative) -> None:  # type: ignore[no-untyped-def]
    rows = [*rows, ("end", 0, "b", 1.0, "x"), ("end", 480, "a", 1.0, "y")]
    made = [
        {"user": u, "time": f"2026-01-{5 + h // 24:02d} {h % 24:02d}:00", "event": e, "money": m, "kind": v}
        for u, h, e, m, v in rows
    ]
    log = from_rows(made, roles={"amount": "money"})
    cumulative = cumulative and measure == "money"
    question = Retention(
        start=start, returning=returning, period="day", periods=6, rolling=rolling, measure=measure, times=times,
        starts="each" if each else "first", mode="on_or_before" if cumulative else "on",
        split=None if each else "kind",
    )  # fmt: skip
    answer = question.ask(log)
    expected = oracle.brought(rows, start, returning, measure, times, rolling, each, cumulative, 6)
    first = date(2026, 1, 5).toordinal()
    cells: dict[tuple[int, int], float] = {}
    totals, bases, values = np.zeros(7), np.zeros(7), {}
    for _user, cohort, value, x in expected:
        for k in range(7):
            cells[cohort, k] = cells.get((cohort, k), 0) + x[k]
            if answer.grid.complete[answer.grid.cohorts.index(date.fromordinal(first + cohort)), k]:
                totals[k] += x[k]
                bases[k] += 1
                values[value, k] = values.get((value, k), 0) + x[k]
    found = {(answer.grid.cohorts[c].toordinal() - first, k): v for (c, k), v in np.ndenumerate(answer.retained) if v}
    assert found == pytest.approx({at: v for at, v in cells.items() if v})
    assert answer.sums[0] == pytest.approx(totals)
    assert answer.sums[1] == pytest.approx(bases)
    by = answer.by_value
    count = "money" if measure == "money" else "retained"
    assert {
        (v, k): n for v, k, n in zip(by["value"] if len(by) else [], by["period"], by[count], strict=False) if n
    } == ({} if each else pytest.approx({at: v for at, v in values.items() if v and bases[at[1]]}))
