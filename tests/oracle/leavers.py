"""What leavers did last, slowly and plainly: sets of days; the stayers' days are checked, not drawn again."""

from __future__ import annotations

from itertools import pairwise

Row = tuple[str, int, str]  # user, hours since a Monday's midnight, event


def edge(value: int, edges: list[int]) -> int:
    return sum(value >= e for e in edges)


def alike(mine: list[Row], day: int, last_days: int) -> tuple[int, int, int, int]:
    """What a user's day must have in common with another's: week, tenure, activity, habit."""
    days = sorted({h // 24 for _, h, _ in mine})
    events = sum(day - last_days < h // 24 <= day for _, h, _ in mine)
    habit = sum(day - last_days - 28 < d <= day - last_days for d in days)
    return day // 7, edge(day - days[0], [1, 7, 28, 90, 180]), edge(events, [2, 3, 4, 6, 10, 20]), edge(habit, [1, 4])


def leavers(rows: list[Row], silent: int, n_days: int) -> dict[str, int]:
    """Last active day of each user who left."""
    last = {u: max(h // 24 for v, h, _ in rows if v == u) for u in {r[0] for r in rows}}
    return {u: d for u, d in last.items() if d + silent <= n_days - 1}


def staying_days(rows: list[Row], user: str, silent: int, n_days: int) -> set[int]:
    """Days on which a stayer may be taken: seen `silent` days before the end, and back in time after them."""
    days = sorted({h // 24 for u, h, _ in rows if u == user})
    return {d for d, following in pairwise(days) if following - d <= silent and d + silent <= n_days - 1}


def did(rows: list[Row], user: str, day: int, last_days: int) -> tuple[set[str], str]:
    """Events of the days looked at, and the last one."""
    mine = sorted((r for r in rows if r[0] == user), key=lambda r: r[1])
    inside = [e for _, h, e in mine if day - last_days < h // 24 <= day]
    return set(inside), inside[-1]
