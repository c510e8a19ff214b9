"""The compiled part of paths: one walk a user, then one count of all of them.

A walk leaves the anchor and goes away from it, onwards from a start or backwards from an end, so place 0 is
the anchor and place k the k-th event on the way. Counting is then a matter of small tables: which events have a
node of their own at a place, how many users go from node to node, and how long that takes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import calendar, stats

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


@_jit
def _by_place(codes, n_codes):  # type: ignore[no-untyped-def]
    counts = np.zeros((codes.shape[1], n_codes), np.int64)
    for i in range(codes.shape[0]):
        for k in range(codes.shape[1]):
            if codes[i, k] < 0:
                break
            counts[k, codes[i, k]] += 1
    return counts


@_jit
def _fold(codes, node_of, most):  # type: ignore[no-untyped-def]
    """The node of every place, users at each node, and users from node to node."""
    nodes, sizes = np.full(codes.shape, np.int16(NOTHING)), np.zeros((codes.shape[1], most), np.int64)
    edges = np.zeros((codes.shape[1] - 1, most, most), np.int64)
    for i in range(codes.shape[0]):
        for k in range(codes.shape[1]):
            if codes[i, k] < 0:
                break
            nodes[i, k] = node_of[k, codes[i, k]]
            sizes[k, nodes[i, k]] += 1
            if k:
                edges[k - 1, nodes[i, k - 1], nodes[i, k]] += 1
    return nodes, sizes, edges


@_jit
def _gaps(nodes, stamps, ends):  # type: ignore[no-untyped-def]
    """Times between neighbouring places, edge behind edge; `ends` is where each edge's times begin, and is moved."""
    out = np.empty(ends.max() if ends.size else 0, np.int64)
    for i in range(nodes.shape[0]):
        for k in range(nodes.shape[1] - 1):
            near, far = nodes[i, k], nodes[i, k + 1]
            if far < 0:
                break
            ends[k, near, far] -= 1
            out[ends[k, near, far]] = abs(stamps[i, k + 1] - stamps[i, k])
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Users from node to node.

    Attributes:
        nodes: Per path and place the number of its node at that place; `NOTHING` behind the end.
        codes: Per place the codes of its nodes: an event's, the number of events + a kind, or `OTHER`.
        users: Per place the users at each of its nodes.
        edges: One row an edge: place, node, node at the next place, users.
        hours: Per edge the median time between the two places, and its bounds; nan where nobody goes on.
    """

    nodes: np.ndarray
    codes: list[list[int]]
    users: list[np.ndarray]
    edges: np.ndarray
    hours: np.ndarray

    def counted(self, who: np.ndarray) -> np.ndarray:
        """Users per edge, of those paths only that `who` is true for."""
        place, near, far, _users = self.edges.T
        width = max((len(c) for c in self.codes), default=1)
        out = np.zeros(len(self.edges), dtype=np.int64)
        for k in range(self.nodes.shape[1] - 1):
            now, then = self.nodes[who, k].astype(np.int64), self.nodes[who, k + 1]
            counts = np.bincount((now * width + then)[then >= 0], minlength=width * width)
            out[place == k] = counts[(near * width + far)[place == k]]
        return out


def fold(codes: np.ndarray, stamps: np.ndarray, words: tuple[str, ...], min_share: float, most_nodes: int) -> Tree:
    """Counts paths; at each place the smaller events are one node. Of equals the first by name is kept."""
    n_events, by_name = len(words), np.argsort(np.array(words))
    counts = _by_place(codes, n_events + KINDS)
    node_of = np.zeros(counts.shape, dtype=np.int16)
    named = []
    for k, found in enumerate(counts):
        order = by_name[np.argsort(-found[by_name], kind="stable")][:most_nodes]
        kept = [int(c) for c in order if found[c] and found[c] >= min_share * len(codes)]
        kept += [c for c in range(n_events, n_events + KINDS) if found[c]]
        node_of[k] = len(kept)
        node_of[k, kept] = np.arange(len(kept))
        folded = found.sum() > found[kept].sum()
        named.append([*kept, OTHER] if folded else kept)
    nodes, sizes, table = _fold(codes, node_of, max((len(n) for n in named), default=1) or 1)
    place, near, far = np.nonzero(table)
    edges = np.stack([place, near, far, table[place, near, far]], axis=1)
    users = [size[: len(kept)] for size, kept in zip(sizes, named, strict=True)]
    return Tree(nodes, named, users, edges, _hours(nodes, stamps, table, edges, named, n_events))


def _hours(
    nodes: np.ndarray, stamps: np.ndarray, table: np.ndarray, edges: np.ndarray, named: list[list[int]], n_events: int
) -> np.ndarray:
    """Median and its order-statistic bounds, edge by edge; see `stats.quartiles`."""
    ends = np.cumsum(table).reshape(table.shape)
    bounds = np.concatenate([[0], np.cumsum(edges[:, 3])])
    gaps = _gaps(nodes, stamps, ends)
    n = edges[:, 3]
    low = sps.binom.ppf((1 - stats.CONFIDENCE) / 2, n, 0.5).astype(int) - 1
    high = sps.binom.ppf((1 + stats.CONFIDENCE) / 2, n, 0.5).astype(int)
    out = np.full((len(edges), 3), np.nan)
    for e, (place, _near, far, users) in enumerate(edges):
        if named[place + 1][far] == n_events + LEFT:
            continue
        ranks = {(users - 1) // 2, users // 2, max(low[e], 0), min(high[e], users - 1)}
        ordered = np.partition(gaps[bounds[e] : bounds[e + 1]], sorted(ranks))
        out[e, 0] = (ordered[(users - 1) // 2] + ordered[users // 2]) / 2
        out[e, 1] = ordered[low[e]] if low[e] >= 0 else np.nan
        out[e, 2] = ordered[high[e]] if high[e] < users else np.nan
    hours: np.ndarray = out / calendar.HOUR_US
    return hours


def whole(codes: np.ndarray, n_events: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """The most frequent whole paths: the first path of each kind, and how many are like it."""
    width, key = n_events + KINDS + 1, np.zeros(len(codes), dtype=np.int64)
    room = 1
    for k in range(codes.shape[1]):
        if room * width >= 2**62:  # too long for one number: number the beginnings that occur
            key = pd.factorize(key)[0].astype(np.int64)
            room = int(key.max(initial=0)) + 1
        key = key * width + codes[:, k] + 1
        room *= width
    number, kinds = pd.factorize(key)
    counts = np.bincount(number, minlength=len(kinds))
    first = np.full(len(kinds), len(codes), dtype=np.int64)
    np.minimum.at(first, number, np.arange(len(codes)))
    order = np.lexsort((kinds, -counts))[:most]
    return first[order], counts[order]
