"""Matching one user's rows to the steps of a journey: the compiled part of the funnel.

Rows come in the order of time. Rows with one stamp form a *moment*: inside it any order may
have happened, and one row never fills two steps, so which steps a moment can carry is a small
matching between its rows and the steps, found by augmenting paths (Kuhn 1955). A step that repeats
the one before it needs a later moment: the lines of one order are not a repurchase. A moment of a
single row, by far the most common, needs one bit test; a user without moments of several rows,
and without rows that can be several steps, goes the *plain* way, which knows no matching at all.

The longest attempt within a window is found in one pass: for each level the latest start that
has reached it is kept, because a later start leaves more of the window. Of the attempts that
reach the greatest level, the earliest completes no later than all others; it is the first
start within one window before that completion. Only that one attempt is then walked in full.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.behaviour.funnels.plain import NEVER, plain_best, plain_rows, plain_walk

THIS_ORDER, EXACT, ANY_ORDER = 0, 1, 2
BEST, FIRST, ALL = 0, 1, 2
MOST_STEPS = 16

_jit = nb.njit(nogil=True, cache=True)


@_jit
def _bits(row, data):  # type: ignore[no-untyped-def]
    _, event, by_event, by_row, _ = data
    bits = by_event[event[row]]
    return bits & by_row[row] if len(by_row) else bits


@_jit
def _moment(row, high, time):  # type: ignore[no-untyped-def]
    """First row after `row` with another stamp."""
    end = row + 1
    while end < high and time[end] == time[row]:
        end += 1
    return end


@_jit
def _seat(step, first, level, low, high, data, rows, seen):  # type: ignore[no-untyped-def]
    """Gives `step` a row of the moment, moving steps `first` … `level - 1` to other rows if need be."""
    for row in range(low, high):
        if not _bits(row, data) >> step & 1:
            continue
        owner = -1
        for k in range(first, level):
            if rows[k] == row:
                owner = k
        if owner >= 0:
            if seen[owner]:
                continue
            seen[owner] = True
            if not _seat(owner, first, level, low, high, data, rows, seen):
                continue
        rows[step] = row
        return True
    return False


@_jit
def _extend(low, high, level, n_steps, data, rows, seen):  # type: ignore[no-untyped-def]
    """Fills the steps from `level` on with rows of one moment, as far as they follow each other."""
    if high - low == 1:
        if level < n_steps and _bits(low, data) >> level & 1:
            rows[level] = low
            return level + 1
        return level
    first, repeats = level, data[4]
    while level < n_steps and not (level > first and repeats[level]):
        seen[:] = False
        if not _seat(level, first, level, low, high, data, rows, seen):
            break
        level += 1
    return level


@_jit
def walk_order(row, high, n_steps, window, exact, data, rows, seen):  # type: ignore[no-untyped-def]
    """Walks one attempt that starts in the moment at `row`. Gives its level and the row after its last moment."""
    time = data[0]
    started, level = time[row], 0
    while row < high and level < n_steps and time[row] - started <= window:
        end = _moment(row, high, time)
        reached = _extend(row, end, level, n_steps, data, rows, seen)
        if exact and reached == level:
            break
        level, row = reached, end
    return level, row


@_jit
def _seat_row(row, started, n_steps, data, rows, seen):  # type: ignore[no-untyped-def]
    """Any order: gives `row` a step, moving other rows to other steps if need be."""
    bits, time = _bits(row, data), data[0]
    for step in range(n_steps):
        if not bits >> step & 1 or seen[step] or (step == 0 and time[row] != started):
            continue
        seen[step] = True
        if rows[step] < 0 or _seat_row(rows[step], started, n_steps, data, rows, seen):
            rows[step] = row
            return True
    return False


@_jit
def walk_any(row, high, n_steps, window, data, rows, seen):  # type: ignore[no-untyped-def]
    """Walks one attempt whose later steps may come in any order; `rows[k]` is the row of step k or -1."""
    time = data[0]
    started, level = time[row], 0
    rows[:n_steps] = -1
    end = _moment(row, high, time)
    for candidate in range(row, end):  # the start takes its seat first, the moment's other rows follow
        if _bits(candidate, data) & 1:
            rows[0], level = candidate, 1
            break
    seated = rows[0]
    while row < high and level < n_steps and time[row] - started <= window:
        if row != seated and _bits(row, data):
            seen[:] = False
            if _seat_row(row, started, n_steps, data, rows, seen):
                level += 1
        row += 1
    return level, _moment(row - 1, high, time)


@_jit
def _choose(step, chosen, candidates, seen):  # type: ignore[no-untyped-def]
    for m in range(candidates.shape[1]):
        row = candidates[step, m]
        if row < 0:
            break
        owner = -1
        for k in range(len(chosen)):
            if chosen[k] == row:
                owner = k
        if owner >= 0:
            if seen[owner]:
                continue
            seen[owner] = True
            if not _choose(owner, chosen, candidates, seen):
                continue
        chosen[step] = row
        return True
    return False


@_jit
def _best_any(low, high, n_steps, window, entry_low, entry_high, data, seen):  # type: ignore[no-untyped-def]
    """Row of the start of the best any-order attempt, or -1: the most steps, then the earliest.

    Goes backwards and keeps each step's next rows, as many as there are steps: more can't be needed.
    """
    time = data[0]
    following = np.full((n_steps, n_steps), np.int64(-1))
    candidates = np.full((n_steps, n_steps), np.int64(-1))
    chosen = np.empty(n_steps, np.int64)
    best, best_row = 0, -1
    end = high
    while end > low:
        row = end - 1
        while row > low and time[row - 1] == time[end - 1]:
            row -= 1
        candidates[0] = -1
        starts = 0
        for r in range(end - 1, row - 1, -1):
            bits = _bits(r, data)
            for k in range(1, n_steps):
                if bits >> k & 1:
                    following[k, 1:] = following[k, :-1].copy()
                    following[k, 0] = r
            if bits & 1 and starts < n_steps:
                candidates[0, starts] = r
                starts += 1
        if starts and entry_low <= time[row] < entry_high:
            for k in range(1, n_steps):
                for m in range(n_steps):
                    next_row = following[k, m]
                    inside = next_row >= 0 and time[next_row] - time[row] <= window
                    candidates[k, m] = next_row if inside else -1
            chosen[:] = -1
            level = 0
            for k in range(n_steps):
                seen[:] = False
                level += _choose(k, chosen, candidates, seen)
            if level >= best:
                best, best_row = level, row
        end = row
    return best_row


@_jit
def _best_order(low, high, n_steps, window, entry_low, entry_high, data, latest, rows, seen):  # type: ignore[no-untyped-def]
    """Row of the start of the best this-order attempt, or -1: the longest, then the earliest."""
    time = data[0]
    latest[:] = NEVER
    level, completed = 0, NEVER
    row = low
    while row < high and level < n_steps:
        end, now = _moment(row, high, time), time[row]
        bits = _bits(row, data)
        for r in range(row + 1, end):
            bits |= _bits(r, data)
        if bits:
            for j in range(min(level, n_steps - 1), -1, -1):
                started = latest[j] if j else now
                if not bits >> j & 1 or started == NEVER or now - started > window:
                    continue
                if j == 0 and not entry_low <= now < entry_high:
                    continue
                reached = j + 1 if end - row == 1 else _extend(row, end, j, n_steps, data, rows, seen)
                for k in range(j + 1, reached + 1):
                    latest[k] = max(latest[k], started)
                if reached > level:
                    level, completed = reached, now
        row = end
    if level:
        for row in range(low, high):
            inside = entry_low <= time[row] < entry_high and completed - time[row] <= window
            if inside and _bits(row, data) & 1:
                return _first_of_moment(row, low, time)
    return -1


@_jit
def _first_of_moment(row, low, time):  # type: ignore[no-untyped-def]
    while row > low and time[row - 1] == time[row]:
        row -= 1
    return row


@_jit
def _best_exact(low, high, n_steps, window, entry_low, entry_high, data, rows, seen):  # type: ignore[no-untyped-def]
    time = data[0]
    best, best_row = 0, -1
    row = low
    while row < high and best < n_steps:
        end = _moment(row, high, time)
        if entry_low <= time[row] < entry_high:
            level, _ = walk_order(row, high, n_steps, window, True, data, rows, seen)
            if level > best:
                best, best_row = level, row
        row = end
    return best_row


@_jit
def next_start(row, high, entry_low, entry_high, data):  # type: ignore[no-untyped-def]
    """First moment from `row` on that holds a step 1 in the entry range; -1 when there is none."""
    time = data[0]
    low = row
    while row < high:
        if time[row] >= entry_high:
            return -1
        if time[row] >= entry_low and _bits(row, data) & 1:
            return _first_of_moment(row, low, time)
        row += 1
    return -1


@_jit
def attempts(users, starts, ends, data, single, n_steps, window, entry_low, entry_high, closed_until, order, attempt):  # type: ignore[no-untyped-def]
    """Kernel of the funnel: every attempt that counts, of every user.

    Args:
        users, starts, ends: The users and their rows.
        data: Stamps, event codes, step bits by event, step bits by row (may be empty), and of each step whether
            it is the same as the one before it.
        single: What `plain.single_steps` gives.
        n_steps, window: Number of steps; longest time from the first to the last, µs.
        entry_low, entry_high: Instants between which step 1 must lie.
        closed_until: Entries from here on are still open.
        order, attempt: The constants of this module.

    Returns:
        Per attempt: the user, the level (steps reached), whether it is still open, the row of each step
        (-1: not reached).
    """
    most, longest = len(users), 1
    if attempt == ALL:
        most = 0
    for i in range(len(users)):
        longest = max(longest, ends[i] - starts[i])
        if attempt == ALL:
            for row in range(starts[i], ends[i]):
                most += _bits(row, data) & 1
    who, levels = np.empty(most, np.int64), np.empty(most, np.int8)
    still_open, found = np.empty(most, np.bool_), np.full((most, n_steps), np.int64(-1))
    out, seen = np.empty(n_steps + 1, np.int64), np.zeros(n_steps + 1, np.bool_)
    latest = np.empty(n_steps + 1, np.int64)
    rows, stamps, steps = np.empty(longest, np.int64), np.empty(longest, np.int64), np.empty(longest, np.int8)
    n = 0
    for i in range(len(users)):
        low, high, plain = starts[i], ends[i], -1
        if order == THIS_ORDER:
            plain = plain_rows(low, high, data, single, rows, stamps, steps)
        if plain >= 0:
            place = 0
            while True:
                while place < plain and (steps[place] or stamps[place] < entry_low):
                    place += 1
                if place == plain or stamps[place] >= entry_high:
                    break
                is_open = stamps[place] >= closed_until
                if attempt == BEST:
                    until = entry_high if is_open else min(entry_high, closed_until)
                    place = plain_best(place, plain, n_steps, window, until, stamps, steps, latest)
                levels[n], place = plain_walk(place, plain, n_steps, window, rows, stamps, steps, found[n])
                who[n], still_open[n] = users[i], is_open
                n += 1
                if attempt != ALL:
                    break
            continue
        row = next_start(low, high, entry_low, entry_high, data)
        while row >= 0:
            is_open = data[0][row] >= closed_until
            if attempt == BEST:
                until = entry_high if is_open else min(entry_high, closed_until)
                if order == THIS_ORDER:
                    row = _best_order(row, high, n_steps, window, entry_low, until, data, latest, out, seen)
                elif order == EXACT:
                    row = _best_exact(row, high, n_steps, window, entry_low, until, data, out, seen)
                else:
                    row = _best_any(row, high, n_steps, window, entry_low, until, data, seen)
            if order == ANY_ORDER:
                level, after = walk_any(row, high, n_steps, window, data, out, seen)
            else:
                level, after = walk_order(row, high, n_steps, window, order == EXACT, data, out, seen)
                out[level:n_steps] = -1
            who[n], levels[n], still_open[n] = users[i], level, is_open
            found[n] = out[:n_steps]
            n += 1
            if attempt != ALL:
                break
            row = next_start(after, high, entry_low, entry_high, data)
    return who[:n], levels[:n], still_open[:n], found[:n]
