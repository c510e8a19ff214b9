"""Retention by the values of a property: each against all others together.

A user has the value of the start event's row; users without one are left out. Every value is shown in all
periods with its difference to the rest, but it is tested in one period only, stated beforehand: a test in every
period would be many looks at nearly the same users.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import stats
from analysis.behaviour.returning import averages
from analysis.findings import Finding

if TYPE_CHECKING:
    from analysis.behaviour.returning.retention import Retention

MOST_VALUES = 12
"""The most frequent values; more would be looks without a reader."""

FEW = 30

RATES = ["value", "period", "users", "retained", "rate", "rate_low", "rate_high"]
DIFFERENCES = ["difference_points", "difference_low_points", "difference_high_points", "p", "p_adjusted"]
MONEY = ["value", "period", "users", "money", "money_per_user", "money_per_user_low", "money_per_user_high"]
MONEY_DIFFERENCES = ["money_difference", "money_difference_low", "money_difference_high", "p", "p_adjusted"]


def columns(question: Retention) -> list[str]:
    """Columns of the table, constant for a measure."""
    return [*MONEY, *MONEY_DIFFERENCES] if question.measure == "money" else [*RATES, *DIFFERENCES]


def tested_period(question: Retention, users: np.ndarray) -> int | None:
    """The period in which values are tested: the one asked for, else the middle of those with enough users."""
    if question.split_period is not None:
        return question.split_period
    later = question.edges[1:-1][users[1:] >= FEW]
    return int(later[(len(later) - 1) // 2]) if len(later) else None


def table(question: Retention, sums: np.ndarray, words: tuple[str, ...]) -> pd.DataFrame:
    """One row a value and period: its rate or money a user, and the difference to all other values together.

    Args:
        question: The question.
        sums: Users, Σx, Σx² × values × periods, over complete cells; value 0 is none.
        words: The values.
    """
    known = sums[:, 1:]
    at = tested_period(question, known[0].sum(axis=0)) if known.size else None
    shown = [c for c in np.argsort(-known[0, :, 0], kind="stable")[:MOST_VALUES] if known[0, c, 0]]
    records: list[list[Any]] = []
    for c in shown:
        mine, rest = known[:, c], known.sum(axis=1) - known[:, c]
        for k, period in enumerate(question.edges[:-1]):
            compare = _money if question.measure == "money" else _rates
            row = compare(mine[:, k], rest[:, k])
            if period != at or min(mine[0, k], rest[0, k]) < FEW:
                row[-1] = np.nan
            records.append([words[c], int(period), int(mine[0, k]), *row])
    frame = pd.DataFrame(records, columns=columns(question)[:-1])
    frame["p_adjusted"] = stats.benjamini_hochberg(frame["p"].to_numpy(float))
    return frame


def _rates(mine: np.ndarray, rest: np.ndarray) -> list[Any]:
    n, hit, _ = mine
    low, high = stats.wilson(hit, n)
    return [int(hit), stats.rate(hit, n), low, high, *stats.newcombe(hit, n, rest[1], rest[0])]


def _money(mine: np.ndarray, rest: np.ndarray) -> list[Any]:
    value, low, high = averages.mean(*mine)
    sides: list[float] = []
    for n, total, squares in (mine, rest):
        sides += [float(n), float(stats.rate(total, n)), float(averages.spread(n, total, squares))]
    return [float(mine[1]), float(value), float(low), float(high), *stats.welch(*sides)]


def differences(by_value: pd.DataFrame, question: Retention) -> list[Finding]:
    """Every value against all others together in the tested period, p-values not yet adjusted."""
    found = []
    if question.brackets is not None:
        by_value = by_value.assign(period=[question.named(p) for p in by_value["period"].tolist()])
    row: Any
    for row in by_value[by_value["p"].notna()].itertuples():
        if question.measure == "money":
            finding = _about_money(row)
        elif question.measure == "times":
            finding = _about_times(row, question.times)
        else:
            finding = _about_users(row, question.period)
        weight = min(abs(finding.low), abs(finding.high))
        found.append(finding.toned("bad" if finding.effect < 0 else "good", weight))
    return found


def _facts(row: Any) -> dict[str, Any]:
    return {
        "value": row.value,
        "period": row.period,
        "users": row.users,
        "rate": row.rate,
        "difference_points": row.difference_points,
        "low_points": row.difference_low_points,
        "high_points": row.difference_high_points,
    }


def _about_users(row: Any, period: str) -> Finding:
    message = {
        "day": "{value} comes back less often: {rate} on day {period}, {difference_points} against the rest",
        "week": "{value} comes back less often: {rate} in week {period}, {difference_points} against the rest",
        "month": "{value} comes back less often: {rate} in month {period}, {difference_points} against the rest",
    }[period]
    if row.difference_points >= 0:
        message = {
            "day": "{value} comes back more often: {rate} on day {period}, {difference_points} against the rest",
            "week": "{value} comes back more often: {rate} in week {period}, {difference_points} against the rest",
            "month": "{value} comes back more often: {rate} in month {period}, {difference_points} against the rest",
        }[period]
    detail = "{low_points} to {high_points}; {users} users; {looks} values looked at, in this one period"
    low, high = row.difference_low_points, row.difference_high_points
    return Finding(message, _facts(row), detail, row.difference_points, low, high, row.p, row.users)


def _about_times(row: Any, times: int) -> Finding:
    message = (
        "Fewer of {value} come back {times} times or more: {rate} in period {period}, "
        "{difference_points} against the rest"
    )
    if row.difference_points >= 0:
        message = (
            "More of {value} come back {times} times or more: {rate} in period {period}, "
            "{difference_points} against the rest"
        )
    detail = "{low_points} to {high_points}; {users} users; {looks} values looked at, in this one period"
    facts = {**_facts(row), "times": times}
    low, high = row.difference_low_points, row.difference_high_points
    return Finding(message, facts, detail, row.difference_points, low, high, row.p, row.users)


def _about_money(row: Any) -> Finding:
    size = (row.money_difference, row.money_difference_low, row.money_difference_high)
    facts = {
        "value": row.value,
        "period": row.period,
        "users": row.users,
        "money_per_user": row.money_per_user,
        "money_difference": abs(size[0]),
        "low": size[1],
        "high": size[2],
    }
    message = "{value} brings less money: {money_per_user} a user in period {period}, {money_difference} under the rest"
    if size[0] >= 0:
        message = (
            "{value} brings more money: {money_per_user} a user in period {period}, {money_difference} over the rest"
        )
    detail = "Difference {low} to {high}; {users} users; {looks} values looked at, in this one period"
    return Finding(message, facts, detail, *size, row.p, row.users)
