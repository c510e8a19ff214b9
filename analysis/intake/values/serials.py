"""Serials: bare numbers to instants: compact dates, epochs or Excel's serial days.

What a number means is decided once a column, by the family that fits most of its different values;
within a family each value says by its digits what it is. A compact date has 8 digits, or 12, 14 or 17
with a clock, or 7 with the day of the year. An epoch counts s, ms, µs or ns, told apart by
magnitude, for all of them from 1973 to 2286 don't meet. Excel's days count from 1899-12-30.

`1.77E+12` is an epoch that lost its last digits when a spreadsheet wrote it: off by half a day or
more. It is read only if some value of the column shows digits down to the second, for then none
were cut and short ones merely end in zeros.
"""

from __future__ import annotations

import numpy as np

from analysis.calendar import DAY_US, SECOND_US
from analysis.intake.values import stamps

_EXCEL_EPOCH_US = -25_569 * DAY_US
_EXCEL_DAYS = (20_000, 80_000)
"""Serial days that are read: 1954 to 2119."""

_EPOCHS = ((1e8, 1e10, 6), (1e11, 1e13, 3), (1e14, 1e16, 0), (1e17, 9e18, -3))
"""Least, most, and the power of ten that turns the unit into µs: 1973 to 2286 in each unit."""

_COMPACT_YEARS = (1900, 2100)

Found = tuple[np.ndarray, np.ndarray]
"""Instants in µs and which could be read."""


def read(parts: np.ndarray, number: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """Instants of bare numbers, which could be read, and whether they are UTC whatever the data's zone."""
    families = ((compact(parts), False), (_epochs(parts, number), True), (_excel(parts, number), False))
    (us, valid), utc = max(families, key=lambda family: int(family[0][1].sum()))
    return us, valid, utc


def compact(parts: np.ndarray) -> Found:
    """Instants of compact dates, and which numbers are such."""
    whole, digits = parts[:, 1], parts[:, 6]
    us, valid = np.zeros(len(whole), np.int64), np.zeros(len(whole), bool)
    for width in (7, 8, 12, 14, 17):
        among = (digits == width) & ((parts[:, 2] == 0) | (width == 14))
        if not among.any():
            continue
        tail = max(width - 8, 0)
        date, rest = whole[among] // 10**tail, whole[among] % 10**tail
        wall, state = stamps.walls(_days(date, width == 7), stamps.DAY_FIRST)
        clock, good = _clock(rest, tail)
        year = date // (1000 if width == 7 else 10_000)
        valid[among] = (state == stamps.FINE) & good & (year >= _COMPACT_YEARS[0]) & (year <= _COMPACT_YEARS[1])
        us[among] = wall + clock + parts[among, 4]
    return us, valid


def _days(date: np.ndarray, counted: bool) -> np.ndarray:
    """Fields of dates: `20260105`, or `2026005` where days of the year are counted."""
    parts = np.zeros((len(date), 8), np.int64)
    parts[:, 0] = stamps.KIND_YMD
    if not counted:
        parts[:, 1], parts[:, 2], parts[:, 3] = date // 10_000, date // 100 % 100, date % 100
        return parts
    year, day = date // 1000, date % 1000
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    begins = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    months = (begins + (day - 1)).astype("datetime64[M]")
    good = (day >= 1) & (day <= 365 + leap)
    parts[:, 1], parts[:, 2] = year, np.where(good, months.astype(np.int64) % 12 + 1, 13)
    parts[:, 3] = (begins + (day - 1) - months.astype("datetime64[D]")).astype(np.int64) + 1
    return parts


def _clock(rest: np.ndarray, digits: int) -> Found:
    """µs of the day of `1030`, `103000` or `103000123`."""
    ms = rest % 1000 if digits == 9 else np.zeros_like(rest)
    full = rest // 1000 if digits == 9 else rest * (100 if digits == 4 else 1)
    hour, minute, second = full // 10_000, full // 100 % 100, full % 100
    us = ((hour * 60 + minute) * 60 + second) * SECOND_US + ms * 1000
    return us, (hour < 24) & (minute < 60) & (second < 60)


def _epochs(parts: np.ndarray, number: np.ndarray) -> Found:
    us, valid = np.zeros(len(number), np.int64), np.zeros(len(number), bool)
    powered = parts[:, 6] == 0
    for low, high, power in _EPOCHS:
        among = (number >= low) & (number < high)
        cut = among & powered  # the digit of a second stands for ten to the 6 − power
        if cut.any() and parts[cut, 3].min() > 6 - power:
            among &= ~powered
        whole, part = np.where(among, parts[:, 1], 0), parts[:, 4]
        exact = whole * 10**power + (part * 10**power + 500_000) // 1_000_000 if power >= 0 else whole // 10**-power
        powers = np.round(np.where(among, number, 0) * 10.0**power).astype(np.int64)
        us = np.where(among, np.where(powered & (parts[:, 2] == 1), powers, exact), us)
        valid |= among
    return us, valid


def _excel(parts: np.ndarray, number: np.ndarray) -> Found:
    """Serial days, to the millisecond: a day's fraction in a double holds no more with certainty."""
    valid = (number >= _EXCEL_DAYS[0]) & (number < _EXCEL_DAYS[1]) & (parts[:, 6] > 0)
    days = np.where(valid, number, 0)
    return np.round(days * DAY_US / 1000).astype(np.int64) * 1000 + _EXCEL_EPOCH_US, valid
