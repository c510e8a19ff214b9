"""Numeral cells: one compiled pass that reads each text as a number in every way it can be read.

`1,234` is 1234 or 1.234: it cannot be told from the cell. So a cell has a reading for each
convention, or none where the convention forbids what stands there:

    POINT   1,234,567.5   1 234.5   1'234.5   12,34,567.5 (India)
    COMMA   1.234.567,5   1 234,5   1'234,5
    FOURS   1,2345,6789.5

All readings have the same digits: only the power of ten differs. A number is those digits times a
power of ten; 1.2万 is 12 × 10³, with no error in between.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.intake.values.lexicon import BEGIN, SENSE, STOP, VALUE, Lexicon, digit_at, digit_width, look
from analysis.intake.values.numeral_words import BLANK, CLOSE, MINUS, MONEY, OPEN, PERCENT, PLUS, THOUSANDS, UNIT
from analysis.intake.values.numeral_words import COMMA as COMMA_MARK
from analysis.intake.values.numeral_words import POINT as POINT_MARK

POINT, COMMA, FOURS = 0, 1, 2
"""Conventions."""

NONE = -1_000
"""Stands for "it can't be read so"."""

DIGITS, UNITS, BARE, MARKED, SIGN = 3, 4, 5, 6, 7
"""Columns of a cell behind those of its three conventions: the digits as one number; whether a unit such as
万 or k stands; whether it is digits, a point and a minus alone, as a program writes them; whether any
mark stands among the digits; and −1 for a negative number."""

_GROUPS = 12
_LENGTH, _MARK, _COUNT, _POWER, _SEEN = 0, _GROUPS, 2 * _GROUPS, 2 * _GROUPS + 1, 2 * _GROUPS + 2
_ZERO, _WIDE, _NOTES = _SEEN + 11, _SEEN + 12, _SEEN + 13
"""Notes on a cell: digits of each group, the mark before each, groups, the power of ten of exponent and units,
how often each sense of a word was seen, whether the first digit is 0, and whether digits or marks are
full-width. Last, the size of the notes."""


@nb.njit(nogil=True, cache=True)
def read_cells(data: np.ndarray, offsets: np.ndarray, known: Lexicon) -> np.ndarray:
    """A row a text: powers of ten by convention, and the columns named above."""
    out = np.full((len(offsets) - 1, 8), NONE, np.int64)
    notes = np.zeros(_NOTES, np.int64)
    for row in range(len(out)):
        notes[:] = 0
        begin, end = offsets[row], offsets[row + 1]
        at = _around(data, begin, end, known, notes, True)
        if at < 0 or at >= end:
            continue
        signs = at - begin
        at, digits = _body(data, at, end, known, notes)
        if at < 0:
            continue
        bare = at == end and signs == notes[_SEEN + MINUS] and not notes[_WIDE]
        if _around(data, at, end, known, notes, False) != end or not _whole(notes):
            continue
        cell = out[row]
        for convention in range(3):
            places = _places(notes, convention)
            if places >= 0:
                cell[convention] = notes[_POWER] - places
        cell[DIGITS], cell[UNITS], cell[MARKED] = digits, notes[_SEEN + UNIT], notes[_COUNT] > 1
        cell[BARE] = bare and notes[_SEEN + COMMA_MARK] + notes[_SEEN + THOUSANDS] + notes[_SEEN + BLANK] == 0
        cell[SIGN] = -1 if notes[_SEEN + MINUS] or notes[_SEEN + OPEN] else 1
    return out


@nb.njit(nogil=True, cache=True, forceinline=True)
def _around(data: np.ndarray, at: int, end: int, known: Lexicon, notes: np.ndarray, before: bool) -> int:
    """Notes the words before or behind the digits; returns where something else begins, −1 where it can't."""
    while at < end and digit_at(data, at, end) < 0:
        word = look(data, at, end, known)
        if word < 0:
            return -1
        sense = known.words[word, SENSE]
        if sense in (POINT_MARK, COMMA_MARK):
            return at if before else -1
        misplaced = sense in (UNIT, PERCENT, CLOSE) if before else sense in (PLUS, OPEN)
        if misplaced or sense == THOUSANDS:
            return -1
        notes[_POWER] += known.words[word, VALUE]
        notes[_SEEN + sense] += 1
        at += known.words[word, STOP] - known.words[word, BEGIN]
    return at


@nb.njit(nogil=True, cache=True, forceinline=True)
def _whole(notes: np.ndarray) -> bool:
    """Whether nothing stands twice, brackets are closed, and a sign is said in one way."""
    seen = notes[_SEEN:]
    if seen[MINUS] + seen[PLUS] + seen[OPEN] > 1 or seen[OPEN] != seen[CLOSE]:
        return False
    return seen[UNIT] + seen[PERCENT] <= 1 and seen[MONEY] <= (0 if seen[PERCENT] else 2)


@nb.njit(nogil=True, cache=True, forceinline=True)
def _body(data: np.ndarray, at: int, end: int, known: Lexicon, notes: np.ndarray) -> tuple[int, int]:
    """Notes the groups of digits and the marks between; returns the place behind, and all digits as a number.

    Digits past the eighteenth are counted by the power of ten alone.
    """
    value, total, spare = 0, 0, 0
    while at < end:
        digit = digit_at(data, at, end)
        if digit >= 0:
            if value < 10**17:
                value = value * 10 + digit
            else:
                spare += 1
            notes[_ZERO] |= total == 0 and digit == 0
            notes[_WIDE] |= data[at] >= 0x80
            notes[_LENGTH + notes[_COUNT]] += 1
            total, at = total + 1, at + digit_width(data[at])
            continue
        mark, behind = _mark(data, at, end, known)
        if mark < 0:
            break
        if notes[_COUNT] == _GROUPS - 1:
            return -1, 0
        notes[_COUNT] += 1
        notes[_MARK + notes[_COUNT]] = mark
        notes[_SEEN + mark] += 1
        notes[_WIDE] |= mark == POINT_MARK and data[at] >= 0x80
        at = behind
    notes[_COUNT] += 1
    at = _exponent(data, at, end, notes)
    phone = notes[_SEEN + PLUS] > 0 and (total >= 10 if notes[_COUNT] == 1 else notes[_MARK + 1] == BLANK)
    if total == 0 or at < 0 or phone:
        return -1, 0
    notes[_POWER] += spare
    return at, value


@nb.njit(nogil=True, cache=True, forceinline=True)
def _mark(data: np.ndarray, at: int, end: int, known: Lexicon) -> tuple[int, int]:
    """The mark among digits at a place, and the place behind; a blank is one only if a digit follows."""
    if data[at] == 44 or data[at] == 46:
        return (COMMA_MARK if data[at] == 44 else POINT_MARK), at + 1
    word = look(data, at, end, known)
    if word < 0:
        return -1, at
    sense, behind = known.words[word, SENSE], at + known.words[word, STOP] - known.words[word, BEGIN]
    followed = behind < end and digit_at(data, behind, end) >= 0
    if sense in (POINT_MARK, COMMA_MARK) or (sense in (BLANK, THOUSANDS) and followed):
        return sense, behind
    return -1, at


@nb.njit(nogil=True, cache=True, forceinline=True)
def _exponent(data: np.ndarray, at: int, end: int, notes: np.ndarray) -> int:
    """Notes the power of ten of `1.5E+3`; returns the place behind, the same for none, −1 for one too long."""
    if at >= end or (data[at] != 69 and data[at] != 101):
        return at
    place, sign = at + 1, 1
    if place < end and (data[place] == 43 or data[place] == 45):
        place, sign = place + 1, (1 if data[place] == 43 else -1)
    value, digits = 0, 0
    while place < end and 48 <= data[place] <= 57:
        value, digits, place = value * 10 + int(data[place]) - 48, digits + 1, place + 1
    if not 1 <= digits <= 3:
        return -1 if digits else at
    notes[_POWER] += sign * value
    return place


@nb.njit(nogil=True, cache=True, forceinline=True)
def _places(notes: np.ndarray, convention: int) -> int:
    """Digits behind the decimal mark in a convention; −1 where it forbids the marks that stand."""
    count = notes[_COUNT]
    if count == 1:
        return 0
    decimal, parting = (COMMA_MARK, POINT_MARK) if convention == COMMA else (POINT_MARK, COMMA_MARK)
    last = notes[_MARK + count - 1]
    whole = count - 1 if last == decimal else count  # groups before the decimal mark
    places = notes[_LENGTH + count - 1] if last == decimal else 0
    if whole == 1:
        return places
    mark = notes[_MARK + 1]
    for k in range(2, whole):
        if notes[_MARK + k] != mark:
            return -1
    allowed = mark == parting or (convention != FOURS and mark in (BLANK, THOUSANDS))
    size = 4 if convention == FOURS else 3
    if not allowed:
        return -1
    if _even(notes, whole, size, size):
        return places
    return places if convention == POINT and mark == COMMA_MARK and whole > 2 and _even(notes, whole, 2, 3) else -1


@nb.njit(nogil=True, cache=True, forceinline=True)
def _even(notes: np.ndarray, whole: int, size: int, end: int) -> bool:
    """Whether groups have `size` digits, the last one `end`, and the first one at least one and no leading 0."""
    if notes[_ZERO] or not 1 <= notes[_LENGTH] <= size or notes[_LENGTH + whole - 1] != end:
        return False
    odd = 0
    for k in range(1, whole - 1):
        odd += notes[_LENGTH + k] != size
    return odd == 0
