"""Ordering: rows by user, then time, then the order of the file.

A counting sort by user keeps the file's order; only users whose rows are not in the order of time
are then sorted, each alone. Both `EventLog.build` and intake order their rows here.
"""

from __future__ import annotations

import numba as nb
import numpy as np


def in_order(
    codes: np.ndarray, instants: np.ndarray, n_users: int, reason: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Used rows (reason 0) in the order of the log, their instants, and where each user's begin and end.

    Args:
        codes: User of each row; −1 only where the row isn't used.
        instants: µs UTC.
        n_users: Users.
        reason: Code of each row; 0 is used.
    """
    order, bounds = _count_sort(codes, n_users, reason)
    moved = np.take(instants, order)
    _sort_within(order, moved, bounds)
    return order, moved, bounds


def without(bounds: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Bounds of the users when only some rows are kept."""
    return np.concatenate([[0], np.cumsum(keep)])[bounds]


def neighbours(codes: np.ndarray, order: np.ndarray, instants: np.ndarray) -> np.ndarray:
    """Rows that stand next to a row of the same user at the same instant."""
    return _neighbours(codes, order, instants)


@nb.njit(nogil=True, cache=True)
def _count_sort(codes: np.ndarray, n_users: int, reason: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    bounds = np.zeros(n_users + 1, np.int64)
    for row in range(len(codes)):
        if reason[row] == 0:
            bounds[codes[row] + 1] += 1
    for i in range(n_users):
        bounds[i + 1] += bounds[i]
    place = bounds[:-1].copy()
    order = np.empty(bounds[n_users], np.int32)
    for row in range(len(codes)):
        if reason[row] == 0:
            order[place[codes[row]]] = row
            place[codes[row]] += 1
    return order, bounds


@nb.njit(nogil=True, cache=True)
def _sort_within(order: np.ndarray, moved: np.ndarray, bounds: np.ndarray) -> None:
    for i in range(len(bounds) - 1):
        low, high = bounds[i], bounds[i + 1]
        for k in range(low + 1, high):
            if moved[k] < moved[k - 1]:
                place = np.argsort(moved[low:high], kind="mergesort")
                order[low:high] = order[low:high][place]
                moved[low:high] = moved[low:high][place]
                break


@nb.njit(nogil=True, cache=True)
def _neighbours(codes: np.ndarray, order: np.ndarray, instants: np.ndarray) -> np.ndarray:
    found = [np.int64(0) for _ in range(0)]
    last = -1
    for k in range(1, len(order)):
        if instants[k] == instants[k - 1] and codes[order[k]] == codes[order[k - 1]]:
            if last != k - 1:
                found.append(np.int64(order[k - 1]))
            found.append(np.int64(order[k]))
            last = k
    return np.array(found, np.int64)
