"""The experiment in sentences: ship, do not ship, or not yet and what it would take.

An arm is to be shipped when the first metric's difference stands in the wanted direction: its p-value
after correction over all looks is at most 5 % *and* its own interval leaves out 0. It is not to be shipped when
it stands in the other direction, or when the whole interval is smaller than the change worth having. If another
metric stands in the unwanted direction, the verdict waits for a person.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from analysis.findings import Finding, Tone
from analysis.trials import power
from analysis.trials.ratio import furthest

if TYPE_CHECKING:
    from analysis.behaviour.experiments.experiment import ExperimentAnswer

ALPHA, SHOWN_POINTS, HEADLINE = 0.05, 0.05, 1e9


def told(answer: ExperimentAnswer) -> list[Finding]:
    """All findings, most important first."""
    if answer.sample_ratio.verdict == "block":
        return [_sizes(answer), *_left_out(answer)]
    primary = answer.table.iloc[: len(answer.arms)]
    verdicts = [_verdict(answer, row) for row in list(primary.itertuples())[1:]]
    verdicts.sort(key=lambda f: -f.weight)
    alone = []
    if not verdicts:
        message = "There is no arm to hold against {control}"
        alone = [Finding(message, {"control": answer.question.control}, tone="caution", weight=HEADLINE)]
    further = [f for f in _standing(answer) if f.facts["place"] >= len(answer.arms)]
    return [*alone, *verdicts, *sorted(further, key=lambda f: -f.weight), *_limits(answer), *_left_out(answer)]


def tested(answer: ExperimentAnswer) -> list[Finding]:
    """Every comparison, with its own p-value."""
    looked: list[tuple[int, Any, bool]] = [(k, row, False) for k, row in enumerate(answer.table.itertuples())]
    start = len(answer.table)
    looked += [(start + k, row, True) for k, row in enumerate(answer.by_segment.itertuples())]
    return [_comparison(answer, k, row, part) for k, row, part in looked if not math.isnan(row.p)]


def stands(low: float, high: float, p_adjusted: float) -> bool:
    """A difference may be told: after correction, and by its own interval."""
    return bool(p_adjusted <= ALPHA and (low > 0 or high < 0))


def _standing(answer: ExperimentAnswer) -> list[Finding]:
    """Comparisons that stand after correction over all looks, their p-values adjusted."""
    frames = (answer.table, answer.by_segment)
    p = np.concatenate([f["p_adjusted"].to_numpy(float) for f in frames])
    looks = int(np.count_nonzero(~np.isnan(p)))
    found = [replace(f, p=float(p[f.facts["place"]]), looks=looks) for f in tested(answer)]
    return [f for f in found if stands(f.low, f.high, f.p)]


def _size(row: Any) -> tuple[float, float, float]:
    """The difference and its interval, in points for a rate."""
    if row.measure == "conversion":
        return row.difference_points, row.difference_low_points, row.difference_high_points
    return row.mean_difference, row.mean_difference_low, row.mean_difference_high


def _facts(answer: ExperimentAnswer, row: Any) -> dict[str, Any]:
    value, low, high = _size(row)
    facts: dict[str, Any] = {"arm": row.arm, "control": answer.question.control, "metric": row.metric}
    facts |= {"users": int(row.users)}
    if row.measure == "conversion":
        return facts | {"difference_points": value, "low_points": low, "high_points": high, "rate": row.rate}
    return facts | {"difference": value, "low": low, "high": high, "mean": row.mean}


def _tone(answer: ExperimentAnswer, row: Any, value: float) -> Tone:
    better = next(
        (m.better for m in answer.question.metrics if (m.kind, m.name(answer.log)) == (row.measure, row.metric)),
        "higher",
    )
    if not value:
        return "neutral"
    return "good" if (value > 0) == (better == "higher") else "bad"


def _comparison(answer: ExperimentAnswer, place: int, row: Any, segment: bool) -> Finding:
    value, low, high = _size(row)
    facts = _facts(answer, row) | {"place": place}
    if segment:
        facts |= {"column": row.column, "value": row.value, "control_users": int(row.control_users)}
        message = "{column} {value}: {arm} changes {metric} by {difference} ({low} to {high})"
        if row.measure == "conversion":
            message = "{column} {value}: {arm} changes {metric} by {difference_points} ({low_points} to {high_points})"
        detail = "{users} users against {control_users}; {looks} comparisons, adjusted p {p}; to be confirmed by itself"
    else:
        facts |= {"control_users": int(_control(answer, row).users)}
        message = "{arm} changes {metric} by {difference} a user ({low} to {high})"
        if row.measure == "conversion":
            message = "{arm} changes {metric} by {difference_points} ({low_points} to {high_points})"
        detail = "{users} users against {control_users} of {control}; {looks} comparisons, adjusted p {p}"
    n = int(row.users + facts["control_users"])
    weight = 0.0 if math.isnan(low) else min(abs(low), abs(high)) / (1.0 + abs(value))
    tone = _tone(answer, row, value)
    return Finding(message, facts, detail, value, low, high, row.p, n, tone=tone, weight=weight - segment)


def _control(answer: ExperimentAnswer, row: Any) -> Any:
    """The control's row of the same metric."""
    same = (answer.table["measure"] == row.measure) & (answer.table["metric"] == row.metric)
    return next(answer.table[same].iloc[:1].itertuples())


Call = Literal["ship", "do not", "guard", "too small", "not yet"]


def _verdict(answer: ExperimentAnswer, row: Any) -> Finding:
    """What to do with one arm."""
    control = _control(answer, row)
    n = int(row.users + control.users)
    if min(row.users, control.users) < 2 or math.isnan(row.p):
        return _few(answer, row, control)
    value, low, high = _size(row)
    facts = _facts(answer, row) | {"control_users": int(control.users), "worth_share": answer.question.worth}
    facts |= {"control_rate": control.rate} if row.measure == "conversion" else {"control_mean": control.mean}
    call, other = _call(answer, row, control)
    facts |= {"other": other}
    message = _headline(call, row.measure == "conversion")
    detail = (
        "{users} users against {control_users}; chance to win {win_rate}, relative change {relative_rate} "
        "({relative_low_rate} to {relative_high_rate}); adjusted p {p} over {looks} comparisons"
    )
    facts |= {"win_rate": row.win_rate, "relative_rate": row.relative_rate}
    facts |= {"relative_low_rate": row.relative_rate_low, "relative_high_rate": row.relative_rate_high}
    if call == "not yet":
        detail, more = _takes(answer, row, control)
        facts |= more
    tones: dict[Call, Tone] = {"ship": "good", "do not": "bad", "guard": "caution"}
    weight = HEADLINE + {"ship": 4, "guard": 3, "do not": 2}.get(call, 0) + row.win_rate
    looks = int(sum(frame["p"].notna().sum() for frame in (answer.table, answer.by_segment)))
    tone = tones.get(call, "neutral")
    return Finding(message, facts, detail, value, low, high, row.p_adjusted, n, looks, tone, weight)


def _call(answer: ExperimentAnswer, row: Any, control: Any) -> tuple[Call, str]:
    """The decision on an arm, and the metric that speaks against it."""
    value, low, high = _size(row)
    if stands(low, high, row.p_adjusted):
        if _tone(answer, row, value) == "bad":
            return "do not", ""
        against = [
            f.facts["metric"]
            for f in _standing(answer)
            if f.tone == "bad" and f.facts["arm"] == row.arm and "column" not in f.facts
        ]
        return ("guard", against[0]) if against else ("ship", "")
    level = control.rate if row.measure == "conversion" else control.mean
    if max(abs(low), abs(high)) < abs(level) * answer.question.worth:
        return "too small", ""
    return "not yet", ""


def _headline(call: Call, rate: bool) -> str:
    if rate:
        messages = {
            "ship": "Ship {arm}: {metric} goes from {control_rate} to {rate}, {difference_points} "
            "({low_points} to {high_points})",
            "do not": "Do not ship {arm}: {metric} goes from {control_rate} to {rate}, {difference_points} "
            "({low_points} to {high_points})",
            "guard": "Not yet: {arm} improves {metric}, {difference_points} ({low_points} to {high_points}), "
            "but makes {other} worse",
            "too small": "Do not wait for {arm}: if it changes {metric} at all, then by less than is worth having, "
            "{difference_points} ({low_points} to {high_points})",
            "not yet": "Not yet: no difference in {metric} can be told between {arm} and {control}, "
            "{difference_points} ({low_points} to {high_points})",
        }
        return messages[call]
    messages = {
        "ship": "Ship {arm}: {metric} a user goes from {control_mean} to {mean}, {difference} ({low} to {high})",
        "do not": "Do not ship {arm}: {metric} a user goes from {control_mean} to {mean}, "
        "{difference} ({low} to {high})",
        "guard": "Not yet: {arm} improves {metric}, {difference} a user ({low} to {high}), but makes {other} worse",
        "too small": "Do not wait for {arm}: if it changes {metric} at all, then by less than is worth having, "
        "{difference} a user ({low} to {high})",
        "not yet": "Not yet: no difference in {metric} can be told between {arm} and {control}, "
        "{difference} a user ({low} to {high})",
    }
    return messages[call]


def _takes(answer: ExperimentAnswer, row: Any, control: Any) -> tuple[str, dict[str, Any]]:
    """What it would take to tell: users, and days where there is a traffic."""
    needed = row.users_needed
    facts: dict[str, Any] = {"needed": needed}
    if math.isnan(needed):
        detail = "{control} has no outcome yet, so what it would take cannot be said; {users} and {control_users} users"
        return detail, facts
    have, waiting = min(int(row.users), int(control.users)), int(answer.table["still_open"][: len(answer.arms)].sum())
    more = max(0, math.ceil(needed) - have) * len(answer.arms)
    facts |= {"needed": math.ceil(needed), "more": more, "open": waiting, "horizon_days": answer.question.horizon_days}
    if not more:
        detail = (
            "{users} and {control_users} users are enough to show a change of {worth_share} of {control}'s value "
            "four times in five; a change worth having is not likely, nor ruled out"
        )
        return detail, facts
    if math.isnan(answer.users_a_day):
        detail = (
            "To show a change of {worth_share} of {control}'s value takes {needed} users in each arm: {more} more; "
            "{users} and {control_users} have finished, {open} are still open"
        )
        return detail, facts
    days = max(0, more - waiting) / answer.users_a_day + answer.question.horizon_days
    facts |= {"days": math.ceil(days), "users_a_day": round(answer.users_a_day, 1)}
    detail = (
        "To show a change of {worth_share} of {control}'s value takes {needed} users in each arm: {more} more, "
        "about {days} days at {users_a_day} users a day, with {horizon_days} days for the last to finish"
    )
    return detail, facts


def _few(answer: ExperimentAnswer, row: Any, control: Any) -> Finding:
    enough = power.users_needed(0.5 - SHOWN_POINTS / 2, SHOWN_POINTS)
    waiting = int(row.still_open + control.still_open)
    facts = {"arm": row.arm, "control": control.arm, "users": int(row.users), "control_users": int(control.users)}
    facts |= {"enough": enough, "shown_points": SHOWN_POINTS, "open": waiting}
    message = "Too few to judge: {users} users in {arm}, {control_users} in {control}"
    detail = "{enough} users in each would show a difference of {shown_points} at any rate; {open} are still open"
    n = int(row.users + control.users)
    return Finding(message, facts, detail, n=n, tone="caution", weight=HEADLINE)


def _sizes(answer: ExperimentAnswer) -> Finding:
    """The arm that is furthest from its planned size."""
    counts = answer.table[["users", "still_open"]].iloc[: len(answer.arms)].sum(axis=1).to_numpy(float)
    assert answer.question.planned_shares is not None  # a verdict is only told where there is a plan
    k, expected = furthest(counts, answer.question.planned_shares)
    facts = {"arm": answer.table["arm"][k], "users": int(counts[k]), "expected": expected}
    message = "The groups differ from the planned sizes: read the result with caution"
    if answer.sample_ratio.verdict == "block":
        message = "No result is told: the groups do not have the planned sizes"
    detail = (
        "{arm} has {users} users where {expected} were planned, p {p}; look at where users are dealt and logged: "
        "redirects, slow pages, bots, a late start of one arm"
    )
    p, n = answer.sample_ratio.p, int(counts.sum())
    return Finding(message, facts, detail, p=p, n=n, tone="caution", weight=HEADLINE)


def _limits(answer: ExperimentAnswer) -> list[Finding]:
    found = [_sizes(answer)] if answer.sample_ratio.verdict == "warn" else []
    if answer.sample_ratio.verdict == "not stated":
        detail = "State the planned shares to have them checked: lost users can look like an effect."
        found.append(Finding("The planned group sizes are not stated, so they are not checked", {}, detail))
    reduction = answer.measured.reduction[0]
    if reduction == reduction:
        facts: dict[str, Any] = {"reduction_share": reduction, "metric": answer.table["metric"][0]}
        message = "What users did before takes out {reduction_share} of the variance of {metric}"
        found.append(Finding(message, facts))
    if len(answer.by_segment) and not any("column" in f.facts for f in _standing(answer)):
        facts = {"parts": int(answer.by_segment["p"].notna().sum())}
        message = "No segment stands out among {parts} comparisons"
        found.append(Finding(message, facts))
    return found


def _left_out(answer: ExperimentAnswer) -> list[Finding]:
    found = []
    if crossed := len(answer.crossed):
        facts: dict[str, float] = {"crossed": crossed}
        message = "{crossed} users were in two arms and are left out"
        found.append(Finding(message, facts, n=crossed, tone="caution"))
    if waiting := int(answer.table["still_open"].iloc[: len(answer.arms)].sum()):
        facts = {"open": waiting, "days": answer.question.horizon_days}
        message = "{open} users are left out: their {days} days are not over at the end of the data"
        found.append(Finding(message, facts, n=waiting))
    if answer.measured.blank:
        facts = {"blank": answer.measured.blank}
        message = "{blank} users have an outcome that is not given; it counts as none"
        found.append(Finding(message, facts, n=answer.measured.blank, tone="caution"))
    return found
