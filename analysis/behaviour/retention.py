"""Retention: of the users who start, how many come back, period by period.

The unit is the user. Users are put into cohorts by the period of their start; each cohort is
followed for as many periods as the file allows. A cell is shown only when its period is over
for everybody in the cohort: a half-seen week always looks like a loss. The total weighs cohorts
by their users, because the plain mean of cohorts lets ten people outvote ninety.

A file starts somewhere. Users first seen in its first days may be old ones, so cohorts at the
left edge are marked, and "new" is not claimed for them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import calendar, stats
from analysis.behaviour import cohorts
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time, step_bits
from analysis.users import left_edge_days

MODES = {"on": 0, "on_or_after": 1, "on_or_before": 2}
FEW = 30
DIRECT = 128
"""Up to so many periods the kernel counts all of them, without a map to columns: the counts stay in the cache."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Retention(Question):
    """Of the users who start, how many come back in each later period.

    **Definition.** A user's start is the first `start` event of the file (`starts="first"`) or the first
    in each period (`starts="each"`), and must lie between `first_day` and `last_day`; returns may fall
    after. Period 0 is the start itself and always 100 %. Calendar periods are the log's zone's days, weeks
    (Monday first) and months; rolling ones are 24 h, 7 × 24 h and 30 × 24 h from the user's own start.

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
        first_day, last_day: Days between which the start must lie, ISO text; None: open.

    Use with care: "on or after" counts on what comes later, so its recent cells still grow as the file
    goes on, although their period is over. With `starts="each"` one user is in several cohorts; the total's
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
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    @property
    def edges(self) -> np.ndarray:
        """First period of each column, and the end of the last one."""
        return np.array(self.brackets if self.brackets is not None else range(self.periods + 2))

    def ask(self, log: EventLog, progress: Progress = None) -> RetentionAnswer:
        """The retention of a log."""
        needs_time(log, "Retention")
        grid = _Grid.of(self, log)
        sizes, retained, sums = over_users(log, cohorts.count, *grid.arguments, merge=("sum",) * 3, progress=progress)
        if self.starts == "first":  # one start a user: the sums are those of the complete cells
            sums[0], sums[1] = (retained * grid.complete).sum(axis=0), (sizes[:, None] * grid.complete).sum(axis=0)
        return RetentionAnswer(question=self, log=log, grid=grid, sizes=sizes, retained=retained, sums=sums)


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """The calendar of a question on a log: cohorts, complete cells, and what the kernel is handed."""

    cohorts: list[date]
    complete: np.ndarray
    left_edge: np.ndarray
    arguments: tuple

    @classmethod
    def of(cls, question: Retention, log: EventLog) -> _Grid:
        begins = log.starts_at
        bounds, days = calendar.bounds(begins, max(log.ends_at, begins + 1), log.zone, question.period)
        edges, n = question.edges, len(days)
        length = calendar.ROLLING_DAYS[question.period] * calendar.DAY_US
        if question.rolling:
            over = bounds[1:, None] + edges[None, 1:] * length
        else:
            after = np.arange(n)[:, None] + edges[None, 1:]
            over = np.where(after <= n, bounds[np.minimum(after, n)], np.iinfo(np.int64).max)
        complete = over <= log.ends_at
        low, high = calendar.entry_range(question.first_day, question.last_day, log.zone)
        edge = begins + left_edge_days(log) * calendar.DAY_US
        named = [question.start, question.returning]
        by_event, by_row = step_bits(log, tuple(s for s in named if s is not None))
        by_event, by_row = _both(named, by_event, by_row)
        arguments = (
            (log.time, log.events.codes, by_event, by_row),
            (bounds, length if question.rolling else 0, (len(bounds) - 1) / (bounds[-1] - bounds[0])),
            (low, high, question.starts == "each", MODES[question.mode]),
            cls._columns(question, n),
            complete,
        )
        return cls(days, complete, bounds[:-1] < edge, arguments)

    @staticmethod
    def _columns(question: Retention, n_periods: int) -> np.ndarray:
        """Column of each period since the start, with one for all later ones; empty where a map is not needed."""
        edges = question.edges
        direct = question.brackets is None and question.mode == "on" and not question.rolling
        if direct and n_periods <= DIRECT:
            return np.empty(0, dtype=np.int64)
        return np.append(np.repeat(np.arange(len(edges) - 1), np.diff(edges)), len(edges) - 1)


def _both(named: list[Step | None], by_event: np.ndarray, by_row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Puts the start into bit 0 and the return into bit 1; an event that may be any has its bit everywhere."""
    start, returning = named
    if start is None and returning is not None:
        by_event, by_row = by_event << 1, (by_row << 1) | 1
    if start is None:
        by_event = by_event | 1
    if returning is None:
        by_event, by_row = by_event | 2, by_row | 2
    return by_event.astype(np.uint16), by_row.astype(np.uint16)


@dataclass(frozen=True, eq=False)
class RetentionAnswer(Answer):
    """Cohorts by periods, and their total.

    Attributes:
        sizes: Users per cohort. retained: Users per cohort and column. sums: Σx, Σn, Σx², Σxn, Σn², users per column,
            over complete cells, for the total.
        table: One row a cohort and column: `cohort` (first day), `period` (first period of the column), `users`
            who started, `retained`, `rate` with `rate_low`, `rate_high` (Wilson), nan where the cell is not
            complete or the cohort is empty; `complete`; `left_edge`: the cohort may hold old users.
        total: One row a column over complete cells: `period`, `users`, `retained`, `rate`, `rate_low`, `rate_high`
            (Wilson; clustered by user when one user starts several times).
    """

    question: Retention
    log: EventLog
    grid: _Grid
    sizes: np.ndarray
    retained: np.ndarray
    sums: np.ndarray
    table: pd.DataFrame = field(init=False)
    total: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = [
        "cohort",
        "period",
        "users",
        "retained",
        "rate",
        "rate_low",
        "rate_high",
        "complete",
        "left_edge",
    ]

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._table())
        object.__setattr__(self, "total", self._total())

    def _table(self) -> pd.DataFrame:
        known = np.flatnonzero(self.sizes > 0)
        shape = (len(known), self.retained.shape[1])
        users = np.broadcast_to(self.sizes[known, None], shape).ravel()
        complete = self.grid.complete[known].ravel()
        base, hit = np.where(complete, users, 0), self.retained[known].ravel()
        low, high = stats.wilson(np.where(complete, hit, 0), base)
        data = {
            "cohort": np.repeat([self.grid.cohorts[c] for c in known], shape[1]) if len(known) else [],
            "period": np.tile(self.question.edges[:-1], len(known)),
            "users": users,
            "retained": hit,
            "rate": stats.rate(hit, base),
            "rate_low": low,
            "rate_high": high,
            "complete": complete,
            "left_edge": np.repeat(self.grid.left_edge[known], shape[1]),
        }
        return pd.DataFrame(data, columns=self.COLUMNS)

    def _total(self) -> pd.DataFrame:
        hits, base = self.sums[0], self.sums[1]
        low, high = stats.wilson(hits, base)
        if self.question.starts == "each":
            low, high = stats.ratio_interval(*self.sums)
        data = {"period": self.question.edges[:-1], "users": base.astype(int), "retained": hits.astype(int)}
        return pd.DataFrame({**data, "rate": stats.rate(hits, base), "rate_low": low, "rate_high": high})

    def people(self, cohort: date, period: int, *, retained: bool = True) -> np.ndarray:
        """User indices of a cohort who came back in a column (or did not); as many as the cell says."""
        c, k = self.grid.cohorts.index(cohort), int(np.flatnonzero(self.question.edges[:-1] == period)[0])
        users, hit = over_users(self.log, cohorts.members, *self.grid.arguments, c, k, merge=("join", "join"))
        return users[hit == retained]

    def findings(self) -> list[Finding]:
        """How many come back, and sudden falls against the neighbouring periods, after BH."""
        total = self.total[self.total["users"] > 0]
        later = total[total["period"] > 0]
        if not len(later) or later["users"].iloc[0] < FEW:
            n = int(later["users"].iloc[0]) if len(later) else 0
            message = "Too few to judge: {users} users are seen for a whole period after their start"
            detail = "At least {enough} are needed. Choose shorter periods or a longer range."
            return [Finding(message, {"users": n, "enough": FEW}, detail, n=n, tone="caution")]
        first, last = later.iloc[0], later[later["users"] >= FEW].iloc[-1]
        message = {
            "day": "{first_rate} come back on day {first}, {last_rate} on day {last}",
            "week": "{first_rate} come back in week {first}, {last_rate} in week {last}",
            "month": "{first_rate} come back in month {first}, {last_rate} in month {last}",
        }[self.question.period]
        facts = {
            "first": int(first["period"]),
            "first_rate": first["rate"],
            "low_rate": first["rate_low"],
            "high_rate": first["rate_high"],
            "last": int(last["period"]),
            "last_rate": last["rate"],
            "users": int(first["users"]),
        }
        detail = "{low_rate} – {high_rate} in the first, of {users} users whose period is over"
        size = (float(first["rate"]), float(first["rate_low"]), float(first["rate_high"]))
        head = Finding(message, facts, detail, *size, n=int(first["users"]), weight=1e9)
        return [head, *adjusted(self.tested())]

    def tested(self) -> list[Finding]:
        """Periods that lose clearly more than both neighbouring periods, the same cohorts throughout."""
        if self.question.mode != "on" or self.question.brackets is not None:
            return []
        found, last = [], self.retained.shape[1] - 1
        for k in range(2, last + 1):
            ahead = min(k + 1, last)
            whole = self.grid.complete[:, ahead] & (self.sizes > 0)
            n = int(self.sizes[whole].sum())
            if n < FEW:
                continue
            rates = self.retained[whole].sum(axis=0) / n
            errors = rates * (1 - rates) / n
            fall = rates[k - 1] - rates[k]
            against = [(fall - (rates[k - 2] - rates[k - 1]), errors[k] + 4 * errors[k - 1] + errors[k - 2])]
            if ahead > k:
                against.append((fall - (rates[k] - rates[ahead]), errors[ahead] + 4 * errors[k] + errors[k - 1]))
            # It must exceed both neighbours, so the larger p counts; treating the rates as independent is cautious.
            p = max(float(sps.norm.sf(excess / np.sqrt(v))) if v > 0 else 1.0 for excess, v in against)
            p = p if fall > 0 else 1.0
            half = 1.96 * np.sqrt(errors[k] + errors[k - 1])
            facts = {"period": k, "before_rate": rates[k - 1], "rate": rates[k], "users": n}
            facts |= {"fall_points": -fall, "low_points": -fall - half, "high_points": -fall + half}
            message = {
                "day": "A sudden fall on day {period}: {before_rate} to {rate}",
                "week": "A sudden fall in week {period}: {before_rate} to {rate}",
                "month": "A sudden fall in month {period}: {before_rate} to {rate}",
            }[self.question.period]
            detail = (
                "{fall_points} ({low_points} to {high_points}), more than in the periods beside it; "
                "{users} users; {looks} periods looked at"
            )
            found.append(
                Finding(message, facts, detail, -fall, -fall - half, -fall + half, p, n, tone="bad", weight=fall)
            )
        return found
