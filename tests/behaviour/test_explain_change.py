"""Explain a change: parts that add up, by hand, against the oracle, and in a simulation without a change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import ExplainChange
from analysis.behaviour.trends import parts
from analysis.behaviour.trends.groups import FEW, REST
from analysis.errors import NotEnoughDataError, ParameterError, SchemaError
from analysis.events import EventLog, from_rows
from tests.oracle import explain_change as oracle
from tests.shop import days, journey

PERIODS = {"first_from": "2026-01-05", "first_to": "2026-01-11", "second_from": "2026-01-12", "second_to": "2026-01-18"}
LATE = {"user": "z", "time": "2026-03-01 00:00", "event": "end"}


def shop(groups: dict[str, tuple[int, int, int, int]], **also: object) -> EventLog:
    """A log of groups: users and buyers of the first week, then of the second; no user in both."""
    rows = []
    for name, (n1, x1, n2, x2) in groups.items():
        for week, (n, x) in enumerate(((n1, x1), (n2, x2))):
            for k in range(n):
                user = f"{name}{week}-{k}"
                at = f"2026-01-{5 + 7 * week + k % 7:02d} 10:00"
                rows.append({"user": user, "time": at, "event": "visit", "c": name, "amount": None})
                if k < x:
                    rows.append({"user": user, "time": at, "event": "buy", "c": name, "amount": 10.0 + k % 5})
    return from_rows([*rows, LATE], roles={"amount": "amount"}, **also)


def ask(log: EventLog, **fields: object):  # type: ignore[no-untyped-def]
    return ExplainChange(event="buy", **{"base": "visit", "by": "c", **PERIODS, **fields}).ask(log)  # type: ignore[arg-type]


def test_by_hand_mix_and_rate() -> None:
    # a: share 1/2 to 3/4, rate 50 % to 40 %; b: share 1/2 to 1/4, rate 10 % throughout. Whole: 30 % to 32.5 %.
    answer = ask(shop({"a": (100, 50, 300, 120), "b": (100, 10, 100, 10)}))
    assert answer.level == (0.3, pytest.approx(0.325))
    table = answer.table.set_index("value")
    assert table.loc["a", "mix_points"] == pytest.approx(0.25 * (0.45 - 0.3125))
    assert table.loc["b", "mix_points"] == pytest.approx(-0.25 * (0.10 - 0.3125))
    assert table.loc["a", "rate_effect_points"] == pytest.approx(0.625 * -0.1)
    assert table.loc["b", "rate_effect_points"] == 0
    assert answer.parts["change_points"].sum() == pytest.approx(0.025)
    assert answer.level[1] - answer.level[0] == pytest.approx(answer.parts["change_points"].sum())


def test_a_reversal_is_flagged() -> None:
    answer = ask(shop({"a": (900, 540, 300, 210), "b": (300, 30, 900, 135)}))
    # every group rises (60 to 70 %, 10 to 15 %), the whole falls (47.5 to 28.75 %)
    found = [f for f in answer.findings() if f.tone == "caution"]
    assert len(found) == 1
    assert "every group" in found[0].message
    plain = ask(shop({"a": (300, 180, 300, 210), "b": (300, 30, 300, 45)}))
    assert not [f for f in plain.findings() if f.tone == "caution"]


def test_the_column_that_explains_is_chosen_and_its_group_named() -> None:
    log = shop({"a": (200, 100, 200, 20), "b": (200, 100, 200, 104), "d": (200, 98, 200, 100)})
    rows = [log.rows_of(int(u)) for u in log.users]
    made = [
        {"user": log.ids(np.array([u]))[0], "other": "pq"[k % 2], **dict(row)}
        for k, (u, frame) in enumerate(zip(log.users, rows, strict=True))
        for row in frame.astype({"time": str}).to_dict("records")
    ]
    answer = ask(from_rows(made), by=None)
    assert answer.groups.column == "c"
    assert answer.scan["column"].tolist() == ["other", "c"]
    named = [f for f in answer.findings()[1:] if f.facts.get("value") == "a"]
    assert named[0].facts["second_rate"] == pytest.approx(0.1)


def test_a_change_that_chance_makes_is_said_to_be_one() -> None:
    still = ask(shop({"a": (100, 30, 100, 31), "b": (100, 50, 100, 49)}))
    assert "chance" in still.findings()[0].message
    _change, low, high, _p = still.groups.whole
    by_hand = 1.96 * (2 * 0.4 * 0.6 / 200) ** 0.5  # buyers stand in the same order of ids in both weeks: no matter
    assert (high - low) / 2 == pytest.approx(by_hand, rel=0.3)
    moved = ask(shop({"a": (1000, 300, 1000, 600), "b": (1000, 500, 1000, 500)}))
    assert "chance" not in moved.findings()[0].message


def test_small_groups_are_joined_and_nothing_is_lost() -> None:
    answer = ask(shop({"a": (100, 50, 100, 40), "b": (FEW, 9, FEW, 3), "c": (5, 1, 9, 2), "d": (40, 4, 2, 1)}))
    assert answer.table["value"].tolist() == ["a", "b", REST]
    assert answer.users == (100 + FEW + 45, 100 + FEW + 11)
    assert len(answer.people(REST, 0)) == 5
    assert len(answer.people(REST, 1, converted=False)) == 8


def test_a_group_of_one_period_only_is_all_mix() -> None:
    found = parts.rate_parts(np.array([[50.0, 10, 0, 100, 20, 0], [50, 5, 0, 0, 0, 0]]))
    assert found[1, 1] == 0
    assert found[:, :2].sum() == pytest.approx(0.2 - 0.15)


def test_a_window_must_be_over_and_the_event_within_it() -> None:
    rows = [
        *journey("a", ["visit", "buy"], "2026-01-05 10:00", 24),
        *journey("b", ["visit", "buy"], "2026-01-06 10:00", 49),
        *journey("c", ["visit", "buy"], "2026-01-12 10:00", 0),
        *journey("d", ["visit"], "2026-01-18 10:00"),
    ]
    log = from_rows([*rows, {"user": "y", "time": "2026-01-18 12:00", "event": "end"}])
    answer = ask(log, window_days=2, by=None)
    assert (answer.users, answer.level, answer.still_open) == ((2, 1), (0.5, 1.0), 1)


def test_money_is_users_mix_rate_and_value() -> None:
    answer = ask(shop({"a": (100, 50, 300, 120), "b": (100, 10, 100, 10), "d": (50, 0, 50, 5)}), measure="money")
    assert answer.parts["change_money"].sum() == pytest.approx(answer.level[1] - answer.level[0])
    table = answer.table.set_index("value")
    assert table.loc["d", "new_or_gone_effect_money"] == table.loc["d", "second_money"]
    assert answer.parts["measure"].tolist() == ["users", "mix", "rate", "value", "new or gone"]


def test_the_usual_periods_are_the_last_full_weeks() -> None:
    log = from_rows([*days("a", range(80)), *days("b", [0])])  # from Monday 5 January to Wednesday 25 March
    answer = ExplainChange(event="x").ask(log)
    assert answer.days == ("2026-01-26", "2026-02-22", "2026-02-23", "2026-03-22")
    short = ExplainChange(event="x").ask(from_rows(days("a", range(9))))
    assert short.days == ("2026-01-05", "2026-01-08", "2026-01-09", "2026-01-12")
    with pytest.raises(NotEnoughDataError):
        ExplainChange(event="x").ask(from_rows(days("a", [0])))


def test_refusals_and_too_few() -> None:
    for fields in (
        {"first_from": "2026-01-05"},
        {**PERIODS, "second_from": "2026-01-11"},
        {"window_days": 0},
        {"measure": "sales"},
        {"measure": "money", "window_days": 7},
    ):
        with pytest.raises(ParameterError):
            ExplainChange(event="buy", **fields)  # type: ignore[arg-type]
    assert "Too few" in ask(shop({"a": (9, 3, 9, 3)})).findings()[0].message
    with pytest.raises(SchemaError):
        ExplainChange(event="x").ask(from_rows(journey("u", "A"), shape="results"))


def test_where_nothing_changed_nothing_is_found() -> None:
    found, p = 0, []
    for seed in range(200):
        draw = np.random.default_rng(seed)
        groups = {}
        for name, n, r in (("a", 150, 0.3), ("b", 100, 0.1), ("d", 60, 0.5), ("e", 40, 0.2)):
            n1, n2 = (max(31, int(v)) for v in draw.poisson(n, 2))
            groups[name] = (n1, int(draw.binomial(n1, r)), n2, int(draw.binomial(n2, r)))
        rest = np.array([(n1, x1, 0, n2, x2, 0) for n1, x1, n2, x2 in groups.values()], float)
        bucket = draw.integers(0, parts.BUCKETS, size=int(rest[:, [0, 3]].sum()))
        values, first, second, at = np.zeros((len(bucket), 6)), np.full(len(bucket), -1), np.full(len(bucket), -1), 0
        for g, (n1, x1, _m, n2, x2, _k) in enumerate(rest.astype(int)):
            for place, n, x, of in ((0, n1, x1, first), (3, n2, x2, second)):
                values[at : at + n, place] = 1
                values[at : at + x, place + 1] = 1
                of[at : at + n] = g
                at += n
        sums = parts.dealt(bucket, (first, second), len(groups), values)
        against = parts.rate_parts(sums.sum(axis=0))[:, 2]
        spread = parts.error(parts.rate_parts(parts.without_each(sums)))[:, 2]
        q = parts.interval(against, spread)[2]
        p.append(q[0])
        found += bool((q * len(q) <= 0.05).any())
    assert np.mean(np.array(p) <= 0.05) <= 0.085  # 200 draws at 5 %: up to .085 is chance
    assert found <= 17


COUNT = st.integers(0, 60)
MONEY = st.integers(-5_000, 50_000).map(lambda cents: cents / 100)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(COUNT, COUNT, COUNT, COUNT, MONEY, MONEY), min_size=1, max_size=6))
def test_parts_sum_to_the_whole(drawn: list[tuple[int, int, int, int, float, float]]) -> None:
    sums = np.array([(n1 + x1, x1, m1, n2 + x2, x2, m2) for n1, x1, n2, x2, m1, m2 in drawn], float)
    if not sums[:, 0].sum() or not sums[:, 3].sum():
        return
    whole = sums[:, 4].sum() / sums[:, 3].sum() - sums[:, 1].sum() / sums[:, 0].sum()
    assert parts.rate_parts(sums)[:, :2].sum() == pytest.approx(whole, abs=1e-12)
    money = parts.money_parts(sums)
    assert money.sum() == pytest.approx(sums[:, 5].sum() - sums[:, 2].sum(), abs=1e-8)
    assert money.sum(axis=1) == pytest.approx(sums[:, 5] - sums[:, 2], abs=1e-8)
    before, after = ([(int(s[k]), int(s[k + 1]), s[k + 2]) for s in sums] for k in (0, 3))
    assert money == pytest.approx(np.array(oracle.divisia(before, after)), abs=1e-7)


ROWS = st.lists(
    st.tuples(
        st.sampled_from("uvwx"),
        st.integers(0, 24 * 14 - 1),
        st.sampled_from("ab"),
        st.sampled_from(["", "x", "y"]),
        st.integers(1, 9),
    ),
    min_size=1,
    max_size=24,
)


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, base=st.sampled_from([None, "b"]), hours=st.sampled_from([None, 24, 72]), same=st.booleans())
def test_oracle(rows, base, hours, same) -> None:  # type: ignore[no-untyped-def]
    if same:
        rows = [(u, 24 * (h // 168) * 7, *rest) for u, h, *rest in rows]
    rows = [*rows, ("end", 400, "a", "x", 0), ("end", 400, "b", "x", 0)]  # after both periods
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
    window = hours / 24 if hours else None
    measure = "rate" if hours else "money"
    answer = ExplainChange(event="a", base=base, measure=measure, by="c", window_days=window, **PERIODS).ask(log)
    for period, span in enumerate(((0, 6), (7, 13))):
        expected = oracle.members(rows, "a", base, span, hours, log_end(log))
        found = {
            log.ids(np.array([u]))[0]: (bool(answer.did[period][1][k]), float(answer.did[period][2][k]))
            for k, u in enumerate(log.users)
            if answer.groups.of[period][k] >= 0
        }
        assert found == {u: (did, 0 if hours else money) for u, (_g, did, money) in expected.items()}


def log_end(log: EventLog) -> float:
    """End of what is observed, in hours since the first midnight."""
    return (log.ends_at - 1_767_571_200_000_000) / 3_600_000_000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(COUNT, COUNT, COUNT, COUNT), min_size=1, max_size=5))
def test_kitagawa_oracle(drawn: list[tuple[int, int, int, int]]) -> None:
    before = {str(k): (n + x, x) for k, (n, x, _a, _b) in enumerate(drawn) if n + x}
    after = {str(k): (n + x, x) for k, (_a, _b, n, x) in enumerate(drawn) if n + x}
    if not before or not after:
        return
    names = sorted({*before, *after})
    sums = np.array([(*before.get(g, (0, 0)), 0, *after.get(g, (0, 0)), 0) for g in names], float)
    expected = oracle.kitagawa(before, after)
    assert parts.rate_parts(sums)[:, :2] == pytest.approx(np.array([expected[g] for g in names]), abs=1e-12)
