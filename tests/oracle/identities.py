"""Identities, plainly: from each id walk along all pairs, breadth first, until nothing new is met."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable


def components(pairs: Iterable[tuple[Hashable, Hashable]]) -> list[set[Hashable]]:
    """Sets of things that belong together."""
    beside: dict[Hashable, set[Hashable]] = {}
    for left, right in pairs:
        beside.setdefault(left, set()).add(right)
        beside.setdefault(right, set()).add(left)
    found: list[set[Hashable]] = []
    seen: set[Hashable] = set()
    for start in beside:
        if start in seen:
            continue
        group, waiting = {start}, deque([start])
        while waiting:
            for other in beside[waiting.popleft()] - group:
                group.add(other)
                waiting.append(other)
        seen |= group
        found.append(group)
    return found
