"""Transitions, slowly and plainly: one user at a time, minutes."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

Row = tuple[str, float, str]  # user, minutes, event


def pairs(
    rows: list[Row], within: float | None, collapse: bool, seen: set[str], until: float
) -> tuple[Counter[tuple[str, str]], dict[tuple[str, str], set[str]], int]:
    """How often each event follows each other one, the users behind it, and last events that are still open."""
    counts: Counter[tuple[str, str]] = Counter()
    users: dict[tuple[str, str], set[str]] = {}
    still_open = 0
    for user in {u for u, _, _ in rows}:
        mine = sorted(((m, e) for u, m, e in rows if u == user and e in seen), key=lambda r: r[0])
        visits: list[list[tuple[float, str]]] = []
        for row in mine:
            if visits and (within is None or row[0] - visits[-1][-1][0] <= within):
                visits[-1].append(row)
            else:
                visits.append([row])
        for number, visit in enumerate(visits):
            names = [e for k, (_, e) in enumerate(visit) if not (collapse and k and visit[k - 1][1] == e)]
            way = ["(start)", *names, "(end)"]
            if within is not None and number == len(visits) - 1 and visit[-1][0] + within >= until:
                way.pop()
                still_open += 1
            for a, b in pairwise(way):
                counts[a, b] += 1
                users.setdefault((a, b), set()).add(user)
    return counts, users, still_open
