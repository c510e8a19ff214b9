"""The general way for users without equal stamps whose every row is one step at most: nearly all users.

Their rows that matter are collected first: stamp, step, optional step, and the gaps in which the row must not lie.
The rules are those of `analysis.behaviour.funnels.limited`; a test holds the two ways against each other.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.behaviour.funnels.plain import MANY_STEPS, NEVER, NO_STEP

_jit = nb.njit(nogil=True, cache=True)


@_jit
def collect(low, high, data, bars, extra, singles, rows, stamps, steps, options, walls):  # type: ignore[no-untyped-def]
    """Collects the rows that matter. Gives their number, or -1: not of this kind."""
    time, event, by_event, by_row, _ = data
    bar_event, bar_row, gaps_of = bars
    loose_event, loose_row = extra[2], extra[3]
    single, single_loose = singles
    barring, loosely = len(gaps_of) > 1, len(single_loose) > 1
    n, simple, before = 0, True, NEVER
    for row in range(low, high):
        code, now = event[row], time[row]
        bits = by_event[code]
        if len(by_row):
            bits &= by_row[row]
        step, option, wall = single[bits], np.int8(NO_STEP), np.uint16(0)
        if loosely:
            bits = loose_event[code]
            if len(loose_row):
                bits &= loose_row[row]
            option = single_loose[bits]
        if barring:
            bits = bar_event[code]
            if len(bar_row):
                bits &= bar_row[row]
            wall = gaps_of[bits]
        rows[n], stamps[n], steps[n], options[n], walls[n] = row, now, step, option, wall
        counts = (step != NO_STEP) | (option != NO_STEP) | (wall != 0)
        many = (step == MANY_STEPS) | (option == MANY_STEPS) | ((step >= 0) & (option >= 0))
        simple &= (not many) & ((now != before) | (not counts))
        before = now if counts else before
        n += counts
    return n if simple else -1


@_jit
def follow(first, n, window, limits, stamps, steps, walls, latest, marks):  # type: ignore[no-untyped-def]
    """Follows one attempt. Gives its level, the place it was reached at, the place after it, whether it was cut."""
    last, began, level, at = len(limits), stamps[first], 1, first
    latest[:] = NEVER
    latest[0] = began
    marks[first] = True
    place = first + 1
    while place < n and level < last:
        now = stamps[place]
        if now - began > window:
            break
        stand = level - 1
        while stand >= 0 and now - latest[stand] > limits[stand + 1]:
            stand -= 1
        if stand < 0:
            break
        step, wall = steps[place], walls[place]
        moved = step > 0 and now - latest[step - 1] <= limits[step]
        marks[place] = moved
        if moved:
            latest[step] = now
            if step >= level:
                level, at = step + 1, place
        if wall:
            if wall >> stand & 1 and not (moved and step > stand):
                return level, at, place + 1, True
            for k in range(last - 1):
                if wall >> k & 1 and latest[k] < now:
                    latest[k] = NEVER
        place += 1
    return level, at, place, False


@_jit
def bound(first, n, window, limits, until, stamps, steps, latest, starts):  # type: ignore[no-untyped-def]
    """The level reached by the best attempt were there no exclusions, and when it is first reached."""
    last = len(limits)
    latest[:] = NEVER
    starts[:] = NEVER
    level, completed = 1, stamps[first]
    for place in range(first, n):
        now, step = stamps[place], steps[place]
        if step == 0:
            if now < until:
                latest[0], starts[0] = now, now
        elif step > 0 and now - latest[step - 1] <= limits[step] and now - starts[step - 1] <= window:
            latest[step], starts[step] = now, starts[step - 1]
            if step >= level:
                level, completed = step + 1, now
                if level == last:
                    break
    return level, completed


@_jit
def choose(first, n, window, limits, until, stamps, steps, walls, latest, starts, marks):  # type: ignore[no-untyped-def]
    """Place of the start of the longest attempt, of equally long ones the earliest."""
    most, completed = bound(first, n, window, limits, until, stamps, steps, latest, starts)
    if most == 1:
        return first
    for place in range(first, n):
        if stamps[place] >= until or stamps[place] > completed:
            break
        if steps[place] == 0 and completed - stamps[place] <= window:
            level = follow(place, n, window, limits, stamps, steps, walls, latest, marks)[0]
            if level == most:
                return place
    best, chosen = 0, first
    for place in range(first, n):  # exclusions were in the way
        if stamps[place] >= until:
            break
        if steps[place] == 0:
            level = follow(place, n, window, limits, stamps, steps, walls, latest, marks)[0]
            if level > best:
                best, chosen = level, place
    return chosen


@_jit
def earliest(first, at, level, limits, stamps, walls, steps, marks, out):  # type: ignore[no-untyped-def]
    """Writes the places of the earliest way to `level`, reached at place `at`, into `out`."""
    out[:] = -1
    out[level - 1] = at
    for step in range(level - 1, 0, -1):
        place, now = at - 1, stamps[at]
        while place >= first and now - stamps[place] <= limits[step]:
            if steps[place] == step - 1 and marks[place]:
                at = place
            if walls[place] >> (step - 1) & 1:
                break
            place -= 1
        out[step - 1] = at


@_jit
def skipped(level, after, window, limits, choices, stamps, options, out, taken):  # type: ignore[no-untyped-def]
    """Writes the places of the optional steps of one attempt into `taken`."""
    follows, limit, _ = choices
    taken[:] = -1
    for step in range(len(follows)):
        k = follows[step]
        if k >= level:
            continue
        began, until = stamps[out[k]], min(stamps[out[0]] + window, stamps[out[k]] + limits[k + 1])
        if k + 1 < level:
            until = stamps[out[k + 1]]
        place = out[k] + 1
        while place < after and stamps[place] <= until and stamps[place] - began <= limit[step]:
            if options[place] == step:
                taken[step] = place
                break
            place += 1
