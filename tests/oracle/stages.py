"""Gaps, silence curve and stages, plainly."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from math import sqrt
from statistics import median


def active_days(rows: list[dict]) -> dict[str, list[date]]:
    """User -> active days, oldest first."""
    found: dict[str, set[date]] = {}
    for row in rows:
        found.setdefault(row["user"], set()).add(datetime.fromisoformat(row["time"]).date())
    return {user: sorted(days) for user, days in found.items()}


def gaps(days: list[date]) -> list[int]:
    return [(b - a).days for a, b in pairwise(days)]


def return_rate(rows: list[dict], silent: int, horizon: int) -> float:
    """1 − S(silent + horizon) / S(silent), the product over the days between, Kaplan–Meier."""
    users = active_days(rows)
    last = max(days[-1] for days in users.values())
    closed = [g for days in users.values() for g in gaps(days)]
    still_open = [(last - days[-1]).days for days in users.values()]
    stay = 1.0
    for g in range(silent + 1, silent + horizon + 1):
        watched = sum(c >= g for c in closed) + sum(o >= g for o in still_open)
        if not watched:
            return float("nan")
        stay *= 1 - closed.count(g) / watched
    return 1 - stay


def stages(rows: list[dict], rules: dict[str, float], trend_days: int) -> dict[str, str]:
    """User -> stage by the sentences of the Definition, in their order."""
    users = active_days(rows)
    last = max(days[-1] for days in users.values())
    own = {user: median(gaps(days)) for user, days in users.items() if len(days) > 1}
    typical = median(own.values()) if own else float("nan")
    found = {}
    for user, days in users.items():
        n = len(days) - 1
        rhythm = (n * own.get(user, 0) + 3 * typical) / (n + 3)
        silence, tenure = (last - days[-1]).days, (last - days[0]).days
        recent = sum((last - d).days < trend_days for d in days)
        before = sum(trend_days <= (last - d).days < 2 * trend_days for d in days)
        judged = tenure + 1 >= 2 * trend_days
        chance = 1.96 * sqrt(recent + before)
        if silence >= rules["churned_days"]:
            found[user] = "churned"
        elif silence > rules["warning_gaps"] * rhythm or (judged and before - recent > chance):
            found[user] = "churn warning"
        elif len(days) == 1 or tenure < rules["activation_days"]:
            found[user] = "activation"
        elif tenure < rules["mature_days"] or (judged and recent - before > chance):
            found[user] = "growth"
        else:
            found[user] = "maturity"
    return found
