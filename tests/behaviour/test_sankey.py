"""The Sankey's geometry: heights are shares, nothing overlaps, ribbons fill their nodes, few cross."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.behaviour.journeys import sankey


def drawn(paths: list[tuple[int, ...]], n: int = 4) -> tuple[sankey.Layout, list[np.ndarray], np.ndarray]:
    """Paths of nodes 0 … n − 1, all equally long."""
    table = np.array(paths)
    users = [np.bincount(table[:, k], minlength=n) for k in range(table.shape[1])]
    rows = [(k, *pair) for k in range(table.shape[1] - 1) for pair in table[:, k : k + 2].tolist()]
    found, counts = np.unique(np.array(rows), axis=0, return_counts=True)
    edges = np.column_stack([found, counts])
    below = [np.zeros(n, dtype=int) for _ in users]
    below[-1][0] = 1
    return sankey.layout(users, edges, below, gap=0.03, thinnest=0.0, most=1000), users, edges


@settings(max_examples=60, deadline=None)
@given(paths=st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=30))
def test_heights_are_shares_and_ribbons_fill_their_nodes(paths: list[tuple[int, ...]]) -> None:
    placed, users, edges = drawn(paths)
    scale = (1 - 0.03 * 3) / len(paths)
    nodes = placed.nodes.set_index(["column", "node"])
    assert np.allclose(nodes["y1"] - nodes["y0"], nodes["users"] * scale)
    for _, column in placed.nodes.groupby("column"):
        inner = column.sort_values(["y0", "y1"])
        assert (inner["y0"].to_numpy()[1:] >= inner["y1"].to_numpy()[:-1] + 0.0299).all()
    assert placed.nodes["y1"].max() <= 1 + 1e-9
    ends = placed.ribbons.groupby("edge").agg(["first", "last"])
    for side, node, column in (("first", 1, 0), ("last", 2, 1)):
        for key in np.unique(edges[:, [0, node]], axis=0).tolist():
            mine = np.flatnonzero((edges[:, [0, node]] == key).all(axis=1))
            spans = sorted(zip(ends["top"][side][mine], ends["bottom"][side][mine], strict=True))
            place = nodes.loc[(key[0] + column, key[1])]
            assert np.isclose(spans[0][0], place["y0"])
            assert all(np.isclose(a[1], b[0]) for a, b in pairwise(spans))
            full = users[key[0] + column][key[1]] == edges[mine, 3].sum()
            assert not full or np.isclose(spans[-1][1], place["y1"])


def test_order_avoids_crossings_and_those_who_left_stand_below() -> None:
    placed, _users, _edges = drawn([(0, 3), (0, 3), (1, 2), (1, 2), (1, 2), (2, 0)])
    at = placed.nodes.set_index(["column", "node"])["y0"]
    assert (at[0, 0] < at[0, 1]) == (at[1, 3] < at[1, 2])
    assert at[1, 0] == at[1].max()


def test_thin_ribbons_are_left_out() -> None:
    users, edges = [np.array([1000]), np.array([999, 1])], np.array([[0, 0, 0, 999], [0, 0, 1, 1]])
    below = [np.zeros(1, int), np.zeros(2, int)]
    assert set(sankey.layout(users, edges, below, gap=0.03, thinnest=0.01, most=9).ribbons["edge"]) == {0}
    assert set(sankey.layout(users, edges, below, gap=0.03, thinnest=0.0, most=1).ribbons["edge"]) == {0}
