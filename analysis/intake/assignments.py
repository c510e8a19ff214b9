"""Assignments: who was put into which arm, joined to a log as events.

Intent to treat counts everybody who was assigned, whether they did anything or not. So each
assigned user gets one event "assigned" that carries the arm, and users whom the log has never
seen are added with that event alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from analysis import calendar
from analysis.columns import Categories, categories
from analysis.errors import ParameterError
from analysis.events import EVENT, EventLog, Instant
from analysis.reshape import with_rows

ASSIGNED = "assigned"


def with_assignments(
    log: EventLog,
    users: Sequence[str],
    arms: Sequence[str],
    at: Instant | Sequence[Instant] = None,
    arm_column: str = "arm",
) -> EventLog:
    """A new log with one more event "assigned" for each assigned user.

    Args:
        log: A whole log of events, orders or milestones.
        users: User ids.
        arms: The arm of each.
        at: When: one day or instant for all, or one for each; None is the log's first instant.
        arm_column: Name of the column that carries the arm; others have it empty.

    Returns:
        A log whose role "arm" is `arm_column`. It has no ledger: it is not one file's.

    Raises:
        ParameterError: Lengths differ, a user is named twice, the log is a view or a result
            table, or the column is there already.
    """
    _check(log, users, arms, arm_column)
    instants = _instants(log, len(users), at)
    columns = {
        EVENT: Categories(np.ones(len(users), np.int8), ("", ASSIGNED)),
        arm_column: categories(pa.chunked_array([pa.array([str(a) for a in arms], pa.string())])),
    }
    joined = with_rows(log, [str(u) for u in users], instants, columns, observed=False)
    return replace(joined, ends_at=max(log.ends_at, int(instants.max()) + 1), roles={**log.roles, "arm": arm_column})


def _check(log: EventLog, users: Sequence[str], arms: Sequence[str], arm_column: str) -> None:
    if log.scope or log.shape == "results":
        raise ParameterError.outside(
            "log", log.shape + "".join(log.scope), "a whole log of events, not a view or a result table"
        )
    if len(users) != len(arms) or not len(users):
        raise ParameterError.outside(
            "arms", f"{len(arms)} arms for {len(users)} users", "one arm for each of at least one user"
        )
    if len({str(u) for u in users}) != len(users):
        raise ParameterError.outside("users", "the same user twice", "a list in which every user stands once")
    if arm_column in log.columns:
        raise ParameterError.outside("arm_column", arm_column, "a name that no column has yet")


def _instants(log: EventLog, size: int, at: Instant | Sequence[Instant]) -> np.ndarray:
    if at is None:
        return np.full(size, log.starts_at, np.int64)
    if isinstance(at, (list, tuple, np.ndarray)):
        if len(at) != size:
            raise ParameterError.outside("at", f"{len(at)} instants", f"one, or {size}")
        return np.array(
            [v if isinstance(v, (int, np.integer)) else calendar.instant(v, log.zone) for v in at], np.int64
        )
    return np.full(size, calendar.instant(at, log.zone), np.int64)  # type: ignore[arg-type]
