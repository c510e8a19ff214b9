"""What a trend says: its last period, the periods that stand out, the steps of its level, and where it cannot say."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import stats
from analysis.behaviour.trends.expected import FEWEST, WEEKS_FOR_STL
from analysis.findings import Finding, Tone

if TYPE_CHECKING:
    from analysis.behaviour.trends.shifts import Shift
    from analysis.behaviour.trends.trend import TrendAnswer


def shifts_table(answer: TrendAnswer) -> pd.DataFrame:
    """The steps that stand after correction; see `TrendAnswer.shifts`."""
    name = answer.figure
    columns = ["series", "day", f"before_{name}", f"after_{name}", f"after_{name}_low", f"after_{name}_high", "p"]
    looked = _looked(answer)
    rows = [[answer.names[s], day, *levels, shift.p] for s, day, shift, levels in looked]
    found = pd.DataFrame(rows, columns=columns)
    found["p_adjusted"] = stats.benjamini_hochberg(found["p"].to_numpy(float))
    return found[found["p_adjusted"] <= 0.05].sort_values("day", kind="stable").reset_index(drop=True)


def _looked(answer: TrendAnswer) -> list[tuple[int, date, Shift, tuple[float, float, float, float]]]:
    """Every step looked at: line, day, step, and the level before and after with its interval."""
    days = [d for d, c in zip(answer.days, answer.complete, strict=True) if c]
    found = []
    for s, judged in enumerate(answer.judged):
        if judged.scale is None or judged.expected is None:
            continue
        for shift in judged.shifts:
            span = slice(shift.at, shift.at + (7 if answer.question.period == "day" else 1))
            fit = judged.expected.fit
            before = fit - shift.size if shift.p <= 0.05 else fit
            sizes = (0.0, shift.size, shift.size - 1.96 * shift.error, shift.size + 1.96 * shift.error)
            levels = tuple(float(np.mean(judged.scale.back(before + z)[span])) for z in sizes)
            found.append((s, days[shift.at], shift, (levels[0], levels[1], levels[2], levels[3])))
    return found


def headline(answer: TrendAnswer) -> Finding:
    """The last complete period of the first line that could be judged, and its band."""
    table = answer.table[answer.table["complete"] & answer.table["p"].notna()]
    row = table[table["series"] == table["series"].iloc[0]].iloc[-1]
    facts = _facts(answer, row)
    single = answer.question.period == "day"
    if facts["series"]:
        message = (
            "{series}: {value} on {day}, the last full day" if single else "{series}: {value} in the period from {day}"
        )
        if answer.figure == "rate":
            message = "{series}: {value_rate} on {day}" if single else "{series}: {value_rate} in the period from {day}"
    else:
        message = _heads(single)[answer.figure]
    detail = "{low} – {high} was to be expected; {count} of {looks} periods stand out"
    if answer.figure == "rate":
        detail = "{low_rate} – {high_rate} was to be expected, of {base} users; {count} of {looks} periods stand out"
    looks = int(answer.table["p"].notna().sum())
    facts |= {"count": len(answer.outside())}
    return Finding(message, facts, detail, *_size(answer, row), n=int(row["base"]), looks=looks, weight=1e9)


def _heads(single: bool) -> dict[str, str]:
    messages = {
        "users": "{value} users on {day}, the last full day",
        "events": "{value} events on {day}, the last full day",
        "orders": "{value} orders on {day}, the last full day",
        "money": "{value} in money on {day}, the last full day",
        "rate": "{value_rate} on {day}, the last full day",
        "events_a_user": "{value} events a user on {day}, the last full day",
        "orders_a_user": "{value} orders a user on {day}, the last full day",
        "money_a_user": "{value} in money a user on {day}, the last full day",
    }
    longer = {
        "users": "{value} users in the period from {day}, the last full one",
        "events": "{value} events in the period from {day}, the last full one",
        "orders": "{value} orders in the period from {day}, the last full one",
        "money": "{value} in money in the period from {day}, the last full one",
        "rate": "{value_rate} in the period from {day}, the last full one",
        "events_a_user": "{value} events a user in the period from {day}, the last full one",
        "orders_a_user": "{value} orders a user in the period from {day}, the last full one",
        "money_a_user": "{value} in money a user in the period from {day}, the last full one",
    }
    return messages if single else longer


def periods(answer: TrendAnswer) -> list[Finding]:
    """Every period of every line against what was to be expected, p-values not adjusted."""
    rate, found = answer.figure == "rate", []
    for _place, row in answer.table[answer.table["p"].notna()].iterrows():
        facts = _facts(answer, row)
        message = "{day}: {value} instead of {expected}"
        if rate:
            message = "{day}: {value_rate} instead of {expected_rate}"
        if facts["series"]:
            message = "{series}, {day}: {value} instead of {expected}"
            if rate:
                message = "{series}, {day}: {value_rate} instead of {expected_rate}"
        detail = "{low} – {high} was to be expected; {looks} periods looked at"
        if rate:
            detail = "{low_rate} – {high_rate} was to be expected, of {base} users; {looks} periods looked at"
        size = _size(answer, row)
        finding = Finding(message, facts, detail, *size, float(row["p"]), int(row["base"]))
        found.append(finding.toned(_tone(answer, size[0]), -float(np.log10(max(row["p"], 1e-300)))))
    return found


def steps(answer: TrendAnswer) -> list[Finding]:
    """Every step of every line, the first of each that does not stand included, p-values not adjusted."""
    rate, found = answer.figure == "rate", []
    for s, day, shift, (before, after, low, high) in _looked(answer):
        ends = ("before_rate", "after_rate", "low_rate", "high_rate") if rate else ("before", "after", "low", "high")
        levels = dict(zip(ends, (_whole(answer, v) for v in (before, after, low, high)), strict=True))
        facts: dict[str, Any] = {"series": answer.names[s], "day": day, **levels}
        message = "The level shifts on {day}: {before} to {after}"
        if rate:
            message = "The level shifts on {day}: {before_rate} to {after_rate}"
        if answer.names[s]:
            message = "{series}: the level shifts on {day}, {before} to {after}"
            if rate:
                message = "{series}: the level shifts on {day}, {before_rate} to {after_rate}"
        detail = "{low} – {high} after it, growth and weekday allowed for"
        if rate:
            detail = "{low_rate} – {high_rate} after it, growth and weekday allowed for"
        users = int(answer.users[answer.complete, s][shift.at :].sum())
        step = Finding(message, facts, detail, after - before, low - before, high - before, shift.p, users)
        found.append(step.toned(_tone(answer, shift.size), 1e6 + abs(shift.size / shift.error)))
    return found


def too_few(answer: TrendAnswer, known: int) -> Finding:
    """Nothing can be judged, and what would be enough."""
    message = "Too few to judge: {count} full periods"
    detail = "At least {enough} are needed, and something in them. Choose shorter periods or a longer range."
    return Finding(message, {"count": known, "enough": FEWEST}, detail, n=known, tone="caution")


def short(answer: TrendAnswer, known: int) -> list[Finding]:
    """What a short series of days cannot tell."""
    enough = 7 * WEEKS_FOR_STL
    if answer.question.period != "day" or known >= enough:
        return []
    message = "Weekdays are not told apart yet: {count} full days"
    detail = "From {enough} days on each weekday is compared with its own kind; until then the band is wide."
    return [Finding(message, {"count": known, "enough": enough}, detail, n=known, tone="caution")]


def _facts(answer: TrendAnswer, row: Any) -> dict[str, Any]:
    name, tail = answer.figure, "_rate" if answer.figure == "rate" else ""
    given = {
        "value": row[name],
        "expected": row[f"expected_{name}"],
        "low": row[f"expected_{name}_low"],
        "high": row[f"expected_{name}_high"],
    }
    said = {k + tail: _whole(answer, float(v)) for k, v in given.items()}
    return {"series": row["series"], "day": row["day"], "base": int(row["base"]), **said}


def _whole(answer: TrendAnswer, value: float) -> float:
    """Counts are whole; money of a hundred and more too."""
    counted = answer.figure in ("users", "events", "orders") and value >= 10
    return round(value) if counted or (answer.figure == "money" and abs(value) >= 100) else value


def _size(answer: TrendAnswer, row: Any) -> tuple[float, float, float]:
    """Distance from the expectation, with the band's."""
    name = answer.figure
    value = float(row[name])
    ends = (f"expected_{name}", f"expected_{name}_high", f"expected_{name}_low")
    return tuple(value - float(row[end]) for end in ends)  # type: ignore[return-value]


def _tone(answer: TrendAnswer, size: float) -> Tone:
    if answer.question.measure == "events":
        return "neutral"
    return "good" if size > 0 else "bad"
