"""Where the parts of a Sankey stand: pure geometry, from users per node and per edge.

Places stand side by side, one unit apart, in the order of time. A node is as high as its share of all paths, so heights
can be compared over the whole picture; those who have left take up no room any more, and the picture gets lower to the
right. Inside a place the nodes are ordered so that few ribbons cross (each is drawn to the mean of those it comes
from and goes to, some sweeps to and fro); the folded rest and those who left stand below.

References:
    Ordering by means: Sugiyama, Tagawa, Toda (1981), Methods for visual understanding of hierarchical system
    structures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

NODE_WIDTH = 0.055
"""Of the distance between two places."""

POINTS = 17
SWEEPS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Geometry; x in places, y from 0 (top) to 1.

    Attributes:
        nodes: One row a node: `column`, `node`, `users`, `x0`, `x1`, `y0`, `y1`.
        ribbons: `POINTS` rows a ribbon: `edge` (row of the edges given), `x`, `top`, `bottom`.
    """

    nodes: pd.DataFrame
    ribbons: pd.DataFrame


def layout(
    users: list[np.ndarray], edges: np.ndarray, last: list[np.ndarray], *, gap: float, thinnest: float, most: int
) -> Layout:
    """Places everything.

    Args:
        users: Per column the users at each node.
        edges: One row an edge: column, node, node of the next column, users.
        last: Per column and node 0, or more for nodes that stand below the others, in this order.
        gap: Room between two nodes, of the whole height.
        thinnest: Ribbons thinner than this are not drawn, of the whole height.
        most: So many ribbons are drawn at most, the thickest.
    """
    order = _order(users, edges, last)
    total = max((float(u.sum()) for u in users), default=0.0) or 1.0
    fullest = max((len(u) for u in users), default=1)
    scale = (1 - gap * (fullest - 1)) / total
    tops = []
    for column, found in enumerate(users):
        top, at = np.zeros(len(found)), 0.0
        for node in order[column]:
            top[node] = at
            at += found[node] * scale + gap
        tops.append(top)
    data = [
        (c, n, int(u), c - NODE_WIDTH / 2, c + NODE_WIDTH / 2, tops[c][n], tops[c][n] + u * scale)
        for c, found in enumerate(users)
        for n, u in enumerate(found)
    ]
    nodes = pd.DataFrame(data, columns=["column", "node", "users", "x0", "x1", "y0", "y1"])
    return Layout(nodes, _ribbons(edges, tops, scale, thinnest, most))


def _order(users: list[np.ndarray], edges: np.ndarray, last: list[np.ndarray]) -> list[np.ndarray]:
    """Nodes of each column from top to bottom."""
    places = [_ranked(-found.astype(float), below) for found, below in zip(users, last, strict=True)]
    n = len(users)
    for sweep in range(SWEEPS):
        onwards = sweep % 2 == 0
        for column in range(1, n) if onwards else range(n - 2, -1, -1):
            mine = edges[edges[:, 0] == (column - 1 if onwards else column)]
            here, there = (mine[:, 2], mine[:, 1]) if onwards else (mine[:, 1], mine[:, 2])
            beside = _middles(
                places[column - 1 if onwards else column + 1], users[column - 1 if onwards else column + 1]
            )
            weight = np.bincount(here, mine[:, 3], minlength=len(users[column]))
            pull = np.bincount(here, mine[:, 3] * beside[there], minlength=len(users[column]))
            now = _middles(places[column], users[column])
            mean = np.where(weight > 0, pull / np.maximum(weight, 1), now)
            places[column] = _ranked(mean, last[column])
    return places


def _ranked(key: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.lexsort((key, below))


def _middles(order: np.ndarray, users: np.ndarray) -> np.ndarray:
    """Middle of each node, when they are piled up in this order."""
    heights = users[order].astype(float)
    out = np.empty(len(order))
    out[order] = np.cumsum(heights) - heights / 2
    return out


def _ribbons(edges: np.ndarray, tops: list[np.ndarray], scale: float, thinnest: float, most: int) -> pd.DataFrame:
    """Each ribbon leaves its node beside its neighbours, in the order of where they go, and arrives likewise."""
    leave, arrive = np.zeros(len(edges)), np.zeros(len(edges))
    for column in range(len(tops) - 1):
        mine = np.flatnonzero(edges[:, 0] == column)
        near, far, height = edges[mine, 1], edges[mine, 2], edges[mine, 3] * scale
        for out, node, other, top, beyond in (
            (leave, near, far, tops[column], tops[column + 1]),
            (arrive, far, near, tops[column + 1], tops[column]),
        ):
            for one in np.unique(node):
                these = np.flatnonzero(node == one)
                these = these[np.argsort(beyond[other[these]], kind="stable")]
                out[mine[these]] = top[one] + np.cumsum(height[these]) - height[these]
    t = np.linspace(0, 1, POINTS)
    bend = t * t * (3 - 2 * t)
    drawn = np.sort(np.argsort(-edges[:, 3], kind="stable")[:most])
    drawn = drawn[edges[drawn, 3] * scale >= thinnest]
    top = leave[drawn, None] + (arrive - leave)[drawn, None] * bend
    x = edges[drawn, :1] + NODE_WIDTH / 2 + (1 - NODE_WIDTH) * t
    data = {"edge": np.repeat(drawn, POINTS), "x": x.ravel(), "top": top.ravel()}
    return pd.DataFrame({**data, "bottom": (top + (edges[drawn, 3] * scale)[:, None]).ravel()})
