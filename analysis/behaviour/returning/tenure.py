"""Tenure: how many use a product, and buy again, month by month since they began.

The clock is each user's own. Month 0 holds the first 30 days after the start, month 1 the next 30, and so on; the
start itself does not count, so month 0 says who did anything *again*. A month is counted only for users who have
been seen through all of it, so a month's base is smaller the later it is, and never flatters or hurts the rate.

A curve of use falls fast at first and slowly later. A month that loses clearly more than the months beside it is
where something happens to people: a trial ends, a contract runs out, a device is worn out.

Where the file begins, the first event on record is mostly not the first of its user's life, and its clock starts too
late. That blurs a fall and cannot invent one; those users can be left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numba as nb
import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.returning import falls
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time, step_bits
from analysis.reshape import derived_rows
from analysis.users import left_edge_days

FEW = 30

PATTERNS = np.array([[p >> k & 1 for k in range(4)] for p in range(16)], dtype=float)
"""Who did it in which of four months in a row: bit k of the pattern is month k."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Tenure(Question):
    """Shares of users who are active, and who buy again, by month since their start.

    **Definition.** A user's start is the first `start` event of the log; it must lie between `first_day` and
    `last_day`, and with `new_only` after the log's left edge. Month m runs from m × `period_days` × 24 h after the
    start up to the next; a user counts in it once, if at least one `active` (or `buying`) event lies in it, the start's
    own row left out. The base of a month are the users who have been observed through its end.

    Attributes:
        start: Event that starts the clock; None for the first event of any kind.
        active: Event that counts as use; None for any event.
        buying: Event that counts as a purchase; None: purchases are not looked at.
        period_days: Length of a month, days.
        periods: Months shown, the first one being month 0.
        new_only: Leave out users whose start lies within the log's left edge: it may not be their first.
        first_day, last_day: Days between which the start must lie, ISO text; None: open.

    Use with care: later months hold earlier starters only, so a slow change from month to month may be a change
    of the people. A sudden fall is looked for among the same users throughout. Months that bend smoothly are never
    called sudden, so a decline spread over three months is not found.

    References:
        Sudden falls: see `analysis.behaviour.returning.falls`.
    """

    start: Step | None = None
    active: Step | None = None
    buying: Step | None = None
    period_days: int = 30
    periods: int = 12
    new_only: bool = False
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        for name in ("start", "active", "buying"):
            given = getattr(self, name)
            self._set(name, None if given is None else Step.of(given))
        if not 1 <= self.period_days <= 366:
            raise ParameterError.outside("period_days", self.period_days, "1 to 366")
        if not 1 <= self.periods <= 60:
            raise ParameterError.outside("periods", self.periods, "1 to 60")
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def ask(self, log: EventLog, progress: Progress = None) -> TenureAnswer:
        """Use and purchases by tenure on a log."""
        needs_time(log)
        counts, patterns = over_users(log, _count, *self._arguments(log), merge=("sum", "sum"), progress=progress)
        return TenureAnswer(self, log, counts, patterns)

    def _arguments(self, log: EventLog) -> tuple[Any, ...]:
        """What the kernels are handed: columns, bits of start, use and purchase, and the clock."""
        low, high = calendar.entry_range(self.first_day, self.last_day, log.zone)
        if self.new_only:
            low = max(low, log.starts_at + int(left_edge_days(log) * calendar.DAY_US))
        data = (log.time, log.events.codes, *_bits(log, (self.start, self.active), self.buying))
        return data, (low, high, log.ends_at), (self.period_days * calendar.DAY_US, self.periods)


def _bits(log: EventLog, either: tuple[Step | None, ...], buying: Step | None) -> tuple[np.ndarray, np.ndarray]:
    """Bits 0 and 1 for start and use, which may be any event, bit 2 for purchases."""
    steps = (*either, buying)
    found, rows = step_bits(log, tuple(s for s in steps if s is not None))
    by_event, made = np.zeros(len(found), dtype=np.uint16), derived_rows(log)
    filtered = len(rows) > 0 or bool(made.any())
    by_row = np.zeros(len(log.time) if filtered else 0, dtype=np.uint16)
    place = 0
    for k, step in enumerate(steps):
        bit = np.uint16(1 << k)
        if step is not None:
            by_event |= (found >> place & 1) * bit
            if filtered:
                by_row |= (rows >> place & 1) * bit if len(rows) else bit
            place += 1
        elif k < len(either):
            by_event |= bit
            if filtered:  # what a rule made is no activity of the user
                by_row |= ~made * bit
    return by_event, by_row


@dataclass(frozen=True, eq=False)
class TenureAnswer(Answer):
    """Use and purchases, month by month.

    Attributes:
        counts: Users observed, active and buying, × months.
        patterns: For use and purchases, per month m: users observed through month m + 1, by what they did in the
            months m − 2 to m + 1 (bits 0 to 3); 2 × months × 16.
        table: One row a month. `period` (0 for the first), `users` observed through it, `active`, `active_rate` with
            `_low`, `_high` (Wilson); `buying`, `buying_rate`, `_low`, `_high`, all nan without a `buying` event.
    """

    question: Tenure
    log: EventLog
    counts: np.ndarray
    patterns: np.ndarray
    table: pd.DataFrame = field(init=False)

    KINDS: ClassVar = ("active", "buying")

    def __post_init__(self) -> None:
        users, active, buying = self.counts
        data: dict[str, Any] = {"period": np.arange(len(users)), "users": users}
        for name, hit in (("active", active), ("buying", buying)):
            known = name == "active" or self.question.buying is not None
            base = users if known else np.zeros_like(users)
            low, high = stats.wilson(hit, base)
            rates = {f"{name}_rate": stats.rate(hit, base), f"{name}_rate_low": low, f"{name}_rate_high": high}
            data |= {name: hit if known else np.full(len(users), np.nan), **rates}
        object.__setattr__(self, "table", pd.DataFrame(data))

    def people(self, period: int, kind: str = "active", *, did: bool = True) -> np.ndarray:
        """User indices of those observed through a month who were active (or bought) in it, or were not."""
        if kind not in self.KINDS:
            raise ParameterError.outside("kind", kind, "active or buying")
        arguments = self.question._arguments(self.log)
        users, done = over_users(self.log, _people, *arguments, period, self.KINDS.index(kind), merge=("join", "join"))
        return users[done == did]

    def findings(self) -> list[Finding]:
        """Sudden falls that stand after BH; how many are active, and buy, in the first and the last month."""
        known = self.table[self.table["users"] >= FEW]
        if len(known) < 2:
            n = int(self.table["users"].iloc[min(1, len(self.table) - 1)])
            message = "Too few to judge: {users} users are seen through their second period of {period_days} days"
            detail = "At least {enough} are needed. Choose shorter periods, or a longer range."
            facts = {"users": n, "enough": FEW, "period_days": self.question.period_days}
            return [Finding(message, facts, detail, n=n, tone="caution", weight=1e9)]
        return [*adjusted(self.tested()), *self._heads(known.iloc[1], known.iloc[-1])]

    def _heads(self, first: pd.Series, last: pd.Series) -> list[Finding]:
        facts: dict[str, Any] = {"first": int(first["period"]), "last": int(last["period"])}
        facts |= {"users": int(first["users"]), "period_days": self.question.period_days}
        found = []
        for weight, kind in ((1e9, "active"), (1e8, "buying")):
            rate, low, high = (float(first[f"{kind}_rate{end}"]) for end in ("", "_low", "_high"))
            if np.isnan(rate):
                continue
            rates = {"first_rate": rate, "low_rate": low, "high_rate": high}
            said = {**facts, **rates, "last_rate": last[f"{kind}_rate"], "event": self._name(kind)}
            message = "{first_rate} are active in month {first} after their start, {last_rate} in month {last}"
            if kind == "buying":
                message = "{event}: {first_rate} again in month {first} after their start, {last_rate} in month {last}"
            elif said["event"]:
                message = "{event}: {first_rate} still in month {first} after their start, {last_rate} in month {last}"
            detail = (
                "{low_rate} – {high_rate} in the first, of {users} users seen through it; "
                "a month has {period_days} days"
            )
            found.append(Finding(message, said, detail, rate, low, high, n=int(first["users"]), weight=weight))
        return found

    def _name(self, kind: str) -> str:
        step = self.question.active if kind == "active" else self.question.buying
        return step.events[0] if step is not None and len(step.events) == 1 else ""

    @property
    def sudden(self) -> list[tuple[str, int]]:
        """Kind and month of each sudden fall that stands after Benjamini-Hochberg."""
        return [(str(f.facts["kind"]), int(f.facts["period"])) for f in adjusted(self.tested())]

    def tested(self) -> list[Finding]:
        """Every month from the second on against both months beside it, the same users in all of them."""
        found = []
        for place, kind in enumerate(self.KINDS):
            if kind == "buying" and self.question.buying is None:
                continue
            for k in range(2, len(self.table) - 1):
                counts = self.patterns[place, k].astype(float)
                n = int(counts.sum())
                if n < FEW:
                    continue
                rates = counts @ PATTERNS / n
                covariance = ((PATTERNS - rates).T * counts) @ (PATTERNS - rates) / (n - 1) / n
                found.append(self._fall(kind, k, n, rates, covariance))
        return found

    def _fall(self, kind: str, k: int, n: int, rates: np.ndarray, covariance: np.ndarray) -> Finding:
        p = falls.sudden(rates, covariance)
        change = float(rates[2] - rates[1])
        half = 1.96 * float(np.sqrt(max(covariance[1, 1] + covariance[2, 2] - 2 * covariance[1, 2], 0)))
        facts: dict[str, Any] = {
            "kind": kind,
            "event": self._name(kind),
            "period": k,
            "before_rate": rates[1],
            "rate": rates[2],
        }
        facts |= {"after_rate": rates[3], "users": n, "days": k * self.question.period_days}
        facts |= {"fall_points": change, "low_points": change - half, "high_points": change + half}
        facts |= {"last_days": (k + 1) * self.question.period_days - 1}
        message = "Activity falls suddenly in month {period} after the start: {before_rate} to {rate}"
        if facts["event"]:
            message = "{event} falls suddenly in month {period} after the start: {before_rate} to {rate}"
        detail = (
            "{fall_points} ({low_points} to {high_points}) in days {days} to {last_days}, more than in the months "
            "beside it; {after_rate} in the month after; the same {users} users in all; {looks} months looked at"
        )
        size = (change, change - half, change + half)
        return Finding(message, facts, detail, *size, p, n, tone="bad", weight=-change)


@nb.njit(nogil=True, cache=True)
def _did(low, high, data, entry, clock):  # type: ignore[no-untyped-def]
    """Of one user: months observed whole (-1: no start in range), months of use and of purchases as bits."""
    time, event, by_event, by_row = data
    first, last, until = entry
    length, periods = clock
    filtered = len(by_row) > 0
    row = low
    while row < high:
        bits = by_event[event[row]]
        if filtered:
            bits &= by_row[row]
        if bits & 1:
            break
        row += 1
    if row >= high or not first <= time[row] < last or time[row] >= until:
        return -1, np.uint64(0), np.uint64(0)
    observed = min((until - time[row]) // length, periods)
    next_at, stop = time[row] + length, time[row] + observed * length
    month, active, buying = np.uint64(0), np.uint64(0), np.uint64(0)
    for r in range(row + 1, high):
        now = time[r]
        if now >= stop:
            break
        while now >= next_at:
            month += np.uint64(1)
            next_at += length
        bits = by_event[event[r]]
        if filtered:
            bits &= by_row[r]
        active |= np.uint64(bits >> 1 & 1) << month
        buying |= np.uint64(bits >> 2 & 1) << month
    return observed, active, buying


@nb.njit(nogil=True, cache=True)
def _count(users, starts, ends, data, entry, clock):  # type: ignore[no-untyped-def]
    """Kernel: users observed, active and buying per month; and patterns of four months in a row."""
    periods = clock[1]
    counts, patterns = np.zeros((3, periods), np.int64), np.zeros((2, periods, 16), np.int64)
    for i in range(len(users)):
        observed, active, buying = _did(starts[i], ends[i], data, entry, clock)
        for k in range(observed):
            at = np.uint64(k)
            counts[0, k] += 1
            counts[1, k] += np.int64(active >> at & np.uint64(1))
            counts[2, k] += np.int64(buying >> at & np.uint64(1))
            if 2 <= k < observed - 1:
                since = np.uint64(k - 2)
                patterns[0, k, active >> since & np.uint64(15)] += 1
                patterns[1, k, buying >> since & np.uint64(15)] += 1
    return counts, patterns


@nb.njit(nogil=True, cache=True)
def _people(users, starts, ends, data, entry, clock, period, kind):  # type: ignore[no-untyped-def]
    """Kernel: users observed through a month, and whether they were active (0) or bought (1) in it."""
    who, done, n = np.empty(len(users), np.int64), np.empty(len(users), np.bool_), 0
    for i in range(len(users)):
        observed, active, buying = _did(starts[i], ends[i], data, entry, clock)
        if observed > period:
            bits = buying if kind else active
            who[n], done[n] = users[i], bits >> np.uint64(period) & np.uint64(1) != 0
            n += 1
    return who[:n], done[:n]
