"""Times: every way of writing one that is read, and the one that is asked."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from analysis import calendar
from analysis.errors import IntakeError
from analysis.intake import times
from analysis.intake.cells import from_strings


def said(*texts, zone="UTC", day_first=None):
    us, fine = times.parse(pa.array(texts), zone, day_first)
    return [
        datetime.fromtimestamp(u / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S") if f else None
        for u, f in zip(us, fine, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-05", "2026-01-05 00:00:00"),
        ("2026-01-05T10:30:15Z", "2026-01-05 10:30:15"),
        ("2026-01-05 10:30:15.250", "2026-01-05 10:30:15"),
        ("2026-01-05T10:30:15+08:00", "2026-01-05 02:30:15"),
        ("2026-01-05 10:30-0500", "2026-01-05 15:30:00"),
        ("2016/8/1 11:05", "2016-08-01 11:05:00"),
        ("2016年8月1日", "2016-08-01 00:00:00"),
        ("2016年8月1日 上午8:05", "2016-08-01 08:05:00"),
        ("2016年8月1日下午2:05", "2016-08-01 14:05:00"),
        ("2016年8月1日 14时05分", "2016-08-01 14:05:00"),
        ("05-Jan-2026 3:04 PM", "2026-01-05 15:04:00"),
        ("Jan 5, 2026 12:00 AM", "2026-01-05 00:00:00"),
        ("20260105 10:30", "2026-01-05 10:30:00"),
        ("2026.1.5", "2026-01-05 00:00:00"),
    ],
)
def test_ways_of_writing_a_time(text, instant):
    assert said(text) == [instant]


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-01", "2026-01-05 25:00", "yesterday", "10:30", "12", "2026-01-05 10:61"]
)
def test_what_is_no_time_is_not_read(text):
    assert said(text) == [None]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("20260105", "2026-01-05 00:00:00"),
        ("20260105103000", "2026-01-05 10:30:00"),
        ("202601051030", "2026-01-05 10:30:00"),
        ("46027.4375", "2026-01-05 10:30:00"),
        ("1767609000", "2026-01-05 10:30:00"),
        ("1767609000000", "2026-01-05 10:30:00"),
        ("1767609000000000", "2026-01-05 10:30:00"),
    ],
)
def test_bare_numbers_by_magnitude(text, instant):
    assert said(text) == [instant]


def test_g27_day_and_month_cannot_be_told_apart():
    with pytest.raises(IntakeError) as error:
        said("01/02/2026")
    assert error.value.code == "day_order"
    assert error.value.facts["given"] == "01/02/2026"
    assert said("01/02/2026", day_first=True) == ["2026-02-01 00:00:00"]
    assert said("01/02/2026", day_first=False) == ["2026-01-02 00:00:00"]


def test_one_date_settles_the_whole_column():
    assert said("02/01/2014", "31/12/2012") == ["2014-01-02 00:00:00", "2012-12-31 00:00:00"]
    assert said("02/01/2014", "12/31/2012") == ["2014-02-01 00:00:00", "2012-12-31 00:00:00"]


def test_dates_that_contradict_each_other_are_asked():
    with pytest.raises(IntakeError, match="day"):
        said("02/01/2014", "31/12/2012", "12/31/2012")
    assert said("02/01/2014", "31/12/2012", "12/31/2012", day_first=True)[2] is None


def test_equal_day_and_month_need_no_question():
    assert said("01/01/2026", "2/2/2026") == ["2026-01-01 00:00:00", "2026-02-02 00:00:00"]


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]
)
def test_naive_stamps_belong_to_the_zone_like_calendar_instant(zone):
    texts = [
        "2026-01-05 10:00",
        "2026-03-29 02:37",
        "2026-10-25 02:30",
        "2026-03-08 02:15",
        "2026-11-01 01:10",
        "1970-01-01 00:00",
    ]
    us, fine = times.parse(pa.array(texts), zone)
    assert fine.all()
    assert us.tolist() == [calendar.instant(datetime.fromisoformat(t), zone) for t in texts]


def test_not_given_and_unreadable_are_two_states():
    found = times.times_of(from_strings(["2026-01-05", "", "NA", "-", "soon"]), "UTC")
    assert found.state.tolist() == [times.FINE, times.GONE, times.GONE, times.GONE, times.BAD]


def test_a_clock_in_a_column_of_its_own():
    found = times.times_of(from_strings(["2026-01-05", "2026-01-05"]), "UTC", clock=from_strings(["10:30", "late"]))
    assert found.state.tolist() == [times.FINE, times.BAD]
    assert found.instants[0] == calendar.instant("2026-01-05T10:30", "UTC")


def test_typed_stamps_with_and_without_a_zone():
    naive = pa.chunked_array([pa.array([datetime(2026, 1, 5, 10), None], pa.timestamp("ns"))])
    found = times.times_of(naive, "Asia/Shanghai")
    assert found.instants[0] == calendar.instant("2026-01-05T10:00", "Asia/Shanghai")
    assert found.state.tolist() == [times.FINE, times.GONE]
    aware = pa.chunked_array([pa.array([datetime(2026, 1, 5, 10)], pa.timestamp("ms", "Asia/Shanghai"))])
    assert times.times_of(aware, "Asia/Shanghai").instants[0] == calendar.instant("2026-01-05T10:00", "UTC")
