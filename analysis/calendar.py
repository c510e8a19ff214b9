"""Days, weeks and months of a time zone, as instants in microseconds UTC.

A naive stamp belongs to the data set's zone. A day is that zone's calendar day, so one day a
year has 23 hours and one has 25; a week starts on Monday. An hour that daylight saving skips
is read as the hour after it; an hour that occurs twice is read as the first of the two.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from analysis.errors import ParameterError

Period = Literal["day", "week", "month"]

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US

ROLLING_DAYS = {"day": 1, "week": 7, "month": 30}
"""Length of a period counted from a user's own start; a rolling month is 30 days."""


def check_zone(zone: str) -> ZoneInfo:
    """The zone, or a refusal that names an example."""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ParameterError.outside("time zone", zone, "an IANA name such as Asia/Shanghai") from None


def instant(value: str | date | datetime, zone: str, *, closing: bool = False) -> int:
    """µs UTC of a day or an instant. A plain day is its first moment, or, `closing`, the next day's."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
        except ValueError:
            raise ParameterError.outside("date", value, "a date such as 2026-03-31") from None
    if not isinstance(value, datetime):
        if closing:
            value += timedelta(days=1)
        value = datetime(value.year, value.month, value.day)
    if value.tzinfo is None:
        stamp = pd.Timestamp(value).tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    else:
        stamp = pd.Timestamp(value)
    return int(stamp.tz_convert("UTC").as_unit("us").asm8.astype(np.int64))


def local(instant_us: int, zone: str) -> datetime:
    """The wall clock of an instant."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(instant_us))).astimezone(ZoneInfo(zone))


def day_of(instant_us: int, zone: str) -> date:
    """The calendar day of an instant."""
    return local(instant_us, zone).date()


def next_day(instant_us: int, zone: str) -> int:
    """First moment of the day after that of the instant."""
    return instant(day_of(instant_us, zone), zone, closing=True)


def first_day(day: date, period: Period) -> date:
    """First day of the period that `day` lies in."""
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def bounds(start_us: int, end_us: int, zone: str, period: Period) -> tuple[np.ndarray, list[date]]:
    """Periods that cover `start_us` up to but not including `end_us`.

    Returns:
        Instants at which the periods begin, with the end of the last one behind them (n + 1), and
        the n first days.
    """
    first = first_day(day_of(start_us, zone), period)
    last = day_of(max(end_us - 1, start_us), zone)
    step = {"day": "D", "week": "7D", "month": "MS"}[period]
    begins = list(pd.date_range(first, last, freq=step))
    length: Any = {"day": pd.Timedelta(1, "D"), "week": pd.Timedelta(7, "D"), "month": pd.offsets.MonthBegin(1)}[period]
    walls = pd.DatetimeIndex([*begins, begins[-1] + length])
    stamps = walls.tz_localize(zone, ambiguous=True, nonexistent="shift_forward").tz_convert("UTC")
    return stamps.as_unit("us").asi8.copy(), [d.date() for d in begins]


def resolution(time: np.ndarray, zone: str) -> int:
    """Width of one stamp in µs: a day, hour, minute, second or 1, whichever all stamps keep to."""
    if not len(time):
        return 1
    for width in (HOUR_US, 60 * SECOND_US, SECOND_US):
        if not (time % width).any():
            break
    else:
        return 1
    # Whole days are midnights of the zone, which need not be whole hours of UTC.
    some = np.unique(time[:: max(1, len(time) // 10_000)])
    if _midnights(some, zone) and _midnights(np.unique(time), zone):
        return DAY_US
    return width


def _midnights(stamps: np.ndarray, zone: str) -> bool:
    walls = pd.DatetimeIndex(stamps.astype("datetime64[us]")).tz_localize("UTC").tz_convert(zone)
    return bool(((walls.hour == 0) & (walls.minute == 0) & (walls.second == 0)).all())


def entry_range(first: str | None, last: str | None, zone: str) -> tuple[int, int]:
    """Instants from the first moment of `first` up to the end of `last`; None leaves a side open."""
    low = instant(first, zone) if first is not None else int(np.iinfo(np.int64).min)
    high = instant(last, zone, closing=True) if last is not None else int(np.iinfo(np.int64).max)
    if low >= high:
        raise ParameterError.outside("days", f"{first} – {last}", "a first day that is not after the last")
    return low, high


def observed_until(time: np.ndarray, width: int, zone: str, now: int | None) -> int:
    """Exclusive instant up to which stamps observe everybody: the last one before `now`, plus a stamp's `width`."""
    if not len(time):
        return 0
    last = int(time.max())
    if now is not None and last >= now:
        past = time[time < now]
        last = int(past.max()) if len(past) else last
    return next_day(last, zone) if width == DAY_US else last + width
