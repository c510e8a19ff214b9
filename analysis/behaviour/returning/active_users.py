"""Active users: how many different people come in a day, a week and a month, and how often a month's users come.

A calendar count asks how many came in the week of the 5th; a rolling count asks, each evening anew, how many came
within the last 7 days. Calendar months differ in length and weekends, rolling windows of 7 and 30 days mostly do not.

Daily over monthly users is the share of a month's users who come on an average day: half means every other day.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numba as nb
import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.returning import averages
from analysis.engine import over_users
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time
from analysis.users import activity, is_active, period_at, periods_per_us

FEW = 30
MEASURES = ("daily", "weekly", "monthly")
SPANS = (1, 7, 30)
"""Days of the rolling windows."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ActiveUsers(Question):
    """Daily, weekly and monthly active users, and the share of a month's users who come on a day.

    **Definition.** A user is active on a local calendar day with at least one `event`. Calendar counts: different
    users active in a day, in a week from Monday, in a month. Rolling counts: different users active in the 1, 7 or 30
    local days that end with a day. Only periods and windows that the log has seen whole are shown, so the unfinished
    last day, week and month are left out, and so is a rolling month before the 30th day. Daily over monthly: in a
    calendar month the mean of its days' users over its users; rolling, the day's users over those of its 30 days.

    Attributes:
        event: What counts as activity; None for any event.
        rolling: Windows of 1, 7 and 30 days in place of calendar periods.
        first_day, last_day: Days between which a period or window must end, ISO text; None: open.

    Use with care: rising numbers of active users may hide that as many leave as come; see "New and returning".
    Daily over monthly falls when many new users come, for they have had fewer days.
    """

    event: Step | None = None
    rolling: bool = False
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        self._set("event", None if self.event is None else Step.of(self.event))
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def ask(self, log: EventLog, progress: Progress = None) -> ActiveUsersAnswer:
        """Active users of a log."""
        needs_time(log)
        calendar_ = _Calendar.of(self, log)
        counts = over_users(
            log, _count, activity(log, self.event), calendar_.grid, log.ends_at, merge=("sum",) * 4, progress=progress
        )
        return ActiveUsersAnswer(self, log, calendar_, counts)


@dataclass(frozen=True, slots=True, eq=False)
class _Calendar:
    """Days, and the weeks and months they lie in; which of them are shown."""

    grid: tuple[np.ndarray, np.ndarray, np.ndarray]
    names: tuple[np.ndarray, ...]
    shown: tuple[np.ndarray, ...]
    lengths: np.ndarray

    @classmethod
    def of(cls, question: ActiveUsers, log: EventLog) -> _Calendar:
        days, names = calendar.bounds(log.starts_at, log.ends_at, log.zone, "day")
        low, high = calendar.entry_range(question.first_day, question.last_day, log.zone)
        begins, lengths = days[0], np.empty(0)
        places: list[np.ndarray] = []
        told, shown = [names], [days[1:] <= log.ends_at]
        periods: tuple[calendar.Period, ...] = ("week", "month")
        for period in periods:
            bounds, first = calendar.bounds(log.starts_at, log.ends_at, log.zone, period)
            places.append((np.searchsorted(bounds, days[:-1], side="right") - 1).astype(np.int64))
            told.append(first)
            shown.append((bounds[:-1] >= begins) & (bounds[1:] <= log.ends_at))
            lengths = np.bincount(places[-1], minlength=len(first)).astype(float)
            if not question.rolling:
                shown[-1] &= (bounds[1:] > low) & (bounds[1:] <= high)
        if question.rolling:
            whole = shown[0] & (days[1:] > low) & (days[1:] <= high)
            told, shown = [names] * 3, [whole & (np.arange(len(names)) >= span - 1) for span in SPANS]
        else:
            shown[0] &= (days[1:] > low) & (days[1:] <= high)
        return cls((days, places[0], places[1]), tuple(np.array(t) for t in told), tuple(shown), lengths)


@dataclass(frozen=True, eq=False)
class ActiveUsersAnswer(Answer):
    """Active users over time.

    Attributes:
        counts: Users per day; per week; per month with Σ days and Σ days²; rolling 7 and 30 per day.
        table: One row a measure and period: `measure` ("daily", "weekly", "monthly"), `period` (its first day; rolling,
            the last day of the window), `users`.
        ratio: One row a month (rolling: a day): `period`, `daily` users on average, `monthly` users, `daily_share` with
            `daily_share_low`, `_high` (Student over users; rolling: Wilson).
    """

    question: ActiveUsers
    log: EventLog
    calendar: _Calendar
    counts: tuple[np.ndarray, ...]
    table: pd.DataFrame = field(init=False)
    ratio: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = ["measure", "period", "users"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._table())
        object.__setattr__(self, "ratio", self._ratio())

    @property
    def _series(self) -> tuple[np.ndarray, ...]:
        daily, weekly, monthly, rolling = self.counts
        return (daily, rolling[0], rolling[1]) if self.question.rolling else (daily, weekly, monthly[0])

    def _table(self) -> pd.DataFrame:
        parts = []
        for measure, users, names, shown in zip(
            MEASURES, self._series, self.calendar.names, self.calendar.shown, strict=True
        ):
            stamps = pd.to_datetime(names[shown]).astype("datetime64[us]")
            parts.append(pd.DataFrame({"measure": measure, "period": stamps, "users": users[shown].astype(np.int64)}))
        return pd.concat(parts, ignore_index=True)[self.COLUMNS]

    def _ratio(self) -> pd.DataFrame:
        daily, _weekly, monthly = self._series
        shown = self.calendar.shown[2]
        if self.question.rolling:
            low, high = stats.wilson(daily[shown], monthly[shown])
            average, share = daily[shown].astype(float), stats.rate(daily[shown], monthly[shown])
        else:
            users, days, squares = (v[shown].astype(float) for v in self.counts[2])
            length = self.calendar.lengths[shown]
            average = days / length
            share, low, high = averages.mean(users, days / length, squares / length**2)
        data = {
            "period": pd.to_datetime(self.calendar.names[2][shown]).astype("datetime64[us]"),
            "daily": average,
            "monthly": monthly[shown].astype(np.int64),
            "daily_share": share,
            "daily_share_low": low,
            "daily_share_high": high,
        }
        return pd.DataFrame(data)

    def people(self, measure: str, period: str) -> np.ndarray:
        """User indices behind a row of the table: measure, and the day in its column `period`."""
        kind, day = MEASURES.index(measure), pd.Timestamp(str(period)[:10]).date()
        days, week, month = self.calendar.grid
        at = self.calendar.names[kind].tolist().index(day)
        if self.question.rolling:
            low, high = max(at - SPANS[kind] + 1, 0), at + 1
        else:
            inside = np.flatnonzero((np.arange(len(week)), week, month)[kind] == at)
            low, high = inside[0], inside[-1] + 1
        rows, span = activity(self.log, self.question.event), (int(days[low]), int(min(days[high], self.log.ends_at)))
        return over_users(self.log, _people, rows, span, merge=("join",))[0]

    def findings(self) -> list[Finding]:
        """The last whole month's users and how often they come; then whether that share has moved."""
        known = self.ratio[self.ratio["monthly"] >= FEW]
        if known.empty:
            n = int(self.ratio["monthly"].max()) if len(self.ratio) else 0
            message = "Too few to judge: no whole month with {enough} active users; the largest has {users}"
            detail = "The daily and weekly users are in the table. Load a longer range."
            return [Finding(message, {"users": n, "enough": FEW}, detail, n=n, tone="caution", weight=1e9)]
        row = known.iloc[-1]
        share, low, high = (float(row[f"daily_share{end}"]) for end in ("", "_low", "_high"))
        facts = {"monthly": int(row["monthly"]), "daily": round(float(row["daily"])), "period": row["period"].date()}
        facts |= {"daily_rate": share, "low_rate": low, "high_rate": high}
        message = "{monthly} users in the month from {period}, {daily} on an average day: {daily_rate} of them"
        if self.question.rolling:
            message = "{monthly} users in the 30 days to {period}, {daily} on the last of them: {daily_rate}"
        detail = "{low_rate} – {high_rate} of the month's users come on a day"
        head = Finding(message, facts, detail, share, low, high, n=int(row["monthly"]), weight=1e9)
        return [head, *adjusted(self.tested())]

    def tested(self) -> list[Finding]:
        """The last whole calendar month's daily share against the month before: one look. Rolling: none."""
        if self.question.rolling or len(self.ratio) < 2 or self.ratio["monthly"].iloc[-2:].min() < FEW:
            return []
        shown = self.calendar.shown[2]
        users, days, squares = (v[shown][-2:].astype(float) for v in self.counts[2])
        length = self.calendar.lengths[shown][-2:]
        mean, spread = days / length / users, averages.spread(users, days / length, squares / length**2)
        found = stats.welch(users[1], mean[1], spread[1], users[0], mean[0], spread[0])
        facts = {"period": self.ratio["period"].iloc[-1].date(), "daily_rate": mean[1], "before_rate": mean[0]}
        facts |= {"difference_points": found.value, "low_points": found.low, "high_points": found.high}
        message = (
            "A month's users come less often: {daily_rate} on a day in the month from {period}, {before_rate} before"
        )
        if found.value >= 0:
            message = message.replace("less often", "more often")
        detail = "{low_points} to {high_points}; the last whole month against the one before"
        made = Finding(message, facts, detail, found.value, found.low, found.high, found.p, int(users[1]))
        return [made.toned("bad" if found.value < 0 else "good", abs(found.value))]


@nb.njit(nogil=True, cache=True)
def _close(month, days, monthly):  # type: ignore[no-untyped-def]
    """Books a user's month: one user more, and the active days."""
    if month >= 0:
        monthly[0, month] += 1
        monthly[1, month] += days
        monthly[2, month] += days * days


@nb.njit(nogil=True, cache=True)
def _count(users, starts, ends, rows, grid, until):  # type: ignore[no-untyped-def]
    """Kernel: users per day, week and month, and in the 7 and 30 days that end with each day."""
    time, event, by_event, by_row = rows
    bounds, week_of, month_of = grid
    n, per_us = len(bounds) - 1, periods_per_us(bounds)
    daily, weekly = np.zeros(n, np.int64), np.zeros(week_of[-1] + 1, np.int64)
    monthly, edges = np.zeros((3, month_of[-1] + 1), np.int64), np.zeros((2, n + 31), np.int64)
    for i in range(len(users)):
        week, month, days, next_at = -1, -1, 0, bounds[0]
        seven, thirty = 0, 0  # first days on which the user is in no window yet
        for row in range(starts[i], ends[i]):
            now = time[row]
            if now < next_at:
                continue
            if now >= until:
                break
            if not is_active(row, event, by_event, by_row):
                continue
            day = period_at(now, bounds, per_us)
            next_at = bounds[day + 1]
            daily[day] += 1
            weekly[week_of[day]] += week_of[day] != week
            week = week_of[day]
            if month_of[day] != month:
                _close(month, days, monthly)
                month, days = month_of[day], 0
            days += 1
            edges[0, max(day, seven)] += 1
            edges[1, max(day, thirty)] += 1
            seven, thirty = day + 7, day + 30
            edges[0, seven] -= 1
            edges[1, thirty] -= 1
        _close(month, days, monthly)
    rolling = np.zeros((2, n), np.int64)
    for kind in range(2):
        level = 0
        for day in range(n):
            level += edges[kind, day]
            rolling[kind, day] = level
    return daily, weekly, monthly, rolling


@nb.njit(nogil=True, cache=True)
def _people(users, starts, ends, rows, span):  # type: ignore[no-untyped-def]
    """Kernel: users active between two moments."""
    time, event, by_event, by_row = rows
    low, high = span
    found, n = np.empty(len(users), np.int64), 0
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            if time[row] >= high:
                break
            if time[row] >= low and is_active(row, event, by_event, by_row):
                found[n] = users[i]
                n += 1
                break
    return (found[:n],)
