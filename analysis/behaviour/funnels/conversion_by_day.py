"""Conversion by entry day: of those who started in a period, how many converted, and together they are the funnel.

A conversion is counted where its user *started*, not where it happened: else a day of many orders from last
week's visitors looks like a good day for today's. So the days' entries and conversions sum to the funnel's.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.funnels.funnel import FEW, Funnel, FunnelAnswer
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.questions import Answer, Progress, Question, Step


@dataclass(frozen=True, kw_only=True, repr=False)
class ConversionByDay(Question):
    """Conversion by the day, week or month in which users started.

    **Definition.** Unit: users (attempts, where all attempts count), each in the period of the step 1 of the attempt
    that `Funnel` judges. Entries whose window is still open are counted apart. Entries and conversions of all periods
    sum to the funnel's first and last step.

    Attributes:
        steps, window_days, attempt, order: As in `Funnel`.
        period: "day", "week" or "month", of the log's zone.
        first_day, last_day: Days between which step 1 must lie, ISO text; None: open.

    Use with care: with the best attempt a user is counted in the period of the attempt that got furthest, so a period
    can't be read as "all who came then"; with the first attempt it can.
    """

    steps: tuple[Step, ...]
    window_days: float | None = 7
    attempt: Literal["best", "first", "all"] = "first"
    order: Literal["this", "exact", "any"] = "this"
    period: calendar.Period = "week"
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        if self.period not in calendar.ROLLING_DAYS:
            raise ParameterError.outside("period", self.period, "one of day, week, month")
        for name in ("steps", "first_day", "last_day"):
            self._set(name, getattr(self.funnel, name))

    @property
    def funnel(self) -> Funnel:
        """The funnel that is asked."""
        return Funnel(**{f.name: getattr(self, f.name) for f in fields(self) if f.name != "period"})

    def ask(self, log: EventLog, progress: Progress = None) -> ConversionByDayAnswer:
        """The conversions of a log, by entry."""
        funnel = self.funnel.ask(log, progress)
        bounds, days = calendar.bounds(log.starts_at, max(log.ends_at, log.starts_at + 1), log.zone, self.period)
        return ConversionByDayAnswer(question=self, log=log, funnel=funnel, bounds=bounds, days=days)


@dataclass(frozen=True, eq=False)
class ConversionByDayAnswer(Answer):
    """Entries and conversions by period.

    Attributes:
        funnel: The funnel they sum to.
        bounds, days: Instants at which the periods begin; their first days.
        table: One row a period from the first with an entry: `start` (its first day), `users` (or `attempts`) whose
            window has closed, `converted` of them, `rate` with its interval (Wilson), nan where nobody entered;
            `still_open`.
    """

    question: ConversionByDay
    log: EventLog
    funnel: FunnelAnswer
    bounds: np.ndarray
    days: list[date]
    table: pd.DataFrame = field(init=False)

    AFTER: ClassVar = ["converted", "rate", "rate_low", "rate_high", "still_open"]

    def __post_init__(self) -> None:
        place, closed = self._place(), ~self.funnel.still_open
        on = self.funnel.level >= len(self.question.steps)
        n, x, still = (
            np.bincount(place[which], minlength=len(self.days))
            for which in (closed, closed & on, self.funnel.still_open)
        )
        low, high = stats.wilson(x, n)
        table = pd.DataFrame({"start": self.days, self.funnel.unit: n})
        table = table.assign(converted=x, rate=stats.rate(x, n), rate_low=low, rate_high=high, still_open=still)
        seen = np.flatnonzero(n + still)
        table = table.iloc[seen[0] : seen[-1] + 1] if len(seen) else table.iloc[:0]
        object.__setattr__(self, "table", table[["start", self.funnel.unit, *self.AFTER]].reset_index(drop=True))

    def _place(self) -> np.ndarray:
        at = self.log.time[self.funnel.rows[:, 0]]
        return np.clip(np.searchsorted(self.bounds, at, side="right") - 1, 0, len(self.days) - 1)

    def people(self, start: date, *, converted: bool = True) -> np.ndarray:
        """User indices of a period's entries that converted, or did not; open ones are neither."""
        on = self.funnel.level >= len(self.question.steps)
        chosen = ~self.funnel.still_open & (self._place() == self.days.index(start)) & (on == converted)
        return self.funnel.who[chosen]

    def findings(self) -> list[Finding]:
        """The rate of all, and the best and worst period with enough entries."""
        unit = self.funnel.unit
        n, x = int(self.table[unit].sum()), int(self.table["converted"].sum())
        if n < FEW:
            message = "Too few to judge: {entries} finished entries"
            return [
                Finding(message, {"entries": n, "enough": FEW}, "At least {enough} are needed.", n=n, tone="caution")
            ]
        rate, (low, high) = x / n, stats.wilson(x, n)
        known = self.table[self.table[unit] >= FEW]
        facts = {"rate": rate, "low_rate": low, "high_rate": high, "entries": n, "converted": x}
        message, detail = "{rate} of those who start convert", "{low_rate} – {high_rate}: {converted} of {entries}"
        if self.question.attempt == "first":
            facts["first"] = self.question.steps[0].name
            message = "{rate} convert after their first {first}"
            if self.question.window_days is not None:
                facts["window_days"] = self.question.window_days
                message = "{rate} convert within {window_days} days of their first {first}"
        head = Finding(message, facts, detail, rate, low, high, n=n, weight=1e9)
        if len(known) < 3:
            return [head]
        ordered = known.sort_values("rate", kind="stable")
        worst, best = ordered.iloc[0], ordered.iloc[-1]
        facts = {"best": best["start"], "best_rate": best["rate"], "worst": worst["start"], "worst_rate": worst["rate"]}
        facts |= {"best_low_rate": best["rate_low"], "best_high_rate": best["rate_high"]}
        facts |= {"worst_low_rate": worst["rate_low"], "worst_high_rate": worst["rate_high"], "enough": FEW}
        message = "Highest for those who started {best}: {best_rate}; lowest {worst}: {worst_rate}"
        detail = (
            "{best_low_rate} – {best_high_rate} and {worst_low_rate} – {worst_high_rate}; the extremes of many "
            "periods, so not a finding by themselves. Periods with fewer than {enough} are left out."
        )
        return [head, Finding(message, facts, detail, n=n)]
