"""Conversion by entry day, slowly and plainly: one user after the other."""

from __future__ import annotations

from collections import defaultdict


def by_day(users: list[list[tuple[float, str]]], window: float, ends: float) -> dict[int, list[int]]:
    """Day of the first A -> closed entries, conversions of them, open entries; hours from the first midnight."""
    out: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for rows in users:
        starts = [t for t, e in rows if e == "A"]
        if not starts:
            continue
        began = starts[0]
        cell = out[int(began // 24)]
        if began + window > ends:
            cell[2] += 1
            continue
        cell[0] += 1
        cell[1] += any(e == "B" and began < t <= began + window for t, e in rows)
    return dict(out)
