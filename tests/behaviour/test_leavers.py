"""What leavers did last: by hand, against the oracle, planted, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import Leavers
from analysis.behaviour.leaving import seen, silence
from analysis.calendar import DAY_US, HOUR_US
from analysis.charts.leavers import draw
from analysis.charts.look import Look
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.intake import load
from analysis.questions import Step
from analysis.words import Words
from tests.oracle import leavers as oracle
from tests.shop import ROOT

MONDAY = 1_767_571_200_000_000
ALL = {"coverage_low": 1e-9, "coverage_high": 1 - 1e-9}


def build(rows: list[tuple[str, int, str]], n_days: int) -> EventLog:
    """A log of users, hours since Monday 5 January 2026, and events; it ends with day `n_days - 1`."""
    rows = [*rows, ("end", (n_days - 1) * 24, "end")]
    table = pa.table({"user": [r[0] for r in rows], "event": [r[2] for r in rows]})
    stamps = pa.array([MONDAY + r[1] * HOUR_US for r in rows], pa.int64())
    return EventLog.build(table.append_column("time", stamps))


def one(user: str, *days: tuple[int, str]) -> list[tuple[str, int, str]]:
    """Events of one user, each letter an event, an hour apart from 10 o'clock."""
    return [(user, day * 24 + 10 + k, event) for day, said in days for k, event in enumerate(said)]


def ask(log: EventLog, **settings: object):  # type: ignore[no-untyped-def]
    """Asked without the least number of users."""
    enough, seen.FEW = seen.FEW, 0
    try:
        return Leavers(**{"silent_days": 10, **ALL, **settings}).ask(log)  # type: ignore[arg-type]
    finally:
        seen.FEW = enough


def row(answer: object, value: str, *, last: bool = False) -> pd.Series:
    table = answer.table  # type: ignore[attr-defined]
    found = table[(table["value"] == value) & (table["very_last"] == last)]
    assert len(found) == 1, table
    return found.iloc[0]


def crowd() -> EventLog:
    """Seen first on day 2 and alike then: 40 leave, 30 of them after an x; 40 come back a week later, 10 after one."""
    gone = [r for k in range(40) for r in one(f"g{k:02d}", (2, "axb" if k < 30 else "aab"))]
    back = [r for k in range(40) for r in one(f"s{k:02d}", (2, "axb" if k < 10 else "aab"), (9, "a"), *DAILY)]
    return build([*gone, *back], 40)


DAILY = [(d, "a") for d in range(12, 40, 3)]


def test_leavers_are_compared_with_stayers_on_a_day_alike() -> None:
    answer = ask(crowd())
    found = row(answer, "x")
    assert found[["users_with", "users_without", "left_with", "left_without"]].tolist() == [40, 40, 30, 10]
    assert (found["leave_rate_with"], found["leave_rate_without"], found["risk_ratio"]) == (0.75, 0.25, 3)
    half = 1.959964 * np.sqrt(1 / 30 - 1 / 40 + 1 / 10 - 1 / 40)
    assert found["risk_ratio_low"] == pytest.approx(3 * np.exp(-half))
    assert answer.base[["users", "left", "leavers_compared", "stayers_compared"]].iloc[0].tolist() == [80, 40, 40, 40]


def test_the_very_last_event_is_looked_at_by_itself() -> None:
    rows = [*one("g", (2, "ab")), *one("s", (2, "ba"), *DAILY), *one("t", (2, "ba"), *DAILY)]
    answer = ask(build(rows, 40))
    assert row(answer, "b", last=True)["left_with"] == 1
    assert row(answer, "a", last=True)["left_with"] == 0
    assert not (answer.table["value"] == "a")[~answer.table["very_last"]].any()  # all have it: nobody to compare with


def test_who_left_is_silent_up_to_the_end_and_has_been_for_long_enough() -> None:
    rows = [*one("left", (29, "a")), *one("open", (30, "a")), *one("back", (0, "a"), (20, "a"), (29, "a"))]
    answer = ask(build(rows, 40))
    assert answer.leavers == 2
    assert answer.judged == 2  # the one of day 30 may yet come back in time


def test_a_day_is_that_of_a_stayer_only_if_they_came_back_in_time() -> None:
    rows = [
        *one("gone", (2, "a")),
        *one("late", (2, "a"), (13, "a"), *DAILY[1:]),
        *one("soon", (2, "a"), (12, "a"), *DAILY),
    ]
    answer = ask(build(rows, 40))
    assert answer.log.ids(answer.matched.who) == ["gone", "soon"]


def test_only_like_is_compared() -> None:
    """Another week, a longer tenure, more done: each is alone in its stratum."""
    rows = [*one("gone", (9, "a")), *one("week", (2, "a"), (5, "a"), *DAILY)]
    rows += [*one("old", (5, "b"), (9, "b"), *DAILY), *one("busy", (9, "abababa"), *DAILY)]
    assert not len(ask(build(rows, 40)).matched.who)
    answer = ask(build([*rows, *one("alike", (9, "b"), *DAILY)], 40))
    assert sorted(answer.log.ids(answer.matched.who)) == ["alike", "gone"]


def test_the_days_or_the_events_looked_at() -> None:
    rows = [r for u, more in (("g", []), ("s", DAILY)) for r in one(u, (1, "x"), (2, "y"), (8, "ab"), *more)]
    log = build([*rows, *one("t", (1, "x"), (2, "y"), (8, "cc"), *DAILY)], 40)
    assert set(ask(log, last_days=6).table["value"]) == {"a", "b", "c"}
    assert set(ask(log, last_days=7).table["value"]) >= {"a", "b", "c"}
    answer = ask(log, last_events=2)
    assert (answer.matched.high - answer.matched.low).tolist() == [2, 2, 2]


def test_only_activity_is_a_sign_of_life_and_the_rest_is_seen() -> None:
    rows = [*one("gone", (2, "ma"), (30, "m")), *one("kept", (2, "ta"), (9, "a"), *DAILY)]
    answer = ask(build(rows, 40), event=Step("a"))
    assert answer.log.ids(answer.people(0)) == ["gone"]
    assert (answer.table["value"][0], answer.leavers) == ("m", 1)


def test_the_days_bound_the_clocks() -> None:
    rows = [*one("a", (2, "a")), *one("b", (12, "a"))]
    assert ask(build(rows, 40), first_day="2026-01-12").leavers == 1
    assert ask(build(rows, 40), last_day="2026-01-12").leavers == 1


def test_the_silence_is_learned_from_the_gaps() -> None:
    rows = [r for k in range(20) for r in one(f"u{k}", *[(d, "a") for d in range(0, 90, 9 if k else 30)])]
    assert Leavers().ask(build(rows, 100)).silent_days == 9
    daily = [r for k in range(20) for r in one(f"u{k}", *[(d, "a") for d in range(90)])]
    assert Leavers().ask(build(daily, 100)).silent_days == 7
    assert Leavers().ask(build(one("u", (0, "a")), 120)).silent_days == 30
    assert Leavers().ask(build(one("u", (0, "a")), 30)).silent_days == 10


def test_people_are_as_many_as_the_numbers() -> None:
    answer = ask(crowd())
    for k in range(len(answer.table)):
        said = answer.table.iloc[k]
        assert len(answer.people(k)) == said["left_with"]
        assert len(answer.people(k, left=False)) == said["users_with"] - said["left_with"]
        assert len(answer.people(k, having=False)) == said["left_without"]


def test_too_few_is_said_and_the_table_keeps_its_shape() -> None:
    answer = Leavers(silent_days=10).ask(build(one("u", (0, "a")), 40))
    assert answer.findings()[0].tone == "caution"
    assert list(answer.table.columns) == list(ask(crowd()).table.columns)


@pytest.mark.parametrize(
    "wrong", [{"silent_days": 0}, {"last_days": 0}, {"last_events": 0}, {"coverage_low": 0}, {"first_day": "soon"}]
)
def test_refusals(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        Leavers(**wrong)  # type: ignore[arg-type]


def test_the_drawn_days_do_not_depend_on_the_order_of_the_file() -> None:
    rows = [r for k in range(30) for r in one(f"u{k}", *[(d, "a") for d in range(k % 7, 60, 1 + k % 5)])]
    rows += [r for k in range(30) for r in one(f"g{k}", *[(d, "a") for d in range(k % 7, 10 + k % 9, 1 + k % 5)])]
    first, second = ask(build(rows, 60)), ask(build(rows[::-1], 60))
    clock = lambda a: dict(zip(a.log.ids(a.matched.who), a.log.time[a.matched.high - 1].tolist(), strict=True))  # noqa: E731
    assert clock(first) == clock(second)
    assert len(clock(first)) > 20


def chance(seed: int, *, users: int = 400, harm: float = 0.0) -> EventLog:
    """Users of different pace and richness, who leave the sooner the less they do; d raises leaving by `harm`."""
    rng = np.random.default_rng(seed)
    parts: list[tuple[int, float, str]] = []
    for user in range(users):
        gap, rich, day = rng.gamma(2, 1.5) + 0.3, rng.gamma(2, 1), rng.uniform(0, 90)
        taste = rng.dirichlet([2, 2, 3, 3])
        while day < 150:
            did = rng.choice(list("abcd"), 1 + rng.poisson(rich), p=taste)
            times = np.sort(np.floor(day) + rng.uniform(0.3, 0.9, len(did)))
            parts += [(user, t, str(e)) for t, e in zip(times, did, strict=True)]
            if rng.random() < 0.15 / (1 + rich) + harm * ("d" in did):
                break
            day += rng.exponential(gap) + 0.5
    parts.append((users, 150, "end"))
    who, days, events = zip(*parts, strict=True)
    table = pa.table({"user": [f"u{w}" for w in who], "event": list(events)})
    table = table.append_column("place", pa.array(rng.choice(["x", "y", "w"], len(parts))))
    return EventLog.build(table.append_column("time", pa.array(MONDAY + (np.array(days) * DAY_US).astype(np.int64))))


def test_where_nothing_goes_with_leaving_nothing_is_found() -> None:
    """150 such draws of 500 users once gave .047 of p at most .05, and 3 with any finding."""
    answers = [Leavers(silent_days=21).ask(chance(seed)) for seed in range(60)]
    p = np.concatenate([a.table["p"].to_numpy(float) for a in answers])
    assert len(p) > 300
    assert np.mean(p <= 0.05) <= 0.07
    assert np.mean([(a.table["p_adjusted"] <= 0.05).any() for a in answers]) <= 0.1  # 5 % and two errors of 60 draws


def test_what_raises_leaving_is_found() -> None:
    answer = Leavers(silent_days=21).ask(chance(1, users=2400, harm=0.15))
    found = answer.findings()[1:]
    assert {(f.facts["value"], f.tone) for f in found if f.tone == "bad"} == {("d", "bad")}


def test_an_event_and_its_page_are_told_once() -> None:
    finding = ask(crowd()).tested()[0]
    assert len(seen.told_once([finding, replace(finding, message="other"), replace(finding, p=0.5)])) == 2


def test_the_trial_of_the_sample_shop_is_found_as_a_last_event() -> None:
    log = load(ROOT / "sample_data" / "shop.csv", time_zone="Asia/Shanghai")
    own = [n for n in log.events.values[1:] if "assigned" not in n]
    answer = Leavers(event=Step(*own)).ask(log)
    trial, device = row(answer, "open_trial", last=True), row(answer, "use_feature")
    assert trial["risk_ratio_low"] > 1
    assert trial["p_adjusted"] < 0.001
    assert device["risk_ratio_high"] < 0.2
    assert draw(answer, Words("zh"), Look(dark=True)) is not None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 9))
def test_oracle(seed: int, silent: int, last_days: int) -> None:
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(30):
        until = 28 if rng.random() < 0.5 else 14
        for day in rng.choice(until, rng.integers(1, 9), replace=False):
            hours = 24 * day + rng.integers(9, 12, rng.integers(1, 3))  # equal stamps among them
            rows += [(f"u{user}", int(h), str(rng.choice(list("xyz")))) for h in hours]
    log = build(rows, 28)
    answer = ask(log, silent_days=silent, last_days=last_days)
    rows = [*rows, ("end", 27 * 24, "end")]
    gone = oracle.leavers(rows, silent, 28)
    assert answer.leavers == len(gone)
    days = (log.time[answer.matched.high - 1] - MONDAY) // DAY_US
    said = list(zip(log.ids(answer.matched.who), days.tolist(), answer.matched.left.tolist(), strict=True))
    kinds = {u: oracle.alike([r for r in rows if r[0] == u], d, last_days) for u, d in gone.items()}
    could = {}
    for user in {r[0] for r in rows} - set(gone):
        mine = [r for r in rows if r[0] == user]
        staying = {d: oracle.alike(mine, d, last_days) for d in oracle.staying_days(rows, user, silent, 28)}
        could[user] = {d: kind for d, kind in staying.items() if kind in kinds.values()}
    assert {u for u, _, left in said if not left} == {u for u, found in could.items() if found}
    assert all((d == gone[u]) if left else (d in could[u]) for u, d, left in said)
    taken = [could[u][d] for u, d, left in said if not left]
    assert {u for u, _, left in said if left} == {u for u, kind in kinds.items() if kind in taken}
    expected: dict[tuple[bool, str], list[bool]] = {}
    for user, day, left in said:
        had, last = oracle.did(rows, user, day, last_days)
        for key in {*((False, e) for e in had), (True, last)}:
            expected.setdefault(key, []).append(left)
    counts = {(bool(r["very_last"]), r["value"]): (r["users_with"], r["left_with"]) for _, r in answer.table.iterrows()}
    assert counts == {k: (len(v), sum(v)) for k, v in expected.items() if len(v) < len(said)}


def test_the_answer_does_not_depend_on_the_chunks() -> None:
    log = chance(2, users=100)
    answer = Leavers(silent_days=21, **ALL).ask(log)
    view = answer.matched.view(log)
    codes, cells = log.events.codes, answer.matched.left.astype(np.int64)
    place = np.arange(len(log.events.values))
    arguments = (codes, place, cells, 2, len(place))
    whole = over_users(view, seen._count, *arguments, merge=("sum",))[0]
    assert (over_users(view, seen._count, *arguments, merge=("sum",), rows_a_chunk=7)[0] == whole).all()
    assert silence.STRATA_A_WEEK == 6 * 7 * 3
