"""Faults: at which step, for whom and in which weeks fewer went on than could be expected.

A fault of a shop is rarely the whole shop's: a new version breaks the payment on one platform for some
weeks, and in the funnel of a year nobody sees it. So every step is looked at for every value of every
property, week by week, against all others in the same weeks: what happens to everybody (a holiday, a season)
is no fault of one, and a platform that always does worse is no fault of some weeks.

What is tested is whether the odds of going on, of a value against all others, are the same in all weeks. Where a
run of weeks departs from that, the run is told, with the rate that was to be expected from the value's other weeks
and from the others in the same weeks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import sparse
from scipy import stats as sps

from analysis import calendar, stats
from analysis.behaviour.funnels.funnel import Funnel, FunnelAnswer
from analysis.behaviour.funnels.usual import Usual, apart, usual
from analysis.errors import NotEnoughDataError, ParameterError, UnknownValueError
from analysis.events import EventLog, properties
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day

MOST_VALUES = 12
FEW = 5
"""A run of weeks is looked at when at least so many attempts were to go on, and so many not."""
DRAWS = 1_999
SURE = 0.01
"""A fault below this p is set aside before the other values of its property are looked at: else they look too good."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Faults(Question):
    """At which step, for whom and when fewer went on than could be expected.

    **Definition.** Unit: attempts, all of them, because a fault hits old customers as well as new ones. For each step,
    property and value, the weeks (Monday first, the log's zone) in which attempts arrive at the step are compared:
    under no fault the odds ratio of going on, the value against all others, is the same in all weeks (Mantel-Haenszel's
    common odds ratio). For every run of up to `most_weeks` weeks the attempts that went on are compared with those
    expected; the most extreme run of each step, property and value is the finding, its p-value that of the most
    extreme of all runs. Several attempts of one user count as one user's: errors are clustered.

    Attributes:
        steps: The journey, as in `Funnel`.
        window_days: Its window.
        columns: Properties looked at, their value taken at the step itself; None: all with 2 to 12 values.
        most_weeks: Longest run of weeks; at most a third of the weeks there are.
        first_day, last_day: Days between which step 1 must lie, ISO text; None: open.

    Use with care: a fault that hits every value alike is not seen here but in the trend. The p-value takes the numbers
    of each run of weeks to be large enough for a normal law; runs with fewer than 5 attempts expected on either side
    are not looked at.

    References:
        Mantel and Haenszel (1959), JNCI 22; Tarone (1985), Biometrika 72, homogeneity of odds ratios; Kulldorff (1997),
        Communications in Statistics 26, the most extreme window by Monte Carlo.
    """

    steps: tuple[Step, ...]
    window_days: float | None = 7
    columns: tuple[str, ...] | None = None
    most_weeks: int = 8
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        funnel = Funnel(steps=self.steps, window_days=self.window_days)
        self._set("steps", funnel.steps)
        if len(self.steps) < 2:
            raise ParameterError.outside("steps", len(self.steps), "2 to 16 steps")
        if self.columns is not None:
            self._set("columns", (self.columns,) if isinstance(self.columns, str) else tuple(self.columns))
        if not 1 <= self.most_weeks <= 52:
            raise ParameterError.outside("most_weeks", self.most_weeks, "1 to 52")
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def ask(self, log: EventLog, progress: Progress = None) -> FaultsAnswer:
        """The faults of a log."""
        for name in self.columns or ():
            if name not in properties(log, MOST_VALUES):
                raise UnknownValueError.among("column", name, properties(log, MOST_VALUES))
        funnel = Funnel(
            steps=self.steps,
            window_days=self.window_days,
            attempt="all",
            first_day=self.first_day,
            last_day=self.last_day,
        ).ask(log, progress)
        bounds, weeks = calendar.bounds(log.starts_at, max(log.ends_at, log.starts_at + 1), log.zone, "week")
        if len(weeks) < 4:
            raise NotEnoughDataError(
                "few_weeks",
                "Weeks in the data: {weeks}. At least {enough} are needed to say which of them are unlike the others.",
                weeks=len(weeks),
                enough=4,
            )
        return FaultsAnswer(question=self, log=log, funnel=funnel, bounds=bounds, weeks=weeks)


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """One step and property.

    Attributes:
        step, column, values: Which; the values that can be looked at.
        arrived, went_on: Attempts by value and week that arrived at the step, and that went on.
        who, value, week, on: Of each attempt that arrived: user, place of its value, week, whether it went on.
    """

    step: int
    column: str
    values: list[str]
    arrived: np.ndarray
    went_on: np.ndarray
    who: np.ndarray
    value: np.ndarray
    week: np.ndarray
    on: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """The most extreme run of weeks of one value: `low` to `high` (excluded), attempts expected to go on, z, p."""

    low: int
    high: int
    expected: float
    z: float
    p: float


@dataclass(frozen=True, eq=False)
class FaultsAnswer(Answer):
    """The most extreme run of weeks of every step, property and value.

    Attributes:
        funnel: The funnel itself.
        bounds, weeks: Instants at which weeks begin; their first days.
        counted: What was counted, one a step and property.
        table: One row a step, property and value that could be looked at: `step` and `next`, `column`, `value`, first
            and last day of the run, `attempts` that arrived in it, `rate` of those that went on with its interval,
            `expected_rate`, `rest_rate` of the others in the same weeks, `difference_points` to the expected with its
            interval, `p` and `p_adjusted` (Benjamini-Hochberg over the table).
    """

    question: Faults
    log: EventLog
    funnel: FunnelAnswer
    bounds: np.ndarray
    weeks: list[date]
    counted: list[_Counts] = field(init=False)
    table: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = [
        "step",
        "next",
        "column",
        "value",
        "first_day",
        "last_day",
        "attempts",
        "rate",
        "rate_low",
        "rate_high",
        "expected_rate",
        "rest_rate",
        "difference_points",
        "difference_low_points",
        "difference_high_points",
        "p",
        "p_adjusted",
    ]

    def __post_init__(self) -> None:
        object.__setattr__(self, "counted", list(self._counted()))
        records = [record for counts in self.counted for record in self._looked(counts)]
        frame = pd.DataFrame(records, columns=self.COLUMNS[:-1])
        frame["p_adjusted"] = stats.benjamini_hochberg(frame["p"].to_numpy(float))
        object.__setattr__(self, "table", frame.sort_values("p", kind="stable", ignore_index=True))

    def _columns(self) -> list[str]:
        return list(self.question.columns or properties(self.log, MOST_VALUES))

    def _counted(self) -> Iterator[_Counts]:
        for k in range(len(self.question.steps) - 1):
            arrived = np.flatnonzero(~self.funnel.still_open & (self.funnel.level > k))
            rows = self.funnel.rows[arrived, k]
            week = np.searchsorted(self.bounds, self.log.time[rows], side="right") - 1
            went_on = self.funnel.level[arrived] > k + 1
            for name in self._columns():
                words = self.log.words(name)
                shape = (len(words.values), len(self.weeks))
                cell = words.codes[rows].astype(np.int64) * shape[1] + np.clip(week, 0, shape[1] - 1)
                n = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
                x = np.bincount(cell[went_on], minlength=shape[0] * shape[1]).reshape(shape)
                shown = [v for v in range(1, shape[0]) if n[v].sum() >= 2 * FEW]
                if len(shown) < 2:
                    continue
                place = np.full(shape[0], -1)
                place[shown] = np.arange(len(shown))
                value = place[words.codes[rows]]
                known = value >= 0
                of = (self.funnel.who[arrived][known], value[known], week[known], went_on[known])
                yield _Counts(k, name, [words.values[v] for v in shown], n[shown], x[shown], *of)

    def _looked(self, counts: _Counts) -> list[list[Any]]:
        """A record a value. A fault that is beyond doubt is set aside before the other values are looked at."""
        left = list(range(len(counts.values)))
        found: dict[int, tuple[_Run, list[int]]] = {}
        while left:
            runs = {v: self._extreme(counts, v, left) for v in left}
            known = {v: run for v, run in runs.items() if run is not None}
            worst = min(known, key=lambda v: (known[v].p, -abs(known[v].z)), default=None)
            if worst is None or known[worst].p * len(left) > SURE or len(left) < 3:
                found |= {v: (run, list(left)) for v, run in known.items()}
                break
            found[worst] = (known[worst], list(left))
            left.remove(worst)
        return [self._record(counts, v, run, among) for v, (run, among) in sorted(found.items())]

    def _extreme(self, counts: _Counts, value: int, among: list[int]) -> _Run | None:
        n, x = counts.arrived[value], counts.went_on[value]
        others = [v for v in among if v != value]
        n_rest, x_rest = counts.arrived[others].sum(axis=0), counts.went_on[others].sum(axis=0)
        expected, variance = expected_counts(x, n, x_rest, n_rest)
        if not variance.any():
            return None
        rest = (x + x_rest - expected, n_rest)
        shared = _covariance(counts, value, among, (stats.rate(expected, n), stats.rate(*rest)), (n, n_rest))
        told = variance > 0
        shared = shared * np.outer(told, told)
        longest = min(self.question.most_weeks, max(1, int(np.count_nonzero(told)) // 3))
        return most_extreme(np.where(told, x - expected, 0), variance, shared, expected, n - expected, longest)

    def _record(self, counts: _Counts, value: int, run: _Run, among: list[int]) -> list[Any]:
        weeks = slice(run.low, run.high)
        n, x = int(counts.arrived[value, weeks].sum()), int(counts.went_on[value, weeks].sum())
        others = [v for v in among if v != value]
        x_rest, n_rest = counts.went_on[others].sum(axis=0), counts.arrived[others].sum(axis=0)
        rate, (low, high) = x / n, stats.wilson(x, n)
        inside = (np.arange(len(n_rest)) >= run.low) & (np.arange(len(n_rest)) < run.high)
        expected = usual(counts.went_on[value], counts.arrived[value], x_rest, n_rest, inside)
        if np.isnan(expected.rate):
            expected = Usual(run.expected / n, run.expected / n, run.expected / n)
        rest = stats.rate(x_rest[weeks].sum(), n_rest[weeks].sum())
        last = self.weeks[run.high - 1] + pd.Timedelta(days=6)
        steps = self.funnel.names
        where = [steps[counts.step], steps[counts.step + 1], counts.column, counts.values[value]]
        differences = apart((rate, float(low), float(high)), expected)
        return [*where, self.weeks[run.low], last, n, rate, low, high, expected.rate, rest, *differences, run.p]

    def people(self, step: int, column: str, value: str, first_day: date, last_day: date) -> np.ndarray:
        """User indices behind a row: who arrived at step `step` (from 1) in its weeks with its value and left."""
        answer, k = self.funnel, step - 1
        stuck = np.flatnonzero(~answer.still_open & (answer.level == step))
        rows = answer.rows[stuck, k]
        words = self.log.words(column)
        low, high = calendar.entry_range(first_day.isoformat(), last_day.isoformat(), self.log.zone)
        at = self.log.time[rows]
        inside = (at >= low) & (at < high) & (words.codes[rows] == words.code(value, column))
        return np.unique(answer.who[stuck[inside]])

    def weekly(self, place: int = 0) -> pd.DataFrame:
        """The weeks of a row of the table: `week`, `attempts`, `rate` with its interval, `rest_rate`."""
        row = self.table.iloc[place]
        step = self.funnel.names.index(row["step"])
        counts = next(c for c in self.counted if (c.step, c.column) == (step, row["column"]))
        v = counts.values.index(row["value"])
        n, x = counts.arrived[v], counts.went_on[v]
        low, high = stats.wilson(x, n)
        rest = stats.rate(counts.went_on.sum(axis=0) - x, counts.arrived.sum(axis=0) - n)
        data = {"week": self.weeks, "attempts": n, "rate": stats.rate(x, n), "rate_low": low, "rate_high": high}
        return pd.DataFrame({**data, "rest_rate": rest})

    def findings(self) -> list[Finding]:
        """Faults that stand after adjustment; where none does, that is said."""
        found = adjusted(self.tested())
        if found:
            return found
        if not len(self.table):
            detail = "At least {enough} attempts must be expected to go on, and as many not, in some run of weeks."
            message = "Too few to judge: no value of a property has enough attempts in any week"
            return [Finding(message, {"enough": FEW}, detail, tone="caution")]
        message = "No step broke for one group alone: {looked} groups looked at, week by week"
        return [Finding(message, {"looked": len(self.table)}, tone="neutral")]

    def tested(self) -> list[Finding]:
        """The most extreme run of every step, property and value."""
        found = []
        row: Any
        for row in self.table.itertuples():
            facts = {
                "step": row.step,
                "next": row.next,
                "column": row.column,
                "value": row.value,
                "first": row.first_day,
                "last": row.last_day,
                "rate": row.rate,
                "low_rate": row.rate_low,
                "high_rate": row.rate_high,
                "expected_rate": row.expected_rate,
                "rest_rate": row.rest_rate,
                "attempts": int(row.attempts),
            }
            message = "{value}, {first} to {last}: only {rate} went on from {step} to {next} instead of {expected_rate}"
            if row.difference_points > 0:
                message = "{value}, {first} to {last}: {rate} went on from {step} to {next} instead of {expected_rate}"
            detail = (
                "{low_rate} – {high_rate}, of {attempts} attempts; all others in these weeks {rest_rate}; "
                "{looks} groups looked at"
            )
            size = (row.difference_points, row.difference_low_points, row.difference_high_points)
            finding = Finding(message, facts, detail, *size, float(row.p), int(row.attempts))
            weight = abs(row.difference_points) * np.sqrt(row.attempts)
            found.append(finding.toned("bad" if row.difference_points < 0 else "good", weight))
        return found


def expected_counts(
    x: np.ndarray, n: np.ndarray, x_rest: np.ndarray, n_rest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Users of one group expected to go on in each week under one odds ratio for all weeks, and their variance.

    Args:
        x, n: Of the group: users who went on, users who arrived, one a week.
        x_rest, n_rest: Of all others.

    Returns:
        Expected numbers, and variances; both 0 where a week says nothing (one side is empty, or all did the same).

    References:
        Mantel and Haenszel (1959); expected number and variance given the margins: Breslow and Day (1980), section 4.4.
    """
    total, margin = n + n_rest, x + x_rest
    told = (n > 0) & (n_rest > 0) & (margin > 0) & (margin < total)
    safe = np.where(total > 0, total, 1)
    above = (x * (n_rest - x_rest) / safe)[told].sum()
    below = ((n - x) * x_rest / safe)[told].sum()
    if above == 0 or below == 0:
        return np.zeros(len(x)), np.zeros(len(x))
    ratio = above / below
    # E solves E (N_rest - M + E) = ratio (M - E) (N - E): the root between the margins' bounds.
    a, b, c = 1 - ratio, n_rest - margin + ratio * (margin + n), -ratio * margin * n
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.maximum(b * b - 4 * a * c, 0))
        expected = np.where(abs(a) < 1e-12, -c / b, 2 * -c / (b + root))
        cells = 1 / expected + 1 / (n - expected) + 1 / (margin - expected) + 1 / (n_rest - margin + expected)
        variance = 1 / cells * (total / np.maximum(total - 1, 1))
    told &= np.isfinite(expected) & np.isfinite(variance) & (variance > 0)
    return np.where(told, expected, 0.0), np.where(told, variance, 0.0)


def _covariance(
    counts: _Counts, value: int, among: list[int], rates: tuple[np.ndarray, np.ndarray], sizes: tuple[np.ndarray, ...]
) -> np.ndarray:
    """Covariance of the weeks' excesses when attempts of one user go together: users are independent, attempts not.

    An excess is, to first order, a weighted difference of what the group and the others did beyond their fitted
    rates; a user's share in it is summed over the user's attempts of each week.
    """
    own, rest = (n * p * (1 - p) for n, p in zip(sizes, rates, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.nan_to_num(rest / (own + rest)), np.nan_to_num(own / (own + rest))
    picked = np.isin(counts.value, among)
    who, week, on = counts.who[picked], counts.week[picked], counts.on[picked]
    mine = counts.value[picked] == value
    beyond = np.where(
        mine,
        weights[0][week] * (on - np.nan_to_num(rates[0])[week]),
        -weights[1][week] * (on - np.nan_to_num(rates[1])[week]),
    )
    _ids, user = np.unique(who, return_inverse=True)
    sums = sparse.csr_array((beyond, (user, week)), shape=(len(_ids), len(own)))
    return (sums.T @ sums).toarray()


def most_extreme(
    excess: np.ndarray, variance: np.ndarray, shared: np.ndarray, yes: np.ndarray, no: np.ndarray, longest: int
) -> _Run | None:
    """The run of weeks whose summed excess is furthest from 0, with the p-value of the furthest of all runs.

    The common odds ratio is estimated from the same weeks, so excesses sum to about 0: their law is that of a
    bridge. The p-value comes from draws of that bridge, looked at in the same runs; far in the tail, where draws
    are silent, from the sum of the runs' tails (Bonferroni).

    Args:
        excess, variance: One a week.
        shared: Covariance of the weeks' excesses.
        yes, no: Expected numbers of both outcomes.
        longest: Longest run, weeks.
    """
    n = len(excess)
    runs = [(a, a + size) for size in range(1, longest + 1) for a in range(n - size + 1)]
    low, high = np.array(runs).T
    inside = (np.arange(n) >= low[:, None]) & (np.arange(n) < high[:, None])
    contrasts = inside - (inside @ variance / variance.sum())[:, None]  # what the estimate of the odds ratio takes away
    spread = np.einsum("rw,wv,rv->r", contrasts, shared, contrasts)
    enough = (inside @ yes >= FEW) & (inside @ no >= FEW) & (spread > 1e-9)
    if not enough.any():
        return None
    low, high = low[enough], high[enough]
    scaled = contrasts[enough] / np.sqrt(spread[enough])[:, None]
    z = scaled @ excess
    best = int(np.argmax(np.abs(z)))
    values, vectors = np.linalg.eigh(shared)
    root = vectors * np.sqrt(np.maximum(values, 0))
    draws = np.random.default_rng(0).standard_normal((DRAWS, n)) @ root.T @ scaled.T
    beyond = int(np.count_nonzero(np.abs(draws).max(axis=1) >= abs(z[best])))
    p = (beyond + 1) / (DRAWS + 1)
    if beyond < 10:
        p = min(p, float(len(z) * 2 * sps.norm.sf(abs(z[best]))))
    at = slice(int(low[best]), int(high[best]))
    return _Run(at.start, at.stop, float(yes[at].sum()), float(z[best]), p)
