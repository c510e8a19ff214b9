"""The general way through a funnel: steps with a window of their own, optional steps, and exclusions.

An attempt from a given start is followed forward, moment by moment. For every step the latest moment is kept at
which it can have been done, because the latest leaves the next step the most time; so a later repeat of a step
rescues an attempt whose step window would run out. Where an attempt *stands* is the furthest step whose next one
is still in time. An excluded event after that step, by its stamp, ends the attempt; neighbouring steps never have
one between them. Of all ways to reach the last step, each step is taken as early as any way allows: the
earliest ways of two attempts combine into one that is as early as either, so there is one such way.

Every start is followed in turn, the earliest first, until one reaches the end. Optional steps are sought
afterwards, in the time between the steps around them, and hold nobody up.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.behaviour.funnels.plain import NEVER, NO_WINDOW
from analysis.behaviour.funnels.quick import choose, collect, earliest, follow, skipped
from analysis.behaviour.funnels.walk import ALL, BEST, _bits, _extend, _moment, next_start

_jit = nb.njit(nogil=True, cache=True)


@_jit
def _barred(row, event, bars):  # type: ignore[no-untyped-def]
    """The gaps in which this row must not lie, as bits."""
    by_event, by_row, gaps_of = bars
    if len(gaps_of) == 1:
        return gaps_of[0]
    bits = by_event[event[row]]
    return gaps_of[bits & by_row[row] if len(by_row) else bits]


@_jit
def _advance(row, end, stand_low, now, data, limits, latest, marks, place, out, seen):  # type: ignore[no-untyped-def]
    """Lets the rows of one moment continue every way that is in time. Gives the furthest step done in it."""
    n, top = len(limits), -1
    bits = _bits(row, data)
    for r in range(row + 1, end):
        bits |= _bits(r, data)
    if not bits:
        return top
    for step in range(n - 1, stand_low, -1):
        if not bits >> step & 1 or (step > 0 and now - latest[step - 1] > limits[step]):
            continue
        reached = step + 1 if end - row == 1 else _extend(row, end, step, n, data, out, seen)
        for k in range(step, reached):
            latest[k] = now
            marks[place] |= 1 << k
        top = max(top, reached - 1)
    return top


@_jit
def _follow(row, high, window, data, bars, limits, latest, marks, base, out, seen):  # type: ignore[no-untyped-def]
    """Follows one attempt. Gives its level, the row at which that was reached, the row after it, whether it was cut."""
    time, event, n = data[0], data[1], len(limits)
    began, first = time[row], row
    latest[:] = NEVER
    level, at = 0, row
    while row < high and time[row] - began <= window:
        end, now, stand = _moment(row, high, time), time[row], -1
        for k in range(n - 1):
            if now - latest[k] <= limits[k + 1]:
                stand = k
        if row != first and stand < 0:
            break
        marks[row - base : end - base] = 0
        top = _advance(row, end, -1 if row == first else 0, now, data, limits, latest, marks, row - base, out, seen)
        if top >= level:
            level, at = top + 1, row
        if level == n:
            return level, at, end, False
        if row != first:
            bar = 0
            for r in range(row, end):
                bar |= _barred(r, event, bars)
            if bar >> stand & 1 and top <= stand:
                return level, at, end, True
            for k in range(n - 1):
                if bar >> k & 1 and latest[k] < now:
                    latest[k] = NEVER
        row = end
    return level, at, row, False


@_jit
def _earliest(first, at, level, high, data, bars, limits, marks, base, out, seen):  # type: ignore[no-untyped-def]
    """Writes the rows of the earliest way to `level`, reached at row `at`, into `out`."""
    time, event, repeats = data[0], data[1], data[4]
    top = level - 1  # steps step … top are done in the moment at `at`
    for step in range(level - 1, -1, -1):
        best, row, blocked = -1, at, NEVER
        while step > 0 and row >= first and time[at] - time[row] <= limits[step] and time[row] >= blocked:
            fits = marks[row - base] >> (step - 1) & 1
            if fits and (time[row] < time[at] or not repeats[step]):
                best = row
            if time[row] < time[at] and blocked == NEVER and _barred(row, event, bars) >> (step - 1) & 1:
                blocked = time[row]
            row -= 1
        if best != at:
            _extend(at, _moment(at, high, time), step, top + 1, data, out, seen)
            top, at = step - 1, best


@_jit
def _seat(step, low, high, until, extra, after, limit, strict, out, taken, seen):  # type: ignore[no-untyped-def]
    """Gives an optional step a row between two others, moving other optional steps of that place if need be."""
    time = extra[0]
    began = time[out[after[step]]]
    for row in range(low, high):
        if time[row] > until or time[row] - began > limit[step]:
            break
        if not _bits(row, extra) >> step & 1 or (strict[step] and time[row] == began):
            continue
        used = False
        for k in range(len(out)):
            used |= out[k] == row
        if used:
            continue
        owner = -1
        for k in range(len(taken)):
            if taken[k] == row:
                owner = k
        if owner >= 0:
            if seen[owner]:
                continue
            seen[owner] = True
            if not _seat(owner, low, high, until, extra, after, limit, strict, out, taken, seen):
                continue
        taken[step] = row
        return True
    return False


@_jit
def _options(low, after_row, level, window, data, limits, extra, options, out, taken, seen):  # type: ignore[no-untyped-def]
    """Finds the rows of the optional steps of one attempt."""
    time = data[0]
    after, limit, strict = options
    taken[:] = -1
    for step in range(len(after)):
        k = after[step]
        if k >= level:
            continue
        if k + 1 < level:
            until = time[out[k + 1]]
        else:
            until = min(time[out[0]] + window, time[out[k]] + limits[k + 1])
        start = out[k]
        while start > low and time[start - 1] == time[out[k]]:
            start -= 1
        seen[:] = False
        _seat(step, start, after_row, until, extra, after, limit, strict, out, taken, seen)


@_jit
def _choose(row, high, window, low, until, data, bars, limits, latest, marks, base, out, seen):  # type: ignore[no-untyped-def]
    """The start of the longest attempt, of equally long ones the earliest."""
    best, chosen = 0, row
    free = window >= NO_WINDOW
    for k in range(len(limits)):
        free &= limits[k] >= NO_WINDOW
    while row >= 0:
        level, _, _, cut = _follow(row, high, window, data, bars, limits, latest, marks, base, out, seen)
        if level > best:
            best, chosen = level, row
        if best == len(limits) or (free and not cut):  # without a limit, no later start gets further
            break
        row = next_start(_moment(row, high, data[0]), high, low, until, data)
    return chosen


@_jit
def limited_attempts(  # type: ignore[no-untyped-def]
    users, starts, ends, data, bars, limits, firm, extra, options, loose, singles, window, entry_low, entry_high,
    closed_until, attempt, remove
):  # fmt: skip
    """Kernel of the general way.

    Args:
        users, starts, ends: The units and their rows.
        data: As in `walk.attempts`, of the steps that are not optional.
        bars: What `exclude.barriers` gives.
        limits: For each of these steps the longest time since the one before it, µs.
        firm: Their places among all steps.
        extra: As `data`, of the optional steps.
        options: For each optional step the step it follows among those that are not, its longest time since then,
            and whether it needs a later stamp.
        loose: Places of the optional steps among all steps.
        singles: What `plain.single_steps` gives for both kinds of steps.
        window, entry_low, entry_high, closed_until, attempt: As in `walk.attempts`.
        remove: Whether a unit goes that has an attempt which an exclusion ended.

    Returns:
        Per attempt: user, level (number of the last step reached that is not optional), whether it is still open,
        the row of each step, and whether its unit is removed.
    """
    n_steps, longest, most = len(firm) + len(loose), 1, 0
    for i in range(len(users)):
        longest = max(longest, ends[i] - starts[i])
        for row in range(starts[i], ends[i]):
            if _bits(row, data) & 1:
                most += 1
                if attempt != ALL:
                    break
    who, levels = np.empty(most, np.int64), np.empty(most, np.int8)
    still_open, gone = np.empty(most, np.bool_), np.zeros(most, np.bool_)
    found = np.full((most, n_steps), np.int64(-1))
    latest, out, seen = np.empty(len(firm), np.int64), np.empty(len(firm), np.int64), np.zeros(n_steps, np.bool_)
    marks, taken = np.zeros(longest, np.int32), np.empty(len(loose), np.int64)
    rows, stamps = np.empty(longest, np.int64), np.empty(longest, np.int64)
    steps, choices = np.empty(longest, np.int8), np.empty(longest, np.int8)
    walls, flags, firsts = np.empty(longest, np.uint16), np.empty(longest, np.bool_), np.empty(len(firm), np.int64)
    n = 0
    for i in range(len(users)):
        low, high, before, cuts = starts[i], ends[i], n, 0
        count = collect(low, high, data, bars, extra, singles, rows, stamps, steps, choices, walls)
        place = 0
        while count >= 0:
            while place < count and (steps[place] != 0 or stamps[place] < entry_low):
                place += 1
            if place == count or stamps[place] >= entry_high:
                break
            is_open = stamps[place] >= closed_until
            if attempt == BEST:
                until = entry_high if is_open else min(entry_high, closed_until)
                place = choose(place, count, window, limits, until, stamps, steps, walls, latest, firsts, flags)
            start = place
            level, at, place, cut = follow(start, count, window, limits, stamps, steps, walls, latest, flags)
            earliest(start, at, level, limits, stamps, walls, steps, flags, out)
            if len(loose):
                skipped(level, place, window, limits, options, stamps, choices, out, taken)
                for k in range(len(loose)):
                    if taken[k] >= 0:
                        found[n, loose[k]] = rows[taken[k]]
            for k in range(level):
                found[n, firm[k]] = rows[out[k]]
            who[n], levels[n], still_open[n] = users[i], firm[level - 1] + 1, is_open
            n += 1
            cuts += cut
            if attempt != ALL:
                break
        if count >= 0:
            gone[before:n] = remove and cuts > 0
            continue
        row = next_start(low, high, entry_low, entry_high, data)
        while row >= 0:
            is_open = data[0][row] >= closed_until
            if attempt == BEST:
                until = entry_high if is_open else min(entry_high, closed_until)
                row = _choose(row, high, window, entry_low, until, data, bars, limits, latest, marks, low, out, seen)
            level, at, after, cut = _follow(row, high, window, data, bars, limits, latest, marks, low, out, seen)
            out[:] = -1
            _earliest(row, at, level, high, data, bars, limits, marks, low, out, seen)
            out[level:] = -1
            if len(loose):
                _options(low, after, level, window, data, limits, extra, options, out, taken, seen)
                for k in range(len(loose)):
                    found[n, loose[k]] = taken[k]
            for k in range(level):
                found[n, firm[k]] = out[k]
            who[n], levels[n], still_open[n] = users[i], firm[level - 1] + 1, is_open
            n += 1
            cuts += cut
            if attempt != ALL:
                break
            row = next_start(after, high, entry_low, entry_high, data)
        gone[before:n] = remove and cuts > 0
    return who[:n], levels[:n], still_open[:n], found[:n], gone[:n]
