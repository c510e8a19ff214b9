"""A funnel by the values of a property: each against all others together.

Every attempt has one value, taken where the question says. A value's step rate is compared with that
of all other values together, because "worse than the rest" is what a meeting asks; the p-values are
adjusted over all values and steps that were looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import stats
from analysis.events import EventLog
from analysis.findings import Finding

if TYPE_CHECKING:
    from analysis.behaviour.funnel import Funnel

RATES = ["step_rate", "step_rate_low", "step_rate_high", "total_rate"]
DIFFERENCES = ["difference_points", "difference_low_points", "difference_high_points", "p", "p_adjusted"]
COLUMNS = ["value", "step", "users", *RATES, *DIFFERENCES]
"""One row a value and step. Rates are of the step before (Wilson), differences to all other values together
(Newcombe, score test), Benjamini-Hochberg over the table; nan at step 1."""

MOST_VALUES = 12
"""The most frequent values; more would be looks without a reader."""


def compare(
    question: Funnel, log: EventLog, level: np.ndarray, still_open: np.ndarray, rows: np.ndarray
) -> tuple[pd.DataFrame, int]:
    """The table of `COLUMNS`, empty without a split, and the attempts left out for want of a value."""
    if question.split is None:
        return pd.DataFrame(columns=COLUMNS), 0
    codes, words = values(question, log, rows)
    closed = ~still_open
    known = [np.bincount(codes[closed & (codes > 0) & (level > k)], minlength=len(words)) for k in range(rows.shape[1])]
    shown = [c for c in np.argsort(-known[0], kind="stable")[:MOST_VALUES] if known[0][c]]
    records = [[words[c], name, *_rates(known, c, k)] for c in shown for k, name in enumerate(question.names)]
    frame = pd.DataFrame(records, columns=COLUMNS[:-1])
    frame["p_adjusted"] = stats.benjamini_hochberg(frame["p"].to_numpy(float))
    return frame, int(np.count_nonzero(closed & (codes == 0)))


def values(question: Funnel, log: EventLog, rows: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Per attempt the code of its value (0: none), and the words of the codes."""
    assert question.split is not None
    column, at = log.words(question.split), question.split_at
    reached = rows >= 0
    codes = np.where(reached, column.codes[np.maximum(rows, 0)].astype(np.int64), 0)
    if isinstance(at, int):
        return codes[:, at - 1], column.values
    if at == "all":
        same = ((codes == codes[:, :1]) | ~reached).all(axis=1)
        return np.where(same, codes[:, 0], 0), column.values
    order = np.argsort(np.where(reached, rows, np.iinfo(np.int64).max), axis=1, kind="stable")
    codes = np.take_along_axis(codes, order, axis=1)
    if at == "last":
        codes = codes[:, ::-1]
    return codes[np.arange(len(codes)), (codes > 0).argmax(axis=1)], column.values


def _rates(known: list[np.ndarray], code: int, k: int) -> list[Any]:
    """One value at one step: users, rates, and the difference of the step rate to all others."""
    hit = known[k][code]
    if k == 0:  # there is no step before
        return [hit, np.nan, np.nan, np.nan, 1.0, np.nan, np.nan, np.nan, np.nan]
    base = known[k - 1][code]
    rates = [stats.rate(hit, base), *stats.wilson(hit, base), stats.rate(hit, known[0][code])]
    return [hit, *rates, *stats.newcombe(hit, base, known[k].sum() - hit, known[k - 1].sum() - base)]


def differences(by_value: pd.DataFrame, column: str | None) -> list[Finding]:
    """Every value at every step against all others together, p-values not yet adjusted."""
    found = []
    row: Any
    for row in by_value[by_value["p"].notna()].itertuples():
        facts = {
            "column": column,
            "value": row.value,
            "step": row.step,
            "step_rate": row.step_rate,
            "difference_points": row.difference_points,
            "low_points": row.difference_low_points,
            "high_points": row.difference_high_points,
        }
        message = "{value} reaches {step} less often: {step_rate}, {difference_points} against the rest"
        if row.difference_points >= 0:
            message = "{value} reaches {step} more often: {step_rate}, {difference_points} against the rest"
        detail = "{low_points} to {high_points}; {looks} comparisons looked at"
        low, high = row.difference_low_points, row.difference_high_points
        finding = Finding(message, facts, detail, row.difference_points, low, high, row.p, int(row.users))
        found.append(finding.toned("bad" if row.difference_points < 0 else "good", min(abs(low), abs(high))))
    return found
