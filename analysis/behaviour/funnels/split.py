"""A funnel by the values of a property: each against all others together.

Every attempt has one value, taken where the question says. A value's step rate is compared with that
of all other values together, because "worse than the rest" is what a meeting asks; the p-values are
adjusted over all values and steps that were looked at. Where a user may count several times, as with attempts
and sessions, intervals and tests are clustered by user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import stats
from analysis.behaviour.funnels import reach
from analysis.findings import Finding

if TYPE_CHECKING:
    from analysis.behaviour.funnels.funnel import FunnelAnswer

RATES = ["step_rate", "step_rate_low", "step_rate_high", "total_rate"]
DIFFERENCES = ["difference_points", "difference_low_points", "difference_high_points", "p", "p_adjusted"]
COLUMNS = ["value", "step", "users", *RATES, *DIFFERENCES]
"""One row a value and step. Rates are of the step before (Wilson), differences to all other values together
(Newcombe, score test), both clustered by user where a user may count several times; Benjamini-Hochberg over the
table; nan at step 1."""

MOST_VALUES = 12
"""The most frequent values; more would be looks without a reader."""

PLACES = {"first": reach.AT_FIRST, "last": reach.AT_LAST, "all": reach.AT_ALL}


def compare(answer: FunnelAnswer) -> tuple[pd.DataFrame, int]:
    """The table of `COLUMNS`, empty without a split, and the attempts left out for want of a value."""
    question, rows = answer.question, answer.rows
    if question.split is None:
        return pd.DataFrame(columns=COLUMNS), 0
    codes, words = values(answer)
    known = reach.count_values(rows, answer.still_open, codes, len(words))
    left_out, known[:, 0] = int(known[0, 0]), 0
    shown = [c for c in np.argsort(-known[0], kind="stable")[:MOST_VALUES] if known[0][c]]
    hit, n = known[:, shown].T, len(question.names)
    base = hit[:, answer.before]
    data: dict[str, Any] = {"value": np.repeat([words[c] for c in shown], n), "step": question.names * len(shown)}
    data |= {"users": hit.ravel(), "step_rate": stats.rate(hit, base)}
    total = known.sum(axis=1)
    bounds, told = stats.wilson(hit, base), newcombe(hit, base, total - hit, total[answer.before] - base)
    if not answer.distinct:
        low, high, *found = _clustered(answer, codes, shown)
        span = wider(told[1:3], (found[1], found[2]))
        bounds, told = wider(bounds, (low, high)), (told[0], *span, np.fmax(told[3], found[3]))
    data["step_rate_low"], data["step_rate_high"] = bounds
    data |= {"total_rate": stats.rate(hit, hit[:, :1])} | dict(zip(DIFFERENCES, told, strict=False))
    for name in (*RATES[:3], *DIFFERENCES[:4]):
        data[name] = np.where(np.arange(n) == 0, np.nan, data[name]).ravel()  # there is no step before
    data["total_rate"] = data["total_rate"].ravel()
    data["p_adjusted"] = stats.benjamini_hochberg(data["p"])
    return pd.DataFrame(data)[COLUMNS], left_out


def values(answer: FunnelAnswer) -> tuple[np.ndarray, tuple[str, ...]]:
    """Per attempt the code of its value (0: none), and the words of the codes."""
    question = answer.question
    assert question.split is not None
    column, at = answer.log.words(question.split), question.split_at
    place = at - 1 if isinstance(at, int) else PLACES[at]
    return reach.values(answer.rows, column.codes, place), column.values


def newcombe(hit: np.ndarray, base: np.ndarray, others: np.ndarray, rest: np.ndarray) -> tuple[np.ndarray, ...]:
    """`stats.newcombe` of whole arrays: difference, low, high, p; nan where either base is 0."""
    empty = (base <= 0) | (rest <= 0)
    one, two = stats.rate(hit, base), stats.rate(others, rest)
    (low, high), (rest_low, rest_high) = stats.wilson(hit, base), stats.wilson(others, rest)
    value, size = one - two, base + rest
    with np.errstate(divide="ignore", invalid="ignore"):
        below = value - np.sqrt((one - low) ** 2 + (rest_high - two) ** 2)
        above = value + np.sqrt((high - one) ** 2 + (two - rest_low) ** 2)
        pooled = (hit + others) / size
        error = np.sqrt(pooled * (1 - pooled) * (1 / base + 1 / rest) * size / (size - 1))
        p = np.where(error > 0, 2 * sps.norm.sf(np.abs(value) / error), 1.0)
    return tuple(np.where(empty, np.nan, v) for v in (value, below, above, p))


def wider(one: tuple[Any, ...], two: tuple[Any, ...]) -> tuple[Any, Any]:
    """An interval that holds two others: clustered ones are empty at 0 % and 100 %, where Wilson's are not."""
    return np.fmin(one[0], two[0]), np.fmax(one[1], two[1])


def _clustered(answer: FunnelAnswer, codes: np.ndarray, shown: list[Any]) -> tuple[np.ndarray, ...]:
    """Bounds of the step rate; difference to the rest, its bounds and p; each values × steps, clustered by user.

    References:
        Cochran (1977), Sampling Techniques, 3rd ed., section 6.3: the linearised ratio, here of two domains.
    """
    out = np.full((6, len(shown), answer.rows.shape[1]), np.nan)
    closed = ~answer.still_open & (codes > 0)
    _, who = np.unique(answer.who, return_inverse=True)
    n_users = int(who.max(initial=-1)) + 1
    for k in range(1, answer.rows.shape[1]):
        base = closed & (answer.rows[:, answer.before[k]] >= 0)
        hit = base & (answer.rows[:, k] >= 0)
        for v, code in enumerate(shown):
            mine = codes == code
            parts = (hit & mine, base & mine, hit & ~mine, base & ~mine)
            x, n, y, m = (np.bincount(who[part], minlength=n_users).astype(float) for part in parts)
            out[:2, v, k] = stats.ratio_interval(*sums(x, n))
            if n.any() and m.any():
                out[2:, v, k] = _difference(x, n, y, m)
    return tuple(out)


def sums(x: np.ndarray, n: np.ndarray) -> tuple[float, ...]:
    """What `stats.ratio_interval` takes, of successes and bases per user."""
    return x.sum(), n.sum(), (x * x).sum(), (x * n).sum(), (n * n).sum(), int(np.count_nonzero(n))


def _difference(x: np.ndarray, n: np.ndarray, y: np.ndarray, m: np.ndarray) -> tuple[float, float, float, float]:
    """Σx/Σn − Σy/Σm of users who may be in both: value, low, high, p (spread around the pooled rate)."""
    users = np.count_nonzero(n + m)
    if users < 2:
        return np.nan, np.nan, np.nan, np.nan
    one, two, pooled = x.sum() / n.sum(), y.sum() / m.sum(), (x.sum() + y.sum()) / (n.sum() + m.sum())
    scale, t = users / (users - 1), sps.t(users - 1)
    error = np.sqrt(scale * (((x - one * n) / n.sum() - (y - two * m) / m.sum()) ** 2).sum())
    null = np.sqrt(scale * (((x - pooled * n) / n.sum() - (y - pooled * m) / m.sum()) ** 2).sum())
    half, value = t.ppf(0.975) * error, one - two
    return value, value - half, value + half, float(2 * t.sf(abs(value) / null)) if null > 0 else 1.0


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
