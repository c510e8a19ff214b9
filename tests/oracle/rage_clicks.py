"""Rage clicks, slowly and plainly: every click against every other."""

from __future__ import annotations

from itertools import groupby
from math import hypot

Click = tuple[str, float, str, str, float, float]  # user, seconds, page, element, x, y


def bursts(clicks: list[Click], times: int, seconds: float, pixels: float) -> list[tuple[str, str, str]]:
    """User, page and element of every burst; clicks are in the order of the file, stamps may be equal."""
    ordered = sorted(clicks, key=lambda c: (c[0], c[2], c[1]))
    found = []
    for (user, page), group in groupby(ordered, key=lambda c: (c[0], c[2])):
        mine, until = list(group), float("-inf")
        for k, (_, at, _, element, x, y) in enumerate(mine):
            near = [
                other[1]
                for other in mine[k:]
                if other[1] - at <= seconds and hypot(other[4] - x, other[5] - y) <= pixels
            ]
            if len(near) < times:
                continue
            if at > until:
                found.append((user, page, element))
            until = near[times - 1]
    return found
