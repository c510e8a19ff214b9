"""Two funnels of two steps, slowly and plainly: one user after the other."""

from __future__ import annotations


def sides(users: list[tuple[str, list[tuple[float, str]]]], window: float, ends: float) -> dict[str, list[int]]:
    """Value -> users with a closed entry, and of them those with some B within the window of some closed A."""
    out: dict[str, list[int]] = {}
    for value, rows in users:
        closed = [t for t, e in rows if e == "A" and t + window <= ends]
        if not closed:
            continue
        cell = out.setdefault(value, [0, 0])
        cell[0] += 1
        cell[1] += any(e == "B" and a < t <= a + window for a in closed for t, e in rows)
    return out
