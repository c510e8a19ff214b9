"""Time to convert: how long it takes from the first step to the last, those still on their way included.

The median of those who have arrived is too short: whoever needs longer has not arrived yet. So everybody who
started is watched for as long as the file allows, and the share converted by a time is estimated from all of them:
those whose window is still open count for as long as they were seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.funnels.funnel import FEW, Funnel, FunnelAnswer
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.questions import Answer, Progress, Question, Step

POINTS = 400
"""The curve is given at so many times at most; steps closer than that can't be seen."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TimeToConvert(Question):
    """How long it takes from the first step to the last.

    **Definition.** Unit: users, each with the attempt that `Funnel` judges. The share converted by time t after step 1
    is Kaplan-Meier's: entries that were not followed up to t, because the file ends, count until it ends; those that
    did not convert within the window are watched for the whole window and no longer.

    Attributes:
        steps, window_days, attempt, order: As in `Funnel`.
        first_day, last_day: Days between which step 1 must lie, ISO text; None: open.

    Use with care: without a window an entry is watched to the end of the file. A curve that has not levelled off at
    its end says that the window is too short.

    References:
        Kaplan and Meier (1958), JASA 53.
    """

    steps: tuple[Step, ...]
    window_days: float | None = 7
    attempt: Literal["best", "first"] = "first"
    order: Literal["this", "exact", "any"] = "this"
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        if self.attempt not in ("best", "first"):
            raise ParameterError.outside("attempt", self.attempt, "one of best, first")
        for name in ("steps", "first_day", "last_day"):
            self._set(name, getattr(self.funnel, name))
        if len(self.steps) < 2:
            raise ParameterError.outside("steps", len(self.steps), "2 to 16 steps")

    @property
    def funnel(self) -> Funnel:
        """The funnel that is asked: open entries take part."""
        return Funnel(**{f.name: getattr(self, f.name) for f in fields(self)}, include_open=True)

    def ask(self, log: EventLog, progress: Progress = None) -> TimeToConvertAnswer:
        """The times of a log."""
        return TimeToConvertAnswer(question=self, log=log, funnel=self.funnel.ask(log, progress))


@dataclass(frozen=True, eq=False)
class TimeToConvertAnswer(Answer):
    """The curve.

    Attributes:
        funnel: The funnel, open entries included.
        hours, happened: Of each entry: how long it was watched, and whether it converted at the end of that.
        table: `hours` since step 1, `converted_rate` by then with its interval (log-log), `at_risk` entries still
            watched; at most 400 rows, the last time included.
        quantiles: `share` of all entries (.1, .25, .5, .75, .9) and the `hours` by which so many have converted; nan
            where the curve does not get there.
    """

    question: TimeToConvert
    log: EventLog
    funnel: FunnelAnswer
    hours: np.ndarray = field(init=False)
    happened: np.ndarray = field(init=False)
    table: pd.DataFrame = field(init=False)
    quantiles: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = ["hours", "converted_rate", "converted_rate_low", "converted_rate_high", "at_risk"]

    def __post_init__(self) -> None:
        last, rows = len(self.question.steps) - 1, self.funnel.rows
        began = self.log.time[rows[:, 0]]
        happened = self.funnel.level > last
        window = self.question.window_days
        closes = self.log.ends_at if window is None else np.minimum(self.log.ends_at, began + window * calendar.DAY_US)
        ended = np.where(happened, self.log.time[rows.max(axis=1)], closes)
        object.__setattr__(self, "happened", happened)
        object.__setattr__(self, "hours", np.maximum(ended - began, 0) / calendar.HOUR_US)
        curve = stats.kaplan_meier(self.hours, happened)
        shown = np.unique(np.linspace(0, max(len(curve.time) - 1, 0), POINTS).astype(int))[: len(curve.time)]
        data = (curve.time, 1 - curve.survival, 1 - curve.high, 1 - curve.low, curve.at_risk)
        table = pd.DataFrame({n: v[shown] for n, v in zip(self.COLUMNS, data, strict=True)}, columns=self.COLUMNS)
        object.__setattr__(self, "table", table)
        shares = np.array([0.1, 0.25, 0.5, 0.75, 0.9])
        reached = [np.flatnonzero(1 - curve.survival >= share - 1e-12) for share in shares]
        hours = [curve.time[r[0]] if len(r) else np.nan for r in reached]
        object.__setattr__(self, "quantiles", pd.DataFrame({"share": shares, "hours": hours}))

    def people(self, *, converted: bool = True) -> np.ndarray:
        """User indices of those who converted, or of those who did not (yet)."""
        return self.funnel.who[self.happened == converted]

    def findings(self) -> list[Finding]:
        """What share has converted by the end, and how soon half of those had."""
        n = len(self.hours)
        if n < FEW or not self.happened.any():
            message = "Too few to judge: {entries} entries, {converted} of them converted"
            detail = "At least {enough} entries are needed, and one that converted."
            few = {"entries": n, "converted": int(self.happened.sum()), "enough": FEW}
            return [Finding(message, few, detail, n=n, tone="caution")]
        end, window = self.table.iloc[-1], self.question.window_days
        half = self.table[self.table["converted_rate"] >= end["converted_rate"] / 2].iloc[0]
        facts = {
            "rate": end["converted_rate"],
            "low_rate": end["converted_rate_low"],
            "high_rate": end["converted_rate_high"],
            "half_hours": float(half["hours"]),
            "last_hours": float(end["hours"]) if window is None else float(window) * 24,
            "entries": n,
            "watched": int((~self.happened & self.funnel_open).sum()),
        }
        message = "{rate} convert within {last_hours}; half of those within {half_hours}"
        if self.question.attempt == "first":
            facts["first"] = self.question.steps[0].name
            message = "{rate} convert within {last_hours} of their first {first}; half of those within {half_hours}"
        detail = "{low_rate} – {high_rate}, of {entries} users; {watched} of them were not watched to the end"
        if self.question.attempt == "first":
            detail = (
                "{low_rate} – {high_rate}, of {entries} users, each from the first attempt on; {watched} of them were "
                "not watched to the end"
            )
        size = (float(end["converted_rate"]), float(end["converted_rate_low"]), float(end["converted_rate_high"]))
        return [Finding(message, facts, detail, *size, n=n, weight=1e9)]

    @property
    def funnel_open(self) -> np.ndarray:
        """Which entries could not be watched for the whole window, because the file ends."""
        if self.question.window_days is None:
            return np.ones(len(self.hours), bool)
        return self.log.time[self.funnel.rows[:, 0]] + self.question.window_days * calendar.DAY_US > self.log.ends_at
