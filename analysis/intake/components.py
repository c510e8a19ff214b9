"""Components: which ids belong together when some pairs of them do.

If a belongs to b and b to c, then a belongs to c, however long the chain. The root of a component
is its lowest number, so whoever numbers the ids says by that which of them stands for all.
"""

from __future__ import annotations

from collections.abc import Iterable

import numba as nb
import numpy as np

LARGE = 50
"""More ids than this are hardly one person: a shared device, or a word that stands for nobody."""


def roots(size: int, pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The lowest number of each number's component.

    Args:
        size: Ids are numbered from 0 to `size` − 1.
        pairs: Left and right ends of the pairs; a negative number is no id, and its pair joins nothing.

    Returns:
        int32, one for each id; `roots[roots[i]] == roots[i]`.
    """
    parent = np.arange(size, dtype=np.int32)
    for left, right in pairs:
        _unite(parent, left.astype(np.int32, copy=False), right.astype(np.int32, copy=False))
    _flatten(parent)
    return parent


@nb.njit(nogil=True, cache=True)
def _unite(parent: np.ndarray, left: np.ndarray, right: np.ndarray) -> None:
    for k in range(len(left)):
        a, b = left[k], right[k]
        if a < 0 or b < 0:
            continue
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:
            parent[b] = a
        else:
            parent[a] = b


@nb.njit(nogil=True, cache=True)
def _flatten(parent: np.ndarray) -> None:
    for k in range(len(parent)):  # a root is lower than all that hang on it: it is flat already
        parent[k] = parent[parent[k]]
