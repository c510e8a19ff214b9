"""Verdict: an effect in sentences, and when to refuse one.

A difference is told when its p-value stands after correction over all arms and metrics *and* its own
interval leaves out 0, so that a sentence never contradicts the interval beside it. Otherwise the
sentence says that none can be told, and the smallest difference that so many users would have shown:
"no difference can be told" is not "there is no difference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.findings import Finding, Tone
from analysis.trials import power
from analysis.trials.ratio import furthest

if TYPE_CHECKING:
    from analysis.campaigns.effect import EffectAnswer

ALPHA = 0.05
SHOWN_POINTS = 0.05
"""Difference for which "enough" users are named when there are too few."""
UNBALANCED, UNBALANCED_P = 0.1, 0.01
"""Standardised difference that is worth telling (Austin 2009), if chance does not explain it."""


def told(answer: EffectAnswer) -> list[Finding]:
    """All findings of an effect, most important first."""
    if answer.sample_ratio.verdict == "block":
        return [_sizes(answer), *_left_out(answer)]
    rows: list[Any] = list(answer.table.iloc[1:].itertuples())
    looks = int(answer.table[["p", "money_p"]].notna().to_numpy().sum())
    few = [_few(answer, row) for row in rows if _is_few(answer, row)]
    rows = [row for row in rows if not _is_few(answer, row)]
    verdicts = [_conversion(answer, row, looks) for row in rows if answer.question.conversion is not None]
    money = [_money(answer, row, looks) for row in rows if answer.has_money]
    paid = [_return(answer, row) for row in rows if row.iroi_low == row.iroi_low]
    verdicts.sort(key=lambda f: -f.weight)
    money.sort(key=lambda f: -f.weight)
    alone = [] if len(answer.arms) > 1 else [_alone(answer)]
    return [*alone, *verdicts, *money, *paid, *few, *_limits(answer)]


def _is_few(answer: EffectAnswer, row: Any) -> bool:
    return bool(min(row.users, answer.table["users"][0]) < 2)


def _base(answer: EffectAnswer, row: Any) -> dict[str, Any]:
    control = answer.table.iloc[0]
    return {
        "arm": row.arm,
        "control": control["arm"],
        "users": int(row.users),
        "control_users": int(control["users"]),
        "rate": row.conversion_rate,
        "control_rate": control["conversion_rate"],
        "mean": row.money_mean,
        "control_mean": control["money_mean"],
    }


def _few(answer: EffectAnswer, row: Any) -> Finding:
    enough = power.users_needed(0.5 - SHOWN_POINTS / 2, SHOWN_POINTS)
    still_open = int(row.still_open + answer.table["still_open"][0])
    facts = {**_base(answer, row), "enough": enough, "shown_points": SHOWN_POINTS, "open": still_open}
    return Finding(
        "Too few to judge: {users} users in {arm}, {control_users} in {control}",
        facts,
        "{enough} users in each would show a difference of {shown_points} at any rate; {open} are still open",
        n=int(row.users + answer.table["users"][0]),
        tone="caution",
    )


def _alone(answer: EffectAnswer) -> Finding:
    facts = {"control": answer.question.control}
    return Finding("There is no arm to hold against {control}", facts, tone="caution")


def stands(low: float, high: float, p_adjusted: float) -> bool:
    """A difference may be told: after correction, and by its own interval."""
    return bool(p_adjusted <= ALPHA and (low > 0 or high < 0))


def _finding(
    answer: EffectAnswer, row: Any, message: str, detail: str, facts: dict[str, Any], size: Any, **more: Any
) -> Finding:
    weight = float(np.min(np.abs(size[1:3]))) if more["tone"] in ("good", "bad") else 0.0
    n = int(row.users + answer.table["users"][0])
    facts = {**_base(answer, row), **facts}
    effect, low, high, p = size
    return Finding(message, facts, detail, effect, low, high, p, n, weight=weight, **more)


def _conversion(answer: EffectAnswer, row: Any, looks: int) -> Finding:
    low, high = row.conversion_difference_low_points, row.conversion_difference_high_points
    facts = {"difference_points": row.conversion_difference_points, "low_points": low, "high_points": high}
    facts |= {"mde_points": row.mde_points, "incremental": round(row.incremental_conversions)}
    facts |= {"incremental_low": round(row.incremental_conversions_low)}
    facts |= {"incremental_high": round(row.incremental_conversions_high)}
    size = (row.conversion_difference_points, low, high, row.p_adjusted)
    if not stands(low, high, row.p_adjusted):
        detail = (
            "{difference_points} ({low_points} to {high_points}); the smallest that {users} and {control_users} users "
            "would show is {mde_points}; {looks} comparisons, adjusted p {p}"
        )
        message = "No difference in conversion can be told between {arm} and {control}"
        return _finding(answer, row, message, detail, facts, size, looks=looks, tone="neutral")
    message = "{arm} converts more than {control}: {difference_points} ({low_points} to {high_points})"
    if high < 0:
        message = "{arm} converts less than {control}: {difference_points} ({low_points} to {high_points})"
    detail = (
        "{rate} of {users} users against {control_rate} of {control_users}; conversions the campaign changed: "
        "{incremental} ({incremental_low} to {incremental_high}); {looks} comparisons, adjusted p {p}"
    )
    tone = "good" if low > 0 else "bad"
    return _finding(answer, row, message, detail, facts, size, looks=looks, tone=tone)


def _money(answer: EffectAnswer, row: Any, looks: int) -> Finding:
    low, high = row.money_difference_low, row.money_difference_high
    facts = {"difference": row.money_difference, "low": low, "high": high, "mde": row.money_mde}
    facts |= {"revenue": round(row.incremental_revenue), "revenue_low": round(row.incremental_revenue_low)}
    facts |= {"revenue_high": round(row.incremental_revenue_high)}
    size = (row.money_difference, low, high, row.money_p_adjusted)
    if not stands(low, high, row.money_p_adjusted):
        detail = "{difference} ({low} to {high}); the smallest that so many users would show is {mde}; adjusted p {p}"
        message = "No difference in money a user can be told between {arm} and {control}"
        return _finding(answer, row, message, detail, facts, size, looks=looks, tone="neutral")
    message = "{arm} brings more money a user than {control}: {difference} ({low} to {high})"
    if high < 0:
        message = "{arm} brings less money a user than {control}: {difference} ({low} to {high})"
    detail = (
        "{mean} against {control_mean}; revenue the campaign changed: {revenue} ({revenue_low} to {revenue_high}); "
        "{looks} comparisons, adjusted p {p}"
    )
    tone = "good" if low > 0 else "bad"
    return _finding(answer, row, message, detail, facts, size, looks=looks, tone=tone)


def _return(answer: EffectAnswer, row: Any) -> Finding:
    """Return on the cost; its interval is that of the money, so it is not corrected once more."""
    messages: dict[Tone, str] = {
        "good": "{arm} earned back its cost: return {iroi_rate} ({iroi_low_rate} to {iroi_high_rate})",
        "bad": "{arm} did not earn back its cost: return {iroi_rate} ({iroi_low_rate} to {iroi_high_rate})",
        "neutral": "Whether {arm} earned back its cost can't be told: "
        "return {iroi_rate} ({iroi_low_rate} to {iroi_high_rate})",
    }
    tone: Tone = "good" if row.iroi_low > 0 else "bad" if row.iroi_high < 0 else "neutral"
    facts = {"iroi_rate": row.iroi, "iroi_low_rate": row.iroi_low, "iroi_high_rate": row.iroi_high, "cost": row.cost}
    facts |= {"revenue": round(row.incremental_revenue), "margin_share": answer.question.margin}
    facts |= {"each": row.cost_per_incremental}
    detail = "revenue the campaign changed: {revenue}, of which {margin_share} is kept; cost {cost}"
    if row.cost_per_incremental == row.cost_per_incremental:
        detail = (
            "revenue the campaign changed: {revenue}, of which {margin_share} is kept; "
            "cost {cost}, {each} for each added conversion"
        )
    size = (row.iroi, row.iroi_low, row.iroi_high, np.nan)
    return _finding(answer, row, messages[tone], detail, facts, size, tone=tone)


def _sizes(answer: EffectAnswer) -> Finding:
    """The arm that is furthest from its planned size."""
    counts = answer.table["users"].to_numpy(float)
    assert answer.question.planned_shares is not None  # a verdict is only told where there is a plan
    k, expected = furthest(counts, answer.question.planned_shares)
    facts = {"arm": answer.table["arm"][k], "users": int(counts[k]), "expected": expected}
    message, p = "The groups differ from the planned sizes: read the result with caution", answer.sample_ratio.p
    if answer.sample_ratio.verdict == "block":
        message = "No result is told: the groups do not have the planned sizes"
    detail = "{arm} has {users} users where {expected} were planned, p {p}; look for users lost or counted twice"
    return Finding(message, facts, detail, p=p, n=int(counts.sum()), tone="caution", weight=1e9)


def _limits(answer: EffectAnswer) -> list[Finding]:
    found = [_sizes(answer)] if answer.sample_ratio.verdict == "warn" else []
    rows: list[Any] = list(answer.balance.iloc[1:].itertuples())
    for row in rows:
        if abs(row.standardised_difference) > UNBALANCED and row.p <= UNBALANCED_P:
            facts = {"arm": row.arm, "control": answer.question.control, "days": answer.question.pre_days}
            facts |= {"rate": row.active_rate, "control_rate": answer.balance["active_rate"][0]}
            message = "{arm} and {control} already differed before: {rate} against {control_rate} were active"
            detail = "in the {days} days before assignment, p {p}; some of the effect may be older than the campaign"
            found.append(Finding(message, facts, detail, p=row.p, n=int(row.users), tone="caution"))
    found += _left_out(answer)
    if answer.sample_ratio.verdict == "not stated":
        detail = "State the planned shares to have them checked: lost users can look like an effect."
        found.append(Finding("The planned group sizes are not stated, so they are not checked", {}, detail))
    return found


def _left_out(answer: EffectAnswer) -> list[Finding]:
    found = []
    if crossed := len(answer.trial.crossed):
        facts: dict[str, float] = {"crossed": crossed}
        found.append(Finding("{crossed} users carry two arms and are left out", facts, n=crossed, tone="caution"))
    if waiting := int(answer.table["still_open"].sum()):
        facts = {"open": waiting, "days": answer.question.horizon_days}
        message = "{open} users are left out: their {days} days are not over at the end of the data"
        found.append(Finding(message, facts, n=waiting))
    if answer.blank:
        facts = {"blank": answer.blank}
        message = "{blank} users have an outcome that is not given; it counts as none"
        found.append(Finding(message, facts, n=answer.blank, tone="caution"))
    return found
