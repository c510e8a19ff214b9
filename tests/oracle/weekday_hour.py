"""The week, slowly and plainly: the clock on the wall asked for every event and every minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Row = tuple[str, datetime, str]  # user, instant, event
Cell = tuple[int, int]  # weekday from 1, hour


def observed(begin: datetime, end: datetime, zone: str) -> dict[Cell, float]:
    """Hours of the range per cell, minute by minute."""
    found: dict[Cell, float] = {}
    at = begin
    while at < end:
        wall = at.astimezone(ZoneInfo(zone))
        cell = wall.isoweekday(), wall.hour
        found[cell] = found.get(cell, 0) + 1 / 60
        at += timedelta(minutes=1)
    return found


def counts(rows: list[Row], event: str | None, measure: str, zone: str) -> dict[Cell, tuple[int, set[str]]]:
    """Events, or users once in every hour that went by, and the different users, per cell."""
    seen: set[tuple[str, datetime]] = set()
    found: dict[Cell, tuple[int, set[str]]] = {}
    for user, at, name in rows:
        if event not in (None, name):
            continue
        wall = at.astimezone(ZoneInfo(zone))
        cell = wall.isoweekday(), wall.hour
        # Two hours of one name on the day the clock goes back are two hours.
        offset = wall.utcoffset()
        assert offset is not None
        hour = (at + offset).replace(tzinfo=None, minute=0, second=0, microsecond=0) - offset
        once = measure == "users" and (user, hour.replace(tzinfo=UTC)) in seen
        seen.add((user, hour.replace(tzinfo=UTC)))
        times, who = found.get(cell, (0, set()))
        found[cell] = times + (not once), who | {user}
    return found
