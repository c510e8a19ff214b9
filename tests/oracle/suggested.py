"""Ways to a goal, user by user."""

from __future__ import annotations

from itertools import combinations


def ways(lives: list[list[str]], goal: str, left_out: set[str]) -> tuple[dict[tuple[str, ...], int], int]:
    """Users by each ordered choice of one to three events before the first goal, and how many reach it."""
    counts: dict[tuple[str, ...], int] = {}
    reach = 0
    for life in lives:
        if goal not in life:
            continue
        reach += 1
        before = [e for e in dict.fromkeys(life[: life.index(goal)]) if e not in left_out]
        for size in (1, 2, 3):
            for way in combinations(before, size):
                counts[way] = counts.get(way, 0) + 1
    return counts, reach
