"""Period lifecycle, plainly: sets of users."""

from __future__ import annotations

from datetime import date, datetime, timedelta


def lifecycle(rows: list[dict], period: str) -> list[dict]:
    """One dictionary a period from the first to the last: its first day, and the set of users of each state."""
    active: dict[date, set[str]] = {}
    for row in rows:
        active.setdefault(_first(datetime.fromisoformat(row["time"]).date(), period), set()).add(row["user"])
    found, day, before, ever = [], min(active), set(), set()
    while day <= max(active):
        now = active.get(day, set())
        found.append(
            {
                "period": day,
                "active": now,
                "new": now - ever,
                "returning": now & before,
                "resurrected": (now & ever) - before,
                "dormant": before - now,
            }
        )
        before, ever, day = now, ever | now, _next(day, period)
    return found


def _first(day: date, period: str) -> date:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def _next(day: date, period: str) -> date:
    return _first(day + timedelta(days={"day": 1, "week": 7, "month": 31}[period]), period)
