"""Stamps: one compiled pass that takes a text apart into the fields of a date and a time.

It knows no column: it cannot tell 1/2/2026 from 2/1/2026, and says so (`KIND_UNSURE`). ISO 8601 with
dashes, which most files hold, is read byte by byte; all else goes through its groups of digits.
"""

from __future__ import annotations

import numba as nb
import numpy as np
import pyarrow as pa

from analysis.intake.values.civil import NO_DAY, day_of
from analysis.intake.values.lexicon import Lexicon, bytes_of
from analysis.intake.values.stamp_fields import KIND_BAD, KIND_CLOCK, KIND_NUMBER, KIND_UNSURE, KIND_YMD, PIVOT, fields
from analysis.intake.values.stamp_groups import NO_OFFSET, NOTES, groups
from analysis.intake.values.stamp_words import WORDS

__all__ = [
    "BAD",
    "DAY_FIRST",
    "FINE",
    "GONE",
    "KIND_BAD",
    "KIND_CLOCK",
    "KIND_NUMBER",
    "KIND_UNSURE",
    "KIND_YMD",
    "MONTH_FIRST",
    "NO_OFFSET",
    "PIVOT",
    "YEARS",
    "YEAR_FIRST",
    "take_apart",
    "walls",
]

GONE, FINE, BAD = 0, 1, 2
"""State of a date: none is meant (0000-00-00, year 9999), read, unreadable."""

YEAR_FIRST, DAY_FIRST, MONTH_FIRST = 0, 1, 2
"""Orders of an unsure date's fields."""

YEARS = (1678, 2261)
"""First and last year that is read: what an instant in nanoseconds can hold, as other tools keep it."""

_OLDEST, _NEWEST, _DAY_US = YEARS[0], YEARS[1], 86_400_000_000


def take_apart(values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Fields of each text.

    Returns:
        An int64 array of eight columns: kind; first, second and third field of the date; time of
        day in µs; offset from UTC in minutes, `NO_OFFSET`, or from `stamp_words.UNSETTLED` on a
        zone's name that means several; digits of the first and of the third field. A bare number
        (`KIND_NUMBER`) has instead, in the places of the date, the time and the first digits: its
        whole part; 1 if there is more to it than that; the power of ten of its last digit; its
        millionths; and the digits of its whole part, 0 if it was written with a power of ten. And
        a float64 array with the number's value.
    """
    return _take_apart(*bytes_of(values), WORDS)


@nb.njit(nogil=True, cache=True)
def walls(parts: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """µs of the wall clock since 1970 of dates, and their states; `order` is that of unsure ones."""
    wall, state = np.zeros(len(parts), np.int64), np.full(len(parts), BAD, np.int8)
    for row in range(len(parts)):
        kind, year, month, day = parts[row, 0], parts[row, 1], parts[row, 2], parts[row, 3]
        if kind != KIND_YMD and kind != KIND_UNSURE:
            continue
        if kind == KIND_UNSURE:
            short = parts[row, 7] <= 2
            if order != YEAR_FIRST:
                year, month, day = (day, month, year) if order == DAY_FIRST else (day, year, month)
            if short:
                year += 2000 if year < PIVOT else 1900
        if (month == 0 and day == 0) or year >= 9999 or year == 1 or (year == 1900 and month == 1 and day == 0):
            state[row] = GONE
        elif _OLDEST <= year <= _NEWEST:
            at = day_of(year, month, day)
            if at != NO_DAY:
                wall[row], state[row] = at * _DAY_US + parts[row, 4], FINE
    return wall, state


@nb.njit(nogil=True, cache=True)
def _take_apart(data: np.ndarray, offsets: np.ndarray, known: Lexicon) -> tuple[np.ndarray, np.ndarray]:
    n = len(offsets) - 1
    out, number, notes = np.zeros((n, 8), np.int64), np.zeros(n, np.float64), np.zeros(NOTES, np.int64)
    for row in range(n):
        parts = out[row]
        if _iso(data, offsets[row], offsets[row + 1], parts):
            continue
        parts[:] = 0
        parts[5] = NO_OFFSET
        found = groups(data, offsets[row], offsets[row + 1], known, notes)
        if found > 0:
            number[row] = fields(parts, found, notes)
    return out, number


@nb.njit(nogil=True, cache=True)
def _iso(data: np.ndarray, at: int, end: int, out: np.ndarray) -> bool:
    """Reads `2026-01-05`, `2026-01-05T10:30:15.250Z` and what lies between; False for anything else."""
    if end - at < 10 or data[at + 4] != 45 or data[at + 7] != 45:
        return False
    century, year, month, day = _two(data, at), _two(data, at + 2), _two(data, at + 5), _two(data, at + 8)
    clock, at = 0, at + 10
    if century < 0 or year < 0 or month < 0 or day < 0:
        return False
    if at < end:
        if end - at < 6 or (data[at] != 84 and data[at] != 32) or data[at + 3] != 58:
            return False
        hour, minute, second, seconds = _two(data, at + 1), _two(data, at + 4), 0, False
        at += 6
        if end - at >= 3 and data[at] == 58:
            second, at, seconds = _two(data, at + 1), at + 3, True
        if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59):
            return False
        clock = ((hour * 60 + minute) * 60 + second) * 1_000_000
        if seconds and end - at > 1 and data[at] == 46:
            unit, at = 100_000, at + 1
            while at < end and 48 <= data[at] <= 57:
                clock, unit, at = clock + (int(data[at]) - 48) * unit, unit // 10, at + 1
    out[5] = NO_OFFSET
    if at < end:
        at = _iso_offset(data, at, end, out)
    out[0], out[1], out[2], out[3], out[4] = KIND_YMD, century * 100 + year, month, day, clock
    return at == end


@nb.njit(nogil=True, cache=True)
def _iso_offset(data: np.ndarray, at: int, end: int, out: np.ndarray) -> int:
    """Notes `Z` or `+08:00`; returns the place behind, −1 for anything else."""
    if data[at] == 90:
        out[5] = 0
        return at + 1
    if end - at != 6 or data[at + 3] != 58 or (data[at] != 43 and data[at] != 45):
        return -1
    hours, minutes = _two(data, at + 1), _two(data, at + 4)
    if not (0 <= hours <= 14 and 0 <= minutes <= 59):
        return -1
    out[5] = (hours * 60 + minutes) * (1 if data[at] == 43 else -1)
    return at + 6


@nb.njit(nogil=True, cache=True)
def _two(data: np.ndarray, at: int) -> int:
    """The number of two digits at a place, or −1."""
    tens, ones = int(data[at]) - 48, int(data[at + 1]) - 48
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else -1
