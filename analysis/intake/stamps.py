"""Stamps: one compiled pass that takes a text apart into the fields of a date and a time.

It knows no column: it cannot tell 1/2/2026 from 2/1/2026, and says so (`KIND_UNSURE`).
"""

from __future__ import annotations

import numba as nb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

KIND_BAD, KIND_YMD, KIND_UNSURE, KIND_NUMBER, KIND_CLOCK = 0, 1, 2, 3, 4
NO_OFFSET = -100_000

_MONTHS = np.array([sum(ord(c) << (8 * k) for k, c in enumerate(m)) for m in (
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")], np.int64)  # fmt: skip
_DAYS = np.array([sum(ord(c) << (8 * k) for k, c in enumerate(d)) for d in (
    "mon", "tue", "wed", "thu", "fri", "sat", "sun")], np.int64)  # fmt: skip
_AM, _PM, _T, _Z = (sum(ord(c) << (8 * k) for k, c in enumerate(w)) for w in ("am", "pm", "t", "z"))
_UTC, _GMT = (sum(ord(c) << (8 * k) for k, c in enumerate(w)) for w in ("utc", "gmt"))

_CHINESE = (
    ("上午", " am "), ("下午", " pm "), ("晚上", " pm "), ("凌晨", " am "), ("年", "-"), ("月", "-"), ("日", " "),
    ("号", " "), ("时", ":"), ("点", ":"), ("分", ":"), ("秒", " "), ("：", ":"), ("／", "/"), ("\u3000", " "),
)  # fmt: skip


def take_apart(values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Fields of each text.

    Returns:
        An int64 array of eight columns: kind; first, second and third field of the date; time of
        day in µs; offset from UTC in minutes or `NO_OFFSET`; digits of the first and of the third
        field. And a float64 array with the number, for `KIND_NUMBER`.
    """
    text = values.cast(pa.large_string())
    if any(bool(pc.any(pc.match_substring(text, c)).as_py()) for c in ("年", "月", "午", "：", "时")):
        for word, plain in _CHINESE:
            text = pc.replace_substring(text, word, plain)
    text = text if isinstance(text, pa.Array) else text.combine_chunks()
    offsets = np.frombuffer(text.buffers()[1], np.int64)[text.offset : text.offset + len(text) + 1]
    data = text.buffers()[2]
    return _take_apart(np.frombuffer(data, np.uint8) if data else np.zeros(1, np.uint8), offsets)


@nb.njit(nogil=True, cache=True)
def _take_apart(data: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n = len(offsets) - 1
    out, number = np.zeros((n, 8), np.int64), np.zeros(n, np.float64)
    group, width, sep = np.zeros(8, np.int64), np.zeros(8, np.int64), np.zeros(9, np.int64)
    for row in range(n):
        found, month, half, offset = _groups(data, offsets[row], offsets[row + 1], group, width, sep)
        out[row, 5] = offset
        if found > 0:
            _sort_out(out[row], number, row, found, month, half, group, width, sep)
    return out, number


@nb.njit(nogil=True, cache=True)
def _groups(
    data: np.ndarray, at: int, end: int, group: np.ndarray, width: np.ndarray, sep: np.ndarray
) -> tuple[int, int, int, int]:
    """Groups of digits, with the mark before each; −1 groups when there is anything unknown."""
    found, month, half, offset, mark = 0, -1, 0, NO_OFFSET, 0
    while at < end:
        c = np.int64(data[at])
        if 48 <= c <= 57:
            if found == 8:
                return -1, 0, 0, 0
            value, digits = np.int64(0), 0
            while at < end and 48 <= data[at] <= 57:
                value, digits, at = value * 10 + (data[at] - 48), digits + 1, at + 1
            if digits > 19:
                return -1, 0, 0, 0
            group[found], width[found], sep[found] = value, digits, mark
            found, mark = found + 1, 0
            continue
        if c == 43 or (c == 45 and (found >= 5 or (found >= 2 and mark == 0 and sep[found - 1] == 58))):
            at, offset = _offset(data, at, end)
            if offset == NO_OFFSET:
                return -1, 0, 0, 0
            continue
        if (65 <= c <= 90) or (97 <= c <= 122):
            word, letters = np.int64(0), 0
            while at < end and ((65 <= data[at] <= 90) or (97 <= data[at] <= 122)):
                if letters < 3:
                    word = word | ((np.int64(data[at]) | 32) << (8 * letters))
                letters, at = letters + 1, at + 1
            if word == _T and found == 3:
                mark = 84
            elif word in (_Z, _UTC, _GMT):
                offset = 0
            elif word in (_AM, _PM):
                half = 1 if word == _AM else 2
            elif (word == _MONTHS).any() and month < 0 and found < 3:
                month = found
                group[found], width[found], sep[found] = np.argmax(word == _MONTHS) + 1, 2, mark
                found, mark = found + 1, 0
            elif not (word == _DAYS).any():
                return -1, 0, 0, 0
            continue
        if c == 32 or c == 9:
            mark = 32 if mark == 0 else mark
        elif c == 45 or c == 47 or c == 46 or c == 58 or c == 44:
            if mark not in (0, 32) and not (mark == 58 or mark == 45):
                return -1, 0, 0, 0
            mark = int(c)
        else:
            return -1, 0, 0, 0
        at += 1
    return found, month, half, offset


@nb.njit(nogil=True, cache=True)
def _offset(data: np.ndarray, at: int, end: int) -> tuple[int, int]:
    """Minutes of `+08:00`, `+0800` or `+08`, and the place behind it."""
    sign = 1 if data[at] == 43 else -1
    value, digits, at = 0, 0, at + 1
    while at < end and (48 <= data[at] <= 57 or data[at] == 58):
        if data[at] != 58:
            value, digits = value * 10 + (data[at] - 48), digits + 1
        at += 1
    if digits == 2:
        value *= 100
    elif digits != 4:
        return at, NO_OFFSET
    return at, sign * (value // 100 * 60 + value % 100)


@nb.njit(nogil=True, cache=True)
def _sort_out(
    out: np.ndarray, number: np.ndarray, row: int, found: int, month: int, half: int,
    group: np.ndarray, width: np.ndarray, sep: np.ndarray,
) -> None:  # fmt: skip
    if (
        month < 0
        and half == 0
        and out[5] == NO_OFFSET
        and (found == 1 or (found == 2 and sep[1] == 46))
        and sep[0] == 0
    ):
        out[0], out[6] = KIND_NUMBER, width[0]
        number[row] = group[0] if found == 1 else group[0] + group[1] / 10.0 ** width[1]
        out[1] = group[0]
        out[2] = 0 if found == 1 else 1
        return
    first = 3
    if found >= 2 and sep[1] == 58:  # a clock alone
        first = 0
        out[0] = KIND_CLOCK
    elif found >= 1 and width[0] == 8 and month < 0:  # 20260105 10:30
        out[0], out[1], out[2], out[3] = KIND_YMD, group[0] // 10000, group[0] // 100 % 100, group[0] % 100
        first = 1
    elif found < 3:
        return
    elif month >= 0:
        year = 2 if month < 2 else 0
        day = 1 if month == 0 else 0 if month == 1 else 1
        out[0], out[1], out[2], out[3] = KIND_YMD, group[year], group[month], group[day]
        out[1] = group[year] + (2000 if group[year] < 70 else 1900) if width[year] <= 2 else group[year]
    else:
        out[0] = KIND_YMD if width[0] == 4 else KIND_UNSURE
        out[1], out[2], out[3], out[6], out[7] = group[0], group[1], group[2], width[0], width[2]
    out[4] = _clock(found - first, first, half, group, width)
    if out[4] < 0:
        out[0] = KIND_BAD


@nb.njit(nogil=True, cache=True)
def _clock(fields: int, first: int, half: int, group: np.ndarray, width: np.ndarray) -> int:
    """µs of the day from hour, minute, second and fraction; −1 when they are none."""
    if fields == 0:
        return 0 if half == 0 else -1
    if fields > 4 or (fields == 1 and half == 0 and width[first] != 2):
        return -1
    hour = group[first]
    minute = group[first + 1] if fields > 1 else 0
    second = group[first + 2] if fields > 2 else 0
    if half:
        if hour > 12 and half == 1:
            return -1
        hour = hour % 12 + (12 if half == 2 else 0) if hour <= 12 else hour
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        return -1
    part = 0
    if fields == 4:
        digits = min(width[first + 3], 18)
        part = group[first + 3] * 1_000_000 // 10**digits
    return ((hour * 60 + minute) * 60 + second) * 1_000_000 + part
