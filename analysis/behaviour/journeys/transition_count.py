"""The compiled part of transitions: neighbouring events of each user, counted in one small table.

A place is an event with a row and a column of its own; place 0 is the start as a row and the end as a column.
"""

from __future__ import annotations

import numba as nb
import numpy as np

_jit = nb.njit(nogil=True, cache=True)


@_jit
def tally(users, starts, ends, codes, n):  # type: ignore[no-untyped-def]
    """Kernel: rows per event code."""
    counts = np.zeros(n, np.int64)
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            counts[codes[row]] += 1
    return (counts,)


@_jit
def count(users, starts, ends, data, rule):  # type: ignore[no-untyped-def]
    """Kernel: transitions from place to place, and last events that are still open."""
    time, event, place_of, derived = data
    pause, open_from, collapse, n = rule
    counts, still_open = np.zeros((n, n), np.int64), np.zeros(1, np.int64)
    simple = len(derived) == 0 and not collapse and pause >= 2**62 and place_of[1:].min() > 0
    for i in range(len(users)):
        low, high = starts[i], ends[i]
        if low == high:
            continue
        before, then = 0, np.int64(0)
        if simple:
            for row in range(low, high):
                place = place_of[event[row]]
                counts[before, place] += 1
                before = place
            counts[before, 0] += 1
            continue
        for row in range(low, high):
            place = place_of[event[row]]
            if place < 0 or (len(derived) and derived[row]):
                continue
            now = time[row]
            if before and now - then > pause:
                counts[before, 0] += 1
                before = 0
            then = now
            if not (collapse and place == before):
                counts[before, place] += 1
            before = place
        if before:
            if then >= open_from:
                still_open[0] += 1
            else:
                counts[before, 0] += 1
    return counts, still_open


@_jit
def _walk(low, high, data, rule, pairs, exits):  # type: ignore[no-untyped-def]
    """The transitions of one user, in their order: from × places + to, and from. Gives their number."""
    time, event, place_of, derived = data
    pause, open_from, collapse, n = rule
    before, then, found = 0, np.int64(0), 0
    filtered = len(derived) > 0
    for row in range(low, high):
        place = place_of[event[row]]
        if place < 0 or (filtered and derived[row]):
            continue
        now = time[row]
        if before and now - then > pause:
            pairs[found] = before * n
            exits[found] = before
            found += 1
            before = 0
        then = now
        if not (collapse and place == before):
            pairs[found] = before * n + place
            exits[found] = before
            found += 1
        before = place
    if before and then < open_from:
        pairs[found] = before * n
        exits[found] = before
        found += 1
    return found


@_jit
def _longest(starts, ends):  # type: ignore[no-untyped-def]
    most = 0
    for i in range(len(starts)):
        most = max(most, ends[i] - starts[i])
    return 2 * most + 1


@_jit
def spread(users, starts, ends, data, rule):  # type: ignore[no-untyped-def]
    """Kernel: users behind each transition; and over users Σx², Σxn, Σn² and users with exits, for the intervals."""
    n = rule[3]
    behind, squares, products = np.zeros(n * n, np.int64), np.zeros(n * n, np.int64), np.zeros(n * n, np.int64)
    exits_squared, bases = np.zeros(n, np.int64), np.zeros(n, np.int64)
    mine, gone = np.zeros(n * n, np.int64), np.zeros(n, np.int64)
    pairs = np.empty(_longest(starts, ends), np.int64)
    exits = np.empty(len(pairs), np.int64)
    for i in range(len(users)):
        found = _walk(starts[i], ends[i], data, rule, pairs, exits)
        for k in range(found):
            mine[pairs[k]] += 1
            gone[exits[k]] += 1
        # A transition made x times is met x times, so each meeting adds x to Σx² and n to Σxn.
        for k in range(found):
            pair, a = pairs[k], exits[k]
            squares[pair] += mine[pair]
            products[pair] += gone[a]
            exits_squared[a] += gone[a]
        for k in range(found):
            pair, a = pairs[k], exits[k]
            behind[pair] += mine[pair] > 0
            bases[a] += gone[a] > 0
            mine[pair] = 0
            gone[a] = 0
    sums = np.zeros((4, n, n))
    sums[0], sums[1] = squares.reshape(n, n), products.reshape(n, n)
    for a in range(n):
        sums[2, a, a], sums[3, a, a] = exits_squared[a], bases[a]
    return behind.reshape(n, n), sums


@_jit
def members(users, starts, ends, data, rule, first, then):  # type: ignore[no-untyped-def]
    """Users, and whether each made one transition."""
    n = rule[3]
    hit = np.zeros(len(users), np.bool_)
    pairs = np.empty(_longest(starts, ends), np.int64)
    exits = np.empty(len(pairs), np.int64)
    for i in range(len(users)):
        found = _walk(starts[i], ends[i], data, rule, pairs, exits)
        for k in range(found):
            if pairs[k] == first * n + then:
                hit[i] = True
                break
    return users, hit
