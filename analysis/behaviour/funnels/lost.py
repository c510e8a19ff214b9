"""What a funnel tells first: the step most are lost at, and whom it left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis import stats
from analysis.behaviour.funnels.exclude import required
from analysis.findings import Finding

if TYPE_CHECKING:
    from analysis.behaviour.funnels.funnel import FunnelAnswer

FEW = 30
"""Below this base a rate is shown with its interval, but never told as a finding."""

DETAILS = {
    "users": "{leave_low_rate} – {leave_high_rate}, of {base} users; {end_rate} of all reach the end",
    "attempts": "{leave_low_rate} – {leave_high_rate}, of {base} attempts; {end_rate} of all reach the end",
    "sessions": "{leave_low_rate} – {leave_high_rate}, of {base} sessions; {end_rate} of all reach the end",
    "user_values": "{leave_low_rate} – {leave_high_rate}, of {base} pairs of user and value; {end_rate} of all reach "
    "the end",
}


def drop(answer: FunnelAnswer) -> list[Finding]:
    """The step most are lost at, among those that are not optional."""
    firm = required(answer.question.steps)
    counts, names = answer.counts[0][firm], [answer.names[k] for k in firm]
    if counts[0] < FEW:
        return [
            Finding(
                "Too few to judge: {entries} finished entries, {open} still open",
                {"entries": int(counts[0]), "open": int(answer.table["still_open"][0]), "enough": FEW},
                "At least {enough} are needed. Widen the period, shorten the window, or include open entries.",
                n=int(counts[0]),
                tone="caution",
            )
        ]
    if len(counts) < 2:
        return [Finding("{entries} start", {"entries": int(counts[0])}, n=int(counts[0]))]
    base = counts[:-1]
    rates = stats.rate(base - counts[1:], base)
    k = int(np.nanargmax(np.where(base >= FEW, rates, -1.0)))
    row = answer.table.iloc[firm[k + 1]]
    low, high = 1 - row["step_rate_high"], 1 - row["step_rate_low"]
    facts = {
        "step": names[k],
        "next": names[k + 1],
        "leave_rate": float(rates[k]),
        "leave_low_rate": float(low),
        "leave_high_rate": float(high),
        "base": int(base[k]),
        "end_rate": float(answer.table["total_rate"].iloc[-1]),
    }
    detail = DETAILS[answer.unit]
    message = "Most leave between {step} and {next}: {leave_rate} go no further"
    return [Finding(message, facts, detail, rates[k], low, high, n=int(base[k]), tone="bad", weight=1e9)]


def removed(answer: FunnelAnswer) -> list[Finding]:
    """How many an excluded event left out."""
    n = len(answer.removed)
    if not n:
        return []
    message = "{removed} were left out: an excluded event ended their way"
    detail = "They are in none of these numbers. Choose to stop them at the step before, and they are counted."
    return [Finding(message, {"removed": n}, detail, n=n, tone="caution", weight=1e8)]
