"""Plain cells: numbers and instants in their plainest form, straight from the bytes of the text.

Digits and a point, or ISO 8601: what a machine writes. Other cells are told by their row, and
whoever reads the column decides what they are.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.intake.text.words64 import load

_ZEROS, _HALVES, _SIX = (np.uint64(b * 0x0101010101010101) for b in (0x30, 0xF0, 0x06))
_DASHES, _DASHES_SAID = np.uint64(0xFF0000FF00000000), np.uint64(0x2D00002D00000000)
_COLONS, _COLON_SAID = np.uint64(0x0000FF0000FF0000), np.uint64(0x00003A0000000000)
_NONE = -(1 << 62)
_TENS = np.array([10.0**k for k in range(23)])


@nb.njit(nogil=True, cache=True)
def numbers(
    text: np.ndarray, side: np.ndarray, starts: np.ndarray, stops: np.ndarray, rows: int, out: np.ndarray,
    other: np.ndarray,
) -> int:  # fmt: skip
    """Numbers in their plainest form to `out`, nan for empty fields; rows of other fields to `other`.

    A plain number has an optional sign, digits without a leading zero, and perhaps a point with digits;
    it has at most fifteen digits, so that the float nearest to it is found exactly.

    Returns:
        How many other fields there are; no more than `other` holds are told.
    """
    strange = 0
    for row in range(rows):
        low, high = starts[row], stops[row]
        source = text
        if low < 0:
            low, source = ~low, side
        if low == high:
            out[row] = np.nan
            continue
        at, minus = low, source[low] == 45
        if minus or source[low] == 43:
            at += 1
        begin, value, point = at, np.int64(0), -1
        while at < high and at - begin <= 16:
            c = source[at]
            if 48 <= c <= 57:
                value = value * 10 + (np.int64(c) - 48)
            elif c == 46 and point < 0 and at > begin:
                point = at
            else:
                break
            at += 1
        digits = at - begin - (1 if point >= 0 else 0)
        part = at - point - 1 if point >= 0 else 0
        whole = digits - part
        if at < high or digits == 0 or digits > 15 or (point >= 0 and part == 0) or (whole > 1 and source[begin] == 48):
            out[row] = np.nan
            if strange < len(other):
                other[strange] = row
            strange += 1
            continue
        number = np.float64(value) / _TENS[part]
        out[row] = -number if minus else number
    return strange


@nb.njit(nogil=True, cache=True, inline="always")
def _two(source: np.ndarray, at: int) -> int:
    """Two digits as a number; −1 when they are none."""
    a, b = np.int64(source[at]) - 48, np.int64(source[at + 1]) - 48
    return a * 10 + b if 0 <= a <= 9 and 0 <= b <= 9 else -1


@nb.njit(nogil=True, cache=True)
def stamps(
    text: np.ndarray, side: np.ndarray, starts: np.ndarray, stops: np.ndarray, rows: int, offset: bool,
    out: np.ndarray, other: np.ndarray,
) -> int:  # fmt: skip
    """ISO stamps to `out` in µs, as they stand or, where all have an offset, in UTC; others as in `numbers`.

    `2026-01-05`, `2026-01-05 10:30`, with T, seconds, a fraction of up to six digits; with `offset`
    a stamp has Z or ±hh:mm at its end, without it has neither.
    """
    strange, last_date, last_day = 0, np.int64(-1), np.int64(0)
    for row in range(rows):
        low, high = starts[row], stops[row]
        source = text
        if low < 0:
            low, source = ~low, side
        value, fine = np.int64(0), False
        if high - low == 19 and low + 24 <= len(source) and not offset:
            value = _usual(source, low)
            if value != _NONE:
                out[row] = value
                continue
            value = 0
        if high - low >= 10 and source[low + 4] == 45 and source[low + 7] == 45:
            c1, c2 = _two(source, low), _two(source, low + 2)
            month, day = _two(source, low + 5), _two(source, low + 8)
            if c1 >= 0 and c2 >= 0 and month >= 1 and month <= 12 and day >= 1:
                year = c1 * 100 + c2
                date = (year * 16 + month) * 32 + day
                if date != last_date:
                    days = _days(year, month, day)
                    if days > -1_000_000_000:
                        last_date, last_day = date, days
                if date == last_date:
                    clock, at = _clock(source, low + 10, high)
                    if clock >= 0:
                        zone, at = _zone(source, at, high) if offset else (0, at)
                        fine = at == high and zone > -100_000
                        value = last_day * 86_400_000_000 + clock - zone * 60_000_000
        out[row] = value
        if not fine:
            if strange < len(other):
                other[strange] = row
            strange += 1
    return strange


@nb.njit(nogil=True, cache=True, inline="always")
def _usual(source: np.ndarray, at: int) -> int:
    """`2026-01-05 10:30:00`, eight bytes at a time: `_NONE` for all that isn't exactly that."""
    one, two, three = load(source, at), load(source, at + 8), load(source, at + 16) & np.uint64(0xFFFFFF)
    blank = np.uint64(0x54 if source[at + 10] == 84 else 0x20) << np.uint64(16)
    if one & _DASHES != _DASHES_SAID or two & _COLONS != blank | _COLON_SAID or three & np.uint64(255) != 58:
        return _NONE
    a = one & ~_DASHES | _DASHES & _ZEROS
    b = two & ~_COLONS | _COLONS & _ZEROS
    c = three & ~np.uint64(255) | _ZEROS & ~np.uint64(0xFFFF00)
    if (a + _SIX) & _HALVES != _ZEROS or (b + _SIX) & _HALVES != _ZEROS or (c + _SIX) & _HALVES != _ZEROS:
        return _NONE
    if a & b & c & _HALVES != _ZEROS:
        return _NONE
    year = 1000 * _digit(a, 0) + 100 * _digit(a, 1) + 10 * _digit(a, 2) + _digit(a, 3)
    month, day = 10 * _digit(a, 5) + _digit(a, 6), 10 * _digit(b, 0) + _digit(b, 1)
    hour, minute = 10 * _digit(b, 3) + _digit(b, 4), 10 * _digit(b, 6) + _digit(b, 7)
    second = 10 * _digit(c, 1) + _digit(c, 2)
    if month < 1 or month > 12 or day < 1 or hour > 23 or minute > 59 or second > 59:
        return _NONE
    days = _days(year, month, day)
    if days < -1_000_000_000:
        return _NONE
    return (days * 86_400 + (hour * 60 + minute) * 60 + second) * 1_000_000


@nb.njit(nogil=True, cache=True, inline="always")
def _digit(word: np.uint64, place: int) -> int:
    return np.int64((word >> np.uint64(8 * place)) & np.uint64(15))


@nb.njit(nogil=True, cache=True)
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970 in the Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013)."""
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    length = 29 if month == 2 and leap else 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    if day > length or year < 1:
        return -2_000_000_000
    y = year - 1 if month <= 2 else year
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@nb.njit(nogil=True, cache=True)
def _clock(source: np.ndarray, at: int, high: int) -> tuple[int, int]:
    """µs of the day and the place behind it; −1 when there is something else."""
    if at == high:
        return 0, at
    if high - at < 6 or (source[at] != 32 and source[at] != 84) or source[at + 3] != 58:
        return -1, at
    hour, minute, second, part = _two(source, at + 1), _two(source, at + 4), 0, 0
    at += 6
    if high - at >= 3 and source[at] == 58:
        second = _two(source, at + 1)
        at += 3
        if high - at >= 2 and source[at] == 46:
            at += 1
            digits = 0
            while at < high and 48 <= source[at] <= 57:
                part = part * 10 + np.int64(source[at]) - 48
                digits, at = digits + 1, at + 1
            if digits == 0 or digits > 6:
                return -1, at
            for _ in range(6 - digits):
                part *= 10
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 59:
        return -1, at
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + part, at


@nb.njit(nogil=True, cache=True)
def _zone(source: np.ndarray, at: int, high: int) -> tuple[int, int]:
    """Minutes of Z or ±hh:mm, and the place behind it; −100,000 when there is neither."""
    if at + 1 == high and (source[at] == 90 or source[at] == 122):
        return 0, at + 1
    if high - at == 6 and (source[at] == 43 or source[at] == 45) and source[at + 3] == 58:
        hour, minute = _two(source, at + 1), _two(source, at + 4)
        if 0 <= hour <= 15 and 0 <= minute <= 59:
            minutes = hour * 60 + minute
            return -minutes if source[at] == 45 else minutes, at + 6
    return -100_000, at
