"""Trend: a figure over time, which days stand out, and where the level shifted.

A line always goes up and down. Each period is therefore compared with what the others lead one to expect of it: the
trend and the weekday, learned from the series itself so that a few odd days hardly move them. A period stands out
only when it lies beyond the noise that the series shows on other days, and after correction for how many periods and
lines were looked at. A level shift is a step that stays; a series that grows steadily has none.

The last period is left out as long as it is not over: a half-seen day always looks like a fall. So is a first week
or month in which the file begins late.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.trends import daily, told
from analysis.behaviour.trends.expected import FEWEST, Expected, Kind, Scale
from analysis.behaviour.trends.shifts import Shift, judge
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, needs_time, step_bits
from analysis.users import Rows, activity

Measure = Literal["users", "events", "orders", "money", "rate"]
MEASURES = ("users", "events", "orders", "money", "rate")
MOST_SERIES = 6


@dataclass(frozen=True, kw_only=True, repr=False)
class Trend(Question):
    """How a figure goes over time, and what stands out.

    **Definition.** Users: distinct users with at least one `event` in the period. Events: their number. Orders:
    different order ids among them, each counted where it first occurs; without a column of order ids each event is
    one. Money: the amounts of the events, refunds negative. Rate: of the users with a `base` event in a period, those
    who also have an `event` in the same period, before or after. Per user: events, orders or money divided by the
    users of the same period. Periods are days, weeks from Monday and months of the log's zone. With a split there is
    one line for each of the six most frequent values; a row counts where it has the value (for a rate: the row of
    the base), so a user can be in several lines.

    Attributes:
        measure: "users", "events", "orders", "money" or "rate".
        event: What is counted; None for any event (not for a rate).
        base: Of whom a rate is; None for users with any event. Only for a rate.
        per_user: Divide events, orders or money by the period's users.
        period: "day", "week" or "month".
        split: Column whose values give a line each; None for one line.
        holidays: Whose public holidays are marked: "zone" (of the country of the log's time zone), "CN", "US", "none".

    Use with care: what stands out is not explained by that; holidays and campaigns are marked under the line, but the
    expectation does not know them. A slow change that takes weeks is a trend, not a level shift. Series of under six
    weeks cannot tell weekdays apart, so that a lively weekend widens their band.
    """

    measure: Measure = "users"
    event: Step | None = None
    base: Step | None = None
    per_user: bool = False
    period: calendar.Period = "day"
    split: str | None = None
    holidays: Literal["zone", "CN", "US", "none"] = "zone"

    def __post_init__(self) -> None:
        for name in ("event", "base"):
            given = getattr(self, name)
            self._set(name, None if given is None else Step.of(given))
        if self.measure not in MEASURES:
            raise ParameterError.outside("measure", self.measure, "one of users, events, orders, money, rate")
        if self.period not in calendar.ROLLING_DAYS:
            raise ParameterError.outside("period", self.period, "one of day, week, month")
        if self.holidays not in ("zone", "CN", "US", "none"):
            raise ParameterError.outside("holidays", self.holidays, "one of zone, CN, US, none")
        if self.measure == "rate" and self.event is None:
            raise ParameterError.outside("event", self.event, "an event, as a rate needs one")
        if self.measure != "rate" and self.base is not None:
            raise ParameterError.outside("base", self.base.name, "left out, as only a rate has a base")
        if self.per_user and self.measure in ("users", "rate"):
            raise ParameterError.outside("per_user", self.per_user, "used with events, orders or money")

    @property
    def kind(self) -> Kind:
        """How the figure's noise behaves."""
        if self.per_user:
            return "average"
        return "rate" if self.measure == "rate" else "amount" if self.measure == "money" else "count"

    def ask(self, log: EventLog, progress: Progress = None) -> TrendAnswer:
        """The trend of a log."""
        needs_time(log)
        begins = log.starts_at
        bounds, days = calendar.bounds(begins, max(log.ends_at, begins + 1), log.zone, self.period)
        complete = bounds[1:] <= log.ends_at
        complete[0] &= self.period == "day" or calendar.day_of(begins, log.zone) == days[0]
        names, series, n = _series(self.split, log)
        rows = rows_of(self, log)
        value, users = self._count(log, (rows, bounds, min(log.ends_at, int(bounds[-1]))), series, n, progress)
        judged = [_judged(self, value[complete, s], users[complete, s]) for s in range(n)]
        return TrendAnswer(
            question=self, log=log, days=days, complete=complete, names=names, value=value, users=users,
            judged=judged, behind=(rows, bounds, series),
        )  # fmt: skip

    def _count(
        self, log: EventLog, where: tuple, series: tuple[np.ndarray, np.ndarray], n: int, progress: Progress
    ) -> tuple[np.ndarray, np.ndarray]:
        """The figure, and the users behind it or its base, by period and series."""
        if self.measure == "rate":
            base, both = over_users(log, daily.count_rate, *where, series, n, merge=("sum",) * 2, progress=progress)
            return stats.rate(both, base), base
        if self.split is None and self.measure in ("users", "events"):
            users, figure = over_users(log, daily.count, *where, merge=("sum",) * 2, progress=progress)
        else:
            amount, counted = np.empty(0), np.empty(0, dtype=bool)
            if self.measure == "money":
                amount = log.numbers(log.column_of("amount", "Trend")).astype(float, copy=False)
            if self.measure == "orders" and "order" in log.roles:
                counted = daily.first_rows(log.starts, log.ends, log.words(log.roles["order"]).codes, where[0])
            users, events, money = over_users(
                log, daily.count_values, *where, series, n, amount, counted, merge=("sum",) * 3, progress=progress
            )
            figure = money if self.measure == "money" else events
        if self.measure == "users":
            return users.astype(float), users
        return (stats.rate(figure, users) if self.per_user else figure.astype(float)), users


def rows_of(question: Trend, log: EventLog) -> Rows:
    """Bit 0: what is counted, or the base of a rate; bit 1: a rate's event."""
    if question.measure != "rate":
        return activity(log, question.event)
    assert question.event is not None
    time, codes, base, base_row = activity(log, question.base)
    event, event_row = step_bits(log, (question.event,))
    every = np.ones(len(time), dtype=np.uint16) if len(base_row) or len(event_row) else np.empty(0, dtype=np.uint16)
    both = ((base_row & 1) if len(base_row) else every) | (((event_row & 1) if len(event_row) else every) << 1)
    return time, codes, (base & 1) | ((event & 1) << 1), both.astype(np.uint16)


def _series(split: str | None, log: EventLog) -> tuple[list[str], tuple[np.ndarray, np.ndarray], int]:
    """Names of the lines, each row's code with the line of each code (-1: none), and how many lines there are."""
    if split is None:
        return [""], (np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)), 1
    words = log.words(split)
    size = np.bincount(words.codes, minlength=len(words.values))
    size[0] = 0
    chosen = [int(c) for c in np.argsort(-size, kind="stable")[:MOST_SERIES] if size[c]]
    line_of = np.full(len(words.values), -1, dtype=np.int64)
    line_of[chosen] = np.arange(len(chosen))
    return [words.values[c] for c in chosen], (words.codes, line_of), len(chosen)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A line's expectation over its complete periods, and the steps looked at; None where there are too few."""

    scale: Scale | None = None
    expected: Expected | None = None
    shifts: tuple[Shift, ...] = ()


def _judged(question: Trend, value: np.ndarray, users: np.ndarray) -> Judged:
    known = np.isfinite(value)
    if np.count_nonzero(known) < FEWEST or not value[known].any():
        return Judged()
    scale = Scale.of(question.kind, value, users.astype(float))
    expected, shifts = judge(value, scale, question.period)
    return Judged(scale, expected, tuple(shifts))


@dataclass(frozen=True, eq=False)
class TrendAnswer(Answer):
    """Lines over time.

    Attributes:
        days: First day of each period. complete: Whether the period is over and was seen from its beginning.
        names: The lines; "" without a split. value: The figure by period and line. users: Users behind it (a rate's
            base).
        judged: What was expected of each line.
        table: One row a line and period: `series`, `day` (the period's first), the figure (`users`, `events`,
            `orders`, `money`, `rate`, or with `_a_user`), `expected_…` with `_low` and `_high` (95 % band), `base`
            (users behind it), `p` and `p_adjusted` (Benjamini-Hochberg over all periods and lines); nan where a
            period is not complete or too few are known; `complete`.
        shifts: One row a step that stands: `series`, `day`, `before_…`, `after_…` with `_low` and `_high`, `p`,
            `p_adjusted`.
    """

    question: Trend
    log: EventLog
    days: list[date]
    complete: np.ndarray
    names: list[str]
    value: np.ndarray
    users: np.ndarray
    judged: list[Judged]
    behind: tuple[Rows, np.ndarray, tuple[np.ndarray, np.ndarray]]
    table: pd.DataFrame = field(init=False)
    shifts: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._table())
        object.__setattr__(self, "shifts", told.shifts_table(self))

    @property
    def figure(self) -> str:
        """Name of the figure's column."""
        return self.question.measure + ("_a_user" if self.question.per_user else "")

    def _table(self) -> pd.DataFrame:
        name, parts = self.figure, []
        for s, judged in enumerate(self.judged):
            columns: dict[str, Any] = {"series": self.names[s], "day": self.days, name: self.value[:, s]}
            for column, said in (("", "value"), ("_low", "low"), ("_high", "high"), ("p", "p")):
                filled = np.full(len(self.days), np.nan)
                if judged.expected is not None:
                    filled[self.complete] = getattr(judged.expected, said)
                columns["p" if said == "p" else f"expected_{name}{column}"] = filled
            parts.append(pd.DataFrame({**columns, "base": self.users[:, s], "complete": self.complete}))
        order = ["series", "day", name, f"expected_{name}", f"expected_{name}_low", f"expected_{name}_high", "base"]
        found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*order, "p", "complete"])
        found["p_adjusted"] = stats.benjamini_hochberg(found["p"].to_numpy(float))
        return found[[*order, "p", "p_adjusted", "complete"]]

    def people(self, day: date, series: str = "") -> np.ndarray:
        """Users behind a period of a line, by user index; of a rate those of the base who also did the event."""
        rows, bounds, lines = self.behind
        k = self.days.index(day)
        high = min(int(bounds[k + 1]), self.log.ends_at)
        wanted = 3 if self.question.measure == "rate" else 1
        where = (rows, int(bounds[k]), high, lines, self.names.index(series), wanted)
        return over_users(self.log, daily.members, *where, merge=("join",))[0]

    def outside(self) -> pd.DataFrame:
        """The rows of the table that stand out after correction."""
        return self.table[self.table["p_adjusted"] <= 0.05]

    def findings(self) -> list[Finding]:
        """The last complete period; level shifts; periods that stand out. The two are corrected each on their own."""
        known = int(self.complete.sum())
        if not any(j.expected is not None for j in self.judged):
            return [told.too_few(self, known)]
        found = [told.headline(self), *adjusted(told.steps(self)), *adjusted(told.periods(self))]
        return [*found, *told.short(self, known)]

    def tested(self) -> list[Finding]:
        """Every step and every period looked at. A step's p-value is already that of the largest of its line."""
        return [*told.steps(self), *told.periods(self)]
