"""What the parts of a change say: tables and findings."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import stats
from analysis.behaviour.trends.groups import FEW, REST, Groups, testable
from analysis.findings import Finding, Tone

if TYPE_CHECKING:
    from analysis.behaviour.trends.explain_change import ExplainChangeAnswer

MOSTLY = 0.8
"""From this share of the users on, "most" groups moved against the whole."""


def table(answer: ExplainChangeAnswer) -> pd.DataFrame:
    """One row a group; see `ExplainChangeAnswer`."""
    groups, sums = answer.groups, answer.groups.sums
    columns: dict[str, Any] = {"value": groups.names}
    for k, period in ((0, "first"), (3, "second")):
        columns[f"{period}_users"] = sums[:, k].astype(int)
        columns[f"{period}_rate"] = stats.rate(sums[:, k + 1], sums[:, k])
        columns[f"{period}_rate_low"], columns[f"{period}_rate_high"] = stats.wilson(sums[:, k + 1], sums[:, k])
    if answer.question.measure == "money":
        columns |= {"first_money": sums[:, 2], "second_money": sums[:, 5]}
        for j, name in enumerate(answer.names):
            part = f"{name.replace(' ', '_')}_effect_money"
            columns |= {part: groups.found[:, j], f"{part}_low": groups.found_low[:, j]}
            columns[f"{part}_high"] = groups.found_high[:, j]
        return pd.DataFrame(columns)
    for j, name in enumerate(("mix", "rate_effect", "difference")):
        columns[f"{name}_points"] = groups.found[:, j]
        columns[f"{name}_low_points"] = groups.found_low[:, j]
        columns[f"{name}_high_points"] = groups.found_high[:, j]
    columns["p"] = testable(groups)
    return pd.DataFrame({**columns, "p_adjusted": stats.benjamini_hochberg(columns["p"])})


def parts_table(answer: ExplainChangeAnswer) -> pd.DataFrame:
    """One row a part of the whole; see `ExplainChangeAnswer`."""
    groups = answer.groups
    values = zip(groups.total, groups.total_low, groups.total_high, groups.total_p, strict=True)
    ends = ("change_money", "change_money_low", "change_money_high")
    if answer.question.measure == "rate":
        ends = ("change_points", "change_low_points", "change_high_points")
    return pd.DataFrame([[n, *v] for n, v in zip(answer.names, values, strict=True)], columns=["measure", *ends, "p"])


def too_few(answer: ExplainChangeAnswer) -> list[Finding]:
    """A refusal where a period has too few users, else nothing."""
    n = min(answer.users)
    if n >= FEW:
        return []
    message = "Too few to judge: {users} users in the smaller period"
    detail = "At least {enough} are needed in both. Choose longer periods or another base."
    return [Finding(message, {"users": n, "enough": FEW}, detail, n=n, tone="caution")]


def headline(answer: ExplainChangeAnswer) -> Finding:
    """The whole change, its interval, and its parts."""
    change, low, high, _p = answer.groups.whole
    first, second = answer.level
    users = answer.users
    days = [date.fromisoformat(d) for d in answer.days]
    facts: dict[str, Any] = {"first_users": users[0], "second_users": users[1], "column": answer.groups.column}
    facts |= dict(zip(("first_from", "first_to", "second_from", "second_to"), days, strict=True))
    if answer.question.measure == "money":
        facts |= {"first": round(first), "second": round(second), "change": round(change)}
        facts |= dict(
            zip(("users", "mix", "rate_part", "value"), (round(v) for v in answer.groups.total[:4]), strict=True)
        )
        facts |= {"low": _whole(low), "high": _whole(high), "part": facts.pop("rate_part")}
        message = (
            "Money goes from {first} to {second}: {users} by users, {mix} by mix, {part} by rate, {value} by value"
        )
        if _by_chance(answer):
            message = "Money goes from {first} to {second}: a change no larger than chance makes"
        detail = "Change {change} ({low} to {high}); {first_from} – {first_to} against {second_from} – {second_to}"
    else:
        facts |= {"first_rate": first, "second_rate": second, "change_points": change}
        facts |= {"low_points": low, "high_points": high}
        facts |= {"mix_points": answer.groups.total[0], "effect_points": answer.groups.total[1]}
        message = "{first_rate} becomes {second_rate}: {effect_points} by rate, {mix_points} by the mix of {column}"
        if not answer.groups.column:
            message = "{first_rate} becomes {second_rate}: {change_points}"
        if _by_chance(answer):
            message = "{first_rate} becomes {second_rate}: a change no larger than chance makes"
        detail = (
            "Change {change_points} ({low_points} to {high_points}), {first_users} users from {first_from} to "
            "{first_to} against {second_users} from {second_from} to {second_to}"
        )
    return Finding(message, facts, detail, change, low, high, n=sum(users), weight=1e9)


def _by_chance(answer: ExplainChangeAnswer) -> bool:
    """Whether the intervals of the whole and of every part hold zero."""
    groups = answer.groups
    low, high = np.array([*groups.total_low, groups.whole[1]]), np.array([*groups.total_high, groups.whole[2]])
    return bool(np.all((low <= 0) & (high >= 0)))


def tested(answer: ExplainChangeAnswer) -> list[Finding]:
    """See `ExplainChangeAnswer.tested`."""
    if answer.question.measure == "money":
        return _money(answer)
    found = []
    for groups in answer.looked:
        found += [_mix(groups), *_reversal(groups), *_groups(groups)]
    return found


def _mix(groups: Groups) -> Finding:
    size = (float(groups.total[0]), float(groups.total_low[0]), float(groups.total_high[0]))
    facts = {"column": groups.column, "mix_points": size[0], "low_points": size[1], "high_points": size[2]}
    message = "The mix of {column} moved the rate by {mix_points}"
    detail = "{low_points} to {high_points}: other groups come than before; {looks} comparisons looked at"
    mix = Finding(message, facts, detail, *size, float(groups.total_p[0]), int(groups.sums[:, 0].sum()))
    return mix.toned(_tone(size[0]), _sure(size[1], size[2]))


def _reversal(groups: Groups) -> list[Finding]:
    """The whole moved one way and its groups the other; both must be more than chance, so the larger p counts."""
    share = groups.against
    if not share >= MOSTLY or groups.total[1] * groups.whole[0] >= 0:
        return []
    facts = {"column": groups.column, "change_points": groups.whole[0], "effect_points": groups.total[1]}
    facts |= {"mix_points": groups.total[0], "users_share": share}
    message = "The whole moves by {change_points}, but most groups of {column} move the other way"
    if share > 1 - 1e-9:
        message = "The whole moves by {change_points}, but every group of {column} moves the other way"
    detail = "{effect_points} by rate, {mix_points} by mix: the groups' own rates are to be read, not the whole"
    p = float(max(groups.whole[3], groups.total_p[1]))
    size = (groups.whole[0], groups.whole[1], groups.whole[2])
    return [Finding(message, facts, detail, *size, p, int(groups.sums[:, 0].sum())).toned("caution", 1e6)]


def _groups(groups: Groups) -> list[Finding]:
    found, p = [], testable(groups)
    first, second = groups.rates
    for k in np.flatnonzero(~np.isnan(p)):
        size = (float(groups.found[k, -1]), float(groups.found_low[k, -1]), float(groups.found_high[k, -1]))
        facts = {"column": groups.column, "value": groups.names[k], "first_rate": first[k], "second_rate": second[k]}
        facts |= dict(zip(("difference_points", "low_points", "high_points"), size, strict=True))
        facts |= {"effect_points": groups.found[k, 1]}
        message = "{column} {value}: {first_rate} becomes {second_rate}, {difference_points} against the others"
        if groups.names[k] in ("", REST):
            message = (
                "Users without a {column}: {first_rate} becomes {second_rate}, {difference_points} against the others"
            )
        detail = "{low_points} to {high_points}; it moves the whole by {effect_points}; {looks} comparisons looked at"
        finding = Finding(message, facts, detail, *size, float(p[k]), int(groups.sums[k, 3]))
        found.append(finding.toned(_tone(size[0]), 1e3 * _sure(size[1], size[2])))
    return found


def _money(answer: ExplainChangeAnswer) -> list[Finding]:
    messages = {
        "users": "More or fewer users moved the money by {change}",
        "mix": "The mix of {column} moved the money by {change}",
        "rate": "The rate of those who pay moved the money by {change}",
        "value": "What each who pays is worth moved the money by {change}",
        "new or gone": "Groups that are new or gone moved the money by {change}",
    }
    found, groups = [], answer.groups
    for j, name in enumerate(answer.names):
        size = (float(groups.total[j]), float(groups.total_low[j]), float(groups.total_high[j]))
        facts = {"column": groups.column, "change": round(size[0]), "low": _whole(size[1]), "high": _whole(size[2])}
        detail = "{low} to {high}; {looks} parts looked at"
        part = Finding(messages[name], facts, detail, *size, float(groups.total_p[j]), sum(answer.users))
        found.append(part.toned(_tone(size[0]), _sure(size[1], size[2])))
    return [f for f in found if np.isfinite(f.p)]


def _whole(value: float) -> float:
    return round(value) if np.isfinite(value) else value


def _tone(size: float) -> Tone:
    return "good" if size > 0 else "bad"


def _sure(low: float, high: float) -> float:
    """Size that is beyond doubt."""
    return float(np.nan_to_num(min(abs(low), abs(high))))
