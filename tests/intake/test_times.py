"""Times: every way of writing one that is read, and the one that is asked."""

from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from analysis import calendar
from analysis.errors import IntakeError
from analysis.intake.values import times
from analysis.intake.values.cells import from_strings

EPOCH = datetime(1970, 1, 1)


def said(*texts, zone="UTC", day_first=None):
    us, fine = times.parse(pa.array(texts), zone, day_first)
    return [str(EPOCH + timedelta(microseconds=int(u))) if f else None for u, f in zip(us, fine, strict=True)]


def test_epochs_that_a_spreadsheet_rounded_are_not_read():
    assert said("1.7671E+12", "1.7676E+12") == [None, None]
    assert said("1.7671E+12", "1767609000000") == [None, "2026-01-05 10:30:00"]


def test_epochs_with_a_power_are_whole_where_some_show_the_second():
    assert said("1.76760901e+18", "1.767609001e+18") == ["2026-01-05 10:30:10", "2026-01-05 10:30:01"]


@pytest.mark.parametrize(
    "text", ["0000-00-00", "0000-00-00 00:00:00", "1900-01-00", "9999-12-31", "31/12/9999", "0001-01-01T00:00:00"]
)
def test_days_that_stand_for_no_date_are_not_given(text):
    assert times.times_of(from_strings([text]), "UTC", day_first=True).state.tolist() == [times.GONE]


def test_a_column_of_many_forms_reads_each_cell_by_its_own():
    found = said(
        "2026-01-05",
        "2026/1/5 10:30",
        "20260105",
        "5 Jan 2026",
        "2026-01-05T10:30Z",
        "2026年1月5日",
        "1767609000",
        "12",
    )
    midnight, later = "2026-01-05 00:00:00", "2026-01-05 10:30:00"
    assert found == [midnight, later, midnight, midnight, later, midnight, None, None]
    assert said("2026-01-05", "2026/1/5", "5 Jan 2026", "1767609000", "1767609001") == [midnight] * 3 + [None, None]
    assert said("20260105", "20260105103000", "202601051030") == [midnight, later, later]
    assert said("1767609000", "1767609000000", "46027") == [later, later, None]


def test_names_of_several_zones_are_settled_by_the_data():
    stamp = "2026-07-05 10:30 "
    assert said(stamp + "CST", zone="Asia/Shanghai") == ["2026-07-05 02:30:00"]
    assert said(stamp + "CST", zone="Asia/Tokyo") == ["2026-07-05 02:30:00"]
    assert said(stamp + "CST", zone="America/Chicago") == ["2026-07-05 16:30:00"]
    assert said(stamp + "IST", zone="Asia/Kolkata") == ["2026-07-05 05:00:00"]
    assert said(stamp + "IST", zone="Asia/Jerusalem") == ["2026-07-05 08:30:00"]
    assert said(stamp + "BST", zone="Europe/London") == ["2026-07-05 09:30:00"]
    assert said(stamp + "CST", stamp + "IST", zone="UTC") == [None, None]


def test_names_of_several_zones_are_unreadable_or_asked_where_nothing_settles_them():
    few = ["2026-01-05 10:30 CST", "2026-01-05 10:30 UTC", "2026-01-05 10:31 UTC"]
    assert times.times_of(from_strings(few), "UTC").state.tolist() == [times.BAD, times.FINE, times.FINE]
    with pytest.raises(IntakeError) as error:
        times.times_of(from_strings(few[:1]), "Europe/Berlin")
    assert error.value.code == "zone_name" and error.value.facts["name"] == "CST"
    assert times.parse_either(pa.array(few))[1].all()


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


def test_a_clock_with_an_offset_keeps_to_it():
    dates, clocks = from_strings(["2026-01-05"] * 4), from_strings(["10:30Z", "下午3:05", "3:04 PM", None])
    found = times.times_of(dates, "Asia/Shanghai", clock=clocks)
    assert found.state.tolist() == [times.FINE] * 4
    wanted = [
        ("2026-01-05T10:30", "UTC"),
        *((f"2026-01-05T{at}", "Asia/Shanghai") for at in ("15:05", "15:04", "00:00")),
    ]
    assert found.instants.tolist() == [calendar.instant(*w) for w in wanted]


def test_typed_stamps_with_and_without_a_zone():
    naive = pa.chunked_array([pa.array([datetime(2026, 1, 5, 10), None], pa.timestamp("ns"))])
    found = times.times_of(naive, "Asia/Shanghai")
    assert found.instants[0] == calendar.instant("2026-01-05T10:00", "Asia/Shanghai")
    assert found.state.tolist() == [times.FINE, times.GONE]
    aware = pa.chunked_array([pa.array([datetime(2026, 1, 5, 10)], pa.timestamp("ms", "Asia/Shanghai"))])
    assert times.times_of(aware, "Asia/Shanghai").instants[0] == calendar.instant("2026-01-05T10:00", "UTC")


@pytest.mark.parametrize(("unit", "scale"), [("s", 1), ("ms", 1_000), ("us", 1_000_000)])
def test_typed_stamps_beyond_what_an_instant_holds(unit, scale):
    seconds = [
        1_767_609_000,
        253_402_214_400,
        32_503_680_000,
        -62_135_596_800,
        -30_000_000_000,
    ]  # 2026, 9999, 3000, 1, 1019
    column = pa.chunked_array([pa.array([s * scale for s in seconds] + [None], pa.timestamp(unit))])
    found = times.times_of(column, "Asia/Shanghai")
    assert found.state.tolist() == [times.FINE, times.GONE, times.BAD, times.GONE, times.BAD, times.GONE]
    assert found.instants[0] == calendar.instant("2026-01-05T10:30", "Asia/Shanghai")


def test_typed_dates_and_the_largest_seconds_there_are():
    column = pa.chunked_array([pa.array([20_458, 2_932_896, None], pa.date32())])
    found = times.times_of(column, "UTC")
    assert found.state.tolist() == [times.FINE, times.GONE, times.GONE]
    assert found.instants[0] == calendar.instant("2026-01-05", "UTC")
    huge = pa.chunked_array([pa.array([2**63 - 1, -(2**63)], pa.timestamp("s"))])
    assert times.times_of(huge, "UTC").state.tolist() == [times.GONE, times.GONE]
