"""Following cohorts: the compiled part of retention.

One pass over each user's rows. What the processor would have to guess, whether a row opens a new
period, is an addition of 0 or 1 instead of a branch.
"""

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(nogil=True, cache=True)
def _place(now, bounds, base, per_us, top):  # type: ignore[no-untyped-def]
    """Period that holds `now`, without a branch.

    Periods are nearly of one length, so the computed place is at most one off: daylight saving, months.
    """
    place = min(np.int64((now - base) * per_us), top)
    place -= now < bounds[np.uint64(place)]
    return place + (now >= bounds[np.uint64(place + 1)])


@nb.njit(nogil=True, cache=True)
def _next_start(row, high, past, data, periods, entry):  # type: ignore[no-untyped-def]
    """Next start: its row and cohort, the cohort being later than `past`; (-1, -1) when there is none.

    A first start outside the entry range ends the search: its user is not of the population.
    """
    time, event, by_event, by_row = data
    bounds, _length, per_us = periods
    low, until, each, _mode = entry
    while row < high:
        bits = by_event[event[row]]
        if len(by_row):
            bits &= by_row[row]
        if bits & 1:
            now = time[row]
            if low <= now < until and now < bounds[-1]:
                cohort = _place(now, bounds, bounds[0], per_us, np.int64(len(bounds) - 2))
                if cohort > past:
                    return row, cohort
            if not each:
                return -1, -1
        row += 1
    return -1, -1


@nb.njit(nogil=True, cache=True)
def _follow(row, high, cohort, data, periods, mode, every, column_of, hits):  # type: ignore[no-untyped-def]
    """Adds 1 to every column in which the user of a start at `row` is retained.

    Rows come in the order of time, so a column is new when it differs from the one before: an addition
    of 0 or 1. A branch would be chance, and the processor guesses chance wrong. `column_of` maps periods
    since the start to columns, all later ones to a last column that nobody reads; empty, every period is
    a column of its own.
    """
    time, event, by_event, by_row = data
    bounds, length, per_us = periods
    last, filtered, base, end = np.int64(len(column_of) - 1), len(by_row) > 0, bounds[0], bounds[-1]
    top = np.int64(len(bounds) - 2)
    started, before, first = time[row], np.int64(0), np.int64(len(hits))
    hits[0] += 1
    for r in range(np.uint64(row + 1), np.uint64(high)):
        now = time[r]
        if not every:
            bits = by_event[event[r]]
            if filtered:
                bits &= by_row[r]
            if not bits & 2:
                continue
        if length:
            offset = (now - started) // length
        else:
            if now >= end:
                break
            offset = _place(now, bounds, base, per_us, top) - cohort
        column = offset if last < 0 else column_of[np.uint64(min(offset, last))]
        if mode == 0:
            hits[np.uint64(column)] += column != before
        elif column > 0:
            first = min(first, column)
        before = column
    if mode == 1:  # in that period or later
        hits[1 : before + 1] += 1
    elif mode == 2:  # by the end of that period
        hits[first:] += 1


@nb.njit(nogil=True, cache=True)
def count(users, starts, ends, data, periods, entry, column_of, complete):  # type: ignore[no-untyped-def]
    """Kernel: users per cohort, retained users per cell, and with several starts a user the sums for the total."""
    n_cohorts, n_columns = complete.shape
    each, mode = entry[2], entry[3]
    every = len(data[3]) == 0 and data[2].min() & 2 > 0
    sizes = np.zeros(n_cohorts, np.int64)
    retained = np.zeros((n_cohorts, max(n_columns, n_cohorts) + 1), np.int64)
    sums = np.zeros((6, n_columns), np.float64)
    hits, x, n = np.zeros(retained.shape[1], np.int64), np.zeros(n_columns, np.int64), np.zeros(n_columns, np.int64)
    for i in range(len(users)):
        row, cohort = _next_start(starts[i], ends[i], -1, data, periods, entry)
        if not each:
            if row >= 0:
                sizes[cohort] += 1
                _follow(row, ends[i], cohort, data, periods, mode, every, column_of, retained[cohort])
            continue
        x[:] = 0
        n[:] = 0
        while row >= 0:
            hits[:] = 0
            _follow(row, ends[i], cohort, data, periods, mode, every, column_of, hits)
            sizes[cohort] += 1
            for k in range(n_columns):
                retained[cohort, k] += hits[k]
                n[k] += complete[cohort, k]
                x[k] += complete[cohort, k] * hits[k]
            row, cohort = _next_start(row + 1, ends[i], cohort, data, periods, entry)
        for k in range(n_columns):
            if n[k]:
                sums[0, k] += x[k]
                sums[1, k] += n[k]
                sums[2, k] += x[k] * x[k]
                sums[3, k] += x[k] * n[k]
                sums[4, k] += n[k] * n[k]
                sums[5, k] += 1
    return sizes, retained[:, :n_columns].copy(), sums


@nb.njit(nogil=True, cache=True)
def members(users, starts, ends, data, periods, entry, column_of, complete, cohort, column):  # type: ignore[no-untyped-def]
    """Users of one cohort, and whether each is retained in one column."""
    who, kept = np.empty(len(users), np.int64), np.empty(len(users), np.bool_)
    every = len(data[3]) == 0 and data[2].min() & 2 > 0
    hits = np.zeros(max(complete.shape) + 1, np.int64)
    found = 0
    for i in range(len(users)):
        row, at = _next_start(starts[i], ends[i], -1, data, periods, entry)
        while row >= 0 and at < cohort and entry[2]:
            row, at = _next_start(row + 1, ends[i], at, data, periods, entry)
        if row < 0 or at != cohort:
            continue
        hits[:] = 0
        _follow(row, ends[i], at, data, periods, entry[3], every, column_of, hits)
        who[found], kept[found] = users[i], hits[column] > 0
        found += 1
    return who[:found], kept[:found]
