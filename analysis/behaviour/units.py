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
        ended: Of each unit, whether nothing can follow any more (a session that is over); None: not known.
    """

    log: EventLog
    rows: np.ndarray | None = None
    ended: np.ndarray | None = None

    def part(self, which: np.ndarray) -> EventLog:
        """The log of some of the units."""
        log = self.log
        return replace(log, users=log.users[which], starts=log.starts[which], ends=log.ends[which])

    def taken(self, column: np.ndarray) -> np.ndarray:
        """A column in the order of the units' rows; empty columns stay empty."""
        return column if self.rows is None or not len(column) else column[self.rows]

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
    codes = np.zeros(len(log.time), dtype=np.int64)
    given = np.ones(len(log.time), dtype=bool)
    for name in columns:
        words = log.words(name)
        codes *= len(words.values)
        codes += words.codes
        given &= words.codes > 0
    codes = np.where(given, codes + 1, 0)
    place = np.arange(log.n_users)
    kept: Any = replace(log, users=place)
    which, lengths, rows = over_users(kept, _held, codes, needed, common, merge=("join",) * 3)
    ends: np.ndarray = np.cumsum(lengths)
    users, ended = log.users[which], None if units.ended is None else units.ended[which]
    return Units(replace(log, users=users, starts=ends - lengths, ends=ends, time=log.time[rows]), rows, ended)


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
def _held(users, starts, ends, codes, needed, common):  # type: ignore[no-untyped-def]
    """One entry a unit and value: unit, number of rows; and the rows, unit by unit, in the order of time."""
    total = 0
    for i in range(len(users)):
        total += ends[i] - starts[i]
    who, lengths = np.empty(total, np.int64), np.empty(total, np.int64)
    rows = np.empty(total, np.int64)
    n, filled = 0, 0
    for i in range(len(users)):
        low, high = int(starts[i]), int(ends[i])
        mine = codes[low:high] * needed[low:high]
        order = np.argsort(mine, kind="mergesort")
        shared = np.flatnonzero(common[low:high] & (codes[low:high] == 0))
        place = high - low - int(np.count_nonzero(mine))
        while place < high - low:
            end = place
            while end < high - low and mine[order[end]] == mine[order[place]]:
                end += 1
            size = end - place + len(shared)
            while filled + size > len(rows):
                longer = np.empty(2 * len(rows) + size, np.int64)
                longer[:filled] = rows[:filled]
                rows = longer
            merged = np.empty(size, np.int64)
            merged[: end - place] = order[place:end]
            merged[end - place :] = shared
            merged.sort()
            for at in range(size):
                rows[filled + at] = low + merged[at]
            who[n], lengths[n] = users[i], size
            n += 1
            filled += size
            place = end
    return who[:n], lengths[:n], rows[:filled]
