"""Names of the RFM classes: the eight value classes and the eleven names, as complete grids.

Both are plain arithmetic on R, F and M. The names are English message ids; the words for a reader
come from the catalogue.
"""

from __future__ import annotations

import numpy as np

VALUE_CLASSES = (
    "Important value",
    "Important growth",
    "Important keep",
    "Important win-back",
    "General value",
    "General growth",
    "General keep",
    "General win-back",
)
"""重要价值, 重要发展, 重要保持, 重要挽留, 一般价值, 一般发展, 一般保持, 一般挽留. Important: money above the middle;
value: recent and frequent; develop: recent, not frequent; keep: frequent, not recent; win back: neither."""

NAMES = (
    "Champions",
    "Loyal",
    "Potential loyalists",
    "New customers",
    "Promising",
    "Needs attention",
    "About to sleep",
    "At risk",
    "Can't lose them",
    "Hibernating",
    "Lost",
)
"""The eleven names in common use; peers draw their borders differently, so the grid is stated here in full."""

_C, _L, _P, _N, _G, _A, _S, _R, _X, _H, _O = range(len(NAMES))

GRID = np.array(
    [
        # F and M score: 1, 2, 3, 4, 5
        [_O, _O, _R, _R, _X],  # R score 1
        [_H, _H, _R, _R, _X],  # 2
        [_S, _S, _A, _L, _L],  # 3
        [_G, _P, _P, _L, _L],  # 4
        [_N, _P, _P, _C, _C],  # 5
    ]
)
"""Place in `NAMES` by R score (row) and the mean of the F and M scores, halves rounded up (column)."""

LAPSING = {"value": VALUE_CLASSES[2:4], "names": ("At risk", "Can't lose them")}
"""Classes that brought much and have not come back of late."""


def value_class(recent: np.ndarray, frequent: np.ndarray, rich: np.ndarray) -> np.ndarray:
    """Places in `VALUE_CLASSES` of users who are recent, frequent and rich, or not."""
    return 4 * ~rich + 2 * ~recent + 1 * ~frequent


def name_class(recency: np.ndarray, frequency: np.ndarray, money: np.ndarray) -> np.ndarray:
    """Places in `NAMES` of scores from 1 to 5."""
    return GRID[recency - 1, (frequency + money + 1) // 2 - 1]
