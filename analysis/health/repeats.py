"""Repeats: rows that say the same again, in every cell or nearly.

Among rows of the same user, event and instant, one that agrees with an earlier one in every cell is a *repeat*, one
that differs from all earlier ones in some cell a *near repeat*. Repeats are usually left out at intake; near ones
are kept: lines of one order, or one action that two systems recorded.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from analysis.calendar import SECOND_US
from analysis.engine import over_users
from analysis.events import Categories, EventLog
from analysis.findings import Finding
from analysis.health.facts import Behind, Fact, Severity, by_share, share

NEAR, SAME = 1, 2


def facts(log: EventLog) -> list[Fact]:
    """Repeats and near repeats."""
    near, same = (int(n) for n in over_users(log, _counted(log), merge=("sum",))[0])
    return [_repeats(log, same), *_near(log, near)]


def rows_like(log: EventLog, which: int) -> np.ndarray:
    """Rows that are near repeats (`NEAR`) or repeats (`SAME`) of an earlier row."""
    return np.sort(over_users(log, _found(log, which), merge=("join",))[0])


def _counted(log: EventLog) -> Any:
    def kernel(users: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray]:
        state = _judged(log, starts, ends)[1]
        return (np.array([np.count_nonzero(state == NEAR), np.count_nonzero(state == SAME)]),)

    return kernel


def _found(log: EventLog, which: int) -> Any:
    def kernel(users: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray]:
        rows, state = _judged(log, starts, ends)
        return (rows[state == which],)

    return kernel


def _judged(log: EventLog, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows that share user, event and instant with another, and what each is."""
    rows, group = _together(starts, ends, log.time, log.events.codes)
    cells = np.zeros(len(rows), np.uint64)
    for column in log.columns.values():
        if isinstance(column, Categories):
            part = column.codes[rows].astype(np.uint64)
        else:
            values = column.values[rows] + 0.0  # -0.0 is 0.0
            part = np.where(np.isnan(values), np.nan, values).view(np.uint64)
        cells = (cells ^ part) * np.uint64(0x9E3779B97F4A7C15)
        cells ^= cells >> np.uint64(29)
    return rows, _states(group, cells)


def _repeats(log: EventLog, kept: int) -> Fact:
    dropped = log.ledger.dropped if log.ledger is not None else {}
    gone = dropped.get("duplicate", 0) + dropped.get("overlap", 0)
    if kept:
        part = share(kept, log.n_events)
        told = Finding(
            "They repeat another row in every cell and are counted: {event_share} of all.",
            {"event_share": part},
            "A double export counts twice. Load the file anew and leave out exact repeats, unless they are meant.",
        )
        behind = Behind("rows", kept, lambda log: rows_like(log, SAME))
        return Fact("repeats", by_share(part, 0, 0.05), kept, "rows", told, behind)
    if not gone:
        told = Finding("No row repeats another one.", {}, "Nothing was counted twice, nothing had to be left out.")
        return Fact("repeats", "fine", 0, "rows", told)
    rows = log.ledger.rows if log.ledger is not None else 0
    part = share(gone, rows)
    told = Finding(
        "They repeated another row in every cell and were left out: {row_share} of the file.",
        {"row_share": part},
        "Nothing is counted twice.",
    )
    return Fact("repeats", by_share(part, 0.05, 1), gone, "rows", told)


def _near(log: EventLog, near: int) -> list[Fact]:
    if not near:
        return []
    part = share(near, log.n_events)
    facts = {"event_share": part}
    message = "They share user, event and time with another row: {event_share} of all. Other cells differ."
    severity: Severity = "fine"
    if log.shape == "orders" or "order" in log.roles:
        detail = "Most likely these are the lines of one order."
    elif log.resolution_us > SECOND_US:
        detail = "The times are coarse, so several actions may well share one."
    else:
        severity = by_share(part, 0.01, 0.2)
        detail = "Perhaps two systems recorded one action: then it counts twice."
    behind = Behind("rows", near, lambda log: rows_like(log, NEAR))
    return [Fact("near_repeats", severity, near, "rows", Finding(message, facts, detail), behind)]


@nb.njit(nogil=True, cache=True)
def _ties(starts, ends, time):  # type: ignore[no-untyped-def]
    """Rows at the same instant as the row before them."""
    n = 0
    for i in range(len(starts)):
        for row in range(starts[i] + 1, ends[i]):
            n += time[row] == time[row - 1]
    return n


@nb.njit(nogil=True, cache=True)
def _together(starts, ends, time, codes):  # type: ignore[no-untyped-def]
    """Rows that share user, instant and event with another row, group behind group, and each one's group."""
    most = 2 * _ties(starts, ends, time)  # counted first: an array that grows makes the loop ten times slower
    rows, group, n, groups = np.empty(most, np.int64), np.empty(most, np.int64), 0, 0
    for i in range(len(starts) if most else 0):
        low = starts[i]
        for high in range(starts[i] + 1, ends[i] + 1):
            if high < ends[i] and time[high] == time[low]:
                continue
            if high - low > 1:
                order = np.argsort(codes[low:high], kind="mergesort")
                first = 0
                for k in range(1, high - low + 1):
                    if k < high - low and codes[low + order[k]] == codes[low + order[first]]:
                        continue
                    if k - first > 1:
                        rows[n : n + k - first] = low + order[first:k]
                        group[n : n + k - first] = groups
                        n, groups = n + k - first, groups + 1
                    first = k
            low = high
    return rows[:n], group[:n]


@nb.njit(nogil=True, cache=True)
def _states(group, cells):  # type: ignore[no-untyped-def]
    """NEAR: unlike every earlier row of its group. SAME: like an earlier one. 0: the first of its group."""
    state = np.zeros(len(group), np.int8)
    low = 0
    while low < len(group):
        high = low + 1
        while high < len(group) and group[high] == group[low]:
            high += 1
        order = np.argsort(cells[low:high], kind="mergesort")
        for k in range(high - low):
            row = low + order[k]
            if k and cells[row] == cells[low + order[k - 1]]:
                state[row] = SAME
            elif row != low:
                state[row] = NEAR
        low = high
    return state
