"""Bursts of clicks: the compiled part of rage clicks.

From every click the rows behind it are looked at until enough clicks on its spot are found or the time is over.
Beginnings that lie before the end of the burst before them on the same page belong to it.
"""

from __future__ import annotations

import numba as nb
import numpy as np

AHEAD = 1_000
"""Rows looked at behind a click: more than a person does in a moment; machines that do more are not followed."""


@nb.njit(nogil=True, cache=True)
def bursts(users, starts, ends, marked, data, window, n_pages):  # type: ignore[no-untyped-def]
    """User and first row of every burst."""
    time, page, element, x, y = data
    times, span, near, wanted = window
    placed = len(x) > 0
    most = 0
    for i in range(len(users)):
        most += ends[i] - starts[i]
    who, first, many = np.empty(most, np.int64), np.empty(most, np.int64), 0
    owner, until = np.full(n_pages, -1, np.int64), np.zeros(n_pages, np.int64)
    for i in range(len(users)):
        for row in range(starts[i], ends[i] - times + 1):
            if time[row + times - 1] - time[row] > span:
                continue  # too few rows of any kind in the window
            if not marked[row] & 1 or (wanted >= 0 and page[row] != wanted):
                continue
            seen, other = 1, row + 1
            last = min(ends[i], row + AHEAD)
            while other < last and seen < times and time[other] - time[row] <= span:
                if marked[other] & 1 and page[other] == page[row]:
                    if placed:
                        across, down = x[other] - x[row], y[other] - y[row]
                        seen += across * across + down * down <= near
                    else:
                        seen += element[other] == element[row] and element[row] != 0
                other += 1
            if seen < times:
                continue
            at = page[row]
            if owner[at] != i or time[row] > until[at]:
                who[many], first[many] = users[i], row
                many += 1
            owner[at], until[at] = i, time[other - 1]
    return who[:many].copy(), first[:many].copy()


@nb.njit(nogil=True, cache=True)
def seen_on(users, starts, ends, page, n_pages):  # type: ignore[no-untyped-def]
    """Every user and page of an event, each pair once."""
    last = np.full(n_pages, -1, np.int64)
    most = 0
    for i in range(len(users)):
        most += min(ends[i] - starts[i], n_pages)
    who, where, many = np.empty(most, np.int64), np.empty(most, np.int32), 0
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            at = page[row]
            if last[at] != i:
                last[at] = i
                who[many], where[many] = users[i], at
                many += 1
    return who[:many].copy(), where[:many].copy()
