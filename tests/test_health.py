"""Data health: of each fact a log in which it holds, and one in which it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import EventLog, calendar
from analysis.events import from_rows
from analysis.health import Fact, Health, health, rows
from analysis.health.days import half_loaded, missed, series
from analysis.health.facts import NAMES, NO_DAYS, ORDER
from analysis.health.ids import insiders
from analysis.health.repeats import NEAR, SAME, rows_like
from analysis.health.scan import scan
from analysis.health.stamps import future_rows
from analysis.intake.ledger import FLAGS, Ledger
from analysis.words import Words

MONDAY = datetime(2026, 1, 5)


def row(user: str, at: datetime | str, event: str = "view", **more: object) -> dict[str, object]:
    return {"user": user, "time": str(at), "event": event, **more}


def one(log: EventLog, name: str) -> Fact:
    """The fact of that name; who is behind it must be as many as its number says."""
    found = health(log).fact(name)
    assert found is not None, name
    if found.behind is not None:
        assert len(found.behind.find(log)) == found.behind.count
    return found


def none(log: EventLog, name: str) -> bool:
    return health(log).fact(name) is None


def crowd(days: Iterable[int], users: int = 20, hour: int = 10, start: datetime = MONDAY) -> list[dict[str, object]]:
    """On each of these days, `users` people with one event each, a second apart."""
    return [
        row(f"d{d}u{k}", start + timedelta(days=d, hours=hour, seconds=k + d * users))
        for d in days
        for k in range(users)
    ]


def ids(log: EventLog, fact: Fact) -> list[str]:
    assert fact.behind is not None and fact.behind.kind == "users"
    return sorted(log.ids(fact.behind.find(log)))


def of_rows(log: EventLog, fact: Fact) -> pd.DataFrame:
    assert fact.behind is not None and fact.behind.kind == "rows"
    return rows.shown(log, fact.behind.find(log))


# -- stamps -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamps", "width", "severity"),
    [
        (["2026-01-05", "2026-01-06"], calendar.DAY_US, "look"),
        (["2026-01-05 10:00", "2026-01-06 11:00"], calendar.HOUR_US, "look"),
        (["2026-01-05 10:01", "2026-01-06 11:00"], 60 * calendar.SECOND_US, "fine"),
        (["2026-01-05 10:01:07", "2026-01-06 11:00"], calendar.SECOND_US, "fine"),
    ],
)
def test_the_precision_of_stamps(stamps: list[str], width: int, severity: str) -> None:
    fact = one(from_rows([row("u", s) for s in stamps]), "stamps")
    assert (fact.value, fact.severity) == (width, severity)


def test_future_rows_are_those_after_the_end_of_the_data() -> None:
    now = calendar.instant("2026-02-01", "UTC")
    told = [row("u", "2026-01-05 10:00:01"), row("u", "2026-03-05 10:00"), row("v", "2026-01-06 10:00")]
    log = from_rows(told, now=now)
    fact = one(log, "future")
    assert (fact.value, fact.severity) == (1, "careful")
    assert of_rows(log, fact)["time"].dt.month.tolist() == [3]
    assert one(from_rows(told), "future").value == 0


def test_in_a_file_that_lies_wholly_in_the_future_the_ledger_knows_how_many() -> None:
    log = from_rows([row("u", "2030-01-05 10:00"), row("v", "2030-01-06 10:00")])
    ledger = Ledger(rows=2, lines=0, used=2, flagged={"future": 2})
    log = replace(log, ledger=ledger)
    assert future_rows(log).tolist() == [0, 1]
    assert one(log, "future").value == 2


def test_stray_stamps_before_2000_are_told_and_do_not_stretch_the_days() -> None:
    log = from_rows([row("u", "1970-01-01 00:00:01"), *crowd(range(3))])
    fact = one(log, "early")
    assert (fact.value, fact.severity) == (1, "careful")
    assert of_rows(log, fact)["time"].dt.year.tolist() == [1970]
    days = health(log).days
    assert days["day"].tolist() == [date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)]


def test_a_file_from_before_2000_is_a_file_of_its_time() -> None:
    log = from_rows([row("u", "1997-01-05"), row("u", "1997-01-06"), row("v", "1997-01-08")])
    assert one(log, "early").severity == "look"
    assert len(health(log).days) == 4
    assert none(from_rows(crowd([0])), "early")


def test_dates_without_a_time_among_times() -> None:
    log = from_rows(
        [row("u", "2026-01-05"), row("v", "2026-01-06"), row("w", "2026-01-06 10:00:01")], zone="Asia/Tokyo"
    )
    fact = one(log, "midnight")
    assert (fact.value, fact.severity) == (2, "careful")
    assert of_rows(log, fact)["user"].tolist() == ["u", "v"]
    assert one(from_rows(crowd([0])), "midnight").severity == "fine"
    assert none(from_rows([row("u", "2026-01-05")]), "midnight")  # the file gives days only


def clocked(hours: Iterable[int], each: int) -> EventLog:
    """`each` events in every one of these hours, on one day."""
    stamps = [MONDAY + timedelta(hours=h, seconds=1 + k) for h in hours for k in range(each)]
    return from_rows([row(f"u{k % 7}", s) for k, s in enumerate(stamps)], zone="Asia/Shanghai")


def test_quiet_hours_by_day_question_the_time_zone() -> None:
    fact = one(clocked([h for h in range(24) if not 11 <= h < 15], 250), "zone")
    assert (fact.severity, fact.told.facts["start"], fact.told.facts["stop"]) == ("careful", "11:00", "15:00")
    assert fact.told.facts["shift"] == "−9"
    assert one(clocked([h for h in range(24) if not 2 <= h < 6], 250), "zone").severity == "fine"
    assert one(clocked([h for h in range(24) if not 9 <= h < 13], 250), "zone").severity == "fine"  # not wholly by day


def test_without_quiet_hours_or_with_few_events_the_zone_is_not_judged() -> None:
    assert one(clocked(range(24), 250), "zone").told.message == "No hour of the day is quiet."
    assert none(clocked([h for h in range(24) if not 11 <= h < 15], 249), "zone")


# -- days ---------------------------------------------------------------------------------------


def test_a_day_without_events_is_missed_where_twenty_users_were_to_be_expected() -> None:
    log = from_rows(crowd(d for d in range(14) if d != 8))
    fact = one(log, "gaps")
    assert (fact.value, fact.severity) == (1, "look")
    days = health(log).days
    assert days["day"][fact.behind.find(log)].tolist() == [date(2026, 1, 13)]  # type: ignore[union-attr]
    assert one(from_rows(crowd((d for d in range(14) if d != 8), users=19)), "gaps").value == 0


def test_three_missing_days_in_a_row_want_care() -> None:
    fact = one(from_rows(crowd(d for d in range(21) if d not in (7, 8, 9))), "gaps")
    assert (fact.value, fact.severity) == (3, "careful")
    assert (fact.told.facts["first"], fact.told.facts["last"]) == (date(2026, 1, 12), date(2026, 1, 14))


def test_closed_sundays_are_not_missed_but_a_monday_is() -> None:
    open_ = [d for d in range(42) if d % 7 != 6]
    assert one(from_rows(crowd(open_)), "gaps").value == 0
    assert one(from_rows(crowd(d for d in open_ if d != 21)), "gaps").value == 1


def test_thin_files_miss_days_only_in_stretches_far_longer_than_usual() -> None:
    users = np.zeros(80, np.int64)
    users[::2] = 1
    assert not missed(users).any()
    users[30:42] = 0  # from day 28 to day 42: seven times the usual way
    assert np.flatnonzero(missed(users)).tolist() == list(range(29, 42))
    users[40] = 1  # 28 to 40: six times; 40 to 42 as usual
    assert np.flatnonzero(missed(users)).tolist() == list(range(29, 40))
    users[38] = 1  # 28 to 38: five times is not more than five times
    assert not missed(users).any()


def test_a_half_loaded_day_has_less_than_a_fifth_of_its_weekday() -> None:
    events = np.full(42, 100)
    events[24] = 19
    assert np.flatnonzero(half_loaded(events)).tolist() == [24]
    events[24] = 20
    assert not half_loaded(events).any()


def test_the_first_days_the_last_day_small_numbers_and_restless_weeks_are_not_half_loaded() -> None:
    events = np.full(42, 100)
    events[[0, 3, 10, 41]] = 1  # the first two weeks have no two weeks before them
    assert not half_loaded(events).any()
    assert not half_loaded(np.where(np.arange(42) == 24, 1, 19)).any()
    restless = np.full(42, 100)
    restless[[3, 10, 24]] = [30, 35, 19]  # that weekday falls below 40 by itself
    assert not half_loaded(restless).any()


def test_half_loaded_days_are_told() -> None:
    log = from_rows([*crowd([d for d in range(35) if d != 24], users=25), *crowd([24], users=4)])
    fact = one(log, "half_days")
    assert (fact.value, fact.severity, fact.told.facts["first"]) == (1, "look", date(2026, 1, 29))
    assert one(from_rows(crowd(range(35), users=25)), "half_days").severity == "fine"


def evenings(last_hour: int, days: int = 10) -> EventLog:
    """Events at 9 and 21 o'clock each day; on the last day only up to `last_hour`."""
    told = [row(f"u{d}", MONDAY + timedelta(days=d, hours=h, seconds=1)) for d in range(days) for h in (9, 21)]
    return from_rows([*told, row("u", MONDAY + timedelta(days=days, hours=last_hour, seconds=1))])


def test_a_last_day_that_ends_early_is_not_over() -> None:
    fact = one(evenings(14), "last_day")
    assert (fact.severity, fact.told.facts["clock"]) == ("look", "14:00")
    assert health(evenings(14)).days["state"].iloc[-1] == "unfinished"
    assert one(evenings(20), "last_day").severity == "fine"  # within an hour of what is usual
    assert one(evenings(19), "last_day").severity == "look"
    assert one(evenings(14, days=6), "last_day").severity == "fine"  # too few days to know


def test_without_times_of_day_a_last_day_is_not_over_when_it_is_far_below_its_weekday() -> None:
    def plain(last: int) -> EventLog:
        told = [row(f"u{k}", (MONDAY + timedelta(days=d)).date()) for d in range(28) for k in range(50)]
        return from_rows([*told, *(row(f"u{k}", (MONDAY + timedelta(days=28)).date()) for k in range(last))])  # type: ignore[arg-type]

    assert one(plain(9), "last_day").severity == "look"
    assert one(plain(10), "last_day").severity == "fine"


def test_a_usual_day_is_the_median_of_the_days_with_events() -> None:
    log = from_rows([*crowd([0], 3), *crowd([1], 5), *crowd([4], 8)])
    fact = one(log, "activity")
    assert fact.value == 5 and fact.told.facts["events"] == 5
    assert (fact.told.facts["days"], fact.told.facts["all_days"]) == (3, 5)


def test_a_long_file_is_drawn_by_weeks_as_means_a_day() -> None:
    days = pd.DataFrame(
        {
            "day": [date(2026, 1, 1) + timedelta(days=k) for k in range(15)],
            "events": range(15),
            "users": 1,
            "state": "usual",
        }
    )
    days.loc[3, "state"] = "half"
    days.loc[4, "state"] = "empty"
    assert series(days, most=15)["width"].tolist() == [1] * 15
    weekly = series(days, most=3)
    assert weekly["events"].tolist() == [3, 10, 14]
    assert weekly["state"].tolist() == ["empty", "usual", "usual"]
    assert weekly["width"].tolist() == [7] * 3
    assert len(series(pd.concat([days] * 100, ignore_index=True), most=3)) <= 4


# -- people -------------------------------------------------------------------------------------


def test_events_a_user_and_who_was_seen_once() -> None:
    log = from_rows([row("a", MONDAY), row("b", MONDAY), row("b", MONDAY), *[row("c", MONDAY)] * 6])
    fact = one(log, "events_per_user")
    assert fact.value == 3 and fact.told.facts["median"] == 2 and fact.told.facts["most"] == 6
    assert ids(log, fact) == ["a"]


def test_when_nearly_all_are_seen_once_the_user_column_is_questioned() -> None:
    assert one(from_rows(crowd([0], 20)), "events_per_user").severity == "look"
    assert one(from_rows(crowd([0], 19)), "events_per_user").severity == "fine"
    twice = [row(f"u{k}", MONDAY) for k in range(20)] * 2
    assert one(from_rows(twice), "events_per_user").severity == "fine"


def test_heavy_users_lie_above_the_last_thousandth() -> None:
    told = crowd([0], 1_000)
    log = from_rows([*told, *(row("busy", MONDAY + timedelta(minutes=k)) for k in range(20))])
    fact = one(log, "heavy_users")
    assert (fact.value, ids(log, fact)) == (1, ["busy"])
    numbers = fact.behind.numbers(log, fact.behind.find(log))  # type: ignore[misc,union-attr]
    assert numbers["active_days"].tolist() == [1] and numbers["events_a_day"].tolist() == [20]
    assert one(from_rows(told), "heavy_users").value == 0


def beats(user: str, count: int, seconds: float) -> list[dict[str, object]]:
    return [row(user, MONDAY + timedelta(seconds=round(seconds * k))) for k in range(count)]


def test_an_even_rhythm_of_fifty_events_is_a_machine() -> None:
    human = [row("human", MONDAY + timedelta(seconds=k * k)) for k in range(60)]
    log = from_rows([*beats("bot", 50, 61), *beats("short", 49, 61), *human])
    fact = one(log, "machines")
    assert (fact.value, ids(log, fact)) == (1, ["bot"])
    numbers = fact.behind.numbers(log, fact.behind.find(log))  # type: ignore[misc,union-attr]
    assert numbers["unevenness"].tolist() == [0]


def test_more_than_a_thousand_events_in_an_hour_are_a_machine() -> None:
    def burst(count: int) -> EventLog:
        told = [row("b", MONDAY + timedelta(seconds=(k % 2) + 7 * (k // 2))) for k in range(count)]
        return from_rows([*told, row("b", MONDAY + timedelta(hours=30)), row("c", MONDAY)])

    assert one(burst(1_001), "machines").value == 1
    assert one(burst(1_000), "machines").value == 0


def test_the_hour_ends_before_its_last_second() -> None:
    def hour(last: int) -> EventLog:
        inside = [row("b", MONDAY + timedelta(seconds=3 * k + k % 2)) for k in range(1_000)]
        return from_rows([*inside, row("b", MONDAY + timedelta(seconds=last)), row("c", MONDAY)])

    assert one(hour(3_599), "machines").value == 1
    assert one(hour(3_600), "machines").value == 0


def test_plain_dates_tell_no_machine() -> None:
    log = from_rows([row("daily", (MONDAY + timedelta(days=k)).date()) for k in range(60)])  # type: ignore[arg-type]
    assert one(log, "machines").unit == "none"


@pytest.mark.parametrize(
    "id_",
    [
        "test1",
        "qa-7",
        "user_test",
        "Admin",
        "demo@shop.cn",
        "a.b@example.com",
        "内部员工3",
        "测试",
        "x TEST 2",
        "Tester",
    ],
)
def test_ids_of_test_accounts(id_: str) -> None:
    log = from_rows([row(id_, MONDAY), row("u", MONDAY)])
    assert log.ids(insiders(log)) == [id_]
    assert ids(log, one(log, "test_accounts")) == [id_]


@pytest.mark.parametrize(
    "id_", ["latest", "contest9", "xqa12z", "administer", "democrat", "b@myexample.com", "test", "u42"]
)
def test_ids_that_only_look_like_them(id_: str) -> None:
    log = from_rows([row(id_, MONDAY), row("u", MONDAY)])
    assert not len(insiders(log))
    assert one(log, "test_accounts").severity == "fine"


def test_ids_that_stand_for_nobody_give_their_rows() -> None:
    log = from_rows([row("0", MONDAY), row("Unknown", MONDAY), row("u", MONDAY), row("0", MONDAY)])
    fact = one(log, "unknown_ids")
    assert (fact.value, fact.severity) == (3, "careful")
    assert of_rows(log, fact)["user"].tolist() == ["0", "0", "Unknown"]
    assert one(from_rows([row("u", MONDAY)]), "unknown_ids").value == 0


def test_one_id_with_a_twentieth_of_all_events_and_ten_times_the_average() -> None:
    many = [row(f"u{k}", MONDAY) for k in range(380)]
    log = from_rows([*many, *[row("till", MONDAY)] * 21])
    assert ids(log, one(log, "one_id")) == ["till"]
    assert none(from_rows([*many, *[row("till", MONDAY)] * 20]), "one_id")  # 20 of 400 are no more than a twentieth
    assert none(from_rows([row("a", MONDAY), *[row("b", MONDAY)] * 9]), "one_id")  # with two users that is nothing
    assert none(from_rows([*many, *[row("0", MONDAY)] * 50]), "one_id")  # told as an unknown id


def test_the_left_edge_holds_those_first_seen_in_it() -> None:
    weekly = [row("old", MONDAY + timedelta(days=7 * k)) for k in range(8)]
    log = from_rows([*weekly, row("early", MONDAY + timedelta(days=6)), row("new", MONDAY + timedelta(days=7))])
    fact = one(log, "left_edge")
    assert (fact.value, ids(log, fact)) == (7, ["early", "old"])
    assert fact.told.facts["new_share"] == pytest.approx(2 / 3)


# -- repeats ------------------------------------------------------------------------------------


def test_repeats_agree_in_every_cell_near_repeats_do_not() -> None:
    log = from_rows(
        [
            row("u", "2026-01-05 10:00:01", page="a", n=1.0),
            row("u", "2026-01-05 10:00:01", page="a", n=1.0),  # again
            row("u", "2026-01-05 10:00:01", page="b", n=1.0),  # another cell
            row("u", "2026-01-05 10:00:01", "buy", page="a", n=1.0),  # another event
            row("u", "2026-01-05 10:00:02", page="a", n=1.0),  # another time
            row("v", "2026-01-05 10:00:01", page="a", n=1.0),  # another user
            row("v", "2026-01-05 10:00:01", page="a", n=None),  # another number
            row("v", "2026-01-05 10:00:01", page="a", n=None),
        ]
    )
    same, near = one(log, "repeats"), one(log, "near_repeats")
    assert (same.value, near.value) == (2, 2)
    assert of_rows(log, same)["user"].tolist() == ["u", "v"]
    assert of_rows(log, near)["page"].tolist() == ["b", "a"]
    assert near.severity == "careful"


def test_zero_has_no_sign() -> None:
    log = from_rows([row("u", "2026-01-05 10:00:01", n=n) for n in (0.0, -0.0)])
    assert one(log, "repeats").value == 1 and none(log, "near_repeats")


def test_lines_of_an_order_and_coarse_times_are_no_near_repeats_to_look_at() -> None:
    lines = [row("u", "2026-01-05 10:00:01", item=i) for i in "ab"]
    assert one(from_rows(lines), "near_repeats").severity == "careful"
    assert one(from_rows(lines, shape="orders"), "near_repeats").severity == "fine"
    assert one(from_rows([row("u", "2026-01-05 10:05", item=i) for i in "ab"]), "near_repeats").severity == "fine"


def test_without_repeats_nothing_is_told_of_near_ones_and_left_out_ones_come_from_the_ledger() -> None:
    log = from_rows([row("u", MONDAY), row("v", MONDAY)])
    assert none(log, "near_repeats") and one(log, "repeats").value == 0
    log = replace(log, ledger=Ledger(rows=7, lines=0, used=2, dropped={"duplicate": 4, "overlap": 1}))
    fact = one(log, "repeats")
    assert (fact.value, fact.severity, fact.told.facts["row_share"]) == (5, "look", pytest.approx(5 / 7))


TINY = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2", "0", "test-1"]),
        st.integers(0, 40),
        st.sampled_from(["view", "View", "buy"]),
        st.sampled_from(["", "x", "y"]),
        st.sampled_from([None, -1.0, 0.0, -0.0, 2.5]),
    ),
    min_size=1,
    max_size=30,
)


def tiny(told: list[tuple[str, int, str, str, float | None]], step: int, zone: str) -> EventLog:
    start = calendar.instant("2026-03-28", zone)
    users, times, events, words, numbers = zip(*told, strict=True)
    table = pa.table(
        {
            "user": list(users),
            "time": pa.array([start + t * step for t in times], pa.int64()),
            "event": list(events),
            "word": list(words),
            "amount": pa.array(numbers, pa.float64()),
        }
    )
    return EventLog.build(table, zone=zone, roles={"amount": "amount"}, now=start + 30 * step)


@settings(max_examples=60, deadline=None)
@given(
    TINY,
    st.sampled_from([calendar.HOUR_US, 7 * calendar.SECOND_US, calendar.DAY_US]),
    st.sampled_from(["UTC", "Europe/Berlin"]),
)
def test_repeats_are_those_a_plain_count_finds(told, step, zone) -> None:  # type: ignore[no-untyped-def]
    groups: dict[tuple[object, ...], Counter[tuple[object, ...]]] = {}
    for user, at, event, word, number in told:
        groups.setdefault((user, at, event), Counter())[(word, None if number is None else number + 0.0)] += 1
    log = tiny(told, step, zone)
    assert len(rows_like(log, SAME)) == sum(sum(c.values()) - len(c) for c in groups.values())
    assert len(rows_like(log, NEAR)) == sum(len(c) - 1 for c in groups.values())


@settings(max_examples=60, deadline=None)
@given(
    TINY,
    st.sampled_from([calendar.HOUR_US, 7 * calendar.SECOND_US, calendar.DAY_US]),
    st.sampled_from(["UTC", "Europe/Berlin"]),
)
def test_the_scan_counts_as_a_plain_loop_does(told, step, zone) -> None:  # type: ignore[no-untyped-def]
    log = tiny(told, step, zone)
    seen = scan(log)
    walls = [calendar.local(t, zone) for t in log.time if t < log.ends_at]
    owner = np.repeat(log.users, log.ends - log.starts)
    assert seen.events.sum() == len(walls) and seen.future == len(log.time) - len(walls)
    for day, events, users in zip(seen.days, seen.events, seen.users, strict=True):
        mine = [k for k, t in enumerate(log.time) if t < log.ends_at and calendar.local(t, zone).date() == day]
        assert (events, users) == (len(mine), len({owner[k] for k in mine}))
    midnight = sum(w == datetime.combine(w.date(), datetime.min.time(), ZoneInfo(zone)) for w in walls)
    assert seen.midnight == midnight


@settings(max_examples=80, deadline=None)
@given(TINY, st.sampled_from([calendar.HOUR_US, 7 * calendar.SECOND_US, calendar.DAY_US]), st.booleans())
def test_behind_each_number_are_as_many_as_it_says(told, step, viewed) -> None:  # type: ignore[no-untyped-def]
    log = tiny(told, step, "Asia/Shanghai")
    if viewed:
        log = log.of(log.users[::2]).between("2026-03-28", "2026-03-30")
    for fact in health(log).facts:
        if fact.behind is not None:
            assert len(fact.behind.find(log)) == fact.behind.count > 0, fact.name
            if fact.behind.kind == "rows":
                assert len(rows.shown(log, fact.behind.find(log))) == fact.behind.count


# -- names and money ----------------------------------------------------------------------------


def test_kinds_of_events_and_those_seen_once() -> None:
    log = from_rows([*[row("u", MONDAY, "view")] * 3, row("u", MONDAY, "buy"), row("v", MONDAY, "share")])
    fact = one(log, "event_names")
    assert (fact.value, fact.severity) == (3, "fine")
    assert (fact.told.facts["name"], fact.told.facts["event_share"], fact.told.facts["once"]) == ("view", 0.6, 2)
    assert of_rows(log, fact)["event"].tolist() == ["buy", "share"]
    assert one(from_rows([row("u", MONDAY, f"/page/{k}") for k in range(20)]), "event_names").severity == "look"


def test_names_that_differ_in_spelling_only() -> None:
    log = from_rows([row("u", MONDAY, e) for e in ("Add Cart", "add_cart", "addcart", "view", "加购", "加 购")])
    fact = one(log, "spellings")
    assert fact.value == 5 and fact.behind is not None and fact.behind.kind == "names"
    assert {log.events.values[c] for c in fact.behind.find(log)} == {"Add Cart", "add_cart", "addcart", "加购", "加 购"}
    assert none(from_rows([row("u", MONDAY, e) for e in ("add", "adds")]), "spellings")


def sold(*amounts: float | None, event: str = "buy") -> EventLog:
    told = [row(f"u{k}", MONDAY, event, paid=np.nan if a is None else a) for k, a in enumerate(amounts)]
    return from_rows([*told, row("v", MONDAY, "view", paid=np.nan)], roles={"amount": "paid"})


def test_sales_without_an_amount() -> None:
    log = sold(10.0, None, 30.0, 40.0)
    fact = one(log, "amount_missing")
    assert (fact.value, fact.told.facts["sale_share"]) == (1, 0.25)
    assert of_rows(log, fact)["user"].tolist() == ["u1"]
    assert one(sold(10.0, 20.0), "amount_missing").severity == "fine"
    assert one(sold(10.0, None, None, None), "amount_missing").value == 3  # named as a sale
    assert one(sold(10.0, None, None, None, event="look"), "amount_missing").value == 0  # most looks have none
    assert one(sold(None, None), "amount_missing").severity == "careful"
    assert none(from_rows([row("u", MONDAY)]), "amount_missing")


def test_negative_and_zero_amounts() -> None:
    log = sold(10.0, -4.0, 0.0, 30.0)
    assert of_rows(log, one(log, "amount_negative"))["paid"].tolist() == [-4.0]
    assert of_rows(log, one(log, "amount_zero"))["paid"].tolist() == [0.0]
    assert one(sold(1.0), "amount_negative").value == one(sold(1.0), "amount_zero").value == 0


def test_zeros_of_events_that_are_no_sales_are_not_counted() -> None:
    told = [*(row("u", MONDAY, "view", paid=0.0) for _ in range(5)), row("u", MONDAY, "buy", paid=3.0)]
    assert one(from_rows(told, roles={"amount": "paid"}), "amount_zero").value == 0


def test_the_largest_amount_and_its_share_of_the_money() -> None:
    log = sold(*[1.0] * 99, 11.0, -50.0)
    fact = one(log, "amount_largest")
    assert (fact.value, fact.told.facts["income_share"], fact.severity) == (11, 0.1, "look")
    assert of_rows(log, fact)["paid"].tolist() == [11]
    assert one(sold(*[1.0] * 100), "amount_largest").severity == "fine"
    assert one(sold(1.0, 11.0), "amount_largest").severity == "fine"  # with few amounts each weighs much


# -- result tables ------------------------------------------------------------------------------


def results(*told: Mapping[str, object]) -> EventLog:
    table = pa.Table.from_pandas(pd.DataFrame(list(told)))
    table = table.append_column("time", pa.array([0] * len(told), pa.int64()))
    table = table.append_column("event", pa.array(["result"] * len(told)))
    return EventLog.build(table, roles={"arm": "arm"}, shape="results")


def test_a_result_table_has_a_health_of_its_own() -> None:
    log = results(
        {"user": "a", "arm": "mail", "spend": 1.0},
        {"user": "b", "arm": "control", "spend": None},
        {"user": "c", "arm": None, "spend": 0.0},
        {"user": "c", "arm": "mail", "spend": 0.0},
        {"user": "test-1", "arm": "mail", "spend": 0.0},
    )
    found = health(log)
    assert not len(found.days) and one(log, "results").value == 4
    assert ids(log, one(log, "several_rows")) == ["c"]
    assert ids(log, one(log, "arm_missing")) == ["c"]
    assert ids(log, one(log, "outcome_missing")) == ["b"]
    assert ids(log, one(log, "test_accounts")) == ["test-1"]
    arms = one(log, "arms")
    assert (arms.value, arms.severity) == (2, "look")
    assert (arms.told.facts["small"], arms.told.facts["fewest"], arms.told.facts["most"]) == ("control", 1, 3)


def test_a_sound_result_table() -> None:
    log = results(*({"user": f"u{k}", "arm": "ab"[k % 2], "spend": 0.0} for k in range(200)))
    assert {f.severity for f in health(log).facts} == {"fine"}
    assert none(log, "several_rows") and none(log, "arm_missing")
    alone = results({"user": "a", "arm": "mail", "word": "x"})
    assert one(alone, "arms").severity == one(alone, "outcome_missing").severity == "careful"


# -- the whole ----------------------------------------------------------------------------------


def test_facts_stand_by_severity_then_by_name() -> None:
    log = from_rows([row("u", "1970-01-01 00:00:01"), *crowd(d for d in range(14) if d != 8), row("qa-1", MONDAY)])
    found = health(log).facts
    keys = [(ORDER.index(f.severity), list(NAMES).index(f.name)) for f in found]
    assert keys == sorted(keys) and {f.severity for f in found} == {"careful", "look", "fine"}
    assert len({f.name for f in found}) == len(found)


def test_every_fact_is_said_in_both_languages() -> None:
    logs = [from_rows([row("u", MONDAY)]), sold(1.0, None, -1.0), results({"user": "a", "arm": "mail", "spend": 1.0})]
    for log in logs:
        for fact in health(log).facts:
            for language in ("en", "zh"):
                message, detail = Words(language).finding(fact.told)
                assert message and detail and "{" not in message + detail


def test_a_log_without_events_has_no_facts() -> None:
    log = from_rows([row("u", MONDAY)]).between("2027-01-01", "2027-01-02")
    found = health(log)
    assert isinstance(found, Health) and found.facts == () and list(found.days.columns) == list(NO_DAYS.columns)


# -- rows behind the ledger's flags -------------------------------------------------------------


def test_rows_behind_flags() -> None:
    log = from_rows(
        [
            row("0", "2026-01-05 10:00:01", page="a", paid=1.0),
            row("u", "2026-01-05 10:00:02", page="line\nbreak", paid=None),
            row("v", "2026-01-05 10:00:03", page="caf�", paid=2.0),
            row("w�", "2027-01-05 10:00:04", page="a", paid=2.0),
        ],
        roles={"amount": "paid"},
        now=calendar.instant("2026-06-01", "UTC"),
    )
    expected = {
        "unknown_ids": ["0"],
        "lines_in_quotes": ["u"],
        "unreadable_numbers": ["u"],
        "replaced_bytes": ["v", "w�"],
        "future": ["w�"],
    }
    for flag, users in expected.items():
        behind = rows.flagged(log, flag)
        assert behind is not None and behind.count == len(users)
        assert rows.shown(log, behind.find(log))["user"].tolist() == users
    assert rows.flagged(log, "unreadable_milestones") is None and "unreadable_milestones" in FLAGS
    assert rows.flagged(log, "a flag of tomorrow") is None


def test_used_rows_come_with_user_time_of_the_zone_and_every_column() -> None:
    log = from_rows([row("b", "2026-01-05 10:00", n=2.0), row("a", "2026-01-06 11:00", n=None)], zone="Asia/Shanghai")
    behind = rows.used(log)
    table = rows.shown(log, behind.find(log))
    assert list(table.columns) == ["user", "time", "event", "n"] and behind.count == len(table) == 2
    assert table["user"].tolist() == ["b", "a"]
    assert table["time"].dt.strftime("%d %H:%M").tolist() == ["05 10:00", "06 11:00"]
    part = log.of(np.array([1]))
    assert rows.shown(part, rows.used(part).find(part))["user"].tolist() == ["a"]
