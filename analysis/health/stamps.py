"""Stamps: how precise they are, which lie in the future or the far past, and whether the clock is right.

People sleep. Where a file has times of day and its four quietest hours lie in the middle of the
day, its stamps were most likely written in another time zone than the one that was chosen.
"""

from __future__ import annotations

import numpy as np

from analysis.calendar import DAY_US, HOUR_US, SECOND_US
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.health.facts import Behind, Fact, Severity, by_share, share
from analysis.health.scan import Scan, day_bounds, early_us, rows_of

ENOUGH_FOR_HOURS = 5_000
"""Events below which the hours of the day say nothing about the time zone."""

QUIET_HOURS = 4
NIGHT = 2
"""The quietest hours of people lie about from 2 to 6 in the morning."""

BY_DAY = (10, 18)
"""Quietest hours wholly between these are those of another time zone."""

QUIET = 0.75
"""The quietest hours have at most this part of an even share, else there is no quiet."""

MIDNIGHT_SHARE = 0.01
"""Stamps of the second stand at midnight once in 86,400 times; above this share they are dates without a time."""


def facts(log: EventLog, seen: Scan) -> list[Fact]:
    """All about the stamps."""
    return [_width(log), *_future(log, seen), *_early(log, seen), *_midnight(log, seen), *_zone(log, seen)]


def future_rows(log: EventLog) -> np.ndarray:
    """Rows in the future: those after the end of the data, as many as the ledger flagged where all of a file is."""
    after = rows_of(log, log.time >= log.ends_at)
    known = 0 if len(after) else _all_future(log)
    return np.sort(np.argsort(log.time, kind="stable")[-known:]) if known else after


def midnight_rows(log: EventLog) -> np.ndarray:
    """Rows exactly at the first moment of a local day."""
    return rows_of(log, np.isin(log.time, day_bounds(log)[0]) & (log.time < log.ends_at))


def _width(log: EventLog) -> Fact:
    width = log.resolution_us
    severity: Severity = "look" if width >= HOUR_US else "fine"
    if width >= DAY_US:
        message = "The file gives days, without a time of day."
        detail = "The order of events within a day is unknown: funnels take them in either order, hours mean nothing."
    elif width >= HOUR_US:
        message = "Times are given to the hour."
        detail = "The order of events within an hour is unknown: funnels take them in either order."
    elif width >= 60 * SECOND_US:
        message = "Times are given to the minute."
        detail = "Only events of the same minute are taken in either order."
    else:
        message = "Times are given to the second or finer."
        detail = "Only events with the very same time are taken in either order."
    return Fact("stamps", severity, float(width), "width", Finding(message, {}, detail))


def _all_future(log: EventLog) -> int:
    """Rows flagged as future in a file that holds no others, so that its end is no sign of them."""
    return log.ledger.flagged.get("future", 0) if log.ledger is not None and not log.scope else 0


def _future(log: EventLog, seen: Scan) -> list[Fact]:
    rows = seen.future or _all_future(log)
    if not rows:
        told = Finding("No event lies in the future.", {}, "The data end with their last event.")
        return [Fact("future", "fine", 0, "rows", told)]
    part = share(rows, log.n_events)
    told = Finding(
        "{event_share} of all events lie in the future.",
        {"event_share": part},
        "No answer counts them. Planned visits, a wrong clock or a wrong order of day and month.",
    )
    return [Fact("future", by_share(part, 0, 0.01), rows, "rows", told, Behind("rows", rows, future_rows))]


def _early(log: EventLog, seen: Scan) -> list[Fact]:
    if not seen.early:
        return []
    part = share(seen.early, log.n_events)
    facts = {"event_share": part}
    if part > 0.5:
        told = Finding("Most events are from before 2000.", facts, "Fine for an old file; else the dates were misread.")
    else:
        told = Finding(
            "{event_share} of all events are from before 2000.",
            facts,
            "Programs write 1970 or 1900 where no time is known. They stretch the range; leave them out by the dates.",
        )
    behind = Behind("rows", seen.early, lambda log: rows_of(log, log.time < early_us(log.zone)))
    return [Fact("early", "look" if part > 0.5 else "careful", seen.early, "rows", told, behind)]


def _midnight(log: EventLog, seen: Scan) -> list[Fact]:
    if log.resolution_us >= HOUR_US:
        return []
    part = share(seen.midnight, log.n_events)
    severity = by_share(part, MIDNIGHT_SHARE, 0.2) if seen.midnight > 1 else "fine"
    facts = {"event_share": part}
    if severity == "fine":
        told = Finding("No dates without a time are mixed in.", facts, "At midnight stand {event_share} of all events.")
        return [Fact("midnight", severity, seen.midnight, "rows", told)]
    told = Finding(
        "{event_share} of all events stand exactly at midnight.",
        facts,
        "They most likely have a date and no time: their order within the day and their hour are not to be trusted.",
    )
    return [Fact("midnight", severity, seen.midnight, "rows", told, Behind("rows", seen.midnight, midnight_rows))]


def quietest(hours: np.ndarray) -> tuple[int, float]:
    """First of the quietest hours, and their events against an even share.

    Examples:
        >>> quietest(np.array([9] * 10 + [1] * 4 + [9] * 10))[0]
        10
    """
    around = np.concatenate([hours, hours[: QUIET_HOURS - 1]])
    sums = np.convolve(around, np.ones(QUIET_HOURS), "valid")
    first = int(sums.argmin())
    return first, share(float(sums[first]), float(hours.sum()) * QUIET_HOURS / 24)


def _zone(log: EventLog, seen: Scan) -> list[Fact]:
    hours = seen.by_hour.sum(axis=0)
    hours[0] -= min(seen.midnight, hours[0])  # dates without a time say nothing about the clock
    if log.resolution_us > 60 * SECOND_US or hours.sum() < ENOUGH_FOR_HOURS:
        return []
    first, depth = quietest(hours)
    clock = {"start": f"{first:02d}:00", "stop": f"{(first + QUIET_HOURS) % 24:02d}:00", "zone": log.zone}
    if depth > QUIET:
        message = "No hour of the day is quiet."
        detail = "Robots, or users all around the globe: the hours can't tell whether the time zone is right."
        return [Fact("zone", "fine", float("nan"), "none", Finding(message, clock, detail))]
    if not (BY_DAY[0] <= first and first + QUIET_HOURS <= BY_DAY[1]):
        told = Finding(
            "The quiet hours are {start} to {stop}.", clock, "That is nothing unusual for {zone}, the zone of the file."
        )
        return [Fact("zone", "fine", first, "hours", told)]
    told = Finding(
        "The quiet hours are {start} to {stop}, in the middle of the day.",
        {**clock, "shift": f"{NIGHT - first:+d}".replace("-", "−")},
        "Is {zone} the right time zone? Moved by {shift} h the quiet would lie at night; the file can be loaded anew.",
    )
    return [Fact("zone", "careful", first, "hours", told)]
