"""Counting paths: which events have a node of their own at a place, how many users go from node to node, how fast."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import calendar, stats
from analysis.behaviour.journeys.path_tree import KINDS, LEFT, NOTHING, OTHER

_jit = nb.njit(nogil=True, cache=True)


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
