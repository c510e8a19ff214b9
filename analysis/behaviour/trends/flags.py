"""What each user did in two periods: the compiled part of explaining a change."""

from __future__ import annotations

import numba as nb
import numpy as np


@nb.njit(nogil=True, cache=True)
def of_users(users, starts, ends, rows, low, high, until, window, amount):  # type: ignore[no-untyped-def]
    """For each user of the view: in the base of the period (0 no, 1 yes, 2 its window is open), converted, money.

    Args:
        rows: Bit 0: base, bit 1: event.
        low, high: The period. until: End of what is observed.
        window: µs from the first base within which the event must come; below 0: in the same period.
        amount: Money of each row; empty: none.
    """
    time, event, by_event, by_row = rows
    state, converted = np.zeros(len(users), np.int8), np.zeros(len(users), np.bool_)
    money = np.zeros(len(users))
    for i in range(len(users)):
        first, at, did = -1, 0, False
        for row in range(starts[i], ends[i]):
            now = time[row]
            if now < low:
                continue
            if now >= until or (now >= high and (window < 0 or first < 0 or now - at > window)):
                break
            bits = by_event[event[row]]
            if len(by_row):
                bits &= by_row[row]
            if bits & 1 and first < 0:
                first, at = row, now
                if window >= 0:  # an equal stamp before it counts: the order of a tie is not known
                    back = row - 1
                    while back >= starts[i] and time[back] == now:
                        earlier = by_event[event[back]]
                        if len(by_row):
                            earlier &= by_row[back]
                        did |= earlier & 2 > 0
                        back -= 1
            if bits & 2:
                did = did or window < 0 or (first >= 0 and row != first and now - at <= window)
                if now < high and len(amount) and not np.isnan(amount[row]):
                    money[i] += amount[row]
        if first >= 0:
            state[i] = 2 if window >= 0 and at + window > until else 1
        converted[i], money[i] = did and first >= 0, money[i] if first >= 0 else 0.0
    return state, converted, money


@nb.njit(nogil=True, cache=True)
def first_value(users, starts, ends, time, codes, low, high):  # type: ignore[no-untyped-def]
    """Code of the first given value of a column in the period, for each user of the view; 0 where there is none."""
    found = np.zeros(len(users), np.int64)
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            if time[row] >= high:
                break
            if time[row] >= low and codes[row] != 0:
                found[i] = codes[row]
                break
    return (found,)
