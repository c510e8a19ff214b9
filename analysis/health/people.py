"""People: how busy users are, who acts like a machine, and who may have been there before the file.

A *machine* has 50 events or more with gaps so even that their coefficient of variation is below 0.05, or more than
1,000 events within an hour. It needs stamps of the minute or finer.
"""

from __future__ import annotations

from collections.abc import Mapping

import numba as nb
import numpy as np

from analysis.calendar import DAY_US, HOUR_US, SECOND_US
from analysis.engine import over_users
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.health.facts import Behind, Fact, by_share, share
from analysis.health.scan import events_of
from analysis.intake.flags import active_days, heavy_users
from analysis.users import left_edge_days

RHYTHM_EVENTS = 50
EVEN = 0.05
MOST_AN_HOUR = 1_000
FEW = 20
"""Users below which a share of them says nothing."""


def facts(log: EventLog) -> list[Fact]:
    """All about the people of a log with time."""
    return [_seen_once(log), _heavy(log), _machines(log), _left_edge(log)]


def rhythm(log: EventLog) -> tuple[np.ndarray, np.ndarray]:
    """Of each user in the view the coefficient of variation of the gaps, and the most events within an hour.

    Returns:
        Unevenness (nan below 50 events, or where all events share one stamp) and busiest hour (0 below 50 events).
    """
    return over_users(log, _rhythm, log.time, log.ends_at, merge=("join", "join"))  # type: ignore[return-value]


def machines(log: EventLog) -> np.ndarray:
    """Indices of the users with the rhythm or the haste of a machine."""
    if log.resolution_us > 60 * SECOND_US:
        return np.empty(0, np.int64)
    unevenness, busiest = rhythm(log)
    return log.users[(unevenness < EVEN) | (busiest > MOST_AN_HOUR)]


def seen_once(log: EventLog) -> np.ndarray:
    """Indices of the users with one event."""
    return log.users[log.ends - log.starts == 1]


def first_in_edge(log: EventLog) -> np.ndarray:
    """Indices of the users first seen within the left edge."""
    full = np.flatnonzero(log.ends > log.starts)
    until = log.starts_at + left_edge_days(log) * DAY_US
    return log.users[full[log.time[log.starts[full]] < until]]


def busy(log: EventLog, users: np.ndarray) -> Mapping[str, np.ndarray]:
    """Active days (UTC) and events an active day of some users."""
    starts, ends = _spans(log, users)
    days = active_days(starts, ends, log.time)
    return {"active_days": days, "events_a_day": (ends - starts) / np.maximum(days, 1)}


def even(log: EventLog, users: np.ndarray) -> Mapping[str, np.ndarray]:
    """Unevenness of the gaps and the busiest hour of some users."""
    starts, ends = _spans(log, users)
    unevenness, busiest = _rhythm(users, starts, ends, log.time, log.ends_at)
    return {"unevenness": unevenness, "busiest_hour": busiest}


def _spans(log: EventLog, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    place = np.full(len(log.user_ids), -1, np.int64)
    place[log.users] = np.arange(log.n_users)
    return log.starts[place[users]], log.ends[place[users]]


def _seen_once(log: EventLog) -> Fact:
    events = log.ends - log.starts
    events = events[events > 0]
    once = int(np.count_nonzero(events == 1))
    part = share(once, len(events))
    facts = {
        "mean": float(events.mean()),
        "median": float(np.median(events)),
        "most": int(events.max()),
        "once_share": part,
    }
    message = "In the middle {median}, on average {mean}, at most {most}."
    if part > 0.9 and len(events) >= FEW:
        detail = (
            "{once_share} of users have one event only. Is the user column perhaps a session, a device or an order?"
        )
    else:
        detail = "{once_share} of users have one event only; they can't come back or convert in two steps."
    severity = by_share(part, 0.9, 1) if len(events) >= FEW else "fine"
    behind = Behind("users", once, seen_once) if once else None
    return Fact("events_per_user", severity, facts["mean"], "number", Finding(message, facts, detail), behind)


def _heavy(log: EventLog) -> Fact:
    users = heavy_users(log)
    part = share(events_of(log, users), log.n_events)
    facts = {"event_share": part}
    if not len(users):
        told = Finding("Nobody is far busier than all others.", {}, "Averages a user are not drawn up by a few.")
        return Fact("heavy_users", "fine", 0, "users", told)
    told = Finding(
        "Users far busier than the rest make {event_share} of all events.",
        facts,
        "Robots, tills or shared logins. Averages a user are drawn up by them, medians are not.",
    )
    behind = Behind("users", len(users), heavy_users, busy)
    return Fact("heavy_users", by_share(part, 0.05, 0.25), len(users), "users", told, behind)


def _machines(log: EventLog) -> Fact:
    if log.resolution_us > 60 * SECOND_US:
        detail = "It takes times of the minute or finer to tell robots by their rhythm."
        return Fact("machines", "fine", float("nan"), "none", Finding("The times are too coarse to tell.", {}, detail))
    users = machines(log)
    part = share(events_of(log, users), log.n_events)
    facts = {"event_share": part, "least": RHYTHM_EVENTS, "hourly": MOST_AN_HOUR}
    if not len(users):
        detail = "Nobody has {least} events at even gaps, or more than {hourly} within an hour."
        return Fact("machines", "fine", 0, "users", Finding("Nobody acts like a robot.", facts, detail))
    message = "Users who act like robots make {event_share} of all events."
    detail = "{least} events or more at even gaps, or more than {hourly} within an hour. Averages lean towards them."
    behind = Behind("users", len(users), machines, even)
    return Fact("machines", by_share(part, 0, 0.05), len(users), "users", Finding(message, facts, detail), behind)


def _left_edge(log: EventLog) -> Fact:
    users, days = first_in_edge(log), round(left_edge_days(log), 1)
    of = int(np.count_nonzero(log.ends > log.starts))
    part = share(len(users), of)
    told = Finding(
        "{new_share} of users are first seen in the first {edge_days} days.",
        {"new_share": part, "edge_days": days},
        "They may be old users whose past is not in the file: new is not claimed for them.",
    )
    behind = Behind("users", len(users), first_in_edge) if len(users) else None
    return Fact("left_edge", by_share(part, 0.5, 1) if of >= FEW else "fine", days, "days", told, behind)


@nb.njit(nogil=True, cache=True)
def _rhythm(users, starts, ends, time, until):  # type: ignore[no-untyped-def]
    unevenness, busiest = np.full(len(users), np.nan), np.zeros(len(users), np.int64)
    for i in range(len(users)):
        first, high = starts[i], ends[i]
        while high > first and time[high - 1] >= until:
            high -= 1
        n = high - first - 1
        if n + 1 < RHYTHM_EVENTS:
            continue
        mean = (time[high - 1] - time[first]) / n
        spread, low = 0.0, first
        for row in range(first, high):
            if row > first:
                spread += (time[row] - time[row - 1] - mean) ** 2
            while time[row] - time[low] >= HOUR_US:
                low += 1
            busiest[i] = max(busiest[i], row - low + 1)
        if mean > 0:
            unevenness[i] = np.sqrt(spread / n) / mean
    return unevenness, busiest
