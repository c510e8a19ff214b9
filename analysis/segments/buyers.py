"""What each buyer bought: the compiled part of RFM, one pass over the log."""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.users import period_at, periods_per_us

PURCHASE, REFUND = 1, 2
"""Bits of a row; one that has both is a refund."""


@nb.njit(nogil=True, cache=True)
def _distinct(orders, first, high, data, until):  # type: ignore[no-untyped-def]
    """Distinct order ids of the purchases in rows first … high - 1; a purchase without one counts alone."""
    time, event, by_event, by_row = data
    known = np.empty(high - first, orders.dtype)
    n, alone = 0, 0
    for row in range(first, high):
        if time[row] >= until:
            break
        bits = by_event[event[row]]
        if len(by_row):
            bits &= by_row[row]
        if not bits & PURCHASE or bits & REFUND:
            continue
        if orders[row] == 0:
            alone += 1
        elif n == 0 or known[n - 1] != orders[row]:  # an order's lines mostly stand together
            known[n] = orders[row]
            n += 1
    if n > 1:
        mine = np.sort(known[:n])
        n = 1
        for k in range(1, len(mine)):
            n += mine[k] != mine[k - 1]
    return n + alone


@nb.njit(nogil=True, cache=True)
def rfm(users, starts, ends, data, amount, orders, bounds, until):  # type: ignore[no-untyped-def]
    """Kernel of RFM: per buyer the user, the last purchase's instant, purchase days or orders, the net sum."""
    time, event, by_event, by_row = data
    who, latest = np.empty(len(users), np.int64), np.empty(len(users), np.int64)
    counts, nets = np.empty(len(users), np.int64), np.empty(len(users), np.float64)
    n, per_us = 0, periods_per_us(bounds)
    for i in range(len(users)):
        first, last, count, net, day_ends = -1, np.int64(0), 0, 0.0, bounds[0]
        for row in range(starts[i], ends[i]):
            bits = by_event[event[row]]
            if len(by_row):
                bits &= by_row[row]
            if not bits:
                continue
            if time[row] >= until:
                break
            if not np.isnan(amount[row]):
                net += amount[row]
            if bits & REFUND:
                continue
            last = time[row]
            if first < 0:
                first = row
            if last >= day_ends:
                day_ends = bounds[period_at(last, bounds, per_us) + 1]
                count += 1
        if first < 0:
            continue
        if len(orders):
            count = _distinct(orders, first, ends[i], data, until)
        who[n], latest[n], counts[n], nets[n] = users[i], last, count, net
        n += 1
    return who[:n], latest[:n], counts[:n], nets[:n]
