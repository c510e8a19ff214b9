"""Retention: of the users who start, how many come back, period by period.

The unit is the user. Users are put into cohorts by the period of their start; each cohort is
followed for as many periods as the file allows. A cell is shown only when its period is over
for everybody in the cohort: a half-seen week always looks like a loss. The total weighs cohorts
by their users, because the plain mean of cohorts lets ten people outvote ninety.

Coming back once is the plain question. It can also be asked who comes back several times in a period, and
how much money a user brings who started, those who brought none included.

A file starts somewhere. Users first seen in its first days may be old ones, so cohorts at the
left edge are marked, and "new" is not claimed for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.returning import averages, cohorts, retention_findings, retention_split, returns
from analysis.behaviour.returning.cohort_grid import MODES, Grid
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time

MEASURES = {"users": returns.USERS, "times": returns.TIMES, "money": returns.MONEY}


@dataclass(frozen=True, kw_only=True, repr=False)
class Retention(Question):
    """Of the users who start, how many come back in each later period.

    **Definition.** A user's start is the first `start` event of the file (`starts="first"`) or the first
    in each period (`starts="each"`), and must lie between `first_day` and `last_day`; returns may fall
    after. Period 0 is the start itself and always 100 %. Calendar periods are the log's zone's days, weeks
    (Monday first) and months; rolling ones are 24 h, 7 × 24 h and 30 × 24 h from the user's own start.
    With `measure="times"` a user counts who has at least `times` return events in the period; with "money" the
    amounts of the return events are summed and divided by all users who started, refunds being negative. For
    both, period 0 is counted like any other, the start's own row included where it is a return event.
    `split` compares users by the value of a column in the row of their start; see the values' own table.

    Attributes:
        start: Event that starts; None for the first event of any kind.
        returning: Event that counts as coming back; None for any event.
        period: "day", "week" or "month".
        mode: "on": came back in that period; "on_or_after": in that period or later; "on_or_before": by the
            end of that period.
        brackets: Edges in periods that replace single periods: (0, 1, 4, 8) is 0, 1–3, 4–7; needs mode "on".
        rolling: Count periods from the user's own start instead of the calendar.
        starts: "first" or "each".
        periods: How many periods after the start are shown.
        measure: "users", "times" or "money" (a column must play the role of the amount).
        times: Return events a period that "times" asks for.
        split: Column whose values are compared; None: no comparison. Needs starts="first".
        split_period: Period in which the values are tested; None: the middle one of those with enough users.
        first_day, last_day: Days between which the start must lie, ISO text; None: open.

    Use with care: "on or after" counts on what comes later, so its recent cells still grow as the file
    goes on, although their period is over. "Times" and "money" are counted "on" the period; money also
    "on or before", summed up from the start. Money has long tails: under a few hundred users its interval is
    too narrow. With `starts="each"` one user is in several cohorts; the total's
    interval allows for that.
    """

    start: Step | None = None
    returning: Step | None = None
    period: calendar.Period = "week"
    mode: Literal["on", "on_or_after", "on_or_before"] = "on"
    brackets: tuple[int, ...] | None = None
    rolling: bool = False
    starts: Literal["first", "each"] = "first"
    periods: int = 12
    measure: Literal["users", "times", "money"] = "users"
    times: int = 2
    split: str | None = None
    split_period: int | None = None
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        for name in ("start", "returning"):
            given = getattr(self, name)
            self._set(name, None if given is None else Step.of(given))
        if self.period not in calendar.ROLLING_DAYS:
            raise ParameterError.outside("period", self.period, "one of day, week, month")
        if self.mode not in MODES:
            raise ParameterError.outside("mode", self.mode, "one of on, on_or_after, on_or_before")
        if self.starts not in ("first", "each"):
            raise ParameterError.outside("starts", self.starts, "one of first, each")
        if not 1 <= self.periods <= 400:
            raise ParameterError.outside("periods", self.periods, "1 to 400")
        if self.brackets is not None:
            edges = tuple(int(b) for b in self.brackets)
            if len(edges) < 2 or edges[0] != 0 or any(a >= b for a, b in pairwise(edges)):
                raise ParameterError.outside("brackets", self.brackets, "rising edges from 0, such as (0, 1, 4, 8)")
            if self.mode != "on":
                raise ParameterError.outside("brackets", self.mode, 'used with mode "on"')
            self._set("brackets", edges)
        self._check_measure()
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def _check_measure(self) -> None:
        if self.measure not in MEASURES:
            raise ParameterError.outside("measure", self.measure, "one of users, times, money")
        if not 1 <= self.times <= 1000:
            raise ParameterError.outside("times", self.times, "1 to 1000")
        if self.measure == "times" and self.mode != "on":
            raise ParameterError.outside("mode", self.mode, '"on" when times are counted')
        if self.measure == "money" and self.mode == "on_or_after":
            raise ParameterError.outside("mode", self.mode, '"on" or "on_or_before" when money is summed')
        if self.split is not None and self.starts != "first":
            raise ParameterError.outside("starts", self.starts, '"first" when values are compared')
        if self.split_period is not None and self.split_period not in self.edges[1:-1]:
            raise ParameterError.outside("split_period", self.split_period, "the first period of a column after 0")

    @property
    def plain(self) -> bool:
        """Whether it is the plain question, who comes back, which has the fastest way."""
        return self.measure == "users" and self.split is None

    @property
    def edges(self) -> np.ndarray:
        """First period of each column, and the end of the last one."""
        return np.array(self.brackets if self.brackets is not None else range(self.periods + 2))

    def named(self, period: int) -> int | str:
        """How a period is said: its number, or the first and the last of those that are joined."""
        if self.brackets is None:
            return period
        end = int(self.edges[np.searchsorted(self.edges, period, side="right")]) - 1
        return f"{period}" if end == period else f"{period}–{end}"

    def ask(self, log: EventLog, progress: Progress = None) -> RetentionAnswer:
        """The retention of a log."""
        needs_time(log)
        grid = Grid.of(self, log)
        if not self.plain:
            return self._measured(log, grid, progress)
        sizes, retained, sums = over_users(log, cohorts.count, *grid.arguments, merge=("sum",) * 3, progress=progress)
        if self.starts == "first":  # one start a user: the sums are those of the complete cells
            sums[0], sums[1] = (retained * grid.complete).sum(axis=0), (sizes[:, None] * grid.complete).sum(axis=0)
        none = retention_split.table(self, np.zeros((3, 1, len(self.edges) - 1)), ())
        return RetentionAnswer(self, log, grid, sizes, retained, sums, retained, none)

    def _measured(self, log: EventLog, grid: Grid, progress: Progress) -> RetentionAnswer:
        words = log.words(self.split).values if self.split is not None else ("",)
        arguments = (*grid.arguments, *self._extra(log), len(words))
        sizes, added, squares, sums, values = over_users(
            log, returns.measured, *arguments, merge=("sum",) * 5, progress=progress
        )
        retained = added if self.measure == "money" else added.astype(np.int64)
        by_value = retention_split.table(self, values, words[1:])
        return RetentionAnswer(self, log, grid, sizes, retained, sums, squares, by_value)

    def _extra(self, log: EventLog) -> tuple[tuple[int, int], np.ndarray, np.ndarray]:
        """What the slower kernels are handed besides: the measure, the amounts, the codes of the values."""
        amount = np.empty(0)
        if self.measure == "money":
            amount = log.numbers(log.column_of("amount", "Retention"))
        codes = log.words(self.split).codes if self.split is not None else np.empty(0, dtype=np.int32)
        return (MEASURES[self.measure], self.times), amount, codes


@dataclass(frozen=True, eq=False)
class RetentionAnswer(Answer):
    """Cohorts by periods, and their total.

    Attributes:
        sizes: Users per cohort. retained: Users (or money) per cohort and column. sums: Σx, Σn, Σx², Σxn, Σn², users
            per column, over complete cells, for the total. squares: Σx² per cell, where it is not Σx.
        table: One row a cohort and column: `cohort` (first day), `period` (first period of the column), `users`
            who started, `retained`, `rate` with `rate_low`, `rate_high` (Wilson), nan where the cell is not
            complete or the cohort is empty; `complete`; `left_edge`: the cohort may hold old users. With
            `measure="money"`, `money`, `money_per_user`, `money_per_user_low`, `_high` (Student) in place of these.
        total: One row a column over complete cells: `period`, `users`, `retained`, `rate`, `rate_low`, `rate_high`
            (Wilson; clustered by user when one user starts several times), or the columns of money.
        by_value: One row a value and column, see `retention_split`; empty without a split.
    """

    question: Retention
    log: EventLog
    grid: Grid
    sizes: np.ndarray
    retained: np.ndarray
    sums: np.ndarray
    squares: np.ndarray
    by_value: pd.DataFrame
    table: pd.DataFrame = field(init=False)
    total: pd.DataFrame = field(init=False)

    RATES: ClassVar = ["retained", "rate", "rate_low", "rate_high"]
    MONEY: ClassVar = ["money", "money_per_user", "money_per_user_low", "money_per_user_high"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._table())
        object.__setattr__(self, "total", self._total())

    @property
    def measures(self) -> list[str]:
        """Names of the count, the estimate and its bounds in the tables."""
        return self.MONEY if self.question.measure == "money" else self.RATES

    def _table(self) -> pd.DataFrame:
        known = np.flatnonzero(self.sizes > 0)
        shape = (len(known), self.retained.shape[1])
        users = np.broadcast_to(self.sizes[known, None], shape).ravel()
        complete = self.grid.complete[known].ravel()
        base, hit = np.where(complete, users, 0), self.retained[known].ravel()
        if self.question.measure == "money":
            value, low, high = averages.mean(base, hit, self.squares[known].ravel())
        else:
            value, (low, high) = stats.rate(hit, base), stats.wilson(np.where(complete, hit, 0), base)
        data: dict[str, Any] = {
            "cohort": np.repeat([self.grid.cohorts[c] for c in known], shape[1]) if len(known) else [],
            "period": np.tile(self.question.edges[:-1], len(known)),
            "users": users,
            **dict(zip(self.measures, (hit, value, low, high), strict=True)),
            "complete": complete,
            "left_edge": np.repeat(self.grid.left_edge[known], shape[1]),
        }
        return pd.DataFrame(data)

    def _total(self) -> pd.DataFrame:
        hits, base = self.sums[0], self.sums[1]
        if self.question.measure == "money":
            value, low, high = averages.ratio(self.sums)
        else:
            hits, value, (low, high) = hits.astype(int), stats.rate(hits, base), stats.wilson(hits, base)
            if self.question.starts == "each":
                low, high = stats.ratio_interval(*self.sums)
        data = {"period": self.question.edges[:-1], "users": base.astype(int)}
        return pd.DataFrame({**data, **dict(zip(self.measures, (hits, value, low, high), strict=True))})

    def people(self, cohort: date, period: int, *, retained: bool = True) -> np.ndarray:
        """User indices of a cohort who came back in a column (or did not; with money: who brought any)."""
        c, k = self.grid.cohorts.index(cohort), self._column(period)
        if self.question.plain:
            users, hit = over_users(self.log, cohorts.members, *self.grid.arguments, c, k, merge=("join", "join"))
            return users[hit == retained]
        users, started, _codes, brought = self._starters(k)
        return users[(started == c) & ((brought != 0) == retained)]

    def people_of(self, value: str | None, period: int, *, retained: bool = True) -> np.ndarray:
        """User indices of a value (None: of all) who came back in a column (or did not), complete cells only."""
        k = self._column(period)
        users, started, codes, brought = self._starters(k)
        keep = self.grid.complete[started, k] & ((brought != 0) == retained)
        if value is not None:
            assert self.question.split is not None
            keep &= codes == self.log.words(self.question.split).code(value, self.question.split)
        return users[keep]

    def _column(self, period: int) -> int:
        return int(np.flatnonzero(self.question.edges[:-1] == period)[0])

    def _starters(self, k: int) -> tuple[np.ndarray, ...]:
        extra = self.question._extra(self.log)
        return over_users(self.log, returns.starters, *self.grid.arguments, *extra, k, merge=("join",) * 4)

    def findings(self) -> list[Finding]:
        """How many come back; then values that differ, or without a split sudden falls, after BH."""
        head = retention_findings.headline(self)
        return [head] if head.tone == "caution" else [head, *adjusted(self.tested())]

    def tested(self) -> list[Finding]:
        """With a split, every value against the rest in one period; else every period against its neighbours."""
        if self.question.split is not None:
            return retention_split.differences(self.by_value, self.question)
        return retention_findings.sudden(self)
