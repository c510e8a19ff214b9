"""Funnel: of the users who start, how many reach each step, and how fast.

The unit is the user, not the event: somebody who views ten items and buys one is one user who
bought, because a meeting asks "how many of our people get through", and frequent visitors
would otherwise decide the answer. A user may try several times; the *best attempt* is judged:
the longest within the window that runs from that attempt's own step 1, and of equally long ones
the earliest. It is not "did all of these events at some time", and it is not the first try only
(that is `attempt="first"`).

Only entries whose window has closed are in any rate. The others are counted as *still open*,
whether they have converted already or not: keeping only the quick ones would flatter the rate.

An optional step holds nobody up: its own share is shown, and who skipped it goes on. A step may have a window of
its own, counted from the last step that is not optional. An excluded event ends the attempt at the step where it
stands; the attempt is then counted up to that step, or its user is left out and told apart. After it a user may
enter again, at a later stamp.

When a column is held constant, all steps of an attempt carry the same value, so that viewing one item and buying
another is no conversion; counted is then each user with each value. With sessions as unit, all steps lie in one
session.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.funnels import exclude, lost, plain, reach, split, walk, ways
from analysis.behaviour.funnels.exclude import Exclusion, required
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time

FEW = lost.FEW


@dataclass(frozen=True, kw_only=True, repr=False)
class Funnel(Question):
    """Of the users who start, how many reach each step.

    **Definition.** Population: users with a step 1 between `first_day` and `last_day`; later steps may
    fall after `last_day`. The window is measured from the attempt's own step 1, its edge included.
    Rows with the same stamp match in either order; one row never fills two steps. A step that repeats the one
    before it needs a later stamp (but in any order): the lines of one order are not a repurchase.

    An attempt is followed forward from its start, by the best choice of rows: a step done again renews the clock
    of the next step's window. It stands at its furthest step whose next one is still in time. An excluded event
    later than that step and earlier than the next ends it; at the very stamp of either step it does not count. An
    attempt is over when no step can be in time any more. Its window has closed when the window, or all step windows
    together, have passed since step 1, or when its session is over.

    Attributes:
        steps: 1 to 16 steps, each an event's name or a `Step`. A `Step` may be optional (not the first or last) and
            have a window of its own, `within_hours`, counted from the last step that is not optional.
        window_days: Longest time from step 1 to the last step, days; None for no limit.
        attempt: "best"; "first": the clock starts at the first step 1 and is not reset; "all": after
            converting, timing out, or (exact order, exclusion) being interrupted, a user enters again at a later
            stamp, and the unit is attempts.
        order: "this" (other events may stand between), "exact" (nothing between; a moment of equal
            stamps counts as one), "any" (after step 1, in any order; row k is "k steps done").
        exclude: Events, or `Exclusion`s, that must not lie between steps. This order only.
        on_exclusion: "stop": the attempt counts up to the step where it stood; "remove": the user (session, user and
            value) goes, with all attempts, and is counted apart.
        hold: Columns held constant: all steps carry the same values; rows that lack one are no steps. An
            excluded event counts when it carries the same values or none.
        unit: "users" or "sessions": then every attempt lies within one session.
        session_minutes: Longest gap inside a session, minutes.
        include_open: Count entries whose window has not closed, as far as they have come.
        split: Column by whose values the funnel is compared; None for no split.
        split_at: Where a value is taken: "first" or "last" given value among the attempt's steps; "all":
            the same value at every reached step, else left out; a number k: the value at step k.
        first_day, last_day: Days between which step 1 must lie, ISO text in the log's zone; None: open.

    Use with care: the best attempt is always at least as good as the first. A step's filters act before
    matching; a filter that is true for nobody gives an empty funnel, not an error. "remove" takes out users by what
    they did on the way, so the rates of those who stay are no forecast for all.

    References:
        The latest-start pass is the idea behind ClickHouse's windowFunnel, extended by ties, distinct
        rows and the earliest attempt.
    """

    steps: tuple[Step, ...]
    window_days: float | None = 7
    attempt: Literal["best", "first", "all"] = "best"
    order: Literal["this", "exact", "any"] = "this"
    exclude: tuple[Exclusion, ...] = ()
    on_exclusion: Literal["stop", "remove"] = "stop"
    hold: tuple[str, ...] = ()
    unit: Literal["users", "sessions"] = "users"
    session_minutes: float = 30
    include_open: bool = False
    split: str | None = None
    split_at: Literal["first", "last", "all"] | int = "first"
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        steps = (self.steps,) if isinstance(self.steps, (str, Step)) else self.steps
        self._set("steps", tuple(Step.of(s) for s in steps))
        excluded = (self.exclude,) if isinstance(self.exclude, (str, Step, Exclusion)) else self.exclude
        self._set("exclude", tuple(Exclusion.of(e) for e in excluded))
        self._set("hold", (self.hold,) if isinstance(self.hold, str) else tuple(self.hold))
        if not 1 <= len(self.steps) <= walk.MOST_STEPS:
            raise ParameterError.outside("steps", len(self.steps), f"1 to {walk.MOST_STEPS} steps")
        if self.window_days is not None and not 0 < self.window_days <= 3660:
            raise ParameterError.outside("window_days", self.window_days, "above 0 and at most 3660, or None")
        if self.attempt not in ways.ATTEMPTS:
            raise ParameterError.outside("attempt", self.attempt, "one of best, first, all")
        if self.order not in ways.ORDERS:
            raise ParameterError.outside("order", self.order, "one of this, exact, any")
        at = self.split_at
        if at not in ("first", "last", "all") and not (isinstance(at, int) and 1 <= at <= len(self.steps)):
            raise ParameterError.outside("split_at", at, "first, last, all or the number of a step")
        self._check_limits()
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def _check_limits(self) -> None:
        """Refuses what has no meaning together."""
        if self.on_exclusion not in ("stop", "remove"):
            raise ParameterError.outside("on_exclusion", self.on_exclusion, "one of stop, remove")
        if self.unit not in ("users", "sessions"):
            raise ParameterError.outside("unit", self.unit, "one of users, sessions")
        if not 0 < self.session_minutes <= 1440:
            raise ParameterError.outside("session_minutes", self.session_minutes, "above 0 and at most 1,440")
        if self.steps[0].optional or self.steps[-1].optional:
            rule = "a step in between: the first and the last step are never optional"
            raise ParameterError.outside("optional", self.steps[0 if self.steps[0].optional else -1].name, rule)
        if self.steps[0].within_hours is not None:
            raise ParameterError.outside("within_hours", self.steps[0].name, "not the first step: nothing is before it")
        if len(self.exclude) > exclude.MOST_EXCLUSIONS:
            raise ParameterError.outside("exclude", len(self.exclude), f"at most {exclude.MOST_EXCLUSIONS} exclusions")
        for exclusion in self.exclude:
            exclusion.gaps(self.steps)
        if self.order != "this" and self.limited:
            rule = "this, when there are optional steps, step windows or exclusions: their steps follow each other"
            raise ParameterError.outside("order", self.order, rule)

    @property
    def limited(self) -> bool:
        """Whether an attempt needs the general way: optional steps, step windows or exclusions."""
        return bool(self.exclude) or any(s.optional or s.within_hours is not None for s in self.steps)

    @property
    def names(self) -> list[str]:
        """Names of the table's rows. In any order they count: "2/3" is two of three steps done."""
        n = len(self.steps)
        if self.order == "any" and n > 1:
            return [self.steps[0].name, *(f"{k}/{n}" for k in range(2, n + 1))]
        return [s.name for s in self.steps]

    @property
    def limits(self) -> list[int]:
        """Of each step the longest time since the last one that is not optional, µs."""
        return [
            plain.NO_WINDOW if s.within_hours is None else round(s.within_hours * calendar.HOUR_US) for s in self.steps
        ]

    @property
    def window(self) -> int:
        """Longest time from step 1 that an attempt can take, µs: the window, or all step windows together."""
        whole = plain.NO_WINDOW if self.window_days is None else round(self.window_days * calendar.DAY_US)
        since, longest = 0, 0
        for step, limit in zip(self.steps[1:], self.limits[1:], strict=True):
            longest = max(longest, since + limit)
            since += 0 if step.optional else limit
        return min(whole, longest) if len(self.steps) > 1 else whole

    def ask(self, log: EventLog, progress: Progress = None) -> FunnelAnswer:
        """The funnel of a log."""
        needs_time(log)
        made = ways.units_of(self, log)
        low, high = calendar.entry_range(self.first_day, self.last_day, log.zone)
        kernel, before, after = (ways.general if self.limited else ways.usual)(self, log, made)
        parts = [
            over_users(
                part,
                kernel,
                *before,
                self.window,
                low,
                high,
                closed_until if closed_until is not None else high,
                *after,
                merge=ways.MERGE[: 5 if self.limited else 4],
                progress=progress,
            )
            for part, closed_until in ways.parts(self, log, made)
        ]
        who, level, still_open, rows, *gone = parts[0] if len(parts) == 1 else ways.together(parts)
        rows, removed = made.found(rows), np.empty(0, np.int64)
        if gone and gone[0].any():
            kept, removed = ~gone[0], who[gone[0]]
            if self.attempt == "all":  # one entry a user, however many attempts
                removed = np.unique(removed)
            who, level, still_open, rows = who[kept], level[kept], still_open[kept], rows[kept]
        return FunnelAnswer(
            question=self, log=log, who=who, level=level, still_open=still_open, rows=rows, removed=removed
        )


@dataclass(frozen=True, eq=False)
class FunnelAnswer(Answer):
    """The funnel, step by step.

    Attributes:
        who, level, still_open, rows: Per attempt that counts: user index, number of the last step reached that is
            not optional (in any order: steps done), whether its window is still open, the log's row of each step
            (-1: not reached, or skipped).
        removed: User index of each unit that was left out because of an excluded event (all attempts: of each user).
        table: One row a step. `step`; `users` (or what `unit` says) who reached it; `step_rate` of those at the step
            before that is not optional, `total_rate` of those at step 1, each with `_low` and `_high` (Wilson; where
            a user may count several times clustered by user, and never narrower than Wilson), nan where the base is 0,
            and at step 1 where there is nothing before; `still_open` entries
            that have come this far and are in no rate; `median_hours` since that step before, its `_low` and
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
    removed: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
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
        found = split.compare(self)
        object.__setattr__(self, "by_value", found[0])
        object.__setattr__(self, "left_out", found[1])

    @property
    def unit(self) -> str:
        """What is counted: "users", "attempts", "sessions", or "user_values": each user with each value held."""
        if self.question.attempt == "all":
            return "attempts"
        if self.question.unit == "sessions":
            return "sessions"
        return "user_values" if self.question.hold else "users"

    @property
    def distinct(self) -> bool:
        """Whether every user counts once at most."""
        return self.unit == "users"

    @property
    def names(self) -> list[str]:
        """Names of the table's rows."""
        return self.question.names

    @cached_property
    def before(self) -> list[int]:
        """Of each step the place of the last one before it that is not optional; 0 for the first."""
        firm = required(self.question.steps)
        return [max((f for f in firm if f < k), default=0) for k in range(len(self.question.steps))]

    @cached_property
    def _moments(self) -> np.ndarray:
        """Rows in the order in which they were reached (in any order, step k is the k-th one done)."""
        moments: np.ndarray = reach.in_order(self.rows) if self.question.order == "any" else self.rows
        return moments

    @cached_property
    def counts(self) -> np.ndarray:
        """Attempts that reached each step: closed, and still open."""
        counts: np.ndarray = reach.count(self._moments, self.still_open)
        return counts

    def _table(self) -> pd.DataFrame:
        reached, still_open = self.counts
        base = reached[self.before]
        data: dict[str, Any] = {"step": self.names, self.unit: reached}
        data["step_rate"], data["total_rate"] = stats.rate(reached, base), stats.rate(reached, reached[0])
        data["step_rate"][0] = np.nan  # there is no step before
        data["step_rate_low"], data["step_rate_high"] = self._interval(self.before)
        data["total_rate_low"], data["total_rate_high"] = self._interval([0] * len(reached))
        data["still_open"] = still_open
        before = np.arange(len(reached)) - 1 if self.question.order == "any" else np.array(self.before)
        spans, place = reach.spans(self._moments, before, self.still_open, reached, self.log.time)
        parts = [spans[place[k] : place[k + 1]] for k in range(1, len(reached))]
        times: list[Any] = [[np.nan] * 5, *(np.array(stats.quartiles(part)) / calendar.HOUR_US for part in parts)]
        frame = pd.DataFrame(data).assign(**dict(zip(self.TIMES, np.transpose(times), strict=True)))
        return frame[["step", self.unit, *self.RATES, "still_open", *self.TIMES]]

    def _interval(self, before: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Bounds per step of the rate of the step `before` it."""
        reached, closed = self.counts[0], ~self.still_open
        low, high = stats.wilson(reached, reached[before])
        low[0] = high[0] = np.nan  # step 1 is all of itself, by definition
        for k in range(1, 1 if self.distinct else len(reached)):
            base = closed & (self._moments[:, before[k]] >= 0)
            n = np.bincount(self.who[base]).astype(float)
            x = np.bincount(self.who[base & (self._moments[:, k] >= 0)], minlength=len(n)).astype(float)
            low[k], high[k] = split.wider((low[k], high[k]), stats.ratio_interval(*split.sums(x, n)))
        return low, high

    def convert_hours(self) -> np.ndarray:
        """Hours from step 1 to the last step, one a closed attempt that converted."""
        done = self._moments[~self.still_open & (self._moments[:, -1] >= 0)]
        hours: np.ndarray = (self.log.time[done[:, -1]] - self.log.time[done[:, 0]]) / calendar.HOUR_US
        return hours

    def people(self, step: int, *, reached: bool = True) -> np.ndarray:
        """User indices behind a number, one a unit counted.

        Args:
            step: Number of the step, from 1.
            reached: Those who reached it; else those who reached the step before (that is not optional) and not
                this one.
        """
        did = self._moments[:, step - 1] >= 0
        if not reached:
            did = ~did & (self._moments[:, self.before[step - 1]] >= 0)
        return self.who[~self.still_open & did]

    def findings(self) -> list[Finding]:
        """The step most are lost at; then values whose step differs from the rest, after BH over all."""
        return [*lost.drop(self), *lost.removed(self), *adjusted(self.tested())]

    def tested(self) -> list[Finding]:
        """Every value at every step against the rest."""
        return split.differences(self.by_value, self.question.split)
