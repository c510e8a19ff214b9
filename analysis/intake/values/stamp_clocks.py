"""Stamp clocks: groups of digits to a time of day.

Hour, minute and second are parted by colons, or by points, dashes or underscores throughout, or not at
all (`103000`); a fraction follows the second alone. `10:30.5` is no time: it may be half a minute or
five seconds.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.intake.values.stamp_groups import GROUP, SAID_HALF, SAID_HOUR, SEP, WIDTH
from analysis.intake.values.stamp_words import AM, NIGHT, NOON, PM

_MINUTE_US = 60_000_000
_BLANK, _COMMA, _DASH, _POINT, _COLON, _LETTER_T, _LOW_LINE = 32, 44, 45, 46, 58, 84, 95


@nb.njit(nogil=True, cache=True)
def clock_us(first: int, last: int, notes: np.ndarray) -> int:
    """µs of the day; −1 when the groups are no time."""
    count, half = last - first, notes[SAID_HALF]
    if count == 0:
        return -1 if half else 0
    lead = notes[SEP + first] if first else _BLANK
    if count > 4 or lead not in (_BLANK, _LETTER_T, _LOW_LINE, _COLON, _COMMA, _DASH):
        return -1
    hour, minute, second, part, digits = notes[GROUP + first], 0, 0, 0, 0
    if notes[WIDTH + first] == 4 or notes[WIDTH + first] == 6:
        if count > 2 or (count == 2 and (notes[WIDTH + first] == 4 or notes[SEP + first + 1] not in (_POINT, _COMMA))):
            return -1
        full = hour if notes[WIDTH + first] == 6 else hour * 100
        hour, minute, second = full // 10_000, full // 100 % 100, full % 100
        if count == 2:
            part, digits = notes[GROUP + first + 1], notes[WIDTH + first + 1]
    elif count == 1:
        if not (half or notes[SAID_HOUR] or (notes[WIDTH + first] == 2 and lead in (_BLANK, _LETTER_T))):
            return -1
    else:
        if not _parted(first, last, lead, notes):
            return -1
        minute, second = notes[GROUP + first + 1], notes[GROUP + first + 2] if count > 2 else 0
        if count > 3:
            part, digits = notes[GROUP + first + 3], notes[WIDTH + first + 3]
    part = millionths(part, digits)
    hour = _hour(hour, half)
    if hour < 0 or hour > 24 or minute > 59 or second > 60 or (hour == 24 and minute + second + part > 0):
        return -1
    return (hour * 60 + minute) * _MINUTE_US + second * 1_000_000 + part


@nb.njit(nogil=True, cache=True)
def millionths(value: int, digits: int) -> int:
    """The digits behind a point as millionths; what is finer is cut off."""
    return value // 10 ** (digits - 6) if digits > 6 else value * 10 ** (6 - digits)


@nb.njit(nogil=True, cache=True)
def _parted(first: int, last: int, lead: int, notes: np.ndarray) -> bool:
    """Whether hour, minute, second and fraction have the digits and the marks between them that a clock has."""
    mark, count = notes[SEP + first + 1], last - first
    if notes[WIDTH + first] > 2 or notes[WIDTH + first + 1] > 2 or (count > 2 and notes[WIDTH + first + 2] > 2):
        return False
    if mark in (_DASH, _LOW_LINE):
        if count < 3 and lead not in (mark, _LETTER_T, _LOW_LINE):
            return False  # "10-12" may be from ten to twelve
    elif mark != _COLON and mark != _POINT:
        return False
    if count > 2 and notes[SEP + first + 2] != mark:
        return False
    ends = notes[SEP + first + 3] if count > 3 else _POINT
    return ends in (_POINT, _COMMA) or (ends == _COLON and notes[WIDTH + first + 3] == 3)


@nb.njit(nogil=True, cache=True)
def _hour(hour: int, half: int) -> int:
    """The hour of 24 that an hour of a half of the day is; −1 where it can't be."""
    if half == AM:
        return hour % 12 if hour <= 12 else -1
    if half == PM:
        return hour + 12 if hour < 12 else hour if hour < 24 else -1
    if half == NOON:
        return hour if 11 <= hour <= 14 else hour + 12 if 1 <= hour <= 2 else -1
    if half == NIGHT:
        return hour + 12 if 5 <= hour <= 11 else hour if 17 <= hour <= 23 else -1
    return hour
