"""What a retention says: how many come back, or what they bring, and where the curve falls suddenly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.behaviour.returning import falls
from analysis.findings import Finding

if TYPE_CHECKING:
    from analysis.behaviour.returning.retention import RetentionAnswer

FEW = 30


def headline(answer: RetentionAnswer) -> Finding:
    """The first and the last period that enough users have seen whole; or that there are too few."""
    total = answer.total[answer.total["users"] > 0]
    later = total[total["period"] > 0]
    if not len(later) or later["users"].iloc[0] < FEW:
        n = int(later["users"].iloc[0]) if len(later) else 0
        message = "Too few to judge: {users} users are seen for a whole period after their start"
        detail = "At least {enough} are needed. Choose shorter periods or a longer range."
        return Finding(message, {"users": n, "enough": FEW}, detail, n=n, tone="caution")
    first, last = later.iloc[0], later[later["users"] >= FEW].iloc[-1]
    return _money(answer, first, last) if answer.question.measure == "money" else _rate(answer, first, last)


def _rate(answer: RetentionAnswer, first: pd.Series, last: pd.Series) -> Finding:
    message = {
        "day": "{first_rate} come back on day {first}, {last_rate} on day {last}",
        "week": "{first_rate} come back in week {first}, {last_rate} in week {last}",
        "month": "{first_rate} come back in month {first}, {last_rate} in month {last}",
    }[answer.question.period]
    if answer.question.brackets is not None:
        message = {
            "day": "{first_rate} come back on days {first}, {last_rate} on days {last}",
            "week": "{first_rate} come back in weeks {first}, {last_rate} in weeks {last}",
            "month": "{first_rate} come back in months {first}, {last_rate} in months {last}",
        }[answer.question.period]
    if answer.question.measure == "times":
        message = "{first_rate} come back {times} times or more in period {first}, {last_rate} in period {last}"
    facts = {
        "first": answer.question.named(int(first["period"])),
        "first_rate": first["rate"],
        "low_rate": first["rate_low"],
        "high_rate": first["rate_high"],
        "last": answer.question.named(int(last["period"])),
        "last_rate": last["rate"],
        "users": int(first["users"]),
        "times": answer.question.times,
    }
    detail = "{low_rate} – {high_rate} in the first, of {users} users whose period is over"
    size = (float(first["rate"]), float(first["rate_low"]), float(first["rate_high"]))
    return Finding(message, facts, detail, *size, n=int(first["users"]), weight=1e9)


def _money(answer: RetentionAnswer, first: pd.Series, last: pd.Series) -> Finding:
    message = "A user brings {first_money} in period {first}, {last_money} in period {last}"
    if answer.question.mode == "on_or_before":
        message = "A user has brought {first_money} by the end of period {first}, {last_money} by period {last}"
    size = (float(first["money_per_user"]), float(first["money_per_user_low"]), float(first["money_per_user_high"]))
    facts = {
        "first": answer.question.named(int(first["period"])),
        "first_money": size[0],
        "low_money": size[1],
        "high_money": size[2],
        "last": answer.question.named(int(last["period"])),
        "last_money": float(last["money_per_user"]),
        "users": int(first["users"]),
    }
    detail = "{low_money} – {high_money} in the first, over all {users} users whose period is over"
    return Finding(message, facts, detail, *size, n=int(first["users"]), weight=1e9)


def sudden(answer: RetentionAnswer) -> list[Finding]:
    """Every period that loses against its neighbours, the same cohorts throughout; p-values not yet adjusted."""
    question = answer.question
    if question.mode != "on" or question.brackets is not None or question.measure == "money":
        return []
    found, last = [], answer.retained.shape[1] - 1
    for k in range(2, last + 1):
        ahead = min(k + 1, last)
        whole = answer.grid.complete[:, ahead] & (answer.sizes > 0)
        n = int(answer.sizes[whole].sum())
        if n < FEW:
            continue
        rates = answer.retained[whole].sum(axis=0)[[k - 2, k - 1, k, ahead]] / n
        # Who came before comes again more often, so treating the rates as independent is cautious.
        p = falls.sudden(rates, np.diag(rates * (1 - rates) / n), last=ahead == k)
        found.append(_fall(question.period, k, rates, n, p))
    return found


def _fall(period: str, k: int, rates: np.ndarray, n: int, p: float) -> Finding:
    fall = float(rates[1] - rates[2])
    half = 1.96 * float(np.sqrt((rates * (1 - rates))[1:3].sum() / n))
    facts: dict[str, Any] = {"period": k, "before_rate": rates[1], "rate": rates[2], "users": n}
    facts |= {"fall_points": -fall, "low_points": -fall - half, "high_points": -fall + half}
    message = {
        "day": "A sudden fall on day {period}: {before_rate} to {rate}",
        "week": "A sudden fall in week {period}: {before_rate} to {rate}",
        "month": "A sudden fall in month {period}: {before_rate} to {rate}",
    }[period]
    detail = (
        "{fall_points} ({low_points} to {high_points}), more than in the periods beside it; "
        "{users} users; {looks} periods looked at"
    )
    return Finding(message, facts, detail, -fall, -fall - half, -fall + half, p, n, tone="bad", weight=fall)
