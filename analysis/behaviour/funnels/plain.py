"""The plain way through a funnel: users without equal stamps whose every row is one step at most.

Nearly all users of nearly all files are of this kind, and for them a funnel needs no matching: their
rows that are a step are collected, and two short loops over those find the best attempt and walk it.
"""

from __future__ import annotations

import numba as nb
import numpy as np

NEVER = -(2**62)
"""A start that never was: so long ago that no window reaches it."""
NO_WINDOW = 2**61
"""Longer than any file, and shorter than the way to `NEVER`."""
NO_STEP, MANY_STEPS = -1, -2

_jit = nb.njit(nogil=True, cache=True)


def single_steps(n_steps: int) -> np.ndarray:
    """For every pattern of step bits: the step when it is exactly one, else `NO_STEP` or `MANY_STEPS`."""
    out = np.full(1 << n_steps, MANY_STEPS, dtype=np.int8)
    out[0] = NO_STEP
    for k in range(n_steps):
        out[1 << k] = k
    return out


@_jit
def plain_rows(low, high, data, single, rows, stamps, steps):  # type: ignore[no-untyped-def]
    """Collects a user's rows that are a step: row, stamp, step. Gives their number, or -1: not plain.

    Every row is written and only those that count move the end: which rows count is chance, and a
    branch on chance costs more than a store.
    """
    time, event, by_event, by_row, _repeats = data
    filtered = len(by_row) > 0
    n, plain, before = 0, True, NEVER
    for row in range(low, high):
        bits = by_event[event[row]]
        if filtered:
            bits &= by_row[row]
        step, now = single[bits], time[row]
        rows[n], stamps[n], steps[n] = row, now, step
        counts = step != NO_STEP
        plain &= (step != MANY_STEPS) & ((now != before) | (not counts))
        before = now if counts else before
        n += counts
    return n if plain else -1


@_jit
def plain_best(first, n, n_steps, window, until, stamps, steps, latest):  # type: ignore[no-untyped-def]
    """Place of the start of the best attempt; `first` is that of the first start."""
    latest[:] = NEVER
    level, completed = 1, stamps[first]
    for i in range(first, n):
        now, step = stamps[i], steps[i]
        latest[0] = now if now < until else NEVER
        started = latest[step]
        reached = now - started <= window
        latest[step + 1] = started if reached else latest[step + 1]
        if reached and step >= level:
            level, completed = step + 1, now
            if level == n_steps:
                break
    while steps[first] or completed - stamps[first] > window:
        first += 1
    return first


@_jit
def plain_walk(start, n, n_steps, window, rows, stamps, steps, out):  # type: ignore[no-untyped-def]
    """Walks one attempt. Gives its level and the place after it."""
    began, level = stamps[start], 1
    out[0] = rows[start]
    i = start + 1
    while i < n and level < n_steps and stamps[i] - began <= window:
        if steps[i] == level:
            out[level] = rows[i]
            level += 1
        i += 1
    return level, i
