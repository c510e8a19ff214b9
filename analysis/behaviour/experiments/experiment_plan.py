"""ExperimentPlan: how many users, and so how many days, an experiment needs before it can tell anything.

Small changes need many users: to see half the change takes four times as many. What is usual now (the
rate, or the mean and its spread) and how many users come by a day are taken from the data's own last
weeks, so that the plan is about this shop and not about a textbook.

Users who come back are counted once: the second week brings fewer new faces than the first. The days are
those in which users are let in; the last of them then need their horizon to finish.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.experiments.metric import Metric, outcomes
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time
from analysis.trials import contrast, power
from analysis.trials.contrast import Moments
from analysis.trials.exposures import follow

FEWEST = 100
"""Finished users in the data from which a plan is made."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ExperimentPlan(Question):
    """Users an arm and days that an experiment needs, from the data's own rate, spread and traffic.

    **Definition.** Eligible is who does `exposure` (any event when None) in the `sample_days` before the last day
    whose horizon is over, or between `first_day` and `last_day`; a user enters at the first such row. The base is
    their metric within `horizon_days` after it; the traffic is the number of different users who have entered by
    each day, continued beyond the sample at the pace of its second half. The change is found four times in five
    (`power`) if it is there, and seen where there is none in one of twenty (`alpha`), shared by all treated arms.

    Attributes:
        metric: What decides.
        exposure: Event that lets a user in; None: any event.
        change: Change to be found, as a share of the base.
        n_arms: Arms of one size, the control included.
        traffic_share: Share of eligible users who take part.
        alpha: False alarms over all arms together (Bonferroni).
        power: Chance to find the change.
        horizon_days: Days after entry within which outcomes count.
        sample_days: Days of entries that are learned from, where no days are given.
        base_rate: Base of a conversion; None: learned.
        users_a_day: Eligible users a day; None: learned.
        first_day, last_day: Days between which entries are learned from, ISO text.

    Use with care: it holds while the season stays what it was. A plan for the change you hope for finds nothing
    smaller; plan for the smallest change worth having. Do not stop before the planned day, unless the experiment
    is read with always-valid intervals, which need more than twice the users.

    References:
        Fleiss, Levin and Paik (2003), chapter 4. Cohen (1988), section 2.4. Kohavi, Tang and Xu (2020), chapter 17.
    """

    metric: Metric
    exposure: Step | None = None
    change: float = 0.1
    n_arms: int = 2
    traffic_share: float = 1
    alpha: float = power.ALPHA
    power: float = power.POWER
    horizon_days: float = 14
    sample_days: int = 28
    base_rate: float | None = None
    users_a_day: float | None = None
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        self._set("metric", Metric.of(self.metric))
        self._set("exposure", None if self.exposure is None else Step.of(self.exposure))
        bounds = {
            "traffic_share": (0, 1, "above 0 and at most 1"),
            "change": (0, 10, "above 0 and at most 10"),
            "horizon_days": (0, 3660, "above 0 and at most 3660"),
            "sample_days": (0, 3660, "above 0 and at most 3660"),
            "n_arms": (1, 20, "from 2 to 20 arms"),
        }
        for name, (low, high, rule) in bounds.items():
            if not low < getattr(self, name) <= high:
                raise ParameterError.outside(name, getattr(self, name), rule)
        for name in ("alpha", "power", "base_rate"):
            given = getattr(self, name)
            if given is not None and not 0 < given < 1:
                raise ParameterError.outside(name, given, "between 0 and 1")
        if not self.alpha < self.power:
            raise ParameterError.outside("power", self.power, "larger than alpha")
        if self.users_a_day is not None and not 0 < self.users_a_day < np.inf:
            raise ParameterError.outside("users_a_day", self.users_a_day, "a positive number")
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    @property
    def level(self) -> float:
        """α of each comparison with the control."""
        return self.alpha / (self.n_arms - 1)

    def ask(self, log: EventLog, progress: Progress = None) -> ExperimentPlanAnswer:
        """The plan from a log of events."""
        needs_time(log)
        low, high = self._sample(log)
        entering = ((log.time >= low) & (log.time < high)).astype(np.int32)
        found = follow(
            log,
            entering,
            np.array([False, True]),
            outcomes(log, (self.metric,), self.exposure, self.horizon_days),
            *(self.horizon_days, self.horizon_days, (low, high)),
            progress,
        )
        done = ~found.still_open
        values = found.values[done, 0]
        base = contrast.moments(values > 0 if self.metric.rate else values, rate=self.metric.rate)
        days = max(1, math.ceil((high - low) / calendar.DAY_US))
        entered = np.cumsum(np.bincount(np.minimum((found.at - low) // calendar.DAY_US, days - 1), minlength=days))
        return ExperimentPlanAnswer(
            question=self, name=self.metric.name(log), base=base, entered=entered, users=found.users[done]
        )

    def _sample(self, log: EventLog) -> tuple[int, int]:
        """First instant of the entries that are learned from, and the one after the last."""
        over = log.ends_at - round(self.horizon_days * calendar.DAY_US) + 1
        low, high = calendar.entry_range(self.first_day, self.last_day, log.zone)
        high = min(high, max(over, log.starts_at + 1))
        if self.first_day is None:
            low = max(high - round(self.sample_days * calendar.DAY_US), log.starts_at)
        low = min(max(low, log.starts_at), high - 1)
        return low, high


@dataclass(frozen=True, eq=False)
class ExperimentPlanAnswer(Answer):
    """The plan.

    Attributes:
        name: What the metric is called.
        base: Users learned from, and mean and variance of their metric.
        entered: Different users who entered by the end of each day of the sample.
        users: User indices of those learned from.
        table: One row a number of days in which users are let in: `days`, `total_days` (with the last one's
            horizon), `users` of all arms, `users_an_arm`, and the smallest change they would show: `smallest_points`
            or `smallest_mean`, and `smallest_rate` relative to the base, with `smallest_rate_low` and `_high` from the
            uncertainty of the base. nan where no change could be shown.
        needed: Users in each arm that show `change`; nan where the base is 0 or unknown.
        needed_low, needed_high: The same at the ends of the base's interval; nan for means.
        days: Days in which they come; nan beyond `MOST_DAYS`.
    """

    question: ExperimentPlan
    name: str
    base: Moments
    entered: np.ndarray
    users: np.ndarray
    table: pd.DataFrame = field(init=False)
    needed: float = field(init=False)
    needed_low: float = field(init=False)
    needed_high: float = field(init=False)
    days: float = field(init=False)

    COLUMNS: ClassVar = [
        *("days", "total_days", "users", "users_an_arm", "smallest_points", "smallest_mean"),
        *("smallest_rate", "smallest_rate_low", "smallest_rate_high"),
    ]
    SHOWN: ClassVar = (1, 2, 3, 5, 7, 10, 14, 21, 28, 35, 42, 56, 70, 84, 112, 140, 182, 273, 365)
    MOST_DAYS: ClassVar = 365
    TOLD_DAYS: ClassVar = 28

    def __post_init__(self) -> None:
        low, high = self.base_interval
        if self.question.metric.rate:
            needed = [self._needed(rate) for rate in (self.base_mean, high, low)]
        else:
            needed = [self._needed(self.base_mean), np.nan, np.nan]
        for name, value in zip(("needed", "needed_low", "needed_high"), needed, strict=True):
            object.__setattr__(self, name, value)
        every = np.arange(1, self.MOST_DAYS + 1)
        enough = every[self.let_in(every) >= self.needed * self.question.n_arms]
        object.__setattr__(self, "days", float(enough[0]) if len(enough) else np.nan)
        object.__setattr__(self, "table", self._table())

    @property
    def base_mean(self) -> float:
        """The base: given, or learned; nan under `FEWEST` users."""
        if self.question.base_rate is not None and self.question.metric.rate:
            return self.question.base_rate
        return self.base.mean if self.base.users >= FEWEST else np.nan

    @property
    def base_interval(self) -> tuple[float, float]:
        """Interval of a learned base; nan where it is given or unknown."""
        if np.isnan(self.base_mean) or (self.question.base_rate is not None and self.question.metric.rate):
            return np.nan, np.nan
        if self.question.metric.rate:
            low, high = stats.wilson(self.base.successes, self.base.users)
            return float(low), float(high)
        return stats.mean_interval(self.base.users, self.base.mean, self.base.variance)

    def let_in(self, days: np.ndarray) -> np.ndarray:
        """Users of all arms who have come by each number of days."""
        if self.question.users_a_day is not None:
            return self.question.users_a_day * days * self.question.traffic_share
        seen, half = len(self.entered), len(self.entered) // 2
        pace = (self.entered[-1] - self.entered[half - 1]) / (seen - half) if half else float(self.entered[-1])
        inside = self.entered[np.minimum(days, seen) - 1]
        return (inside + np.maximum(days - seen, 0) * pace) * self.question.traffic_share

    def _needed(self, base: float) -> float:
        """Users in each arm that show the change from this base."""
        change = base * self.question.change
        if not change > 0:
            return np.nan
        level = {"alpha": self.question.level, "power": self.question.power}
        if not self.question.metric.rate:
            return power.users_needed_mean(self.base.variance, change, **level)
        return power.users_needed(base, change if base + change < 1 else -change, **level)

    def _smallest(self, base: float, users: float) -> float:
        level = {"alpha": self.question.level, "power": self.question.power}
        if self.question.metric.rate:
            return power.detectable(base, users, users, **level)
        return power.detectable_mean(users, self.base.variance, users, self.base.variance, **level)

    def _table(self) -> pd.DataFrame:
        rows, (low, high) = [], self.base_interval
        rate = self.question.metric.rate
        shown = np.array(self.SHOWN)
        for days, users in zip(shown, self.let_in(shown), strict=True):
            each = users // self.question.n_arms
            seen = self._smallest(self.base_mean, each)
            share = seen / self.base_mean if self.base_mean > 0 else np.nan
            # A higher base shows smaller relative changes.
            ends = [self._smallest(b, each) / b if b > 0 else np.nan for b in (high, low)]
            unit = [seen, np.nan] if rate else [np.nan, seen]
            rows.append([days, days + self.question.horizon_days, int(users), int(each), *unit, share, *ends])
        return pd.DataFrame(rows, columns=self.COLUMNS)

    def findings(self) -> list[Finding]:
        """Users and days, or why none can be said."""
        question = self.question
        facts = {"metric": self.name, "found": self.base.users, "enough": FEWEST, "change_share": question.change}
        if np.isnan(self.needed):
            message = "No plan can be made: too little is known of {metric}"
            detail = "{found} users have finished in the days looked at, {enough} with some outcome are needed"
            return [Finding(message, facts, detail, n=self.base.users, tone="caution", weight=1e9)]
        facts |= {"needed": math.ceil(self.needed), "arms": question.n_arms, "power_share": question.power}
        facts |= {"days": self.days, "horizon_days": question.horizon_days, "base": self.base_mean}
        facts |= {"users_a_day": round(float(self.let_in(np.array([28]))[0]) / 28, 1), "most_days": self.MOST_DAYS}
        facts |= {"base_rate": self.base_mean, "low_rate": self.base_interval[0], "high_rate": self.base_interval[1]}
        found = [Finding(self._headline(), facts, self._detail(), n=self.base.users, weight=1e9)]
        seen = self.table[self.table["days"] == self.TOLD_DAYS]["smallest_rate"].iloc[0]
        if seen == seen:
            facts = {"days": self.TOLD_DAYS, "smallest_share": seen, "metric": self.name}
            message = "In {days} days a change of {smallest_share} or more in {metric} would show"
            found.append(Finding(message, facts, n=self.base.users))
        return found

    def _headline(self) -> str:
        if np.isnan(self.days):
            message = (
                "A change of {change_share} in {metric} takes {needed} users in each arm: more than come in a year"
            )
        else:
            message = "A change of {change_share} in {metric} takes {needed} users in each arm: about {days} days"
        return message

    def _detail(self) -> str:
        if not self.question.metric.rate:
            detail = (
                "Found {power_share} of the time; now {base} a user, from {found} users; {users_a_day} new users a day"
            )
        elif self.question.base_rate is not None:
            detail = "Found {power_share} of the time; from {base_rate}, as given; {users_a_day} new users a day"
        else:
            detail = (
                "Found {power_share} of the time; now {base_rate} ({low_rate} to {high_rate}) of {found} users; "
                "{users_a_day} new users a day, and {horizon_days} days for the last to finish"
            )
        return detail

    def people(self) -> np.ndarray:
        """User indices of those the base was learned from."""
        return self.users
