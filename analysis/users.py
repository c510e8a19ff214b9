"""What questions about users share: which rows are activity, on which days, and with which gaps.

A user is *active* on a local calendar day (or week, month) when at least one row that counts as
activity lies in it. A *gap* is the number of days from one active day to the user's next, so that
somebody who comes every day has gaps of 1. A user's last gap is still *open*: all that is known is
that it is longer than the days from the last active day to the last day of the data.
"""

from __future__ import annotations

from functools import lru_cache

import numba as nb
import numpy as np

from analysis import calendar
from analysis.engine import over_users
from analysis.events import EventLog
from analysis.questions import Step, step_bits
from analysis.reshape import derived_rows

LEFT_EDGE = 0.95
"""Of all gaps between active days, the share that is at most as long as the left edge."""

LEFT_EDGE_SHARE = 0.25
"""The left edge is at most this part of the range: else few users would ever be called new."""

Rows = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def activity(log: EventLog, event: Step | None = None) -> Rows:
    """What kernels need to tell activity: time, event codes, bits by event, bits by row (see `step_bits`)."""
    if event is None:
        by_event = np.ones(len(log.events.values), dtype=np.uint16)
        made = derived_rows(log)  # what a rule made is no activity of the user
        by_row = (~made).astype(np.uint16) if made.any() else np.empty(0, dtype=np.uint16)
    else:
        by_event, by_row = step_bits(log, (event,))
    return log.time, log.events.codes, by_event, by_row


def day_bounds(log: EventLog, until: int | None = None) -> np.ndarray:
    """First moments of the local days from the view's first event to `until` (its end), and of the day after."""
    return calendar.bounds(log.starts_at, log.ends_at if until is None else until, log.zone, "day")[0]


def gaps(log: EventLog, event: Step | None = None, groups: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Gaps between the active days of the same user, counted by length.

    **Definition.** Closed gaps run from one active day to the user's next; the open gap from the last active
    day to the last day of the view. Rows after `log.ends_at` (future stamps) are not seen.

    Args:
        log: The log or view.
        event: What counts as activity; None for any event.
        groups: Users are dealt into this many groups, for a jackknife over users.

    Returns:
        `closed` and `open`, each groups × days: place [g, d] holds the gaps of d days in group g.
    """
    return over_users(  # type: ignore[return-value]
        log, _gaps, activity(log, event), day_bounds(log), log.ends_at, groups, merge=("sum", "sum")
    )


def percentile(counts: np.ndarray, share: float) -> float:
    """Smallest place of a histogram at or below which `share` of all counts lie; nan when it is empty.

    Examples:
        >>> percentile(np.array([0, 90, 5, 5]), 0.95)
        2.0
    """
    total = np.cumsum(counts)
    if not len(total) or not total[-1]:
        return float("nan")
    return float(np.searchsorted(total, share * total[-1] * (1 - 1e-12)))


@lru_cache(maxsize=8)
def left_edge_days(log: EventLog) -> float:
    """Days at the start of the range in which a user seen first may well be an old one.

    **Definition.** The 95th percentile of all gaps between a user's consecutive active days (local calendar
    days, any event), at most a quarter of the range. Whoever was silent before the file starts has nearly
    always come back once that long has passed. Where nobody has a second active day nothing can be learned,
    and it is the quarter of the range; an empty log has 0.

    Use with care: gaps longer than the range cannot be seen, so in a short file the percentile is too small.

    Args:
        log: The log or view; a view's range is its own.

    Returns:
        Days, from the first event of the view on.
    """
    most = max(log.ends_at - log.starts_at, 0) / calendar.DAY_US * LEFT_EDGE_SHARE
    closed, _ = gaps(log)
    learned = percentile(closed[0], LEFT_EDGE)
    return most if np.isnan(learned) else min(learned, most)


@nb.njit(nogil=True, cache=True)
def is_active(row, event, by_event, by_row):  # type: ignore[no-untyped-def]
    """Whether a row is activity, the arrays being what `activity` gives.

    They are handed over one by one: taken out of a tuple on each row, each would be counted as a reference.
    """
    bits = by_event[event[row]]
    if len(by_row):
        bits &= by_row[row]
    return bits != 0


@nb.njit(nogil=True, cache=True)
def periods_per_us(bounds):  # type: ignore[no-untyped-def]
    """Periods a microsecond, on average: once a kernel, because a division on each row is felt."""
    return (len(bounds) - 1) / (bounds[-1] - bounds[0])


@nb.njit(nogil=True, cache=True)
def period_at(instant, bounds, per_us):  # type: ignore[no-untyped-def]
    """Period that holds `instant`, which must lie within the bounds; `per_us`: see `periods_per_us`.

    Periods are nearly of one length, so the place is computed and then put right by a step or two: daylight
    saving, months. Callers in other files are cached by numba with this inside: after a change, clear `__pycache__`.
    """
    place = min(int((instant - bounds[0]) * per_us), len(bounds) - 2)
    while bounds[place] > instant:
        place -= 1
    while bounds[place + 1] <= instant:
        place += 1
    return place


@nb.njit(nogil=True, cache=True)
def _gaps(users, starts, ends, rows, bounds, until, groups):  # type: ignore[no-untyped-def]
    time, event, by_event, by_row = rows
    days, per_us = len(bounds) - 1, periods_per_us(bounds)
    closed, still_open = np.zeros((groups, days), np.int64), np.zeros((groups, days), np.int64)
    for i in range(len(users)):
        group, last = users[i] % groups, -1
        for row in range(starts[i], ends[i]):
            if time[row] >= until:
                break
            if not is_active(row, event, by_event, by_row):
                continue
            day = period_at(time[row], bounds, per_us)
            if day != last:
                if last >= 0:
                    closed[group, day - last] += 1
                last = day
        if last >= 0:
            still_open[group, days - 1 - last] += 1
    return closed, still_open


@nb.njit(nogil=True, cache=True)
def stirred(user):  # type: ignore[no-untyped-def]
    """A number that has nothing to do with the user's place, the same for ever (splitmix64, Steele et al. 2014)."""
    z = np.uint64(user) + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@nb.njit(nogil=True, cache=True)
def dealt(users, piles):  # type: ignore[no-untyped-def]
    """Pile of each user, 0 to `piles` - 1: as by chance, so that an order in the ids tells nothing of it."""
    out = np.empty(len(users), np.int64)
    for i in range(len(users)):
        out[i] = np.int64(stirred(users[i]) % np.uint64(piles))
    return out
