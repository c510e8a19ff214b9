"""Rules: a rule finds moments in each user's rows, and each moment becomes an event.

"First purchase", "third visit within a week" or "silent for 30 days" are then steps of a funnel or the start of a
retention like any recorded event. A derived event is stamped when its rule is *known* to be met, never
earlier: that nothing happened for seven days is known on the seventh, and while the seven days are not over
in the data, nothing is derived. So no question sees the future of its as-of date by way of a rule.

What all rules share: times are those of one user. Rows of an event with one stamp are one time, because the lines
of an order are not several orders; rows with one stamp may have happened in either order. A day is 24 hours; the edge
of a window belongs to it. Rows at or after the end of the data (future stamps) are not seen. The derived row
carries the properties of the row it comes from, but no amount, quantity or cost: money is counted once. The
column "derived" tells these rows from recorded ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis import calendar
from analysis.edits import moments
from analysis.edits.edit import Plain, known
from analysis.edits.rows import rows_with
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.reshape import derived_rows

Found = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, repr=False)
class Rule(Plain, ABC):
    """What makes a moment. A plain value, like an edit."""

    @abstractmethod
    def find(self, log: EventLog) -> Found:
        """The row that each moment comes from, and its instant (µs UTC); by user, then instant."""


@dataclass(frozen=True, repr=False)
class First(Rule):
    """The user's first time of an event, at that instant.

    Use with care: the file begins somewhere. Who bought before its first day has a first purchase outside it, and
    the one found here is not the first; in the first days of a file that is likely (the left edge, see `users`).

    Attributes:
        event: Name of the event.
    """

    event: str

    def __post_init__(self) -> None:
        known("event", self.event)

    def find(self, log: EventLog) -> Found:
        """The first time of each user who has one."""
        return _over(log, moments.nth, rows_with(log, self.event), log.ends_at, 1)


@dataclass(frozen=True, repr=False)
class Nth(Rule):
    """The user's n-th time of an event, at that instant. Times before the file begins are not counted.

    Attributes:
        event: Name of the event.
        n: Which time, 1 to 1,000.
    """

    event: str
    n: int

    def __post_init__(self) -> None:
        known("event", self.event)
        _times("n", self.n)

    def find(self, log: EventLog) -> Found:
        """The n-th time of each user who has one."""
        return _over(log, moments.nth, rows_with(log, self.event), log.ends_at, self.n)


@dataclass(frozen=True, repr=False)
class Repeated(Rule):
    """An event several times within some days, at the last of these times.

    **Definition.** From the earliest time on: `times` times that follow each other and of which the last is at most
    `within_days` after the first. The moment is the last of them, and counting starts anew after it, so that a
    time is part of one such run only. A user can have several.

    Attributes:
        event: Name of the event.
        times: How often, 2 to 1,000.
        within_days: Days, above 0 and at most 3660.
    """

    event: str
    times: int
    within_days: float

    def __post_init__(self) -> None:
        known("event", self.event)
        _times("times", self.times)
        if self.times < 2:
            raise ParameterError.outside("times", self.times, "at least 2, as one time is no repetition")
        _days("within_days", self.within_days)

    def find(self, log: EventLog) -> Found:
        """The last time of each run."""
        window = _us(self.within_days)
        return _over(log, moments.repeated, rows_with(log, self.event), log.ends_at, self.times, window)


@dataclass(frozen=True, repr=False)
class Without(Rule):
    """An event several times within some days and another one not at all in these days, at their end.

    **Definition.** From the earliest time on: the window opens at a time of `event` from which `times` times of it
    lie within `within_days`, and lasts `within_days`. If no `missing` lies in it, its first and last instant included,
    the moment is the window's end, and counting starts anew after the end. If one does, counting starts anew after
    the first of them. A window whose end is not before the end of the data is still open: no moment.

    Attributes:
        event: Name of the event; the row the derived one comes from is the last of its `times`.
        times: How often, 1 to 1,000.
        missing: Name of the event that must not happen.
        within_days: Days, above 0 and at most 3660.
    """

    event: str
    times: int
    missing: str
    within_days: float

    def __post_init__(self) -> None:
        known("event", self.event)
        known("missing", self.missing)
        _times("times", self.times)
        _days("within_days", self.within_days)
        if self.missing == self.event:
            raise ParameterError.outside("missing", self.missing, "another event than the one that is counted")

    def find(self, log: EventLog) -> Found:
        """The end of each such window."""
        hits = rows_with(log, self.event), rows_with(log, self.missing)
        return _over(log, moments.without, *hits, log.ends_at, self.times, _us(self.within_days))


@dataclass(frozen=True, repr=False)
class Silent(Rule):
    """Nothing for some days: the moment at which a user has been silent for so long.

    **Definition.** A time that no other one follows within `days`, edge included; the moment is that time plus `days`.
    Whoever comes back and falls silent again has several. Where the days are not over before the end of the data
    there is none. Derived rows are no sign of life; they are not counted, unless `event` names them.

    Attributes:
        days: Days, above 0 and at most 3660.
        event: What breaks the silence; None for any recorded event.
    """

    days: float
    event: str | None = None

    def __post_init__(self) -> None:
        _days("days", self.days)
        if self.event is not None:
            known("event", self.event)

    def find(self, log: EventLog) -> Found:
        """The moment of each silence."""
        hit = ~derived_rows(log) if self.event is None else rows_with(log, self.event)
        return _over(log, moments.silent, hit, log.ends_at, _us(self.days))


@dataclass(frozen=True, repr=False)
class After(Rule):
    """One event within some days after another, at the later one.

    **Definition.** Every time of `event` is answered by the first time of `then` at or after it, if that is at most
    `within_days` later. The moment is that time of `then`; one that answers several times is one moment.

    Attributes:
        event: Name of the earlier event.
        then: Name of the later one; the derived row comes from it.
        within_days: Days, above 0 and at most 3660.
    """

    event: str
    then: str
    within_days: float

    def __post_init__(self) -> None:
        known("event", self.event)
        known("then", self.then)
        _days("within_days", self.within_days)
        if self.then == self.event:
            raise ParameterError.outside("then", self.then, "another event than the earlier one")

    def find(self, log: EventLog) -> Found:
        """Each time that answers."""
        hits = rows_with(log, self.event), rows_with(log, self.then)
        return _over(log, moments.after, *hits, log.ends_at, _us(self.within_days))


def _over(log: EventLog, kernel: Callable[..., Any], *args: object) -> Found:
    found = over_users(log, kernel, log.time, *args, merge=("join", "join"))
    return found[0], found[1]


def _us(days: float) -> int:
    return round(days * calendar.DAY_US)


def _times(name: str, given: object) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= 1_000:
        raise ParameterError.outside(name, given, "a whole number from 1 to 1,000")


def _days(name: str, given: object) -> None:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given <= 3660:
        raise ParameterError.outside(name, given, "a number of days above 0 and at most 3660")
