"""A fitted curve of staying: how many of those who start will still be there, later than the file can tell.

The curve is a model of leaving for good, made for contracts: who leaves is known, and does not come back. Without a
contract nobody says goodbye. Here a user counts as having stayed through a period when seen in it *or later*. Who was
seen lately may come again, so the last periods of the file serve for waiting only: a user seen within them is still
there, as far as anybody knows. The length of this wait is learned from the pauses users usually make.

A curve that fits the past need not foretell the future. So it is tried first: fitted on the first two thirds of the
periods, it must come closer to the rest than the plain guess that nobody leaves any more. When it does not, no
forecast is given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from analysis import calendar
from analysis.behaviour.returning.geometric import Fit, fit
from analysis.behaviour.returning.retention import Retention
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time
from analysis.users import left_edge_days

ENOUGH_USERS, ENOUGH_LOST, ENOUGH_PERIODS = 100, 20, 6
"""Under so many users, lost users or periods no curve is fitted."""

AT_RISK = 30
"""Periods with fewer users at risk are not used: their steps are noise."""

DRAWS = 200
MOST_PERIODS = 120


@dataclass(frozen=True, kw_only=True, repr=False)
class RetentionCurve(Question):
    """The share of those who start that is still there, fitted and carried beyond the data.

    **Definition.** Users start as in Retention. A user has stayed through period k when seen in it or later. The
    last `waiting_periods` of the file are for waiting only: a user of a cohort that has N whole periods is followed
    through N − `waiting_periods` of them, and is censored there. The observed curve is the product-limit over
    all cohorts; the fitted one is the shifted beta-geometric of greatest likelihood, its band the middle 95 % of
    curves fitted to 200 resamples of users (drawn with a fixed seed). Back-test: fitted on the first two thirds of the
    periods, mean absolute error over the rest, beside that of the last observed value held.

    Attributes:
        start: Event that starts; None for the first event of any kind.
        returning: Event that counts as being there; None for any event.
        period: "day", "week" or "month".
        rolling: Count periods from the user's own start instead of the calendar.
        horizon_periods: Periods after the start up to which the curve is carried.
        waiting_periods: Periods at the end that serve for waiting; None: learned, the log's left edge (the pause
            that 95 % of pauses do not exceed), at most a third of the periods.
        first_day, last_day: Days between which the start must lie, ISO text; None: open.

    Use with care: this is a model for contracts. Users who pause longer than the wait are taken for lost, so the curve
    is too low where long pauses are usual; raise `waiting_periods` then. The band holds the chance of sampling,
    not that the shop, the season or the users change. Cohorts are taken to be alike.

    References:
        Fader and Hardie (2007), Journal of Interactive Marketing 21(1). Product-limit: Kaplan and Meier (1958),
        JASA 53; its interval on the log-log scale: Kalbfleisch and Prentice (2002), section 1.4.
    """

    start: Step | None = None
    returning: Step | None = None
    period: calendar.Period = "week"
    rolling: bool = False
    horizon_periods: int = 52
    waiting_periods: int | None = None
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        for name in ("start", "returning"):
            given = getattr(self, name)
            self._set(name, None if given is None else Step.of(given))
        if self.period not in calendar.ROLLING_DAYS:
            raise ParameterError.outside("period", self.period, "one of day, week, month")
        if not 2 <= self.horizon_periods <= MOST_PERIODS:
            raise ParameterError.outside("horizon_periods", self.horizon_periods, f"2 to {MOST_PERIODS}")
        if self.waiting_periods is not None and not 0 <= self.waiting_periods <= MOST_PERIODS:
            raise ParameterError.outside("waiting_periods", self.waiting_periods, f"0 to {MOST_PERIODS}")
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def ask(self, log: EventLog, progress: Progress = None) -> RetentionCurveAnswer:
        """The curve of a log."""
        needs_time(log)
        span = (log.ends_at - log.starts_at) / calendar.DAY_US / calendar.ROLLING_DAYS[self.period]
        periods = int(min(max(ceil(span), 1), MOST_PERIODS))
        base = Retention(
            start=self.start, returning=self.returning, period=self.period, rolling=self.rolling, mode="on_or_after",
            periods=periods, first_day=self.first_day, last_day=self.last_day,
        )  # fmt: skip
        found = base.ask(log, progress)
        seen = found.grid.complete.sum(axis=1) - 1  # whole periods after the start, cohort by cohort
        wait = self.waiting_periods
        if wait is None:
            learned = ceil(left_edge_days(log) / calendar.ROLLING_DAYS[self.period])
            wait = min(learned, max(int(seen.max(initial=0)), 0) // 3)
        lost, ended = _fates(found.retained, found.sizes, seen - wait)
        return RetentionCurveAnswer(self, log, wait, lost, ended)


def _fates(alive: np.ndarray, sizes: np.ndarray, followed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Users lost in each period, and users who stayed as long as they were followed, by that length."""
    lost, ended = np.zeros(alive.shape[1] - 1), np.zeros(alive.shape[1])
    for row, size, n in zip(alive, sizes, followed, strict=True):
        if size and n > 0:
            left = -np.diff(row[: n + 1])
            lost[:n] += left
            ended[n] += row[n]
    return lost, ended


def _at_risk(lost: np.ndarray, ended: np.ndarray) -> np.ndarray:
    """Users who stayed through j periods and were followed through the next one."""
    after = lost[::-1].cumsum()[::-1]
    risk: np.ndarray = after + ended[1:][::-1].cumsum()[::-1]
    return risk


@dataclass(frozen=True, eq=False)
class RetentionCurveAnswer(Answer):
    """The observed and the fitted curve.

    Attributes:
        waiting: Periods that served for waiting.
        lost, ended: See `_fates`.
        fitted: The curve; None where there were too few users or periods.
        model_error, naive_error: Mean absolute errors of the back-test; nan without one.
        table: One row a period, 0 up to the horizon: `period`; `users` who stayed through it
            and were followed through the next; `lost` in it; `stay_rate` with `_low`,
            `_high`, observed, nan beyond the data; `fitted_rate` with `_low`, `_high`, nan beyond the data when the
            back-test was lost; `forecast`: the period lies beyond the data.
    """

    question: RetentionCurve
    log: EventLog
    waiting: int
    lost: np.ndarray
    ended: np.ndarray
    fitted: Fit | None = field(init=False)
    model_error: float = field(init=False)
    naive_error: float = field(init=False)
    table: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        risk = _at_risk(self.lost, self.ended)
        used = int((risk >= AT_RISK).sum())  # the base only falls
        enough = used >= ENOUGH_PERIODS and risk[0] >= ENOUGH_USERS and self.lost[:used].sum() >= ENOUGH_LOST
        observed, low, high = _product_limit(risk[:used], self.lost[:used])
        best = fit(risk[:used], self.lost[:used]) if enough else None
        errors = _back_test(risk[:used], self.lost[:used], observed) if enough else (np.nan, np.nan)
        for name, value in (("fitted", best), ("model_error", errors[0]), ("naive_error", errors[1])):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "table", self._table(risk, used, (observed, low, high)))

    @property
    def refused(self) -> bool:
        """Whether the back-test was lost, so that no forecast is given."""
        return not self.model_error < self.naive_error

    def _table(self, risk: np.ndarray, used: int, observed: tuple[np.ndarray, ...]) -> pd.DataFrame:
        last = max(self.question.horizon_periods, used)
        period = np.arange(last + 1)
        data: dict[str, Any] = {"period": period}
        data["users"] = np.append(risk[:used], np.zeros(last + 1 - used)).astype(np.int64)
        data["lost"] = np.concatenate([[0], self.lost[:used], np.zeros(last - used)]).astype(np.int64)
        for name, values in zip(("stay_rate", "stay_rate_low", "stay_rate_high"), observed, strict=True):
            data[name] = np.append(values, np.full(last - used, np.nan))
        curve, low, high = self._curves(used, last)
        shown = ~(self.refused & (period > used))
        for name, values in (("fitted_rate", curve), ("fitted_rate_low", low), ("fitted_rate_high", high)):
            data[name] = np.where(shown, values, np.nan)
        data["forecast"] = period > used
        return pd.DataFrame(data)

    def _curves(self, used: int, last: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The fitted curve and its band, from resampled users."""
        if self.fitted is None:
            none = np.full(last + 1, np.nan)
            return none, none, none
        ended = np.append(self.ended[: used + 1], 0.0)
        # Who was followed further than the periods used has stayed through all of them.
        ended[used] += self.ended[used + 1 :].sum() + self.lost[used:].sum()
        fates = np.concatenate([self.lost[:used], ended[1 : used + 1]])
        users, rng = int(fates.sum()), np.random.default_rng(0)
        curves = []
        for draw in rng.multinomial(users, fates / users, DRAWS).astype(float):
            lost = draw[:used]
            curves.append(fit(_at_risk(lost, np.append(0, draw[used:])), lost, self.fitted).survivors(last))
        low, high = np.percentile(curves, [2.5, 97.5], axis=0)
        return self.fitted.survivors(last), low, high

    def findings(self) -> list[Finding]:
        """How many will still be there at the horizon; or why that is not said."""
        users = int(self.table["users"].iloc[0])
        if self.fitted is None:
            message = "Too few to fit a curve: {users} users over {periods} periods with enough of them"
            detail = "At least {enough} users, {enough_lost} of them lost, and {enough_periods} periods are needed."
            said = {"users": users, "periods": int((self.table["users"] >= AT_RISK).sum()), "enough": ENOUGH_USERS}
            said |= {"enough_lost": ENOUGH_LOST, "enough_periods": ENOUGH_PERIODS}
            return [Finding(message, said, detail, n=users, tone="caution", weight=1e9)]
        facts: dict[str, Any] = {"users": users, "wait": self.waiting, "missed": self.model_error * 100}
        facts |= {"naive_missed": self.naive_error * 100}
        if self.refused:
            message = "No forecast: tried on the last third of the periods, the curve missed by {missed} points"
            detail = (
                "The last value held misses by {naive_missed} points, which is no worse. "
                "The fitted curve is shown within the data only."
            )
            return [Finding(message, facts, detail, n=users, tone="caution", weight=1e9)]
        return [self._forecast(facts, users)]

    def _forecast(self, facts: dict[str, Any], users: int) -> Finding:
        row = self.table.iloc[self.question.horizon_periods]
        rate, low, high = (float(row[f"fitted_rate{end}"]) for end in ("", "_low", "_high"))
        facts |= {"horizon": self.question.horizon_periods, "rate": rate, "low_rate": low, "high_rate": high}
        message = {
            "day": "{rate} of those who start are expected to be there on day {horizon} or later",
            "week": "{rate} of those who start are expected to be there in week {horizon} or later",
            "month": "{rate} of those who start are expected to be there in month {horizon} or later",
        }[self.question.period]
        detail = (
            "{low_rate} – {high_rate}; {users} users. Tried on the last third of the periods, the curve missed by "
            "{missed} points, the last value held by {naive_missed}. A model for contracts: who pauses longer than "
            "{wait} periods is taken for lost."
        )
        return Finding(message, facts, detail, rate, low, high, n=users, weight=1e9)


def _product_limit(risk: np.ndarray, lost: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Observed share that stays through 0, 1, … periods, with its 95 % interval on the log-log scale."""
    stay = np.append(1.0, np.cumprod(1 - lost / np.maximum(risk, 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.append(0.0, np.cumsum(lost / (risk * (risk - lost))))
        half = 1.959964 * np.sqrt(variance) / np.abs(np.log(stay))
        low, high = stay ** np.exp(half), stay ** np.exp(-half)
    sure = (stay < 1) & (stay > 0)
    return stay, np.where(sure, low, np.nan), np.where(sure, high, np.nan)


def _back_test(risk: np.ndarray, lost: np.ndarray, observed: np.ndarray) -> tuple[float, float]:
    """Mean absolute errors over the last third of the periods: of the curve fitted before, of the last value held."""
    known = ceil(len(risk) * 2 / 3)
    curve = fit(risk[:known], lost[:known]).survivors(len(risk))
    rest = observed[known + 1 :]
    return float(np.abs(curve[known + 1 :] - rest).mean()), float(np.abs(observed[known] - rest).mean())
