"""The effect, slowly and plainly: one user at a time, no arrays, every reading of a tie tried."""

from __future__ import annotations

import math
from statistics import fmean, variance

DAY = 86_400_000_000


def outcome(rows, arm, horizon, pre, ends_at, event):
    """What one user's rows (time, event, arm, amount) say about `arm`; None for no user of it, "crossed", "open"."""
    given = {r[2] for r in rows if r[2]}
    if len(given) > 1:
        return "crossed"
    if given != {arm}:
        return None
    at = min(r[0] for r in rows if r[2])
    if at + horizon > ends_at:
        return "open"
    active = any(at - pre <= r[0] < at for r in rows)
    readings = []
    for own, candidate in enumerate(rows):
        if candidate[0] != at or not candidate[2]:
            continue
        after = [r for k, r in enumerate(rows) if k != own and at <= r[0] <= at + horizon and r[1] == event]
        readings.append((len(after), sum(r[3] for r in after if not math.isnan(r[3]))))
    conversions, money = max(readings)
    return conversions > 0, money, active


def effect(rows, control, arms, horizon_days, pre_days, ends_at, event):
    """Per arm: users, still_open, conversions, mean and variance of money, active; and how many crossed.

    `rows` are (user, time, event, arm, amount), in any order.
    """
    by_user = {}
    for user, *rest in rows:
        by_user.setdefault(user, []).append(rest)
    found, crossed = {}, 0
    for arm in (control, *arms):
        all_of = [outcome(r, arm, horizon_days * DAY, pre_days * DAY, ends_at, event) for r in by_user.values()]
        crossed = sum(o == "crossed" for o in all_of)
        done = [o for o in all_of if isinstance(o, tuple)]
        money = [o[1] for o in done]
        found[arm] = {
            "users": len(done),
            "still_open": sum(o == "open" for o in all_of),
            "conversions": sum(o[0] for o in done),
            "mean": fmean(money) if money else math.nan,
            "variance": variance(money) if len(money) > 1 else math.nan,
            "active": sum(o[2] for o in done),
        }
    return found, crossed
