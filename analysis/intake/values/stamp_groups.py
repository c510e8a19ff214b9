"""Stamp groups: a text to its groups of digits, the mark before each, and what its words say.

`5 Jan 2026, 3:04 PM` is the groups 5, 1 (a month), 2026, 3, 4 and "afternoon". Anything unknown,
or two marks where one belongs, and the text is no stamp: to read less than was written is worse
than to read nothing.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.intake.values.lexicon import BEGIN, SENSE, STOP, VALUE, Lexicon, digit_at, digit_width, is_letter, look
from analysis.intake.values.stamp_words import (
    DAY_LABEL,
    FILLER,
    HALF,
    HOUR_LABEL,
    MARK,
    MONTH,
    MONTH_LABEL,
    ORDINAL,
    PART_LABEL,
    WEEK,
    YEAR_LABEL,
    ZONE,
    T,
)

SIZE = 9
"""Most groups that a stamp can have."""

NO_OFFSET = -100_000
"""Stands for "no offset from UTC is said"."""

GROUP, WIDTH, SEP, _SAID = 0, SIZE, 2 * SIZE, 3 * SIZE
"""Where the notes on a text begin: the numbers, their digits, the marks before them, and what words say.
One array holds all, for each array that a compiled function is handed costs time."""

(SAID_MONTH, SAID_YEAR, SAID_HALF, SAID_OFFSET, SAID_WEEK, SAID_HOUR, SAID_WORD, SAID_POWER, SAID_ZONE,
 _FOUND, _BEFORE, _LABEL, NOTES) = range(_SAID, _SAID + 13)  # fmt: skip
"""Which group is the month, which the year (−1: not said); the half of the day; the offset in minutes; whether
a week's number stands; whether an hour is called one; whether there was any word; the power of ten of
1.5E+12; whether the offset is a zone's name; groups found, the mark behind the last, and whether a label
made that mark. Last, the size of the notes."""

NO_POWER = -1_000
_BLANK, _PLUS, _COMMA, _DASH, _POINT, _SLASH, _COLON, _LETTER_T, _LOW_LINE = 32, 43, 44, 45, 46, 47, 58, 84, 95


@nb.njit(nogil=True, cache=True)
def groups(
    data: np.ndarray, at: int, end: int, known: Lexicon,
    notes: np.ndarray,
) -> int:  # fmt: skip
    """Fills groups, their digits, the marks before them and what words say; −1 groups for no stamp."""
    notes[:] = 0
    notes[SAID_MONTH] = notes[SAID_YEAR] = -1
    notes[SAID_OFFSET], notes[SAID_POWER] = NO_OFFSET, NO_POWER
    while 0 <= at < end:
        c = int(data[at])
        if 48 <= c <= 57 or (c == 0xEF and digit_at(data, at, end) >= 0):
            at = _digits(data, at, end, notes)
        elif c < 0x80 and not is_letter(c):
            at = _mark(data, at + 1, end, c, notes)
        elif (c == 69 or c == 101) and _power(data, at + 1, end, notes):
            at = end
        else:
            at = _word(data, at, end, known, notes)
    mark = notes[_BEFORE]
    return notes[_FOUND] if at >= 0 and (mark in (0, _BLANK, _POINT) or notes[_LABEL]) else -1


@nb.njit(nogil=True, cache=True, forceinline=True)
def _digits(data: np.ndarray, at: int, end: int, notes: np.ndarray) -> int:
    """Takes the digits at a place as a group; returns the place behind them, −1 for too many."""
    value, digits = 0, 0
    while at < end:
        c = int(data[at])
        if 48 <= c <= 57:
            value, digits, at = value * 10 + c - 48, digits + 1, at + 1
        elif c == 0xEF and digit_at(data, at, end) >= 0:
            value, digits, at = value * 10 + digit_at(data, at, end), digits + 1, at + digit_width(c)
        else:
            break
    if digits > 19 or value < 0:
        return -1
    return at if _take(value, digits, notes) else -1


@nb.njit(nogil=True, cache=True, forceinline=True)
def _take(value: int, digits: int, notes: np.ndarray) -> bool:
    place = notes[_FOUND]
    if place == SIZE:
        return False
    notes[GROUP + place], notes[WIDTH + place], notes[SEP + place] = value, digits, notes[_BEFORE]
    notes[_FOUND], notes[_BEFORE], notes[_LABEL] = place + 1, 0, 0
    return True


@nb.njit(nogil=True, cache=True, forceinline=True)
def _mark(data: np.ndarray, at: int, end: int, c: int, notes: np.ndarray) -> int:
    """Notes a mark that ends at a place; returns the place behind what belongs to it, −1 where it has none."""
    mark = notes[_BEFORE]
    if c == 40 or c == 91:  # a remark such as "(China Standard Time)" or "[Asia/Shanghai]"; "（周一）" is read
        return _past(data, at, end) if notes[SAID_OFFSET] != NO_OFFSET else at
    if c == _PLUS or (c == _DASH and _signs(data, at, end, notes)):
        return _offset(data, at, end, -1 if c == _DASH else 1, notes)
    if c == _BLANK or c == 9 or c == 41 or c == 93:
        if mark == 0 and notes[_FOUND]:
            notes[_BEFORE] = _BLANK
        return at
    known = c in (_DASH, _SLASH, _POINT, _COLON, _COMMA, _LOW_LINE)
    if not known or not (mark in (0, _BLANK) or (mark == _POINT and c == _COMMA)):
        return -1
    notes[_BEFORE], notes[_LABEL] = c, 0
    return at


@nb.njit(nogil=True, cache=True, forceinline=True)
def _word(
    data: np.ndarray, at: int, end: int, known: Lexicon,
    notes: np.ndarray,
) -> int:  # fmt: skip
    """Notes what the word at a place says; returns the place behind it, −1 for an unknown one."""
    word = look(data, at, end, known)
    if word < 0:
        return -1
    sense, value = known.words[word, SENSE], known.words[word, VALUE]
    at += known.words[word, STOP] - known.words[word, BEGIN]
    if sense == MARK:
        return _mark(data, at, end, value, notes)
    notes[SAID_WORD] = 1
    if sense == MONTH:
        if notes[SAID_MONTH] >= 0 or notes[_FOUND] > 2:
            return -1
        notes[SAID_MONTH] = notes[_FOUND]
        _take(value, 2, notes)
        return at
    next_digit = at < end and digit_at(data, at, end) >= 0
    notes[_BEFORE] = _sense(sense, value, next_digit, notes)
    notes[_LABEL] = sense in (HOUR_LABEL, PART_LABEL)
    return at if notes[_BEFORE] >= 0 else -1


@nb.njit(nogil=True, cache=True, forceinline=True)
def _sense(sense: int, value: int, next_digit: bool, notes: np.ndarray) -> int:
    """Notes what a word says; returns the mark that it leaves, −1 where it has no place."""
    found, mark = notes[_FOUND], notes[_BEFORE]
    touching, near = found > 0 and mark == 0, found > 0 and mark in (0, _BLANK)
    blank = _BLANK if mark == 0 and found else mark
    if sense == FILLER:
        return blank
    if sense == HALF and not notes[SAID_HALF]:
        notes[SAID_HALF] = value
        return blank
    if sense == ZONE:
        again = notes[SAID_OFFSET] != NO_OFFSET  # "+0800 CST": the number has said it
        if not again:
            notes[SAID_OFFSET] = value
        clash, notes[SAID_ZONE] = again and notes[SAID_ZONE], not again
        return blank if not clash else -1
    if sense == T and touching and next_digit:
        return _LETTER_T
    if sense == WEEK and found == 1 and mark in (0, _DASH) and next_digit:
        notes[SAID_WEEK] = 1
        return mark
    if sense == HOUR_LABEL and near:
        notes[SAID_HOUR] = 1
        return value
    if sense == PART_LABEL and near:
        return value
    return _label(sense, touching, near, notes)


@nb.njit(nogil=True, cache=True, forceinline=True)
def _label(sense: int, touching: bool, near: bool, notes: np.ndarray) -> int:
    """As `_sense`, for the words that name the part of the date before them."""
    which = SAID_YEAR if sense == YEAR_LABEL else SAID_MONTH
    if sense in (YEAR_LABEL, MONTH_LABEL) and near and notes[which] < 0:
        notes[which] = notes[_FOUND] - 1
        return _BLANK
    return _BLANK if (sense == DAY_LABEL and near) or (sense == ORDINAL and touching) else -1


@nb.njit(nogil=True, cache=True, forceinline=True)
def _signs(data: np.ndarray, at: int, end: int, notes: np.ndarray) -> bool:
    """Whether a dash is the sign of an offset: behind a clock or behind UTC, digits touching it."""
    found = notes[_FOUND]
    if notes[_BEFORE] not in (0, _BLANK) or at >= end or digit_at(data, at, end) < 0:
        return False
    if notes[SAID_ZONE] and notes[SAID_OFFSET] == 0:
        return True
    if found < 2:
        return False
    last = notes[SEP + found - 1]
    if last in (_POINT, _COMMA):
        last = notes[SEP + found - 2]
    return last in (_COLON, _LETTER_T)


@nb.njit(nogil=True, cache=True, forceinline=True)
def _offset(data: np.ndarray, at: int, end: int, sign: int, notes: np.ndarray) -> int:
    """Notes the minutes of `08:00`, `0800`, `08` or `8`; returns the place behind, −1 for none."""
    if notes[SAID_OFFSET] != NO_OFFSET and not (notes[SAID_ZONE] and notes[SAID_OFFSET] == 0):
        return -1
    value, digits, colon = 0, 0, -1
    while at < end and (digit_at(data, at, end) >= 0 or (data[at] == _COLON and colon < 0 and digits)):
        if data[at] == _COLON:
            colon, at = digits, at + 1
        else:
            value, digits, at = value * 10 + digit_at(data, at, end), digits + 1, at + digit_width(data[at])
    if colon < 0 and digits <= 2:
        value *= 100
    elif not (colon < 0 and digits == 4) and not (colon in (1, 2) and digits == colon + 2):
        return -1
    if digits == 0 or value // 100 > 14 or value % 100 > 59:
        return -1
    notes[SAID_OFFSET], notes[SAID_ZONE] = sign * (value // 100 * 60 + value % 100), 0
    return at


@nb.njit(nogil=True, cache=True, forceinline=True)
def _past(data: np.ndarray, at: int, end: int) -> int:
    """The place behind a remark in brackets; −1 if it isn't closed."""
    while at < end:
        if data[at] == 41 or data[at] == 93:
            return at + 1
        at += 1
    return -1


@nb.njit(nogil=True, cache=True, forceinline=True)
def _power(data: np.ndarray, at: int, end: int, notes: np.ndarray) -> bool:
    """Notes the power of ten of `1.5E+12`, if digits stand before and its own end the text."""
    if notes[_BEFORE] or not 0 < notes[_FOUND] < 3 or notes[SAID_WORD]:
        return False
    sign = 1
    if at < end and (data[at] == _PLUS or data[at] == _DASH):
        sign, at = (-1 if data[at] == _DASH else 1), at + 1
    value, digits = 0, 0
    while at < end and 48 <= data[at] <= 57:
        value, digits, at = value * 10 + int(data[at]) - 48, digits + 1, at + 1
    if at < end or not 1 <= digits <= 3:
        return False
    notes[SAID_POWER] = sign * value
    return True
