"""Moments: the compiled part of derived events.

Rows of one user with one stamp are one time: the lines of an order are one order, and a file with
dates only has one time a day. Each kernel gets the rows that count, takes the different stamps among
them, and gives for every derived event the row it comes from and its instant, both ascending.
"""

from __future__ import annotations

import numba as nb
import numpy as np

_jit = nb.njit(nogil=True, cache=True)


@_jit
def _times(low, high, time, hit, until, out):  # type: ignore[no-untyped-def]
    """First row of each stamp before `until` with a row that counts; gives how many."""
    n = 0
    for row in range(low, high):
        if time[row] >= until:
            break
        if hit[row] and (n == 0 or time[out[n - 1]] != time[row]):
            out[n] = row
            n += 1
    return n


@_jit
def _room(starts, ends):  # type: ignore[no-untyped-def]
    """Places for what a chunk can give at most, and for the rows of its longest user."""
    total = longest = 0
    for i in range(len(starts)):
        total += ends[i] - starts[i]
        longest = max(longest, ends[i] - starts[i])
    return np.empty(total, np.int64), np.empty(total, np.int64), np.empty((2, longest), np.int64)


@_jit
def nth(users, starts, ends, time, hit, until, n):  # type: ignore[no-untyped-def]
    """The n-th time of each user who has one."""
    rows, instants, seen = _room(starts, ends)
    out = 0
    for i in range(len(users)):
        if _times(starts[i], ends[i], time, hit, until, seen[0]) >= n:
            rows[out] = seen[0, n - 1]
            instants[out] = time[rows[out]]
            out += 1
    return rows[:out], instants[:out]


@_jit
def repeated(users, starts, ends, time, hit, until, times, window):  # type: ignore[no-untyped-def]
    """The last of each `times` times within the window; a time is in one such run only."""
    rows, instants, seen = _room(starts, ends)
    out = 0
    for i in range(len(users)):
        n = _times(starts[i], ends[i], time, hit, until, seen[0])
        first = 0
        while first + times <= n:
            last = seen[0, first + times - 1]
            if time[last] - time[seen[0, first]] <= window:
                rows[out], instants[out] = last, time[last]
                out += 1
                first += times
            else:
                first += 1
    return rows[:out], instants[:out]


@_jit
def without(users, starts, ends, time, hit, missing, until, times, window):  # type: ignore[no-untyped-def]
    """The end of each window that holds `times` times and none of the missing ones."""
    rows, instants, seen = _room(starts, ends)
    out = 0
    for i in range(len(users)):
        n = _times(starts[i], ends[i], time, hit, until, seen[0])
        m = _times(starts[i], ends[i], time, missing, until, seen[1])
        first = other = 0
        while first + times <= n:
            start = time[seen[0, first]]
            if start + window >= until:
                break
            last = seen[0, first + times - 1]
            if time[last] - start > window:
                first += 1
                continue
            while other < m and time[seen[1, other]] < start:
                other += 1
            over = start + window
            if other < m and time[seen[1, other]] <= over:
                over = time[seen[1, other]]
            else:
                rows[out], instants[out] = last, over
                out += 1
            while first < n and time[seen[0, first]] <= over:
                first += 1
    return rows[:out], instants[:out]


@_jit
def silent(users, starts, ends, time, hit, until, window):  # type: ignore[no-untyped-def]
    """The window's end behind each time that no other one follows within the window."""
    rows, instants, seen = _room(starts, ends)
    out = 0
    for i in range(len(users)):
        n = _times(starts[i], ends[i], time, hit, until, seen[0])
        for k in range(n):
            over = time[seen[0, k]] + window
            if over < until and (k + 1 == n or time[seen[0, k + 1]] > over):
                rows[out], instants[out] = seen[0, k], over
                out += 1
    return rows[:out], instants[:out]


@_jit
def after(users, starts, ends, time, hit, then, until, window):  # type: ignore[no-untyped-def]
    """Each later time that is the first one at or after some time, and within the window of it."""
    rows, instants, seen = _room(starts, ends)
    out = 0
    for i in range(len(users)):
        n = _times(starts[i], ends[i], time, hit, until, seen[0])
        m = _times(starts[i], ends[i], time, then, until, seen[1])
        latest, answered = -1, -1
        for k in range(m):
            now = time[seen[1, k]]
            while latest + 1 < n and time[seen[0, latest + 1]] <= now:
                latest += 1
            if latest > answered and now - time[seen[0, latest]] <= window:
                rows[out], instants[out] = seen[1, k], now
                out += 1
            answered = latest
    return rows[:out], instants[:out]


@_jit
def merged(starts, ends, time, rows, instants):  # type: ignore[no-untyped-def]
    """Rows of a whole log with further ones among them, in the order of each user's time.

    Args:
        starts, ends, time: The log's.
        rows, instants: Row that each further one comes from, and its stamp; by user, then stamp.

    Returns:
        The row that each row of the new log is a copy of, its stamp, whether it is a further one, and the bounds of
        the users. Among equal stamps further rows stand last.
    """
    size = len(time) + len(rows)
    source, stamps, fresh = np.empty(size, np.int64), np.empty(size, np.int64), np.zeros(size, np.bool_)
    bounds = np.zeros(len(starts) + 1, np.int64)
    out = new = 0
    for i in range(len(starts)):
        row = starts[i]
        while row < ends[i] or (new < len(rows) and rows[new] < ends[i]):
            if row < ends[i] and (new == len(rows) or rows[new] >= ends[i] or time[row] <= instants[new]):
                source[out], stamps[out] = row, time[row]
                row += 1
            else:
                source[out], stamps[out], fresh[out] = rows[new], instants[new], True
                new += 1
            out += 1
        bounds[i + 1] = out
    return source, stamps, fresh, bounds
