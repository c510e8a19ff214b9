"""The counts behind the aha finder: one pass over each user's first days, and a look at what came after."""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.users import is_active, stirred

FATES = ("counted", "left_edge", "too_new", "already")
"""What becomes of a user whose start lies in the days: counted, or left out, and why."""


@nb.njit(nogil=True, cache=True)
def _judge(start, end, time, event, by_event, by_row, goal_event, goal_row, span, windows, horizon):  # type: ignore[no-untyped-def]
    """Fate of one user (-1: not in the days), first row, row behind the first days, and whether the outcome came."""
    low, high, edge, until, any_goal = span
    first = start
    while first < end and not is_active(first, event, by_event, by_row):
        first += 1
    if first == end or time[first] >= until or time[first] < low or time[first] >= high:
        return -1, 0, 0, False
    began = time[first]
    if began < edge:
        return 1, 0, 0, False
    if began + windows[-1] + horizon > until:
        return 2, 0, 0, False
    row, already = first, False
    while row > start and time[row - 1] == began:  # a goal at the same moment is no later than the start
        row -= 1
    while row < end and time[row] < began + windows[-1]:
        already |= not any_goal and is_active(row, event, goal_event, goal_row)
        row += 1
    if already:
        return 3, 0, 0, False
    behind, came = row, False
    while row < end and time[row] < began + windows[-1] + horizon and not came:
        came = is_active(row, event, goal_event, goal_row)
        row += 1
    return 0, first, behind, came


@nb.njit(nogil=True, cache=True)
def count(users, starts, ends, rows, goal, span, windows, horizon, cap, n_events):  # type: ignore[no-untyped-def]
    """Kernel: users by half, outcome, event, window and times done (up to `cap`); by half and outcome; by fate.

    Args:
        rows: What `users.activity` gives. goal: Bits of the outcome's event.
        span: First and last instant of a start, the left edge, the instant up to which is seen, and whether the
            outcome is any activity. windows: Lengths (µs), rising; the last one are the first days.
        horizon: Length (µs) of the time after them. cap: Times from which on all are counted alike.
    """
    (time, event, by_event, by_row), (goal_event, goal_row) = rows, goal
    n_windows = len(windows)
    times = np.zeros((2, 2, n_events, n_windows, cap + 1), np.int64)
    halves, fates = np.zeros((2, 2), np.int64), np.zeros(4, np.int64)
    done = np.zeros((n_events, n_windows), np.int64)
    touched = np.empty(n_events, np.int64)
    for i in range(len(users)):
        fate, first, behind, came = _judge(
            starts[i], ends[i], time, event, by_event, by_row, goal_event, goal_row, span, windows, horizon
        )
        if fate >= 0:
            fates[fate] += 1
        if fate != 0:
            continue
        half, outcome, n = int(stirred(users[i]) & np.uint64(1)), int(came), 0
        halves[half, outcome] += 1
        for row in range(first, behind):
            if not is_active(row, event, by_event, by_row):
                continue
            code = int(event[row])
            if done[code, n_windows - 1] == 0:
                touched[n] = code
                n += 1
            for w in range(n_windows):
                done[code, w] += time[row] < time[first] + windows[w]
        for k in range(n):
            code = touched[k]
            for w in range(n_windows):
                times[half, outcome, code, w, min(done[code, w], cap)] += 1
                done[code, w] = 0
    return times, halves, fates


@nb.njit(nogil=True, cache=True)
def members(users, starts, ends, rows, goal, span, windows, horizon, code, window):  # type: ignore[no-untyped-def]
    """Users counted, how often each did one event in one window, and whether the outcome came."""
    (time, event, by_event, by_row), (goal_event, goal_row) = rows, goal
    who, often = np.empty(len(users), np.int64), np.zeros(len(users), np.int64)
    outcome, n = np.empty(len(users), np.bool_), 0
    for i in range(len(users)):
        fate, first, behind, came = _judge(
            starts[i], ends[i], time, event, by_event, by_row, goal_event, goal_row, span, windows, horizon
        )
        if fate != 0:
            continue
        who[n], outcome[n] = users[i], came
        for row in range(first, behind):
            if time[row] < time[first] + windows[window] and event[row] == code:
                often[n] += is_active(row, event, by_event, by_row)
        n += 1
    return who[:n].copy(), often[:n].copy(), outcome[:n].copy()
