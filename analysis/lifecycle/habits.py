"""Each user's habits as of the end of a log: the compiled part of the stages."""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.users import is_active, period_at, periods_per_us

HABIT = 5
"""Active days after which a user is taken to have a habit."""

TENTHS = 10
MOST_GAPS = 100
"""Gaps against the user's own rhythm are counted by the tenth, up to this multiple."""


@nb.njit(nogil=True, cache=True)
def habits(users, starts, ends, rows, bounds, until, trend, paid, amount):  # type: ignore[no-untyped-def]
    """Kernel: per active user the index, then facts by local day, then the sum of the amounts.

    Returns:
        `who`; `facts`, users × (first active day, last, active days, those of the last `trend` days, those of the
        `trend` days before, days from the first to the second active day, and to the HABIT-th (-1: not reached));
        `rhythm`, the median gap (nan: none); `total`, the sum of the amounts of rows that are `paid`.
    """
    time, event, by_event, by_row = rows
    _, _, pays_event, pays_row = paid
    end, per_us = len(bounds) - 1, periods_per_us(bounds)
    who, facts = np.empty(len(users), np.int64), np.empty((len(users), 7), np.int64)
    rhythm, total = np.empty(len(users), np.float64), np.zeros(len(users), np.float64)
    gaps, n = np.empty(64, np.int64), 0
    for i in range(len(users)):
        first, last, seen, sums = -1, -1, 0, 0.0
        recent, before, second, habit = 0, 0, -1, -1
        for row in range(starts[i], ends[i]):
            if time[row] >= until:
                break
            if len(amount) and is_active(row, event, pays_event, pays_row) and not np.isnan(amount[row]):
                sums += amount[row]
            if not is_active(row, event, by_event, by_row):
                continue
            day = period_at(time[row], bounds, per_us)
            if day == last:
                continue
            if seen:
                if seen > len(gaps):
                    gaps = np.append(gaps, np.empty(len(gaps), np.int64))
                gaps[seen - 1] = day - last
            else:
                first = day
            seen += 1
            recent += day >= end - trend
            before += end - 2 * trend <= day < end - trend
            second = day - first if seen == 2 else second
            habit = day - first if seen == HABIT else habit
            last = day
        if seen:
            who[n], total[n] = users[i], sums
            rhythm[n] = np.median(gaps[: seen - 1]) if seen > 1 else np.nan
            facts[n, 0], facts[n, 1], facts[n, 2], facts[n, 3] = first, last, seen, recent
            facts[n, 4], facts[n, 5], facts[n, 6] = before, second, habit
            n += 1
    return who[:n], facts[:n], rhythm[:n], total[:n]


@nb.njit(nogil=True, cache=True)
def against_rhythm(users, starts, ends, rows, bounds, until, rhythm):  # type: ignore[no-untyped-def]
    """Kernel: gaps counted by their multiple of the user's rhythm, in tenths, rounded up."""
    time, event, by_event, by_row = rows
    counts, per_us = np.zeros(MOST_GAPS * TENTHS + 1, np.int64), periods_per_us(bounds)
    for i in range(len(users)):
        last = -1
        for row in range(starts[i], ends[i]):
            if time[row] >= until:
                break
            if not is_active(row, event, by_event, by_row):
                continue
            day = period_at(time[row], bounds, per_us)
            if day != last:
                if last >= 0:
                    tenths = int(np.ceil((day - last) / rhythm[users[i]] * TENTHS - 1e-9))
                    counts[min(tenths, MOST_GAPS * TENTHS)] += 1
                last = day
    return (counts,)
