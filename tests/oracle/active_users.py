"""Active users, slowly and plainly: for every day, week, month and window the set of users in it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.oracle.stickiness import days_of, period_of


def counts(rows: list[tuple[str, datetime, str]], event: str | None, day: date) -> dict[str, int]:
    """Users active on a day, in its week and month, and in the 7 and 30 days that end with it."""
    active = days_of(rows, event)

    def users(inside) -> int:  # type: ignore[no-untyped-def]
        return sum(any(inside(d) for d in days) for days in active.values())

    return {
        "daily": users(lambda d: d == day),
        "weekly": users(lambda d: period_of(d, "week") == period_of(day, "week")),
        "monthly": users(lambda d: period_of(d, "month") == period_of(day, "month")),
        "seven": users(lambda d: day - timedelta(days=7) < d <= day),
        "thirty": users(lambda d: day - timedelta(days=30) < d <= day),
    }
