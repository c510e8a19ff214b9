"""The parts of a change, slowly and plainly: one user and one group after the other."""

from __future__ import annotations

import math

Row = tuple[str, float, str, str, float]  # user, hours since the first midnight, event, channel ("" none), amount


def members(
    rows: list[Row], event: str, base: str | None, days: tuple[int, int], hours: float | None, end: float
) -> dict[str, tuple[str, bool, float]]:
    """Users of a period (days, both included): first given channel, whether converted, money."""
    found = {}
    low, high = days[0] * 24, (days[1] + 1) * 24
    for user in {r[0] for r in rows}:
        mine = sorted((r for r in rows if r[0] == user), key=lambda r: r[1])
        inside = [r for r in mine if low <= r[1] < high]
        starts = [k for k, r in enumerate(mine) if r in inside and base in (None, r[2])]
        if not starts:
            continue
        first = starts[0]
        if hours is None:
            did = any(r[2] == event for r in inside)
        else:
            if mine[first][1] + hours > end:
                continue
            did = any(
                r[2] == event and k != first and mine[first][1] <= r[1] <= mine[first][1] + hours
                for k, r in enumerate(mine)
            )
        group = next((r[3] for r in inside if r[3]), "")
        found[user] = (group, did, sum(r[4] for r in inside if r[2] == event))
    return found


def kitagawa(before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]) -> dict[str, tuple[float, float]]:
    """Mix and rate by group, from users and converted users of both periods."""
    n1, n2 = sum(n for n, _ in before.values()), sum(n for n, _ in after.values())
    middle = (sum(x for _, x in before.values()) / n1 + sum(x for _, x in after.values()) / n2) / 2
    found = {}
    for g in {*before, *after}:
        (a, x), (b, y) = before.get(g, (0, 0)), after.get(g, (0, 0))
        r1 = x / a if a else y / b
        r2 = y / b if b else r1
        found[g] = ((b / n2 - a / n1) * ((r1 + r2) / 2 - middle), (a / n1 + b / n2) / 2 * (r2 - r1))
    return found


def divisia(before: list[tuple[int, int, float]], after: list[tuple[int, int, float]]) -> list[list[float]]:
    """Users, mix, rate, value and rest by group, from users, converted users and money of both periods."""
    n1, n2 = sum(n for n, *_ in before), sum(n for n, *_ in after)
    found = []
    for (a, x, m), (b, y, k) in zip(before, after, strict=True):
        if min(m, k) <= 0 or min(x, y) == 0:
            found.append([0.0, 0.0, 0.0, 0.0, k - m])
            continue
        weight = m if m == k else (k - m) / math.log(k / m)
        factors = (n2 / n1, (b / n2) / (a / n1), (y / b) / (x / a), (k / y) / (m / x))
        found.append([weight * math.log(f) for f in factors] + [0.0])
    return found
