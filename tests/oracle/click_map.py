"""A click map, slowly and plainly."""

from __future__ import annotations

import math

Row = tuple[str, str, float, float, float, float]  # user, page, x, y, width, height


def cells(
    rows: list[Row], page: str, columns: int, down: int
) -> tuple[dict[tuple[int, int], tuple[int, set[str]]], int, int]:
    """Clicks and users per cell (column, row); clicks outside the viewport; clicks without a position."""
    found: dict[tuple[int, int], tuple[int, set[str]]] = {}
    outside = missing = 0
    for user, at, x, y, width, height in rows:
        if at != page:
            continue
        if math.isnan(x) or math.isnan(y):
            missing += 1
        elif not (0 <= x <= width and 0 <= y <= height):
            outside += 1
        else:
            cell = min(int(x / width * columns), columns - 1), min(int(y / height * down), down - 1)
            clicks, who = found.get(cell, (0, set()))
            found[cell] = clicks + 1, who | {user}
    return found, outside, missing
