"""Gaps, slowly and plainly: every pair of neighbouring events, in seconds."""

from __future__ import annotations

from itertools import pairwise


def gaps(rows: list[tuple[str, int]], until: int, span: tuple[int, int]) -> tuple[list[int], int]:
    """Gaps that end inside `span`, and the users whose first event lies in it."""
    found, firsts = [], 0
    for user in {u for u, _ in rows}:
        mine = sorted(t for u, t in rows if u == user and t < until)
        firsts += bool(mine) and span[0] <= mine[0] < span[1]
        found += [b - a for a, b in pairwise(mine) if span[0] <= b < span[1]]
    return sorted(found), firsts
