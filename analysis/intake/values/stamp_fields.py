"""Stamp fields: groups of digits to the fields of a date, a time of day, or a bare number.

A date's three numbers are parted by one and the same mark, unless a month is named: `2026/01-05` is no
date, for whoever wrote it may have meant another thing. A week or a day of the year is counted from the
start of its year.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.intake.values.civil import NO_DAY, civil_of, day_of, week_day
from analysis.intake.values.stamp_clocks import clock_us, millionths
from analysis.intake.values.stamp_groups import (
    GROUP,
    NO_OFFSET,
    NO_POWER,
    SAID_HALF,
    SAID_HOUR,
    SAID_MONTH,
    SAID_OFFSET,
    SAID_POWER,
    SAID_WEEK,
    SAID_WORD,
    SAID_YEAR,
    SEP,
    WIDTH,
)

KIND_BAD, KIND_YMD, KIND_UNSURE, KIND_NUMBER, KIND_CLOCK = 0, 1, 2, 3, 4

PIVOT = 70
"""Years of two digits from here on are of the 1900s, those below of the 2000s."""

_BLANK, _COMMA, _DASH, _POINT, _SLASH, _COLON, _LOW_LINE = 32, 44, 45, 46, 47, 58, 95


@nb.njit(nogil=True, cache=True)
def fields(out: np.ndarray, found: int, notes: np.ndarray) -> float:
    """Fills kind, date, time and offset, and the digits of the date's ends; returns the value of a bare number."""
    out[5] = notes[SAID_OFFSET]
    plain = not notes[SAID_WORD] and notes[SAID_OFFSET] == NO_OFFSET and notes[SEP] == 0
    if plain and (found == 1 or (found == 2 and notes[SEP + 1] in (_POINT, _COMMA))):
        return _number(out, found, notes, notes[SAID_POWER])
    if notes[SAID_POWER] != NO_POWER:
        return 0.0
    clock = (found > 1 and notes[SEP + 1] == _COLON) or (found < 3 and (notes[SAID_HALF] > 0 or notes[SAID_HOUR] > 0))
    if clock and notes[WIDTH] <= 2 and notes[SAID_MONTH] < 0:
        out[0], first, last = KIND_CLOCK, 0, found
    else:
        first, last = _date(out, found, notes)
    if first >= 0:
        out[4] = clock_us(first, last, notes)
    if first < 0 or out[4] < 0:
        out[0] = KIND_BAD
    return 0.0


@nb.njit(nogil=True, cache=True)
def _number(out: np.ndarray, found: int, notes: np.ndarray, power: int) -> float:
    """A bare number: whole part, whether there is more, power of ten of the last digit, millionths of the rest."""
    places = notes[WIDTH + 1] if found == 2 else 0
    out[0], out[1], out[2], out[3], out[6] = KIND_NUMBER, notes[GROUP], found - 1, -places, notes[WIDTH]
    value = notes[GROUP] + (notes[GROUP + 1] / 10.0**places if found == 2 else 0.0)
    if power == NO_POWER:
        out[4] = millionths(notes[GROUP + 1], places) if found == 2 else 0
        return value
    out[6], out[3] = 0, power - places
    if notes[WIDTH] + places <= 18 and power >= places and notes[WIDTH] + power <= 18:
        out[1], out[2] = (notes[GROUP] * 10**places + (notes[GROUP + 1] if places else 0)) * 10 ** (power - places), 0
        return float(out[1])
    out[1], out[2] = 0, 1
    return value * 10.0**power


@nb.njit(nogil=True, cache=True)
def _date(out: np.ndarray, found: int, notes: np.ndarray) -> tuple[int, int]:
    """Where the clock's groups begin and end; −1 when there is no date."""
    if notes[SAID_WEEK] or (found > 1 and notes[WIDTH] == 4 and notes[WIDTH + 1] == 3 and notes[SEP + 1] == _DASH):
        return _counted(out, found, notes, notes[SAID_WEEK] > 0)
    if notes[SAID_MONTH] >= 0:
        return _named(out, found, notes)
    if notes[WIDTH] >= 7:
        return _compact(out, found, notes)
    same = (
        found > 2 and notes[SEP + 1] == notes[SEP + 2] and notes[SEP + 1] in (_DASH, _SLASH, _POINT, _BLANK, _LOW_LINE)
    )
    if not same or notes[WIDTH + 1] > 2:
        return -1, found
    if notes[WIDTH] == 4 and notes[WIDTH + 2] <= 2:
        out[0] = KIND_YMD
    elif notes[WIDTH] <= 2 and notes[WIDTH + 2] in (2, 4):
        out[0] = KIND_UNSURE
    else:
        return -1, found
    out[1], out[2], out[3], out[6], out[7] = (
        notes[GROUP],
        notes[GROUP + 1],
        notes[GROUP + 2],
        notes[WIDTH],
        notes[WIDTH + 2],
    )
    return 3, found


@nb.njit(nogil=True, cache=True)
def _named(out: np.ndarray, found: int, notes: np.ndarray) -> tuple[int, int]:
    """A date whose month is named: `5 Jan 2026`, `Jan 5, 26`, `26年1月5日`, `Mon Jan 5 10:00:00 2026`."""
    month, year, first, last = notes[SAID_MONTH], notes[SAID_YEAR], 3, found
    if found < 3 or month > 2 or year > 2:
        return -1, last
    if (
        year < 0
        and month < 2
        and found > 4
        and notes[SEP + 3] == _COLON
        and notes[WIDTH + 2] <= 2
        and notes[WIDTH + found - 1] == 4
    ):
        year, first, last = found - 1, 2, found - 1
        day = 1 - month
    else:
        if year < 0:
            year = 0 if month > 0 and notes[WIDTH] == 4 else 2 if month < 2 else -1
        day = 3 - month - year
    if (
        year < 0
        or year == month
        or notes[WIDTH + day] > 2
        or notes[WIDTH + year] not in (2, 4)
        or notes[WIDTH + month] > 2
    ):
        return -1, last
    full = (
        notes[GROUP + year]
        if notes[WIDTH + year] == 4
        else notes[GROUP + year] + (2000 if notes[GROUP + year] < PIVOT else 1900)
    )
    out[0], out[1], out[2], out[3] = KIND_YMD, full, notes[GROUP + month], notes[GROUP + day]
    return first, last


@nb.njit(nogil=True, cache=True)
def _counted(out: np.ndarray, found: int, notes: np.ndarray, week: bool) -> tuple[int, int]:
    """`2026-W05-1`, `2026W051` and `2026-032`."""
    first = 2
    if notes[WIDTH] != 4:
        return -1, found
    if not week:
        day = day_of(notes[GROUP], 1, 1) + notes[GROUP + 1] - 1
        good = civil_of(day)[0] == notes[GROUP]
    elif notes[WIDTH + 1] == 3:
        day = week_day(notes[GROUP], notes[GROUP + 1] // 10, notes[GROUP + 1] % 10)
        good = day != NO_DAY
    else:
        first = 3
        good = found > 2 and notes[WIDTH + 1] == 2 and notes[WIDTH + 2] == 1 and notes[SEP + 2] == _DASH
        day = week_day(notes[GROUP], notes[GROUP + 1], notes[GROUP + 2]) if good else NO_DAY
        good = day != NO_DAY
    if not good:
        return -1, found
    out[0] = KIND_YMD
    out[1], out[2], out[3] = civil_of(day)
    return first, found


@nb.njit(nogil=True, cache=True)
def _compact(out: np.ndarray, found: int, notes: np.ndarray) -> tuple[int, int]:
    """`20260105`, `2026032`, `202601051030` and `20260105103000`, with a clock or an offset behind."""
    date = notes[GROUP]
    if notes[WIDTH] == 7:
        day = day_of(date // 1000, 1, 1) + date % 1000 - 1
        if civil_of(day)[0] != date // 1000:
            return -1, found
        out[0] = KIND_YMD
        out[1], out[2], out[3] = civil_of(day)
        return 1, found
    first = 1
    if notes[WIDTH] == 12 or notes[WIDTH] == 14:  # the clock's digits are left as a group of their own
        first, clock = 0, notes[WIDTH] - 8
        date, notes[GROUP], notes[WIDTH] = notes[GROUP] // 10**clock, notes[GROUP] % 10**clock, clock
    elif notes[WIDTH] != 8:
        return -1, found
    out[0], out[1], out[2], out[3] = KIND_YMD, date // 10_000, date // 100 % 100, date % 100
    return first, found
