"""Scan: one pass over the log that gathers what most facts need."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numba as nb
import numpy as np

from analysis import calendar
from analysis.calendar import HOUR_US
from analysis.engine import over_users
from analysis.events import EventLog
from analysis.users import period_at, periods_per_us

EARLY = "2000-01-01"
"""Stamps before this day are mostly defaults of programs: 1970, 1900."""


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What one pass gathers. Rows after the end of the data (future stamps) are in `future` only.

    Attributes:
        days: The local days from the first event to the end of the data; see `day_bounds`.
        by_hour: Events, days × 24 hours of the local clock.
        users: Users a day.
        midnight: Rows exactly at the first moment of one of those days.
        early: Rows before the year 2000.
        future: Rows at or after `log.ends_at`.
    """

    days: list[date]
    by_hour: np.ndarray
    users: np.ndarray
    midnight: int
    early: int
    future: int

    @property
    def events(self) -> np.ndarray:
        """Events a day."""
        return self.by_hour.sum(axis=1)


def scan(log: EventLog) -> Scan:
    """One pass over all events."""
    bounds, days = day_bounds(log)
    by_hour, users, tallies = over_users(
        log, _scan, log.time, bounds, log.ends_at, early_us(log.zone), merge=("sum", "sum", "sum")
    )
    midnight, early, future = (int(n) for n in tallies)
    return Scan(days, by_hour, users, midnight, early, future)


def day_bounds(log: EventLog) -> tuple[np.ndarray, list[date]]:
    """First moments of the days from the first event to the end of the data, with the end; and the days.

    A few stamps from before 2000 among later ones don't count as the first event: else every file with a stray
    1970 would miss half a century.
    """
    first, late = log.starts_at, early_us(log.zone)
    if first < late < log.ends_at:
        since = log.between(EARLY)
        first = since.starts_at if 2 * since.n_events >= log.n_events else first
    return calendar.bounds(first, log.ends_at, log.zone, "day")


def early_us(zone: str) -> int:
    """The first moment of the year 2000."""
    return calendar.instant(EARLY, zone)


def rows_of(log: EventLog, mask: np.ndarray) -> np.ndarray:
    """Rows of the view where `mask`, one truth value a row of the file, is true."""
    inside = np.zeros(len(log.time) + 1, np.int8)
    full = log.ends > log.starts
    np.add.at(inside, log.starts[full], 1)
    np.add.at(inside, log.ends[full], -1)
    return np.flatnonzero(mask & (np.cumsum(inside[:-1], dtype=np.int8) > 0))


def rows_of_users(log: EventLog, users: np.ndarray) -> np.ndarray:
    """Rows of the view that are of some users."""
    picked = np.isin(log.users, users)
    spans = zip(log.starts[picked], log.ends[picked], strict=True)
    rows = [np.arange(low, high) for low, high in spans]
    return np.concatenate(rows) if rows else np.empty(0, np.int64)


def events_of(log: EventLog, users: np.ndarray) -> int:
    """Number of events of some users."""
    return int((log.ends - log.starts)[np.isin(log.users, users)].sum())


@nb.njit(nogil=True, cache=True)
def _scan(users, starts, ends, time, bounds, until, early):  # type: ignore[no-untyped-def]
    days, per_us = len(bounds) - 1, periods_per_us(bounds)
    by_hour, seen = np.zeros((days, 24), np.int64), np.zeros(days, np.int64)
    midnight, old, future = 0, 0, 0
    for i in range(len(users)):
        last = -1
        for row in range(starts[i], ends[i]):
            at = time[row]
            if at >= until:
                future += ends[i] - row
                break
            old += at < early
            if at < bounds[0]:
                continue
            day = period_at(at, bounds, per_us)
            since = at - bounds[day]
            by_hour[day, min(since // HOUR_US, 23)] += 1
            seen[day] += day != last
            last = day
            midnight += since == 0
    return by_hour, seen, np.array([midnight, old, future])


@nb.njit(nogil=True, cache=True)
def tally(starts, ends, codes, n):  # type: ignore[no-untyped-def]
    """Rows by code."""
    out = np.zeros(n, np.int64)
    for i in range(len(starts)):
        for row in range(starts[i], ends[i]):
            out[codes[row]] += 1
    return out
