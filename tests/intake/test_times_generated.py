"""Times: any instant, written in any form, reads back."""

from datetime import datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import calendar
from analysis.intake.values import times

EPOCH = datetime(1970, 1, 1)


def said(*texts, zone="UTC", day_first=None):
    us, fine = times.parse(pa.array(texts), zone, day_first)
    return [str(EPOCH + timedelta(microseconds=int(u))) if f else None for u, f in zip(us, fine, strict=True)]


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
GERMAN = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]


def hour12(at):
    return f"{(at.hour + 11) % 12 + 1}:{at:%M:%S}"


FORMS = (
    lambda at: f"{at:%Y-%m-%d %H:%M:%S}",
    lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.000",
    lambda at: f"{at:%Y-%m-%dT%H:%M:%S},0",
    lambda at: f"{at:%Y%m%dT%H%M%S}",
    lambda at: f"{at:%Y%m%d %H:%M:%S}",
    lambda at: f"{at:%Y-%jT%H:%M:%S}",
    lambda at: f"{at:%G-W%V-%uT%H:%M:%S}",
    lambda at: f"{at:%GW%V%u %H:%M:%S}",
    lambda at: f"{at.year}/{at.month}/{at.day} {at.hour}:{at:%M:%S}",
    lambda at: f"{at:%Y.%m.%d %H.%M.%S}",
    lambda at: f"{at:%Y_%m_%d_%H_%M_%S}",
    lambda at: f"{at:%Y-%m-%d-%H-%M-%S}",
    lambda at: f"{at:%d/%m/%Y %H:%M:%S}",
    lambda at: f"{at.day}.{at.month}.{at:%Y %H:%M:%S}",
    lambda at: f"{at.day}-{at.month}-{at:%y} {hour12(at)} {at:%p}",
    lambda at: f"{at.year}年{at.month}月{at.day}日 {at.hour}时{at.minute}分{at.second}秒",
    lambda at: f"{at.year}年{at.month}月{at.day}日 {'上午' if at.hour < 12 else '下午'}{hour12(at)}",
    lambda at: f"{at:%Y-%m-%d} 星期{'一二三四五六日'[at.weekday()]} {at:%H:%M:%S}",
    lambda at: f"{MONTHS[at.month - 1]} {at.day}, {at.year}, {hour12(at)} {at:%p}",
    lambda at: f"{at.day}-{MONTHS[at.month - 1].upper()}-{at:%y %H:%M:%S}",
    lambda at: f"{at:%d}{MONTHS[at.month - 1]}{at:%Y:%H:%M:%S}",
    lambda at: f"{at.day}. {GERMAN[at.month - 1]} {at.year} um {at:%H:%M:%S} Uhr",
    lambda at: f"Mon {MONTHS[at.month - 1]} {at.day:2d} {at:%H:%M:%S %Y}",
    lambda at: f"{at:%Y-%m-%d %H:%M:%S}".translate(str.maketrans("0123456789:", "０１２３４５６７８９：")),
)
OFFSETS = (
    lambda minutes: f"{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
    lambda minutes: f" {'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}",
    lambda minutes: f" UTC{'+' if minutes >= 0 else '-'}{abs(minutes) // 60}:{abs(minutes) % 60:02d}",
    lambda minutes: f" GMT{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d} (Some Time)",
)
INSTANTS = st.datetimes(datetime(1992, 1, 1), datetime(2060, 1, 1)).map(lambda at: at.replace(microsecond=0))


@settings(deadline=None)
@given(st.lists(st.tuples(INSTANTS, st.sampled_from(FORMS)), min_size=1, max_size=12))
def test_any_form_reads_back_in_the_zone_of_the_data(stamps):
    us, fine = times.parse(pa.array([form(at) for at, form in stamps]), "Asia/Shanghai", day_first=True)
    assert fine.all()
    assert us.tolist() == [calendar.instant(at, "Asia/Shanghai") for at, _ in stamps]


@settings(deadline=None)
@given(
    INSTANTS, st.sampled_from(FORMS[:3] + FORMS[8:9] + FORMS[18:21]), st.integers(-720, 840), st.sampled_from(OFFSETS)
)
def test_any_offset_reads_back(at, form, minutes, offset):
    text = form(at) + offset(minutes)
    assert said(text, zone="America/New_York") == [str(at - timedelta(minutes=minutes))]


@settings(deadline=None)
@given(INSTANTS, st.integers(0, 999_999), st.sampled_from([10**6, 10**3, 1]))
def test_any_epoch_and_any_serial_day_reads_back(at, part, scale):
    whole = int((at - EPOCH).total_seconds()) * 10**6 + part
    assert said(str(whole // scale)) == [str(EPOCH + timedelta(microseconds=whole // scale * scale))]
    assert said(f"{whole // 10**6}.{part:06d}") == [str(EPOCH + timedelta(microseconds=whole))]
    days = (at - datetime(1899, 12, 30)) / timedelta(days=1)
    assert said(repr(days)) == [str(at)]


@settings(deadline=None)
@given(st.lists(st.text("0123456789-/.:, TZWaAmMpP+年月日上下午時　（）[]eE", max_size=30), max_size=20))
def test_no_text_breaks_the_reader(texts):
    us, fine = times.parse(pa.array(texts, pa.string()), "Europe/Berlin", day_first=False)
    assert len(us) == len(fine) == len(texts)
    assert (abs(us[fine]) < 10**16).all()
