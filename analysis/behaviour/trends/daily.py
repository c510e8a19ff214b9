"""Counting by period: the compiled part of trends.

One pass over each user's rows. Rows come in the order of time, so that a period is new to a user when it
differs from the one before.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.users import period_at, periods_per_us


@nb.njit(nogil=True, cache=True)
def count(users, starts, ends, rows, bounds, until):  # type: ignore[no-untyped-def]
    """Distinct users and events by period, for a single series. `rows`: see `analysis.users.activity`."""
    time, event, by_event, by_row = rows
    n, per_us, filtered = len(bounds) - 1, periods_per_us(bounds), len(by_row) > 0
    active, events = np.zeros((n, 1), np.int64), np.zeros((n, 1), np.int64)
    for i in range(len(users)):
        before = -1
        for row in range(np.uint64(starts[i]), np.uint64(ends[i])):
            bits = by_event[event[row]]
            if filtered:
                bits &= by_row[row]
            if bits == 0:
                continue
            now = time[row]
            if now < bounds[0]:
                continue
            if now >= until:
                break
            place = period_at(now, bounds, per_us)
            events[place, 0] += 1
            active[place, 0] += place != before
            before = place
    return active, events


@nb.njit(nogil=True, cache=True)
def count_values(users, starts, ends, rows, bounds, until, series, n_series, amount, counted):  # type: ignore[no-untyped-def]
    """Users, events, money by period and series.

    Args:
        series: Series of each row's code of the split, or -1 for codes that are not shown: see `trend`.
        amount: Money of each row; empty: 0. Not given counts as 0.
        counted: Whether a row counts as an event; empty: each does. Rows of one order count once.
    """
    time, event, by_event, by_row = rows
    codes, series_of = series
    n, per_us = len(bounds) - 1, periods_per_us(bounds)
    active, events = np.zeros((n, n_series), np.int64), np.zeros((n, n_series), np.int64)
    money, seen = np.zeros((n, n_series)), np.empty(n_series, np.int64)
    for i in range(len(users)):
        seen[:] = -1
        for row in range(starts[i], ends[i]):
            if time[row] >= until:
                break
            bits = by_event[event[row]]
            if len(by_row):
                bits &= by_row[row]
            if bits == 0 or time[row] < bounds[0]:
                continue
            kind = series_of[codes[row]] if len(codes) else 0
            if kind < 0:
                continue
            place = period_at(time[row], bounds, per_us)
            active[place, kind] += seen[kind] != place
            seen[kind] = place
            events[place, kind] += 1 if len(counted) == 0 else counted[row]
            if len(amount) and not np.isnan(amount[row]):
                money[place, kind] += amount[row]
    return active, events, money


@nb.njit(nogil=True, cache=True)
def _close(base, both, place, seen, did):  # type: ignore[no-untyped-def]
    """Books a user's period, and makes `seen` ready for the next."""
    for kind in range(len(seen)):
        base[place, kind] += seen[kind]
        both[place, kind] += seen[kind] and did
        seen[kind] = False


@nb.njit(nogil=True, cache=True)
def count_rate(users, starts, ends, rows, bounds, until, series, n_series):  # type: ignore[no-untyped-def]
    """Users of the base (bit 0) and those of them who also did the event (bit 1), in the same period, by series."""
    time, event, by_event, by_row = rows
    codes, series_of = series
    n, per_us = len(bounds) - 1, periods_per_us(bounds)
    base, both = np.zeros((n, n_series), np.int64), np.zeros((n, n_series), np.int64)
    seen = np.zeros(n_series, np.bool_)
    for i in range(len(users)):
        before, did = -1, False
        for row in range(starts[i], ends[i]):
            if time[row] >= until:
                break
            bits = by_event[event[row]]
            if len(by_row):
                bits &= by_row[row]
            if bits == 0 or time[row] < bounds[0]:
                continue
            place = period_at(time[row], bounds, per_us)
            if place != before:
                if before >= 0:
                    _close(base, both, before, seen, did)
                before, did = place, False
            did |= bits & 2 > 0
            kind = series_of[codes[row]] if len(codes) else 0
            if bits & 1 and kind >= 0:
                seen[kind] = True
        if before >= 0:
            _close(base, both, before, seen, did)
    return base, both


@nb.njit(nogil=True, cache=True)
def members(users, starts, ends, rows, low, high, series, kind, wanted):  # type: ignore[no-untyped-def]
    """Users with a row of bit 0 in the series between two instants, who also have all `wanted` bits between them."""
    time, event, by_event, by_row = rows
    codes, series_of = series
    found, k = np.empty(len(users), np.int64), 0
    for i in range(len(users)):
        had, there = 0, False
        for row in range(starts[i], ends[i]):
            if time[row] < low or time[row] >= high:
                continue
            bits = by_event[event[row]]
            if len(by_row):
                bits &= by_row[row]
            had |= bits
            if bits & 1 and (len(codes) == 0 or series_of[codes[row]] == kind):
                there = True
        if there and had & wanted == wanted:
            found[k] = users[i]
            k += 1
    return (found[:k],)


@nb.njit(nogil=True, cache=True)
def first_rows(starts, ends, codes, rows):  # type: ignore[no-untyped-def]
    """Rows that count as an order: the first matching row of each number; a row without one is an order of its own."""
    _time, event, by_event, by_row = rows
    seen = np.zeros(codes.max() + 1 if len(codes) else 1, np.bool_)
    counted = np.zeros(len(codes), np.bool_)
    for i in range(len(starts)):
        for row in range(starts[i], ends[i]):
            bits = by_event[event[row]]
            if len(by_row):
                bits &= by_row[row]
            if bits and (codes[row] == 0 or not seen[codes[row]]):
                counted[row] = True
                seen[codes[row]] = True
    return counted
