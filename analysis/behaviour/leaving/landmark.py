"""Users at a step of a journey and a while after it: who is watched from when on, and who went on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numba as nb
import numpy as np

from analysis import calendar
from analysis.behaviour.funnels.funnel import Funnel
from analysis.behaviour.leaving import seen
from analysis.engine import over_users
from analysis.events import EventLog
from analysis.questions import Step, step_bits


def at_step(
    log: EventLog, steps: tuple[Step, ...], step: int, entries: Mapping[str, Any], before_days: float
) -> tuple[seen.Units, np.ndarray, np.ndarray]:
    """Users at the first time they have done the steps up to `step`, with the rows of the days up to it.

    The funnel up to that step alone is asked: that of all steps would choose, for those who go on, the attempt
    that does, and so a later moment than for the others.

    Returns:
        The users whose window from then on is over; the moments; the time each took to the next step, µs, -1 where
        it was not done within the window.
    """
    reached = Funnel(steps=steps[:step], include_open=True, **entries).ask(log)
    window = round(entries["window_days"] * calendar.DAY_US)
    full = reached.level == step
    at = np.full(len(full), np.iinfo(np.int64).max)
    at[full] = log.time[reached.rows[full, step - 1]]
    closed = full & (at <= log.ends_at - window)
    who, rows, at = reached.who[closed], reached.rows[closed], at[closed]
    view = _whole(log, who)
    data = (log.time, log.events.codes, *step_bits(log, (steps[step],)))
    again = steps[step] == steps[step - 1]
    next_row = over_users(view, _next, data, rows, window, again, merge=("join",))[0]
    went = next_row >= 0
    took = np.where(went, log.time[np.maximum(next_row, 0)] - at, -1)
    begin = at - round(before_days * calendar.DAY_US)
    low = over_users(view, _first_row, log.time, begin, merge=("join",))[0]
    return seen.Units(who, low, rows[:, -1] + 1, ~went, np.zeros(len(who), np.int64)), at, took


def after_step(log: EventLog, units: seen.Units, at: np.ndarray, took: np.ndarray, hours: float) -> seen.Units:
    """Those who have not gone on by the end of the look ahead, with the rows in it; nobody without one."""
    ahead = round(hours * calendar.HOUR_US)
    later = (took < 0) | (took > ahead) if ahead else np.zeros(len(took), bool)
    who, begins = units.who[later], units.high[later]
    ends = over_users(_whole(log, who), _first_row, log.time, at[later] + ahead + 1, merge=("join",))[0]
    return seen.Units(who, begins, np.maximum(ends, begins), units.left[later], units.stratum[later])


def _whole(log: EventLog, who: np.ndarray) -> EventLog:
    """The log with all rows of some users as units."""
    place = np.searchsorted(log.users, who)
    return seen.Units(who, log.starts[place], log.ends[place], who > 0, who).view(log)


@nb.njit(nogil=True, cache=True)
def _first_row(users, starts, ends, time, instants):  # type: ignore[no-untyped-def]
    """Kernel: of each unit the first row at or after an instant."""
    out = np.empty(len(users), np.int64)
    for i in range(len(users)):
        out[i] = starts[i] + np.searchsorted(time[starts[i] : ends[i]], instants[users[i]])
    return (out,)


@nb.njit(nogil=True, cache=True)
def _next(users, starts, ends, data, rows, window, again):  # type: ignore[no-untyped-def]
    """Kernel: of each unit the first row of the step after its last row, or -1.

    Equal stamps match in either order, but a row that fills a step fills no other; a step that is the same as the
    one before it (`again`) needs a later stamp.
    """
    time, event, by_event, by_row = data
    out = np.full(len(users), -1)
    for i in range(len(users)):
        own = rows[users[i]]
        row = own[-1]
        now = time[row]
        while row > starts[i] and time[row - 1] == now:
            row -= 1
        while row < ends[i] and time[row] - now <= window:
            bits = by_event[event[row]]
            if len(by_row):
                bits &= by_row[row]
            if bits and not (again and time[row] == now):
                taken = False
                for k in range(len(own)):
                    taken |= own[k] == row
                if not taken:
                    out[i] = row
                    break
            row += 1
    return (out,)
