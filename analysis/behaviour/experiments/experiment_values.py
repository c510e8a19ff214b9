"""Each finished user's values: as they are, and cut and adjusted as the experiment asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import SchemaError
from analysis.events import EventLog
from analysis.trials import cuped
from analysis.trials.exposures import Exposures

if TYPE_CHECKING:
    from analysis.behaviour.experiments.experiment import Experiment


@dataclass(frozen=True, eq=False)
class Measured:
    """The users that count in figures, in the order of the log's users.

    Attributes:
        users: User indices.
        arms: Code of each user's arm.
        at: Stamp of exposure.
        place: Place of each user in the exposures.
        raw: Users × metrics, before anything is cut or adjusted; a conversion is 0 or 1.
        values: The same, cut and adjusted as asked.
        cut_at: Where each metric was cut; nan: it was not.
        reduction: Share of each metric's variance that CUPED took out; nan where it was not asked for.
        blank: Users of a result table with an outcome that is not given; it counts as 0.
    """

    users: np.ndarray
    arms: np.ndarray
    at: np.ndarray
    place: np.ndarray
    raw: np.ndarray
    values: np.ndarray
    cut_at: np.ndarray
    reduction: np.ndarray
    blank: int = 0


def measured(question: Experiment, log: EventLog, exposures: Exposures, arms: dict[str, int]) -> Measured:
    """Values of the finished users of the arms looked at."""
    keep = np.flatnonzero(~exposures.still_open & np.isin(exposures.arms, list(arms.values())))
    users, raw, before, blank = exposures.users[keep], exposures.values[keep], exposures.before[keep], 0
    if log.shape == "results":
        raw, before, blank = _columns(question, log, users)
    rates = np.array([m.rate for m in question.metrics])
    raw[:, rates] = raw[:, rates] > 0
    before[:, rates] = before[:, rates] > 0
    values, cut_at, reduction = raw.copy(), np.full(len(rates), np.nan), np.full(len(rates), np.nan)
    for k, rate in enumerate(rates):
        if question.winsorise is not None and not rate:
            cut_at[k] = _cut(values[:, k], question.winsorise)
            _cut(before[:, k], question.winsorise)
        if question.cuped and _known_before(question, log, k):
            fit = cuped.fitted(values[:, k], before[:, k])
            values[:, k], reduction[k] = cuped.applied(values[:, k], before[:, k], fit), fit.variance_reduction
    at, codes = exposures.at[keep], exposures.arms[keep]
    return Measured(users, codes, at, keep, raw, values, cut_at, reduction, blank)


def _known_before(question: Experiment, log: EventLog, k: int) -> bool:
    return log.shape != "results" or question.metrics[k].covariate is not None


def _cut(values: np.ndarray, quantile: float) -> float:
    """Cuts values in place to the quantile of those that are not 0; nan where there are none."""
    some = values[values != 0]
    if not len(some):
        return float("nan")
    top = float(np.quantile(some, quantile))
    np.minimum(values, top, out=values)
    return top


def _columns(question: Experiment, log: EventLog, users: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Values and covariates of a result table's users, and how many have one that is not given."""
    metrics = question.metrics
    if question.cuped and not any(m.covariate for m in metrics):
        raise SchemaError(
            "no_covariate",
            "In a result table CUPED needs the column with the value before the experiment. Choose one, or none.",
        )
    sums = [_by_user(log, users, m.summed(log)) for m in metrics]
    before = [_by_user(log, users, m.covariate) if m.covariate else (np.zeros(len(users)), None) for m in metrics]
    missing = np.any([blank for _values, blank in sums], axis=0)
    return np.column_stack([v for v, _b in sums]), np.column_stack([v for v, _b in before]), int(missing.sum())


def _by_user(log: EventLog, users: np.ndarray, column: str | None) -> tuple[np.ndarray, np.ndarray]:
    """A column's sum a user, and whose value is not given."""
    assert column is not None
    given = log.numbers(column)
    owner = np.repeat(log.users, log.ends - log.starts)
    rows = np.concatenate([np.arange(a, b) for a, b in zip(log.starts, log.ends, strict=True)]) if len(owner) else owner
    values, n = given[rows], len(log.user_ids)
    blank = np.isnan(values)
    sums = np.bincount(owner, np.where(blank, 0.0, values), n)
    return sums[users], np.bincount(owner, blank, n)[users] > 0
