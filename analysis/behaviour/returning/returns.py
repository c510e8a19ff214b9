"""What a start brings: the compiled part of retention by value, by number of returns and by money.

The plain question, who came back, has a faster way of its own (`cohorts.count`). Here every start gives one
number a period: 1 or 0, or an amount of money, and its sums and squares are kept for intervals.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.behaviour.returning.cohorts import _follow, _next_start, _place

USERS, TIMES, MONEY = 0, 1, 2


@nb.njit(nogil=True, cache=True)
def _add(row, high, cohort, data, periods, column_of, amount, x):  # type: ignore[no-untyped-def]
    """Adds to every column what the returns from the start on bring: 1 each, or their amounts where these are given."""
    time, event, by_event, by_row = data
    bounds, length, per_us = periods
    started, base, top = time[row], bounds[0], np.int64(len(bounds) - 2)
    for r in range(row, high):
        now = time[r]
        bits = by_event[event[r]]
        if len(by_row):
            bits &= by_row[r]
        if not bits & 2:
            continue
        if length:
            offset = (now - started) // length
        else:
            if now >= bounds[-1]:
                break
            offset = _place(now, bounds, base, per_us, top) - cohort
        column = column_of[min(offset, len(column_of) - 1)]
        if not len(amount):
            x[column] += 1
        elif not np.isnan(amount[r]):
            x[column] += amount[r]


@nb.njit(nogil=True, cache=True)
def _fill(row, high, cohort, data, periods, mode, column_of, how, amount, hits, x):  # type: ignore[no-untyped-def]
    """What one start brings, column by column, into `x`."""
    measure, times = how
    x[:] = 0
    if measure == USERS:
        hits[:] = 0
        every = len(data[3]) == 0 and data[2].min() & 2 > 0
        _follow(row, high, cohort, data, periods, mode, every, column_of, hits)
        for k in range(len(x)):
            x[k] = hits[k] > 0
        return
    _add(row, high, cohort, data, periods, column_of, amount, x)
    if measure == TIMES:
        for k in range(len(x)):
            x[k] = x[k] >= times
    elif mode == 2:  # by the end of that period
        for k in range(1, len(x)):
            x[k] += x[k - 1]


@nb.njit(nogil=True, cache=True)
def measured(  # type: ignore[no-untyped-def]
    users, starts, ends, data, periods, entry, column_of, complete, how, amount, value_of, n_values
):
    """Kernel: starts per cohort, Σx and Σx² per cell, moments over users for the total, and moments by value.

    Returns:
        `sizes`; `added` and `squares`, cohorts × columns; `sums`: Σx, Σn, Σx², Σxn, Σn², users per column over complete
        cells; `values`, (n, Σx, Σx²) × values × columns over complete cells, the value being that of the start's row.
    """
    n_cohorts, n_columns = complete.shape
    each, mode = entry[2], entry[3]
    sizes = np.zeros(n_cohorts, np.int64)
    added, squares = np.zeros((n_cohorts, n_columns)), np.zeros((n_cohorts, n_columns))
    sums, values = np.zeros((6, n_columns)), np.zeros((3, n_values, n_columns))
    x, hits = np.zeros(n_columns + 1), np.zeros(max(n_columns, n_cohorts) + 1, np.int64)
    total, seen = np.zeros(n_columns), np.zeros(n_columns)
    for i in range(len(users)):
        row, cohort = _next_start(starts[i], ends[i], -1, data, periods, entry)
        if row < 0:
            continue
        total[:] = 0
        seen[:] = 0
        while row >= 0:
            _fill(row, ends[i], cohort, data, periods, mode, column_of, how, amount, hits, x)
            sizes[cohort] += 1
            value = value_of[row] if len(value_of) else 0
            for k in range(n_columns):
                added[cohort, k] += x[k]
                squares[cohort, k] += x[k] * x[k]
                if complete[cohort, k]:
                    total[k] += x[k]
                    seen[k] += 1
                    values[0, value, k] += 1
                    values[1, value, k] += x[k]
                    values[2, value, k] += x[k] * x[k]
            if not each:
                break
            row, cohort = _next_start(row + 1, ends[i], cohort, data, periods, entry)
        for k in range(n_columns):
            if seen[k]:
                sums[0, k] += total[k]
                sums[1, k] += seen[k]
                sums[2, k] += total[k] * total[k]
                sums[3, k] += total[k] * seen[k]
                sums[4, k] += seen[k] * seen[k]
                sums[5, k] += 1
    return sizes, added, squares, sums, values


@nb.njit(nogil=True, cache=True)
def starters(  # type: ignore[no-untyped-def]
    users, starts, ends, data, periods, entry, column_of, complete, how, amount, value_of, column
):
    """Kernel: per start the user, its cohort, the code of its value, and what it brings in one column."""
    room = 16
    who, cohorts = np.empty(room, np.int64), np.empty(room, np.int64)
    codes, brought = np.empty(room, np.int64), np.empty(room)
    n, n_cohorts, n_columns = 0, complete.shape[0], complete.shape[1]
    x, hits = np.zeros(n_columns + 1), np.zeros(max(n_columns, n_cohorts) + 1, np.int64)
    for i in range(len(users)):
        row, cohort = _next_start(starts[i], ends[i], -1, data, periods, entry)
        while row >= 0:
            _fill(row, ends[i], cohort, data, periods, entry[3], column_of, how, amount, hits, x)
            if n == room:
                room *= 2
                who, cohorts = np.append(who, who), np.append(cohorts, cohorts)
                codes, brought = np.append(codes, codes), np.append(brought, brought)
            who[n], cohorts[n], brought[n] = users[i], cohort, x[column]
            codes[n] = value_of[row] if len(value_of) else 0
            n += 1
            if not entry[2]:
                break
            row, cohort = _next_start(row + 1, ends[i], cohort, data, periods, entry)
    return who[:n], cohorts[:n], codes[:n], brought[:n]
