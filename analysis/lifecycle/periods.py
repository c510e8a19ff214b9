"""Period lifecycle: who is new, who returns, who comes back and who falls silent, period by period.

The unit is the user, the period a local calendar day, week (from Monday) or month. A level line of active
users can hide a leaking bucket: as many lost as won. Here the level is taken apart, so that two equations
hold in every period, to the user:

    active(t) = new + returning + resurrected
    active(t) − active(t−1) = new + resurrected − dormant

Dormant counts users who *stopped being active in this period*, once, and not everybody who is silent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

import numba as nb
import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import calendar, stats
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding, Tone, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time
from analysis.users import activity, is_active, left_edge_days, period_at, periods_per_us

STATES = ("new", "returning", "resurrected", "dormant")

FEW = 30
"""Below this many users who came or went, a growth index is shown but not judged."""


@dataclass(frozen=True, kw_only=True, repr=False)
class PeriodLifecycle(Question):
    """New, returning, resurrected and dormant users of each period.

    **Definition.** A user is active in a period with at least one `event` in it. New: first active period in
    the log. Returning: active in the period before too. Resurrected: active earlier, but not in the period
    before. Dormant: active in the period before and not in this one. Growth index: (new + resurrected) /
    dormant; above 1 more come than go. Rows after `log.ends_at` (future stamps) are not seen.

    Attributes:
        period: "day", "week" or "month" of the log's zone.
        event: What counts as activity, an event's name or a `Step`; None for any event.
        first_day, last_day: Days in the first and last period shown, ISO text in the log's zone; None: all. The
            history before is still used, and a period is always shown whole.

    Use with care: the last period is mostly unfinished (`complete` is False): its new users are still coming and
    its dormant ones may yet return. Near the left edge "new" may be old users whose earlier events the file
    lacks (`left_edge` is True). With a period shorter than users' own rhythm all is resurrection and dormancy:
    take a longer one. `log.between(...)` hides the history; `first_day` does not.

    References:
        Growth accounting: Social Capital (2015), Diligence at Social Capital, part 1. Interval:
        `stats.log_ratio_interval`; change
        of active users: exact test of the discordant pairs, McNemar (1947), Psychometrika 12.
    """

    period: Literal["day", "week", "month"] = "week"
    event: Step | None = None
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        if self.period not in ("day", "week", "month"):
            raise ParameterError.outside("period", self.period, "one of day, week, month")
        self._set("event", None if self.event is None else Step.of(self.event))
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))
        if self.first_day is not None and self.last_day is not None and self.first_day > self.last_day:
            said = f"{self.first_day} – {self.last_day}"
            raise ParameterError.outside("days", said, "a first day that is not after the last")

    def ask(self, log: EventLog, progress: Progress = None) -> PeriodLifecycleAnswer:
        """The lifecycle of a log, period by period."""
        needs_time(log)
        bounds, days = calendar.bounds(log.starts_at, log.ends_at, log.zone, self.period)
        rows = activity(log, self.event)
        (counts,) = over_users(log, _count, rows, bounds, log.ends_at, merge=("sum",), progress=progress)
        if not counts[:3].any():
            days, counts = [], counts[:, :0]
        edge = left_edge_days(log)
        return PeriodLifecycleAnswer(question=self, log=log, counts=counts, bounds=bounds, days=days, edge_days=edge)


@dataclass(frozen=True, eq=False)
class PeriodLifecycleAnswer(Answer):
    """The lifecycle, one row a period.

    Attributes:
        counts: States (as in `STATES`) × all periods of the log, shown or not.
        bounds, days: First instants and first days of all periods.
        edge_days: The log's left edge, days.
        table: One row a period shown. `period`: its first day; `active` users; `new`, `returning`, `resurrected`,
            `dormant`; `growth_index`, `_low`, `_high`, nan where nobody fell dormant (no interval where nobody came);
            `complete`: the whole period is observed; `left_edge`: it starts within the left edge, "new" may be old.
    """

    question: PeriodLifecycle
    log: EventLog
    counts: np.ndarray
    bounds: np.ndarray
    days: list[date]
    edge_days: float
    table: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = [
        "period", "active", *STATES, "growth_index", "growth_index_low", "growth_index_high", "complete", "left_edge",
    ]  # fmt: skip

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._table())

    def _table(self) -> pd.DataFrame:
        n = len(self.days)
        data = dict(zip(STATES, self.counts, strict=True))
        came = data["new"] + data["resurrected"]
        low, high = stats.log_ratio_interval(came, data["dormant"])
        frame = pd.DataFrame(
            {
                "period": pd.to_datetime(self.days).astype("datetime64[us]"),
                "active": came + data["returning"],
                **data,
                "growth_index": stats.rate(came, data["dormant"]),
                "growth_index_low": low,
                "growth_index_high": high,
                "complete": self.bounds[1 : n + 1] <= self.log.ends_at,
                "left_edge": self.bounds[:n] < self.log.starts_at + self.edge_days * calendar.DAY_US,
            }
        )
        shown = np.ones(n, dtype=bool)
        if self.question.first_day is not None:
            first = calendar.first_day(date.fromisoformat(self.question.first_day), self.question.period)
            shown &= np.array([day >= first for day in self.days], dtype=bool)
        if self.question.last_day is not None:
            last = date.fromisoformat(self.question.last_day)
            shown &= np.array([day <= last for day in self.days], dtype=bool)
        return frame[shown].reset_index(drop=True)[self.COLUMNS]

    def people(self, period: str | date, state: str = "dormant") -> np.ndarray:
        """User indices behind a number.

        Args:
            period: Any day of the period.
            state: "new", "returning", "resurrected", "dormant", or "active" for the first three.
        """
        if state not in (*STATES, "active"):
            raise ParameterError.outside("state", state, f"one of active, {', '.join(STATES)}")
        day = calendar.first_day(date.fromisoformat(str(period)[:10]), self.question.period)
        if day not in self.days:
            raise ParameterError.outside("period", str(period), "a period of the table")
        wanted = np.array([s == state or (state == "active" and s != "dormant") for s in STATES])
        rows = activity(self.log, self.question.event)
        place = self.days.index(day)
        return over_users(self.log, _people, rows, self.bounds, self.log.ends_at, place, wanted, merge=("join",))[0]

    def findings(self) -> list[Finding]:
        """Growth of the last complete period; then the largest rise and fall that are more than chance."""
        usable = self.table[self.table["complete"] & ~self.table["left_edge"]]
        if usable.empty:
            message = "No complete period after the left edge of {edge_days} days: growth cannot be judged yet"
            detail = "Take a shorter period, or load a longer history."
            return [Finding(message, {"edge_days": self.edge_days}, detail, tone="caution")]
        last = usable.iloc[-1]
        return [self._growth(last), *self._changes(usable, last["period"])]

    def _growth(self, row: pd.Series) -> Finding:
        came, gone = int(row["new"] + row["resurrected"]), int(row["dormant"])
        facts: dict[str, Any] = {**{str(k): v for k, v in row.items()}, "came": came, "enough": FEW}
        if came + gone < FEW or not gone:
            message = "Too few to judge growth in the period from {period}: {came} came, {dormant} fell silent"
            detail = "At least {enough} users who came or went are needed. Take a longer period."
            return Finding(message, facts, detail, n=came + gone, tone="caution", weight=1e9)
        size = (row["growth_index"], row["growth_index_low"], row["growth_index_high"])
        tone: Tone = "neutral"
        message = "As many users come as go: growth index {growth_index} in the period from {period}"
        if size[1] > 1:
            tone, message = "good", "More users come than go: growth index {growth_index} in the period from {period}"
        elif size[2] < 1:
            tone, message = "bad", "More users go than come: growth index {growth_index} in the period from {period}"
        detail = "{growth_index_low} – {growth_index_high}; {new} new, {resurrected} resurrected, {dormant} dormant"
        return Finding(message, facts, detail, *size, n=came + gone, tone=tone, weight=1e9)

    def _changes(self, usable: pd.DataFrame, last: pd.Timestamp) -> list[Finding]:
        found = []
        rows: list[Any] = list(usable.itertuples())
        for row in rows:
            came, gone = row.new + row.resurrected, row.dormant
            before = row.active - came + gone
            if came + gone < FEW or before < FEW:
                continue
            p = float(sps.binomtest(int(came), int(came + gone), 0.5).pvalue)
            change = (row.active - before) / before
            facts = {"period": row.period, "change_rate": abs(change), "before": int(before), "active": int(row.active)}
            facts |= {"came": int(came), "dormant": int(gone)}
            message = "Largest rise: {change_rate} more active users in the period from {period}"
            if change < 0:
                message = "Largest fall: {change_rate} fewer active users in the period from {period}"
            detail = "From {before} to {active}: {came} came, {dormant} fell silent; {looks} periods looked at"
            tone: Tone = "bad" if change < 0 else "good"
            size = abs(change)
            found.append(Finding(message, facts, detail, change, p=p, n=int(came + gone), tone=tone, weight=size))
        told: dict[str, Finding] = {}
        for finding in adjusted(found):
            told.setdefault(finding.message, finding)
        return [f for f in told.values() if f.facts["period"] != last]


@nb.njit(nogil=True, cache=True)
def _count(users, starts, ends, rows, bounds, until):  # type: ignore[no-untyped-def]
    """Kernel: users by state and period."""
    time, event, by_event, by_row = rows
    n, per_us = len(bounds) - 1, periods_per_us(bounds)
    counts = np.zeros((4, n), np.int64)
    for i in range(len(users)):
        last, next_at = -1, bounds[0]
        for row in range(starts[i], ends[i]):
            if time[row] < next_at:
                continue
            if time[row] >= until:
                break
            if not is_active(row, event, by_event, by_row):
                continue
            place = period_at(time[row], bounds, per_us)
            next_at = bounds[place + 1]
            if last < 0:
                counts[0, place] += 1
            elif last == place - 1:
                counts[1, place] += 1
            else:
                counts[2, place] += 1
                counts[3, last + 1] += 1
            last = place
        if 0 <= last < n - 1:
            counts[3, last + 1] += 1
    return (counts,)


@nb.njit(nogil=True, cache=True)
def _people(users, starts, ends, rows, bounds, until, wanted_place, wanted):  # type: ignore[no-untyped-def]
    """Kernel: users in one of the wanted states in one period."""
    time, event, by_event, by_row = rows
    found, n = np.empty(len(users), np.int64), 0
    for i in range(len(users)):
        earlier, before, now = False, False, False
        for row in range(starts[i], ends[i]):
            if time[row] >= until or time[row] >= bounds[wanted_place + 1]:
                break
            if is_active(row, event, by_event, by_row):
                now = time[row] >= bounds[wanted_place]
                if not now:
                    earlier = True
                    before = wanted_place > 0 and time[row] >= bounds[wanted_place - 1]
        if now:
            state = 1 if before else 2 if earlier else 0
        else:
            state = 3 if before else -1
        if state >= 0 and wanted[state]:
            found[n] = users[i]
            n += 1
    return (found[:n],)
