"""Clocks of those who fell silent and of those who stayed: the compiled part of the question after leavers."""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.users import is_active, period_at, periods_per_us

TENURE = np.array([1, 7, 28, 90, 180])
"""Days since the first active day at which a new bin of tenure begins, after the bin of the first day."""

EVENTS = np.array([2, 3, 4, 6, 10, 20])
"""Events at which a new bin of activity begins, after the bin of a single one."""

HABIT = np.array([1, 4])
"""Active days before at which a new bin of habit begins, after the bin of none."""

HABIT_DAYS = 28
"""Length of the look back for the habit, days, up to where the activity begins."""

STRATA_A_WEEK = (len(TENURE) + 1) * (len(EVENTS) + 1) * (len(HABIT) + 1)

_jit = nb.njit(nogil=True, cache=True)


@_jit
def _bin(value, edges):  # type: ignore[no-untyped-def]
    place = 0
    while place < len(edges) and value >= edges[place]:
        place += 1
    return place


@_jit
def _stratum(week, tenure, events, habit, tenure_edges, event_edges, habit_edges):  # type: ignore[no-untyped-def]
    """Stratum of an active day."""
    place = week * (len(tenure_edges) + 1) + _bin(tenure, tenure_edges)
    place = place * (len(event_edges) + 1) + _bin(events, event_edges)
    return place * (len(habit_edges) + 1) + _bin(habit, habit_edges)


@_jit
def _mix(value):  # type: ignore[no-untyped-def]
    """Scatters the bits of a number (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@_jit
def _uniform(one, other):  # type: ignore[no-untyped-def]
    """A number between 0 and 1, drawn from two stamps alone."""
    return (np.float64(_mix(_mix(np.uint64(one)) + np.uint64(other)) >> np.uint64(11)) + 0.5) / 9007199254740992.0


@_jit
def clocks(users, starts, ends, rows, calendar, rule, edges, weights):  # type: ignore[no-untyped-def]
    """Kernel: the clock of each leaver, or of each stayer, where there is one.

    Args:
        users, starts, ends: The users and their rows.
        rows: What `users.activity` gives.
        calendar: Bounds of the days, the week of each, the log's end, first and last day a clock may lie on.
        rule: Days of silence; days and events (0: not by events) of the look back.
        edges: Edges of the bins, and the days of the habit.
        weights: Leavers per stratum, by which the clock of a stayer is drawn; empty for the leavers themselves.

    Returns:
        Per user: the stratum, -1 without a clock; first row of the look back and the row after it; whether the
        user, being of the kind asked for, is active between the first and the last day.
    """
    time, event, by_event, by_row = rows
    bounds, week_of, until, first_day, last_day = calendar
    silent, look_days, look_events = rule
    n_days, per_us = len(bounds) - 1, periods_per_us(bounds)
    tenure_edges, event_edges, habit_edges, habit_days = edges
    activity_days = look_days if look_days else habit_days
    strata = np.full(len(users), -1)
    low, high = np.zeros(len(users), np.int64), np.zeros(len(users), np.int64)
    active = np.zeros(len(users), np.bool_)
    day, done, last = np.empty(n_days, np.int64), np.empty(n_days, np.int64), np.empty(n_days, np.int64)
    for i in range(len(users)):
        end = ends[i]
        while end > starts[i] and (time[end - 1] >= until or not is_active(end - 1, event, by_event, by_row)):
            end -= 1
        if end == starts[i]:
            continue
        gone = period_at(time[end - 1], bounds, per_us) + silent < n_days
        if gone == (len(weights) > 0):
            continue  # the turn of the others
        n = count = 0
        for row in range(starts[i], end):
            if not is_active(row, event, by_event, by_row):
                continue
            count += 1
            if n and time[row] < bounds[day[n - 1] + 1]:
                last[n - 1], done[n - 1] = row, count
                continue
            day[n] = period_at(time[row], bounds, per_us)
            last[n], done[n] = row, count
            active[i] |= first_day <= day[n] <= last_day
            n += 1
        chosen, total, first, earlier = -1, 0.0, 0, 0
        for j in range(n):
            while day[first] <= day[j] - activity_days:
                first += 1
            while day[earlier] <= day[j] - activity_days - habit_days:
                earlier += 1
            if not first_day <= day[j] <= last_day:
                continue
            if (j < n - 1) == gone or (not gone and day[j + 1] - day[j] > silent):
                continue  # a leaver's clock is the last day, a stayer's one that was followed in time
            events = done[j] - (done[first - 1] if first else 0)
            place = _stratum(
                week_of[day[j]], day[j] - day[0], events, first - earlier, tenure_edges, event_edges, habit_edges
            )
            weight = 1.0 if gone else weights[place]
            total += weight
            # So every day is the one with a chance ∝ its weight (Chao 1982, a reservoir of one).
            if weight and _uniform(time[last[0]], time[last[j]]) * total < weight:
                chosen, strata[i] = j, place
        if chosen < 0:
            continue
        high[i] = row = last[chosen] + 1
        if look_events:
            row = max(starts[i], row - look_events)
        else:
            begin = bounds[max(day[chosen] - look_days + 1, 0)]
            while row > starts[i] and time[row - 1] >= begin:
                row -= 1
        low[i] = row
    return strata, low, high, active
