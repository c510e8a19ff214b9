"""Drivers of a drop: what those who went no further had seen, against those who went on.

The unit is a user at the moment of step k: the first time they have done the steps up to it, in this order. From
that moment everybody is watched for the same time, the window, and whoever does not do step k+1 in it has left.
The loss is therefore not to the digit that of the funnel, whose window runs from step 1: there, whoever is late at
step k has less time left, and anything that comes with being late would look like a reason to leave.

Watching leavers for as long as they stay away, and the others only until they go on, would be unfair too: those
who leave have more time to see things, so everything would look harmful. Two clocks are fair. *Before*: what
happened in the days up to step k, which was over before anybody could go on or leave. *After*: what happened in the
first hours after step k, among those who had not gone on by the end of them (a landmark); whoever went on sooner
is in neither group. Something that has nothing to do with leaving has a risk ratio of 1 on both clocks.

A risk ratio of 2 means that those with the event or value leave twice as often as those without it. It tells who
leaves, not why: whether a change would help is for a test to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.funnels.funnel import Funnel
from analysis.behaviour.leaving import landmark, seen
from analysis.errors import ParameterError
from analysis.events import EVENT, EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time


@dataclass(frozen=True, kw_only=True, repr=False)
class Drivers(Question):
    """Of those who reach a step, what had the ones seen who go no further.

    **Definition.** Population: users who do steps 1 to k in this order within `window_days`, with step 1 between
    `first_day` and `last_day`, and whose window from step k on is over; each at the first time. A user leaves who
    does not do step k+1 within `window_days` of step k. Features are the events, the funnel's own left out, and the
    values of the properties, that occur at least once: from `before_days` before step k up to its row; and after it
    up to `after_hours` later, among those who have not gone on by then. The leave rate of those with it over that of
    those without it is the risk ratio (interval: Katz); p by the score test, exact where counts are small, adjusted
    over all features of both clocks. Rows with the stamp of step k stand in the order of the file.

    Attributes:
        steps: 2 to 16 steps, each an event's name or a `Step`.
        step: k: the drop from this step to the next one; None for the step where most are lost.
        window_days: Longest time for steps 1 to k, and again for the step after, days.
        before_days: Length of the look back from step k, days.
        after_hours: Length of the look ahead, hours; None for the median time to the next step of those who went on,
            0 for none.
        coverage_low, coverage_high: Least and greatest share of the users that may have a feature.
        properties: Columns whose values are looked at; None for all with 2 to 60 words.
        first_day, last_day: Days between which step 1 must lie, ISO text in the log's zone; None: open.

    Use with care: a driver may stand for something else that comes with it (a page for a campaign, a platform for
    a price). After step k, any sign of life goes with going on; compare events there with each other.

    References:
        Landmark: Anderson, Cain and Gelber (1983), Journal of Clinical Oncology 1. Unfair time: Suissa (2008),
        American Journal of Epidemiology 167.
    """

    steps: tuple[Step, ...]
    step: int | None = None
    window_days: float = 7
    before_days: float = 7
    after_hours: float | None = None
    coverage_low: float = 0.10
    coverage_high: float = 0.80
    properties: tuple[str, ...] | None = None
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        steps = (self.steps,) if isinstance(self.steps, (str, Step)) else self.steps
        self._set("steps", tuple(Step.of(s) for s in steps))
        if not 2 <= len(self.steps) <= 16:
            raise ParameterError.outside("steps", len(self.steps), "2 to 16 steps")
        if self.step is not None and not 1 <= self.step < len(self.steps):
            raise ParameterError.outside("step", self.step, "the number of a step that has one after it")
        for name in ("window_days", "before_days"):
            given = getattr(self, name)
            if given is None or not 0 < given <= 3660:
                raise ParameterError.outside(name, given, "above 0 and at most 3660")
        if self.after_hours is not None and not 0 <= self.after_hours < self.window_days * 24:
            raise ParameterError.outside("after_hours", self.after_hours, "0 or more, and less than the window")
        seen.check_coverage(self.coverage_low, self.coverage_high)
        if self.properties is not None:
            self._set("properties", tuple(self.properties))
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    @property
    def _entries(self) -> dict[str, Any]:
        """What the funnel is asked with, its steps aside."""
        return {"window_days": self.window_days, "first_day": self.first_day, "last_day": self.last_day}

    def ask(self, log: EventLog, progress: Progress = None) -> DriversAnswer:
        """The drivers of a drop of a log."""
        needs_time(log)
        step = self.step or self._worst(log)
        units, reached_at, took = landmark.at_step(log, self.steps, step, self._entries, self.before_days)
        hours = self.after_hours
        if hours is None:
            hours = float(np.median(took[took >= 0])) / calendar.HOUR_US if (took >= 0).any() else 0.0
        after = landmark.after_step(log, units, reached_at, took, hours)
        own = [name for s in self.steps for name in s.events]
        columns, bounds = [EVENT, *seen.looked_at(log, self.properties)], (self.coverage_low, self.coverage_high)
        parts = []
        for late, group in ((False, units), (True, after)):
            found = seen.look(log, group, columns if group.enough() else [], bounds, own)
            found.insert(2, "after_step", np.full(len(found), late))
            parts.append(found)
        return DriversAnswer(self, log, step, hours, units, after, seen.ranked(parts))

    def _worst(self, log: EventLog) -> int:
        """Number of the step after which the greatest share is lost, of those that enough reach."""
        found = Funnel(steps=self.steps, **self._entries).ask(log)
        level = found.level[~found.still_open]
        counts = np.array([np.count_nonzero(level > k) for k in range(len(self.steps))])
        lost = stats.rate(counts[:-1] - counts[1:], counts[:-1])
        return int(np.argmax(np.where(counts[:-1] >= seen.FEW, lost, -1.0))) + 1


@dataclass(frozen=True, eq=False)
class DriversAnswer(Answer):
    """What goes with leaving at a step.

    Attributes:
        step: Number of the step the drop follows.
        after_hours: Length of the look ahead, given or learned.
        units, after: Users at step k, and those of them who had not gone on at the end of the look ahead.
        table: One row a feature, the clearest first: `column` and `value` ("event" and its name, or a property);
            `after_step`: seen after step k, else before; `users_with`, `users_without` it, of them `left_with`,
            `left_without`; the `leave_rate` of both; their `risk_ratio` with its interval, nan where one has no
            leaver; `coverage_share` of the users who have it; `p`, and `p_adjusted` over all rows.
        base: Two rows, at the step and after the look ahead: `users`, of them `left`, and the `leave_rate`.
    """

    question: Drivers
    log: EventLog
    step: int
    after_hours: float
    units: seen.Units
    after: seen.Units
    table: pd.DataFrame
    base: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        looks = {"at the step": self.units, "after the look ahead": self.after}
        object.__setattr__(self, "base", pd.DataFrame([self._base(*look) for look in looks.items()]))

    @staticmethod
    def _base(measure: str, units: seen.Units) -> dict[str, Any]:
        left, n = np.count_nonzero(units.left), len(units.left)
        low, high = stats.wilson(left, n)
        return {
            "measure": measure,
            "users": n,
            "left": left,
            "leave_rate": stats.rate(left, n),
            "leave_rate_low": low,
            "leave_rate_high": high,
        }

    @property
    def names(self) -> tuple[str, str]:
        """Names of the step and of the one after it."""
        return self.question.steps[self.step - 1].name, self.question.steps[self.step].name

    def people(self, feature: int, *, left: bool = True, having: bool = True) -> np.ndarray:
        """User indices behind a row of the table: those with the feature (or without) who left (or went on)."""
        row = self.table.iloc[feature]
        units = self.after if row["after_step"] else self.units
        has = seen.having(self.log, units, row["column"], row["value"])
        return units.who[(has == having) & (units.left == left)]

    def findings(self) -> list[Finding]:
        """How many leave; then what goes with it, after BH over all that was looked at."""
        base = self.base.iloc[0]
        facts = {
            "step": self.names[0],
            "next": self.names[1],
            "window_days": self.question.window_days,
            **{
                f"{k}_rate": base[f"leave_rate{tail}"]
                for k, tail in (("leave", ""), ("low", "_low"), ("high", "_high"))
            },
            "users": int(base["users"]),
            "left": int(base["left"]),
            "before_days": self.question.before_days,
            "after_hours": self.after_hours,
            "after_minutes": self.after_hours * 60,
            "enough": seen.FEW,
        }
        if not self.units.enough():
            message = "Too few to compare: of {users} users at {step}, {left} go no further"
            detail = "At least {enough} who leave and {enough} who go on are needed. Widen the period."
            return [Finding(message, facts, detail, n=int(base["users"]), tone="caution")]
        message = "{leave_rate} of those at {step} do not go on to {next} within {window_days} days"
        detail = "{low_rate} – {high_rate}, of {users} users; looked at: {before_days} days before it"
        if self.after_hours >= 2:
            detail = (
                "{low_rate} – {high_rate}, of {users} users; looked at: {before_days} days before, {after_hours} after"
            )
        elif self.after_hours > 0:
            detail = (
                "{low_rate} – {high_rate}, of {users} users; looked at: {before_days} days before, "
                "{after_minutes} min after"
            )
        size = (base["leave_rate"], base["leave_rate_low"], base["leave_rate_high"])
        head = Finding(message, facts, detail, *size, n=int(base["users"]), weight=1e9)
        found = seen.told_once(adjusted(self.tested()))
        if not found:
            message = "Nothing seen before or after {step} goes with leaving"
            detail = "{looks} events and values looked at, none beyond chance"
            found = [Finding(message, facts | {"looks": len(self.table)}, detail, looks=len(self.table))]
        return [head, *found]

    def tested(self) -> list[Finding]:
        """Every feature, with against without it."""
        return [self._tested(row) for _, row in self.table.iterrows()]

    def _tested(self, row: pd.Series) -> Finding:
        own = row["column"] == EVENT
        message = {
            (True, False): "After {value} before {step}, {with_rate} leave; without it, {without_rate}",
            (False, False): "With {column} {value} up to {step}, {with_rate} leave; without it, {without_rate}",
            (True, True): "With {value} soon after {step}, {with_rate} leave; without it, {without_rate}",
            (False, True): "With {column} {value} soon after {step}, {with_rate} leave; without it, {without_rate}",
        }[own, bool(row["after_step"])]
        detail = "{ratio} times as often ({ratio_low} – {ratio_high}); {users_with} users with it; {looks} looked at"
        return seen.finding(row, message, detail, {"step": self.names[0]})
