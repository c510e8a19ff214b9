"""Days: which are missing, which are half loaded, and whether the last one is over.

What is *usual* on a day is the median of that weekday in the four weeks before and after it.

**Missing.** A stretch of days without any event is missed where people were to be expected: usually 20 users or
more in all its days together (days that no week around tells about count as a day in the middle of the file), or
when it is more than five times the usual way from one day with events to the next. A shop that is closed on
Sundays misses nothing.

**Half loaded.** A day with events, but fewer than 20 % of the usual (days without events aside; at least two known
days before it and three in all; a median of at least 20), and fewer than half of what the second lowest of those
days has: where days differ widely by themselves, no low day is an accident. The first and the last day are not judged.

**Not over.** The last day's last event comes more than an hour earlier than that of any of the 28 days before
(at least 7 of them with events). Where the file has no times of day: its events are fewer than 20 % of the usual.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import calendar
from analysis.calendar import HOUR_US
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.health.facts import Behind, Fact, Severity
from analysis.health.scan import Scan

WEEKS = 4
PLENTY = 20
HALF = 0.2
FAR = 5
BEFORE = 28


def frame(log: EventLog, seen: Scan) -> pd.DataFrame:
    """`Health.days`."""
    events = seen.events
    state = np.full(len(events), "usual", dtype="U10")
    state[missed(seen.users)] = "empty"
    state[half_loaded(events)] = "half"
    if not_over(log, seen):
        state[-1] = "unfinished"
    return pd.DataFrame(
        {"day": pd.Series(seen.days, dtype=object), "events": events, "users": seen.users, "state": state}
    )


def facts(log: EventLog, days: pd.DataFrame) -> list[Fact]:
    """All about the days."""
    return [_gaps(days), _half(days), _last(log, days), _usual(log, days)]


def around(numbers: np.ndarray) -> np.ndarray:
    """The same weekday in the weeks around each day: days × 8, the weeks before first; nan outside the file."""
    out = np.full((len(numbers), 2 * WEEKS), np.nan)
    for k, week in enumerate(w for w in range(-WEEKS, WEEKS + 1) if w):
        place = np.arange(len(numbers)) + 7 * week
        fine = (place >= 0) & (place < len(numbers))
        out[fine, k] = numbers[place[fine]]
    return out


def median(rows: np.ndarray) -> np.ndarray:
    """Median of each row, nan aside; nan where nothing else is there."""
    known = np.isfinite(rows).sum(axis=1)
    rows, row, last = np.sort(rows, axis=1), np.arange(len(rows)), np.maximum(known - 1, 0)  # nan stands last
    return (rows[row, last // 2] + rows[row, -(-last // 2)]) / 2


def stretches(empty: np.ndarray) -> list[tuple[int, int]]:
    """First place and place after the last of every run of true values.

    Examples:
        >>> stretches(np.array([False, True, True, False, True]))
        [(1, 3), (4, 5)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], empty, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def missed(users: np.ndarray) -> np.ndarray:
    """Days without events where there usually are some, by the users a day."""
    full = np.flatnonzero(users)
    out = np.zeros(len(users), bool)
    if len(full) < 2:
        return out
    way, middle = float(np.median(np.diff(full))), float(np.median(users[full]))
    usual = median(around(users))
    expected = np.where(np.isnan(usual), middle, usual)
    for low, high in stretches(users == 0):
        if high - low + 1 > FAR * way:
            out[low:high] = True
        elif expected[low:high].sum() >= PLENTY:  # closed days at its ends are no part of it
            some = low + np.flatnonzero(expected[low:high])
            out[some[0] : some[-1] + 1] = True
    return out


def half_loaded(events: np.ndarray) -> np.ndarray:
    """Days far below what is usual, by the events a day."""
    weeks = around(np.where(events > 0, events, np.nan))
    known = np.isfinite(weeks)
    judged = (known[:, :WEEKS].sum(axis=1) >= 2) & (known.sum(axis=1) >= 3)
    usual, second = median(weeks), np.sort(weeks, axis=1)[:, 1]
    with np.errstate(invalid="ignore"):  # nan is above nothing
        low = (events < HALF * usual) & (usual >= PLENTY) & (events < second / 2)
    out = judged & (events > 0) & low
    out[[0, -1]] = False
    return out


def not_over(log: EventLog, seen: Scan) -> bool:
    """Whether the last day was still going on when the file was made."""
    before = seen.by_hour[-1 - BEFORE : -1]
    before = before[before.sum(axis=1) > 0]
    if len(before) < 7:
        return False
    if log.resolution_us < HOUR_US:
        lasts = 23 - (before[:, ::-1] > 0).argmax(axis=1)
        last = int(np.flatnonzero(seen.by_hour[-1])[-1])
        return bool(last + 1 < lasts.min())
    weeks = around(np.where(seen.events > 0, seen.events, np.nan))[-1:]
    usual = float(median(weeks)[0])
    return bool(np.isfinite(weeks).sum() >= 2 and usual >= PLENTY and seen.events[-1] < HALF * usual)


def series(days: pd.DataFrame, most: int = 400) -> pd.DataFrame:
    """The days as no more than about `most` points: days, else means a day of weeks or 28 days.

    Returns:
        `day` (the first of the point), `events`, `users` (means a day), `state` (the most severe one), `width` in days.
    """
    width = next(w for w in (1, 7, 28, 364, len(days) + 1) if len(days) <= w * most or w > 364)
    group = np.arange(len(days)) // width
    order = {"usual": 0, "unfinished": 1, "half": 2, "empty": 3}
    worst = days["state"].map(order).groupby(group).max()
    out = days.groupby(group).agg(day=("day", "first"), events=("events", "mean"), users=("users", "mean"))
    return out.assign(state=worst.map({v: k for k, v in order.items()}), width=width).reset_index(drop=True)


def _places(days: pd.DataFrame, state: str) -> Behind:
    found = np.flatnonzero((days["state"] == state).to_numpy())
    return Behind("days", len(found), lambda log: found)


def _gaps(days: pd.DataFrame) -> Fact:
    gone = (days["state"] == "empty").to_numpy()
    if not gone.any():
        empty = int((days["events"] == 0).sum())
        message = "Days without any event are no more than usual here: {empty}." if empty else "Every day has events."
        return Fact("gaps", "fine", 0, "days", Finding(message, {"empty": empty}, "No day seems to be missing."))
    low, high = max(stretches(gone), key=lambda s: s[1] - s[0])
    message = (
        "The longest stretch without any event: {first} to {last}." if high - low > 1 else "Without event: {first}."
    )
    facts = {"first": days["day"][low], "last": days["day"][high - 1]}
    detail = "Were they not loaded? Then sums are too low, and silence is no sign that users left."
    told = Finding(message, facts, detail)
    severity: Severity = "careful" if high - low >= 3 else "look"
    return Fact("gaps", severity, int(gone.sum()), "days", told, _places(days, "empty"))


def _half(days: pd.DataFrame) -> Fact:
    found = np.flatnonzero((days["state"] == "half").to_numpy())
    if not len(found):
        told = Finding("No day is far below its weekday.", {}, "No day seems to be half loaded.")
        return Fact("half_days", "fine", 0, "days", told)
    told = Finding(
        "Less than a fifth of what is usual for the weekday, first on {first}.",
        {"first": days["day"][found[0]]},
        "Half loaded days look like a fall. Load them again before anybody explains the fall.",
    )
    return Fact("half_days", "careful" if len(found) >= 3 else "look", len(found), "days", told, _places(days, "half"))


def _last(log: EventLog, days: pd.DataFrame) -> Fact:
    at = calendar.local(log.ends_at - log.resolution_us, log.zone)
    facts = {"last": days["day"].iloc[-1], "clock": at.strftime("%H:%M")}
    if days["state"].iloc[-1] != "unfinished":
        told = Finding("Nothing says that the last day was cut off.", facts, "It can be compared with the days before.")
        return Fact("last_day", "fine", float("nan"), "date", told)
    timed = log.resolution_us < HOUR_US
    message = (
        "The last event came at {clock}, early for this file." if timed else "The last day has far too few events."
    )
    detail = "The day is not over and its numbers are too low. End the dates one day earlier for a fair last day."
    return Fact("last_day", "look", float("nan"), "date", Finding(message, facts, detail), _places(days, "unfinished"))


def _usual(log: EventLog, days: pd.DataFrame) -> Fact:
    full = days[days["events"] > 0]
    facts = {
        "users": float(full["users"].median()),
        "events": float(full["events"].median()),
        "first": days["day"].iloc[0],
        "last": days["day"].iloc[-1],
        "days": len(full),
        "all_days": len(days),
        "zone": log.zone,
    }
    message = "{users} users and {events} events on a usual day."
    detail = "From {first} to {last}, days of {zone}; {days} of {all_days} days have events."
    return Fact("activity", "fine", facts["users"], "users", Finding(message, facts, detail))
