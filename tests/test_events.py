"""The log: order, views, disk, calendars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import EventLog, calendar
from analysis.errors import ParameterError, SchemaError, UnknownValueError
from analysis.events import from_rows, properties
from tests.shop import footprints, journey

ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50), st.sampled_from("ab")), min_size=1, max_size=40)


@settings(max_examples=50, deadline=None)
@given(rows=ROWS)
def test_rows_are_sorted_by_user_time_and_file_order(rows) -> None:  # type: ignore[no-untyped-def]
    users, times, events = zip(*rows, strict=True)
    place = pa.array(np.arange(len(rows), dtype=np.float64))
    table = pa.table(
        {"user": [f"u{u}" for u in users], "time": pa.array(times, pa.int64()), "event": list(events), "place": place}
    )
    log = EventLog.build(table)
    assert log.n_events == len(rows)
    for i in range(log.n_users):
        mine = [(t, k) for k, (u, t, _e) in enumerate(rows) if f"u{u}" == log.user_ids[i].as_py()]
        order = [(int(log.time[r]), int(log.numbers("place")[r])) for r in range(log.starts[i], log.ends[i])]
        assert order == sorted(mine)


def test_a_saved_log_opens_by_memory_map_and_is_the_same(tmp_path: Path) -> None:
    rows = [{**r, "n": 1.5, "w": "中"} for r in [*journey("u", "AB"), *journey("v", "A")]]
    log = from_rows(rows, zone="Asia/Shanghai", roles={"amount": "n"}, fingerprint="f")
    log.save(tmp_path)
    again = EventLog.open(tmp_path)
    assert not again.time.flags.owndata
    assert again.time.tolist() == log.time.tolist()
    assert again.words("w").values == ("", "中")
    assert again.numbers("n").tolist() == [1.5] * 3
    assert (again.zone, again.roles, again.fingerprint, again.ends_at) == (log.zone, log.roles, "f", log.ends_at)
    assert again.user_ids.to_pylist() == ["u", "v"]


def test_views_copy_nothing_and_compose() -> None:
    log = from_rows(
        [*footprints("u", "A 1:00, B 2:00"), *footprints("u", "C 1:00", day="2026-01-07"), *footprints("v", "A 3:00")]
    )
    view = log.between("2026-01-05", "2026-01-05")
    assert view.time is log.time
    assert (view.n_events, log.n_events) == (3, 4)
    assert view.ends_at == calendar.instant("2026-01-06", "UTC")
    assert log.of(np.array([1])).n_users == 1
    assert log.between(None, "2026-01-06").of(np.array([0])).n_events == 2
    assert eval("log" + "".join(view.scope), {"log": log}).n_events == 3


def test_a_segment_is_the_last_given_value() -> None:
    values = ["web", "ios", None]
    rows = [{**r, "platform": p} for r, p in zip(journey("u", "ABC"), values, strict=True)]
    log = from_rows([*rows, {**journey("v", "A")[0], "platform": "web"}])
    assert log.ids(log.where("platform", "ios").users) == ["u"]
    assert log.ids(log.where("platform", "web").users) == ["v"]
    with pytest.raises(UnknownValueError, match=r"Nearest: .*ios"):
        log.where("platform", "iso")


def test_future_stamps_do_not_move_the_end_of_the_data() -> None:
    table = pa.table({"user": ["u", "u"], "time": pa.array([10, 10**18]), "event": ["a", "a"]})
    assert EventLog.build(table, now=10**17).ends_at == 11


def test_resolution_of_stamps() -> None:
    assert from_rows(journey("u", "AB")).resolution_us == calendar.HOUR_US
    dates = [{"user": "u", "time": d, "event": "a"} for d in ("2026-01-05", "2026-03-30")]
    assert from_rows(dates, zone="Europe/Berlin").resolution_us == calendar.DAY_US
    assert from_rows(dates, zone="Europe/Berlin").ends_at == calendar.instant("2026-03-31", "Europe/Berlin")


def test_a_day_of_daylight_saving_has_23_hours() -> None:
    bounds, days = calendar.bounds(
        calendar.instant("2026-03-28", "Europe/Berlin"),
        calendar.instant("2026-03-31", "Europe/Berlin"),
        "Europe/Berlin",
        "day",
    )
    assert (np.diff(bounds) / calendar.HOUR_US).tolist() == [24, 23, 24]
    assert days[1].isoformat() == "2026-03-29"


@pytest.mark.parametrize(("period", "first"), [("day", "2026-01-07"), ("week", "2026-01-05"), ("month", "2026-01-01")])
def test_weeks_start_on_monday_and_months_on_the_first(period, first) -> None:  # type: ignore[no-untyped-def]
    start = calendar.instant("2026-01-07T10:00:00", "Asia/Shanghai")
    bounds, days = calendar.bounds(start, start + 1, "Asia/Shanghai", period)
    assert days[0].isoformat() == first
    assert bounds[0] == calendar.instant(first, "Asia/Shanghai")
    assert len(bounds) == 2


def test_refusals() -> None:
    with pytest.raises(SchemaError, match="lacks event"):
        EventLog.build(pa.table({"user": ["u"], "time": pa.array([1])}))
    with pytest.raises(ParameterError, match="IANA"):
        from_rows(journey("u", "A"), zone="Mars/Base")
    log = from_rows(journey("u", "AB"))
    with pytest.raises(ParameterError, match="start before its end"):
        log.between("2026-02-01", "2026-01-01")
    with pytest.raises(SchemaError, match="holds words"):
        log.numbers("event")
    with pytest.raises(SchemaError, match="Choose it on the Data page"):
        log.column_of("amount", "RFM")


def test_an_empty_view_asks_nothing_and_breaks_nothing() -> None:
    log = from_rows(journey("u", "AB")).between("2027-01-01", "2027-02-01")
    assert log.n_events == 0
    assert properties(log) == []
