"""The calendar of a retention: its cohorts, which cells are complete, and what the kernels are handed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from analysis import calendar
from analysis.events import EventLog
from analysis.questions import Step, step_bits
from analysis.users import left_edge_days

if TYPE_CHECKING:
    from analysis.behaviour.returning.retention import Retention

MODES = {"on": 0, "on_or_after": 1, "on_or_before": 2}
DIRECT = 128
"""Up to so many periods the kernel counts all of them, without a map to columns: the counts stay in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Cohorts by columns.

    Attributes:
        cohorts: First day of each period of the log.
        complete: Cohorts × columns: the column is over for every user of the cohort.
        left_edge: Cohorts that may hold users older than the file.
        arguments: What the kernels are handed.
    """

    cohorts: list[date]
    complete: np.ndarray
    left_edge: np.ndarray
    arguments: tuple

    @classmethod
    def of(cls, question: Retention, log: EventLog) -> Grid:
        """The grid of a question on a log."""
        begins = log.starts_at
        bounds, days = calendar.bounds(begins, max(log.ends_at, begins + 1), log.zone, question.period)
        edges, n = question.edges, len(days)
        length = calendar.ROLLING_DAYS[question.period] * calendar.DAY_US
        if question.rolling:
            over = bounds[1:, None] + edges[None, 1:] * length
        else:
            after = np.arange(n)[:, None] + edges[None, 1:]
            over = np.where(after <= n, bounds[np.minimum(after, n)], np.iinfo(np.int64).max)
        complete = over <= log.ends_at
        low, high = calendar.entry_range(question.first_day, question.last_day, log.zone)
        edge = begins + left_edge_days(log) * calendar.DAY_US
        named = [question.start, question.returning]
        by_event, by_row = step_bits(log, tuple(s for s in named if s is not None))
        by_event, by_row = _both(named, by_event, by_row)
        arguments = (
            (log.time, log.events.codes, by_event, by_row),
            (bounds, length if question.rolling else 0, (len(bounds) - 1) / (bounds[-1] - bounds[0])),
            (low, high, question.starts == "each", MODES[question.mode]),
            _columns(question, n),
            complete,
        )
        return cls(days, complete, bounds[:-1] < edge, arguments)


def _columns(question: Retention, n_periods: int) -> np.ndarray:
    """Column of each period since the start, with one for all later ones; empty where a map is not needed."""
    edges = question.edges
    direct = question.brackets is None and question.mode == "on" and not question.rolling and question.plain
    if direct and n_periods <= DIRECT:
        return np.empty(0, dtype=np.int64)
    return np.append(np.repeat(np.arange(len(edges) - 1), np.diff(edges)), len(edges) - 1)


def _both(named: list[Step | None], by_event: np.ndarray, by_row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Puts the start into bit 0 and the return into bit 1; an event that may be any has its bit everywhere."""
    start, returning = named
    if start is None and returning is not None:
        by_event, by_row = by_event << 1, (by_row << 1) | 1
    if start is None:
        by_event = by_event | 1
    if returning is None:
        by_event, by_row = by_event | 2, by_row | 2
    return by_event.astype(np.uint16), by_row.astype(np.uint16)
