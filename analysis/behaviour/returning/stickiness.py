"""Stickiness: on how many days of a week or a month active users come.

Two products may have the same number of weekly users, one opened every day and one on Sundays. The unit here is the
user's period: one user's one week with at least one active day in it. Of all these, how many have exactly one
active day, exactly two, and so on; and how many have at least so many.

Only periods that the file has seen whole are counted. A user gives many periods, which are not independent, so
intervals are clustered by user.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Literal

import numba as nb
import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.returning import averages
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time
from analysis.users import activity, is_active, period_at, periods_per_us

FEW = 30


@dataclass(frozen=True, kw_only=True, repr=False)
class Stickiness(Question):
    """Active days per week or month: the share of active users with exactly, and with at least, so many.

    **Definition.** A user's period is a calendar week (from Monday) or month of the log's zone with at least one
    `event` in it. Its active days are the local calendar days on which one lies. A period counts when all of it lies
    between the first day and the last moment of the log, and within `first_day` and `last_day`.

    Attributes:
        period: "week" or "month".
        event: What counts as activity; None for any event.
        first_day, last_day: Days within which a whole period must lie, ISO text; None: open.

    Use with care: users with no active day in a period are not in it, so a product that loses its rare users looks
    stickier. Read it beside the number of active users. A month has 28 to 31 days, so "31 days" is mostly out of reach.

    References:
        Interval of a share over users with several periods: Cochran (1977), Sampling Techniques, 3rd ed., section 6.3.
    """

    period: Literal["week", "month"] = "week"
    event: Step | None = None
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        if self.period not in ("week", "month"):
            raise ParameterError.outside("period", self.period, "week or month")
        self._set("event", None if self.event is None else Step.of(self.event))
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def ask(self, log: EventLog, progress: Progress = None) -> StickinessAnswer:
        """The stickiness of a log."""
        needs_time(log)
        low, high = calendar.entry_range(self.first_day, self.last_day, log.zone)
        bounds, names = calendar.bounds(log.starts_at, log.ends_at, log.zone, self.period)
        begins = max(low, _observed_from(log))
        whole = (bounds[:-1] >= begins) & (bounds[1:] <= min(high, log.ends_at))
        days, _ = calendar.bounds(int(bounds[0]), int(bounds[-1]), log.zone, "day")
        place = (np.searchsorted(bounds, days[:-1], side="right") - 1).astype(np.int64)
        most = 7 if self.period == "week" else 31
        grid = (days, place, whole, most)
        rows = activity(log, self.event)
        found = over_users(log, _count, rows, grid, log.ends_at, merge=("sum",) * 3, progress=progress)
        kept = [n for n, w in zip(names, whole, strict=True) if w]
        return StickinessAnswer(self, log, (rows, grid), kept, found[0], found[1], found[2][:, whole])


def _observed_from(log: EventLog) -> int:
    """The first moment of the first day of the log: a day is taken to be seen from its beginning."""
    return int(calendar.bounds(log.starts_at, log.starts_at + 1, log.zone, "day")[0][0])


@dataclass(frozen=True, eq=False)
class StickinessAnswer(Answer):
    """How many active days, over all periods and period by period.

    Attributes:
        arguments: What the kernels were handed.
        periods: First days of the periods counted.
        sums: Per number of days, exactly and at least: Σx, Σn, Σx², Σxn, Σn², users; 2 × 6 × days.
        means: The same six sums of active days, over all users.
        by_sums: Users, Σ active days, Σ squares × periods.
        table: One row a number of days. `days`, `exactly` (users' periods), `exactly_share` with `_low`, `_high`;
            `at_least`, `at_least_share`, `_low`, `_high`; clustered by user, nan without any period.
        by_period: One row a period: `period`, `users`, `active_days` a user with `_low`, `_high` (Student).
    """

    question: Stickiness
    log: EventLog
    arguments: tuple[Any, ...]
    periods: list[date]
    sums: np.ndarray
    means: np.ndarray
    by_sums: np.ndarray
    table: pd.DataFrame = field(init=False)
    by_period: pd.DataFrame = field(init=False)

    KINDS: ClassVar = ("exactly", "at_least")

    def __post_init__(self) -> None:
        data: dict[str, Any] = {"days": np.arange(1, self.sums.shape[2] + 1)}
        for kind, sums in zip(self.KINDS, self.sums, strict=True):
            low, high = stats.ratio_interval(*sums)
            data[kind] = sums[0].astype(np.int64)
            share = {f"{kind}_share": stats.rate(sums[0], sums[1])}
            data |= {**share, f"{kind}_share_low": low, f"{kind}_share_high": high}
        object.__setattr__(self, "table", pd.DataFrame(data))
        value, low, high = averages.mean(*self.by_sums)
        frame = {
            "period": pd.to_datetime(self.periods).astype("datetime64[us]"),
            "users": self.by_sums[0].astype(np.int64),
            "active_days": value,
            "active_days_low": low,
            "active_days_high": high,
        }
        object.__setattr__(self, "by_period", pd.DataFrame(frame))

    @property
    def average(self) -> tuple[float, float, float]:
        """Active days a user's period, with its interval clustered by user."""
        value, low, high = averages.ratio(self.means[:, None])
        return float(value[0]), float(low[0]), float(high[0])

    def people(self, days: int) -> np.ndarray:
        """User indices of those with at least `days` active days in the last period that is counted."""
        rows, (bounds, place, whole, _most) = self.arguments
        last = np.flatnonzero(whole)
        if not len(last):
            return np.empty(0, dtype=np.int64)
        (users,) = over_users(
            self.log, _people, rows, (bounds, place), (int(last[-1]), days, self.log.ends_at), merge=("join",)
        )
        return users

    def findings(self) -> list[Finding]:
        """The average and the share with several days; then whether the last period differs from the one before."""
        n = int(self.means[5])
        if n < FEW:
            message = "Too few to judge: {users} users are active in a whole period"
            detail = "At least {enough} are needed. Load a longer range."
            return [Finding(message, {"users": n, "enough": FEW}, detail, n=n, tone="caution", weight=1e9)]
        value, low, high = self.average
        several = 3 if self.question.period == "week" else 8
        row = self.table.iloc[several - 1]
        facts: dict[str, Any] = {"average": value, "low": low, "high": high, "users": n, "several": several}
        facts |= {"several_rate": row["at_least_share"], "periods": len(self.periods)}
        message = {
            "week": "Active users come on {average} days a week; {several_rate} on {several} or more",
            "month": "Active users come on {average} days a month; {several_rate} on {several} or more",
        }[self.question.period]
        detail = "{low} – {high} days on average; {users} users, {periods} whole periods"
        head = Finding(message, facts, detail, value, low, high, n=n, weight=1e9)
        return [head, *adjusted(self.tested())]

    def tested(self) -> list[Finding]:
        """The last period's average against that of the one before: one look."""
        if len(self.periods) < 2 or self.by_sums[0, -2:].min() < FEW:
            return []
        (n, last, _), (n_before, before, _) = self.by_sums[:, -1], self.by_sums[:, -2]
        spread = averages.spread(*self.by_sums)
        # Most users are in both periods; to treat them as others is cautious, for habits persist.
        found = stats.welch(n, last / n, spread[-1], n_before, before / n_before, spread[-2])
        facts = {"period": self.periods[-1], "average": last / n, "before": before / n_before, "users": int(n)}
        facts |= {"low": found.low, "high": found.high}
        message = "Fewer active days a user in the period from {period}: {average} after {before}"
        if found.value >= 0:
            message = "More active days a user in the period from {period}: {average} after {before}"
        detail = "Difference {low} to {high}; {users} users; the last whole period against the one before"
        made = Finding(message, facts, detail, found.value, found.low, found.high, found.p, int(n))
        return [made.toned("bad" if found.value < 0 else "good", abs(found.value))]


@nb.njit(nogil=True, cache=True)
def _close(period, days, whole, mine, by):  # type: ignore[no-untyped-def]
    """Books a user's finished period: into the user's own counts by number of days, and into the period's."""
    if period >= 0 and whole[period]:
        mine[days - 1] += 1
        by[0, period] += 1
        by[1, period] += days
        by[2, period] += days * days


@nb.njit(nogil=True, cache=True)
def _add(sums, x, n):  # type: ignore[no-untyped-def]
    """Adds one user to the six sums of a ratio."""
    sums[0] += x
    sums[1] += n
    sums[2] += x * x
    sums[3] += x * n
    sums[4] += n * n
    sums[5] += 1


@nb.njit(nogil=True, cache=True)
def _count(users, starts, ends, rows, grid, until):  # type: ignore[no-untyped-def]
    """Kernel: sums over users by number of days, of the days themselves, and by period."""
    time, event, by_event, by_row = rows
    bounds, place, whole, most = grid
    per_us = periods_per_us(bounds)
    sums, means, by = np.zeros((2, 6, most)), np.zeros(6), np.zeros((3, len(whole)))
    mine = np.zeros(most, np.int64)
    for i in range(len(users)):
        mine[:] = 0
        period, days, next_at = -1, 0, bounds[0]
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
            if place[day] != period:
                _close(period, days, whole, mine, by)
                period, days = place[day], 0
            days += 1
        _close(period, days, whole, mine, by)
        n, total = mine.sum(), 0
        if not n:
            continue
        least = n
        for k in range(most):
            _add(sums[0, :, k], mine[k], n)
            _add(sums[1, :, k], least, n)
            least -= mine[k]
            total += mine[k] * (k + 1)
        _add(means, total, n)
    return sums, means, by


@nb.njit(nogil=True, cache=True)
def _people(users, starts, ends, rows, grid, wanted):  # type: ignore[no-untyped-def]
    """Kernel: users with at least so many active days in one period."""
    time, event, by_event, by_row = rows
    bounds, place = grid
    period, least, until = wanted
    per_us = periods_per_us(bounds)
    found, n = np.empty(len(users), np.int64), 0
    for i in range(len(users)):
        days, next_at = 0, bounds[0]
        for row in range(starts[i], ends[i]):
            if time[row] >= until:
                break
            if time[row] >= next_at and is_active(row, event, by_event, by_row):
                day = period_at(time[row], bounds, per_us)
                next_at = bounds[day + 1]
                days += place[day] == period
        if days >= least:
            found[n] = users[i]
            n += 1
    return (found[:n],)
