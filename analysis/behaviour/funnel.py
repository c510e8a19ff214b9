"""Funnel: of the users who start, how many reach each step, and how fast.

The unit is the user, not the event: somebody who views ten items and buys one is one user who
bought, because a meeting asks "how many of our people get through", and frequent visitors
would otherwise decide the answer. A user may try several times; the *best attempt* is judged:
the longest within the window that runs from that attempt's own step 1, and of equally long ones
the earliest. It is not "did all of these events at some time", and it is not the first try only
(that is `attempt="first"`).

Only entries whose window has closed are in any rate. The others are counted as *still open*,
whether they have converted already or not: keeping only the quick ones would flatter the rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour import plain, split, walk
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time, step_bits

ORDERS = {"this": walk.THIS_ORDER, "exact": walk.EXACT, "any": walk.ANY_ORDER}
ATTEMPTS = {"best": walk.BEST, "first": walk.FIRST, "all": walk.ALL}
FEW = 30
"""Below this base a rate is shown with its interval, but never told as a finding."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Funnel(Question):
    """Of the users who start, how many reach each step.

    **Definition.** Population: users with a step 1 between `first_day` and `last_day`; later steps may
    fall after `last_day`. The window is measured from the attempt's own step 1, its edge included.
    Rows with the same stamp match in either order; one row never fills two steps. A step that repeats the one
    before it needs a later stamp (but in any order): the lines of one order are not a repurchase.

    Attributes:
        steps: 1 to 16 steps, each an event's name or a `Step`.
        window_days: Longest time from step 1 to the last step, days; None for no limit.
        attempt: "best"; "first": the clock starts at the first step 1 and is not reset; "all": after
            converting, timing out, or (exact order) being interrupted, a user enters again at a later
            stamp, and the unit is attempts.
        order: "this" (other events may stand between), "exact" (nothing between; a moment of equal
            stamps counts as one), "any" (after step 1, in any order; row k is "k steps done").
        include_open: Count entries whose window has not closed, as far as they have come.
        split: Column by whose values the funnel is compared; None for no split.
        split_at: Where a value is taken: "first" or "last" given value among the attempt's steps; "all":
            the same value at every reached step, else left out; a number k: the value at step k.
        first_day, last_day: Days between which step 1 must lie, ISO text in the log's zone; None: open.

    Use with care: the best attempt is always at least as good as the first. A step's filters act before
    matching; a filter that is true for nobody gives an empty funnel, not an error.

    References:
        The latest-start pass is the idea behind ClickHouse's windowFunnel, extended by ties, distinct
        rows and the earliest attempt.
    """

    steps: tuple[Step, ...]
    window_days: float | None = 7
    attempt: Literal["best", "first", "all"] = "best"
    order: Literal["this", "exact", "any"] = "this"
    include_open: bool = False
    split: str | None = None
    split_at: Literal["first", "last", "all"] | int = "first"
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        steps = (self.steps,) if isinstance(self.steps, (str, Step)) else self.steps
        self._set("steps", tuple(Step.of(s) for s in steps))
        if not 1 <= len(self.steps) <= walk.MOST_STEPS:
            raise ParameterError.outside("steps", len(self.steps), f"1 to {walk.MOST_STEPS} steps")
        if self.window_days is not None and not 0 < self.window_days <= 3660:
            raise ParameterError.outside("window_days", self.window_days, "above 0 and at most 3660, or None")
        if self.attempt not in ATTEMPTS:
            raise ParameterError.outside("attempt", self.attempt, "one of best, first, all")
        if self.order not in ORDERS:
            raise ParameterError.outside("order", self.order, "one of this, exact, any")
        at = self.split_at
        if at not in ("first", "last", "all") and not (isinstance(at, int) and 1 <= at <= len(self.steps)):
            raise ParameterError.outside("split_at", at, "first, last, all or the number of a step")
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    @property
    def names(self) -> list[str]:
        """Names of the table's rows. In any order they count: "2/3" is two of three steps done."""
        n = len(self.steps)
        if self.order == "any" and n > 1:
            return [self.steps[0].name, *(f"{k}/{n}" for k in range(2, n + 1))]
        return [s.name for s in self.steps]

    def ask(self, log: EventLog, progress: Progress = None) -> FunnelAnswer:
        """The funnel of a log."""
        needs_time(log, "Funnel")
        by_event, by_row = step_bits(log, self.steps)
        repeats = [k > 0 and step == self.steps[k - 1] for k, step in enumerate(self.steps)]
        window = plain.NO_WINDOW if self.window_days is None else round(self.window_days * calendar.DAY_US)
        mature = self.window_days is not None and not self.include_open
        low, high = calendar.entry_range(self.first_day, self.last_day, log.zone)
        who, level, still_open, rows = over_users(
            log,
            walk.attempts,
            (log.time, log.events.codes, by_event, by_row, np.array(repeats)),
            plain.single_steps(len(self.steps)),
            len(self.steps),
            window,
            low,
            high,
            log.ends_at - window + 1 if mature else high,
            ORDERS[self.order],
            ATTEMPTS[self.attempt],
            merge=("join",) * 4,
            progress=progress,
        )
        return FunnelAnswer(question=self, log=log, who=who, level=level, still_open=still_open, rows=rows)


@dataclass(frozen=True, eq=False)
class FunnelAnswer(Answer):
    """The funnel, step by step.

    Attributes:
        who, level, still_open, rows: Per attempt that counts: user index, steps reached, whether its window
            is still open, the log's row of each step (-1: not reached).
        table: One row a step. `step`; `users` (or `attempts`) who reached it; `step_rate` of those at the step
            before, `total_rate` of those at step 1, each with `_low` and `_high` (Wilson; clustered by user for
            attempts), nan where the base is 0, and at step 1 where there is nothing before; `still_open` entries
            that have come this far and are in no rate; `median_hours` since the step before, its `_low` and
            `_high` (order statistics), and the quartiles.
        by_value: With a split, one row a value and step; see `split.COLUMNS`. Empty without.
        left_out: Attempts without a value for the split.
    """

    question: Funnel
    log: EventLog
    who: np.ndarray
    level: np.ndarray
    still_open: np.ndarray
    rows: np.ndarray
    table: pd.DataFrame = field(init=False)
    by_value: pd.DataFrame = field(init=False)
    left_out: int = field(init=False, default=0)

    RATES: ClassVar = [
        "step_rate",
        "step_rate_low",
        "step_rate_high",
        "total_rate",
        "total_rate_low",
        "total_rate_high",
    ]
    TIMES: ClassVar = [
        "median_hours",
        "median_hours_low",
        "median_hours_high",
        "lower_quartile_hours",
        "upper_quartile_hours",
    ]

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._table())
        found = split.compare(self.question, self.log, self.level, self.still_open, self.rows)
        object.__setattr__(self, "by_value", found[0])
        object.__setattr__(self, "left_out", found[1])

    @property
    def unit(self) -> str:
        """What is counted: "users" or "attempts"."""
        return "attempts" if self.question.attempt == "all" else "users"

    @property
    def names(self) -> list[str]:
        """Names of the table's rows."""
        return self.question.names

    def _table(self) -> pd.DataFrame:
        n, closed = len(self.question.steps), ~self.still_open
        reached = np.array([np.count_nonzero(closed & (self.level > k)) for k in range(n)])
        before = np.concatenate([reached[:1], reached[:-1]])
        data: dict[str, Any] = {"step": self.names, self.unit: reached}
        data["step_rate"], data["total_rate"] = stats.rate(reached, before), stats.rate(reached, reached[0])
        data["step_rate"][0] = np.nan  # there is no step before
        data["step_rate_low"], data["step_rate_high"] = self._interval(closed, before=True)
        data["total_rate_low"], data["total_rate_high"] = self._interval(closed, before=False)
        data["still_open"] = [np.count_nonzero(self.still_open & (self.level > k)) for k in range(n)]
        moments = self._moments()
        spans = [self._hours(moments, closed, k - 1, k) for k in range(1, n)]
        times = [[np.nan] * 5, *(stats.quartiles(s) for s in spans)]
        frame = pd.DataFrame(data).assign(**dict(zip(self.TIMES, np.transpose(times), strict=True)))
        return frame[["step", self.unit, *self.RATES, "still_open", *self.TIMES]]

    def _interval(self, closed: np.ndarray, *, before: bool) -> tuple[np.ndarray, np.ndarray]:
        """Bounds per step of the rate of the step before, or of step 1."""
        pairs: list[tuple[float, float]] = [(np.nan, np.nan)]  # step 1 is all of itself, by definition
        for k in range(1, len(self.question.steps)):
            hit, base = closed & (self.level > k), closed & (self.level > (max(k - 1, 0) if before else 0))
            if self.unit == "users":
                pairs.append(stats.wilson(np.count_nonzero(hit), np.count_nonzero(base)))
                continue
            x, m = np.bincount(self.who[hit], minlength=1), np.bincount(self.who[base], minlength=1)
            x = np.pad(x, (0, len(m) - len(x))).astype(float)
            sums = x.sum(), m.sum(), (x * x).sum(), (x * m).sum(), (m.astype(float) ** 2).sum()
            pairs.append(stats.ratio_interval(*sums, np.count_nonzero(m)))
        low, high = np.transpose(pairs)
        return low, high

    def _moments(self) -> np.ndarray:
        """Rows in the order in which they were reached (in any order, step k is the k-th one done)."""
        if self.question.order != "any":
            return self.rows
        return np.sort(np.where(self.rows < 0, np.iinfo(np.int64).max, self.rows), axis=1)

    def _hours(self, moments: np.ndarray, closed: np.ndarray, start: int, end: int) -> np.ndarray:
        """Hours from step `start` to step `end` of the closed attempts that reached it."""
        done = moments[closed & (self.level > end)]
        return (self.log.time[done[:, end]] - self.log.time[done[:, start]]) / calendar.HOUR_US

    def convert_hours(self) -> np.ndarray:
        """Hours from step 1 to the last step, one a closed attempt that converted."""
        return self._hours(self._moments(), ~self.still_open, 0, len(self.question.steps) - 1)

    def people(self, step: int, *, reached: bool = True) -> np.ndarray:
        """User indices behind a number, one a unit counted.

        Args:
            step: Number of the step, from 1.
            reached: Those who reached it; else those who reached the step before and not this one.
        """
        closed = ~self.still_open
        return self.who[closed & ((self.level >= step) if reached else (self.level == step - 1))]

    def findings(self) -> list[Finding]:
        """The step most are lost at; then values whose step differs from the rest, after BH over all."""
        return [*self._drop(), *adjusted(self.tested())]

    def tested(self) -> list[Finding]:
        """Every value at every step against the rest."""
        return split.differences(self.by_value, self.question.split)

    def _drop(self) -> list[Finding]:
        counts = self.table[self.unit].to_numpy()
        if counts[0] < FEW:
            return [
                Finding(
                    "Too few to judge: {entries} finished entries, {open} still open",
                    {"entries": int(counts[0]), "open": int(self.table["still_open"][0]), "enough": FEW},
                    "At least {enough} are needed. Widen the period, shorten the window, or include open entries.",
                    n=int(counts[0]),
                    tone="caution",
                )
            ]
        if len(counts) < 2:
            return [Finding("{entries} start", {"entries": int(counts[0])}, n=int(counts[0]))]
        base = counts[:-1]
        rates = stats.rate(base - counts[1:], base)
        k = int(np.nanargmax(np.where(base >= FEW, rates, -1.0)))
        low, high = stats.wilson(base[k] - counts[k + 1], base[k])
        if self.unit == "attempts":
            low, high = 1 - self.table["step_rate_high"][k + 1], 1 - self.table["step_rate_low"][k + 1]
        facts = {
            "step": self.names[k],
            "next": self.names[k + 1],
            "leave_rate": float(rates[k]),
            "leave_low_rate": float(low),
            "leave_high_rate": float(high),
            "base": int(base[k]),
            "end_rate": float(self.table["total_rate"].iloc[-1]),
        }
        detail = {
            "users": "{leave_low_rate} – {leave_high_rate}, of {base} users; {end_rate} of all reach the end",
            "attempts": "{leave_low_rate} – {leave_high_rate}, of {base} attempts; {end_rate} of all reach the end",
        }[self.unit]
        message = "Most leave between {step} and {next}: {leave_rate} go no further"
        return [Finding(message, facts, detail, rates[k], low, high, n=int(base[k]), tone="bad", weight=1e9)]
