"""Candidates, slowly and plainly: each user's list of events, in hours."""

from __future__ import annotations

Row = tuple[str, float, str]  # user, hour, event


def users(
    rows: list[Row], goal: str | None, event: str | None, first: int, horizon: int, edge: float, until: float
) -> dict[str, tuple[list[Row], bool]]:
    """Per user counted: the rows of the first days, and whether the outcome came."""
    found = {}
    for user in {u for u, _, _ in rows}:
        mine = sorted((r for r in rows if r[0] == user), key=lambda r: r[1])
        acts = [r for r in mine if event in (None, r[2]) and r[1] < until]
        if not acts or acts[0][1] < edge or acts[0][1] + 24 * (first + horizon) > until:
            continue
        began = acts[0][1]
        early = [r for r in acts if r[1] < began + 24 * first]
        wanted = acts if goal is None else [r for r in mine if r[2] == goal]
        if goal is not None and any(began <= r[1] < began + 24 * first for r in wanted):
            continue
        came = any(began + 24 * first <= r[1] < began + 24 * (first + horizon) for r in wanted)
        found[user] = (early, came)
    return found


def did(early: list[Row], event: str, times: int, days: int) -> bool:
    """Whether a user did an event so many times in so many days."""
    return sum(r[2] == event and r[1] < early[0][1] + 24 * days for r in early) >= times
