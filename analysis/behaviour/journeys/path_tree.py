"""The compiled part of paths: one walk a user.

A walk leaves the anchor and goes away from it, onwards from a start or backwards from an end, so place 0 is
the anchor and place k the k-th event on the way.
"""

from __future__ import annotations

import numba as nb
import numpy as np

ONWARDS, BACKWARDS, BETWEEN = 0, 1, 2
CONSIDERED, STARTS, ENDS = 1, 2, 4
"""Bits of a row."""
START, END, MORE, LEFT, KINDS = 0, 1, 2, 3, 4
"""Places that are no events, counted from the number of events on."""
NOTHING, OTHER = -1, -2

_jit = nb.njit(nogil=True, cache=True)


@_jit
def _bits(row, event, by_event, by_row):  # type: ignore[no-untyped-def]
    bits = by_event[event[row]]
    return bits & by_row[row] if len(by_row) else bits


@_jit
def _anchor(low, high, time, event, by_event, by_row, bit, entry_low, entry_high, last):  # type: ignore[no-untyped-def]
    """First (or last) row in the entry range that is the anchor; -1 when there is none."""
    found = -1
    for row in range(low, high):
        now = time[row]
        if now >= entry_high:
            break
        if now >= entry_low and _bits(row, event, by_event, by_row) & bit:
            found = row
            if not last:
                break
    return found


@_jit
def _go(row, stop, step, time, event, by_event, by_row, window, collapse, codes, stamps):  # type: ignore[no-untyped-def]
    """Walks away from the anchor at `row`. Gives how many places are filled, the anchor included."""
    began, before, place = time[row], event[row], 1
    row += step
    while row != stop and place < len(codes):
        now = time[row]
        if abs(now - began) > window:
            break
        if _bits(row, event, by_event, by_row) & CONSIDERED:
            code = event[row]
            if not (collapse and code == before):
                codes[place], stamps[place] = code, now
                place += 1
            before = code
        row += step
    return place


@_jit
def _reach(row, stop, time, event, by_event, by_row, window, collapse, codes, stamps, n_events):  # type: ignore[no-untyped-def]
    """Walks from a start to the first end within the window. False: it is not reached.

    The end stands behind the events between; when these are more than there is room for, those that have no
    room are one place called more.
    """
    began, before, place, last = time[row], event[row], 1, len(codes) - 1
    for r in range(row + 1, stop):
        now = time[r]
        if now - began > window:
            return False
        bits = _bits(r, event, by_event, by_row)
        if bits & ENDS and not (bits & STARTS and now == began):
            if place > last:
                codes[last - 1], place = n_events + MORE, last
            codes[place], stamps[place] = n_events + END, now
            codes[place + 1 :] = NOTHING
            return True
        if bits & CONSIDERED:
            code = event[r]
            if not (collapse and code == before):
                if place < last:
                    codes[place], stamps[place] = code, now
                place += 1
            before = code
    return False


@_jit
def walk(users, starts, ends, data, shape, entry, known):  # type: ignore[no-untyped-def]
    """Kernel: the path of every user who has an anchor.

    Args:
        users, starts, ends: The users and their rows.
        data: Stamps, event codes, bits by event, bits by row (may be empty).
        shape: Direction, steps, window (µs), whether repeats are collapsed, whether the last anchor counts, whether
            the anchor is any event, number of events.
        entry: Instants between which the anchor must lie.
        known: Instants between which the anchor's whole window is seen.

    Returns:
        Per path whose window is wholly seen: user, first row of the user, row of the anchor, the code of each place
        (`NOTHING` behind the end), the stamp of each place; and the number of all other paths.
    """
    time, event, by_event, by_row = data
    direction, steps, window, collapse, last, anything, n_events = shape
    bit = ENDS if direction == BACKWARDS else STARTS
    who, begins = np.empty(len(users), np.int64), np.empty(len(users), np.int64)
    anchors, unseen = np.empty(len(users), np.int64), np.zeros(1, np.int64)
    codes = np.full((len(users), steps + 1), np.int32(NOTHING))
    stamps = np.zeros((len(users), steps + 1), np.int64)
    n = 0
    for i in range(len(users)):
        low, high = starts[i], ends[i]
        row = _anchor(low, high, time, event, by_event, by_row, bit, entry[0], entry[1], last)
        if row < 0:
            continue
        kind = END if direction == BACKWARDS else START
        codes[n, 0], stamps[n, 0] = event[row] if anything else n_events + kind, time[row]
        way = (time, event, by_event, by_row, window, collapse, codes[n], stamps[n])
        if direction == BETWEEN:
            if not _reach(row, high, *way, n_events):
                codes[n] = NOTHING
                continue
        else:
            stop, step = (low - 1, -1) if direction == BACKWARDS else (high, 1)
            place = _go(row, stop, step, *way)
            if place <= steps:
                codes[n, place] = n_events + LEFT
        if not known[0] <= time[row] < known[1]:
            unseen[0] += 1
            codes[n] = NOTHING
            continue
        who[n], begins[n], anchors[n] = users[i], low, row
        n += 1
    return who[:n], begins[:n], anchors[:n], codes[:n], stamps[:n], unseen


@_jit
def value_at(begins, anchors, codes):  # type: ignore[no-untyped-def]
    """Code of the last given value at or before each anchor; 0 where none is given."""
    out = np.zeros(len(anchors), np.int32)
    for i in range(len(anchors)):
        for row in range(anchors[i], begins[i] - 1, -1):
            if codes[row]:
                out[i] = codes[row]
                break
    return out
