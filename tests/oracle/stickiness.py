"""Active days, slowly and plainly: sets of days of a UTC calendar."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

Row = tuple[str, datetime, str]


def days_of(rows: list[Row], event: str | None) -> dict[str, set[date]]:
    """Each user's active days."""
    found: dict[str, set[date]] = {}
    for user, when, what in rows:
        if event in (None, what):
            found.setdefault(user, set()).add(when.date())
    return found


def period_of(day: date, period: str) -> tuple[int, int]:
    """The ISO week or the month that holds a day."""
    year, week, _ = day.isocalendar()
    return (year, week) if period == "week" else (day.year, day.month)


def exactly(rows: list[Row], event: str | None, period: str, whole: set[tuple[int, int]]) -> Counter[int]:
    """Users' periods by their number of active days, whole periods only."""
    out: Counter[int] = Counter()
    for days in days_of(rows, event).values():
        mine = Counter(period_of(d, period) for d in days)
        out.update(n for at, n in mine.items() if at in whole)
    return out
