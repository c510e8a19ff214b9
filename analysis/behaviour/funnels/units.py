"""Whose steps belong together: the rows of a user, of one session, or of one user and one value.

An attempt never leaves its unit. A session is a stretch of a user's rows, so it is cut without moving any row.
Rows held to one value are picked out of the user's rows and put side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numba as nb
import numpy as np

from analysis import calendar
from analysis.engine import over_users
from analysis.events import EventLog

_jit = nb.njit(nogil=True, cache=True)


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Units of a funnel.

    Attributes:
        log: The log with its rows in units: `users` may repeat, one entry a unit.
        rows: For each row of `log` the row of the log that was given; None when they are the same.
        lacking: Rows of `log` that have no value held: they can exclude, but are no steps; None when there are none.
        ended: Of each unit, whether nothing can follow any more (a session that is over); None: not known.
    """

    log: EventLog
    rows: np.ndarray | None = None
    ended: np.ndarray | None = None
    lacking: np.ndarray | None = None

    def part(self, which: np.ndarray) -> EventLog:
        """The log of some of the units."""
        log = self.log
        return replace(log, users=log.users[which], starts=log.starts[which], ends=log.ends[which])

    def taken(self, column: np.ndarray) -> np.ndarray:
        """A column in the order of the units' rows; empty columns stay empty."""
        return column if self.rows is None or not len(column) else column[self.rows]

    def steps(self, by_row: np.ndarray) -> np.ndarray:
        """The steps each row's conditions allow (see `step_bits`), in the order of the units' rows."""
        taken = self.taken(by_row)
        if self.lacking is None:
            return taken
        allowed = taken if len(taken) else np.full(len(self.lacking), 0xFFFF, dtype=np.uint16)
        return np.where(self.lacking, np.uint16(0), allowed)

    def found(self, rows: np.ndarray) -> np.ndarray:
        """Rows of the log that was given, -1 kept."""
        if self.rows is None or not len(self.rows):
            return rows
        return np.where(rows >= 0, self.rows[np.maximum(rows, 0)], -1)


def sessions(log: EventLog, minutes: float) -> Units:
    """Sessions of all users: a gap longer than `minutes` begins another; no cut at midnight."""
    idle = round(minutes * 60 * calendar.SECOND_US)
    users, starts, ends = over_users(log, _sessions, log.time, idle, merge=("join",) * 3)
    ended = log.time[np.maximum(ends - 1, 0)] + idle < log.ends_at if len(log.time) else np.empty(0, bool)
    return Units(replace(log, users=users, starts=starts, ends=ends), None, ended)


def held(units: Units, columns: tuple[str, ...], needed: np.ndarray, common: np.ndarray) -> Units:
    """Each unit cut up by its rows' values of some columns.

    Args:
        units: Units whose rows are those of the log.
        columns: Columns whose values are held constant; a row that lacks one of them has no value.
        needed: Which rows are kept for their own value.
        common: Which rows belong to every value of their unit when they have none.
    """
    log = units.log
    codes = log.words(columns[0]).codes
    for name in columns[1:]:
        words = log.words(name)
        both = codes.astype(np.int64) * len(words.values) + words.codes
        codes = np.where((codes > 0) & (words.codes > 0), both, 0)
    place = np.arange(log.n_users)
    kept: Any = replace(log, users=place)
    which, lengths, rows = over_users(kept, _held, codes, needed, common, merge=("join",) * 3)
    ends: np.ndarray = np.cumsum(lengths)
    lacking = codes[rows] == 0 if common.any() else None
    users, ended = log.users[which], None if units.ended is None else units.ended[which]
    return Units(replace(log, users=users, starts=ends - lengths, ends=ends, time=log.time[rows]), rows, ended, lacking)


@_jit
def _sessions(users, starts, ends, time, idle):  # type: ignore[no-untyped-def]
    """One entry a session: user, first row, row after the last."""
    n = 0
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            n += row == starts[i] or time[row] - time[row - 1] > idle
    who, low, high = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    n = 0
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            if row == starts[i] or time[row] - time[row - 1] > idle:
                who[n], low[n] = users[i], row
                n += 1
            high[n - 1] = row + 1
    return who, low, high


@_jit
def _sorted(n, codes, rows):  # type: ignore[no-untyped-def]
    """Sorts rows by code in place, rows of one code kept in their order."""
    if n > 64:
        order = np.argsort(codes[:n], kind="mergesort")
        codes[:n], rows[:n] = codes[:n][order], rows[:n][order]
        return
    for i in range(1, n):
        code, row, place = codes[i], rows[i], i
        while place > 0 and codes[place - 1] > code:
            codes[place], rows[place] = codes[place - 1], rows[place - 1]
            place -= 1
        codes[place], rows[place] = code, row


@_jit
def _held(users, starts, ends, codes, needed, common):  # type: ignore[no-untyped-def]
    """One entry a unit and value: unit, number of rows; and the rows, unit by unit, in the order of time."""
    total, longest = 0, 1
    for i in range(len(users)):
        total += ends[i] - starts[i]
        longest = max(longest, ends[i] - starts[i])
    who, lengths, found = np.empty(total, np.int64), np.empty(total, np.int64), np.empty(total, np.int64)
    mine, rows, shared = np.empty(longest, np.int64), np.empty(longest, np.int64), np.empty(longest, np.int64)
    n, filled = 0, 0
    for i in range(len(users)):
        count, both = 0, 0
        for row in range(starts[i], ends[i]):
            if needed[row] and codes[row] > 0:
                mine[count], rows[count] = codes[row], row
                count += 1
            elif common[row] and codes[row] == 0:
                shared[both] = row
                both += 1
        _sorted(count, mine, rows)
        place = 0
        while place < count:
            code, begin, other = mine[place], filled, 0
            if filled + count + both > len(found):
                longer = np.empty(2 * len(found) + count + both, np.int64)
                longer[:filled] = found[:filled]
                found = longer
            while place < count and mine[place] == code:
                while other < both and shared[other] < rows[place]:
                    found[filled] = shared[other]
                    other, filled = other + 1, filled + 1
                found[filled] = rows[place]
                place, filled = place + 1, filled + 1
            while other < both:
                found[filled] = shared[other]
                other, filled = other + 1, filled + 1
            who[n], lengths[n] = users[i], filled - begin
            n += 1
    return who[:n], lengths[:n], found[:filled]
