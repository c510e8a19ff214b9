"""Hours of a zone's wall clock, told from instants without asking the zone row by row.

Between two changes of a zone's offset its hours follow each other regularly. So a range is cut where the
offset changes, and within a piece the hour is one division by a constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from analysis.calendar import DAY_US, HOUR_US

WEEK_HOURS = 168


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """The hours of a range.

    Attributes:
        segments: Pieces of one offset: their first instants; the instant at which the wall-clock hour of that
            moment began; and the place of that hour in `week`.
        week: Hour of the week, 0 for Monday 0:00, of every hour that occurs, piece by piece.
        observed: Hours observed of each hour of the week; parts of an hour count as parts.
    """

    segments: tuple[np.ndarray, np.ndarray, np.ndarray]
    week: np.ndarray
    observed: np.ndarray


def hours(low: int, high: int, zone: str) -> Hours:
    """The hours of the instants from `low` up to but not including `high`, µs UTC."""
    begins = changes(low, high, zone)
    bases, places, week = [], [], [np.empty(0, dtype=np.int16)]
    observed = np.zeros(WEEK_HOURS)
    for begin, end in zip(begins, [*begins[1:], high], strict=True):
        offset = _offset(begin, zone)
        base = (begin + offset) // HOUR_US * HOUR_US - offset
        first = (base + offset) // HOUR_US + 72  # 1 January 1970 was a Thursday
        many = max(-(-(end - base) // HOUR_US), 1)
        own = ((first + np.arange(many)) % WEEK_HOURS).astype(np.int16)
        edges = np.clip(base + np.arange(many + 1) * HOUR_US, begin, end)
        observed += np.bincount(own, np.diff(edges) / HOUR_US, minlength=WEEK_HOURS)
        bases.append(base)
        places.append(sum(len(part) for part in week))
        week.append(own)
    return Hours((np.array(begins), np.array(bases), np.array(places)), np.concatenate(week), observed)


def changes(low: int, high: int, zone: str) -> list[int]:
    """`low`, and every later instant before `high` at which the zone's offset changes."""
    found, at, now = [low], low, _offset(low, zone)
    while at < high:
        step = min(at + DAY_US, high)
        then = _offset(step, zone)
        if then != now:
            left, right = at, step  # the change lies in (left, right]
            while right - left > 1:
                middle = (left + right) // 2
                left, right = (middle, right) if _offset(middle, zone) == now else (left, middle)
            if right < high:
                found.append(right)
            now = then
        at = step
    return found


def _offset(instant: int, zone: str) -> int:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(instant))
    shift = moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert shift is not None
    return shift // timedelta(microseconds=1)
