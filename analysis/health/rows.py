"""Rows: the footprints behind a number, as a table, and the rows behind the flags of a ledger."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from analysis.events import Categories, EventLog, Numbers
from analysis.health import stamps
from analysis.health.facts import Behind
from analysis.health.people import busy
from analysis.health.scan import events_of, rows_of, rows_of_users
from analysis.intake.flags import heavy_users, nobody
from analysis.intake.values.kinds import NUMERIC


def shown(log: EventLog, rows: np.ndarray) -> pd.DataFrame:
    """Rows of a log as a table: `user`, `time` in the log's zone (not for result tables), and every column."""
    owner = np.searchsorted(log.starts, rows, side="right") - 1
    table: dict[str, Sequence[object] | np.ndarray | pd.DatetimeIndex] = {"user": log.ids(log.users[owner])}
    if log.shape != "results":
        table["time"] = pd.to_datetime(log.time[rows], unit="us", utc=True).tz_convert(log.zone)
    for name, column in log.columns.items():
        if isinstance(column, Categories):
            table[name] = [column.values[c] for c in column.codes[rows]]
        else:
            table[name] = column.values[rows]
    return pd.DataFrame(table)


def used(log: EventLog) -> Behind:
    """All rows of a log, in its order: by user, then time."""
    return Behind("rows", log.n_events, lambda log: rows_of(log, np.ones(len(log.time), bool)))


def flagged(log: EventLog, flag: str) -> Behind | None:
    """Who or what a flag of the ledger is about, found in the log; None where the log can't tell.

    A flag counts what the file held; cells that couldn't be read are empty in the log, so "unreadable_numbers" gives
    all rows with an empty cell in a column of numbers, and "lines_in_quotes" the rows with a line break in a cell.
    """
    found = _FOUND.get(flag)
    if found is None:
        return None
    if flag == "heavy_users":
        return Behind("users", len(heavy_users(log)), heavy_users, busy)
    count = events_of(log, nobody(log)) if flag == "unknown_ids" else len(found(log))
    return Behind("rows", count, found)


def containing(log: EventLog, sign: str) -> np.ndarray:
    """Rows with `sign` in the user's id or in a cell of words."""
    hit = pc.match_substring(log.user_ids, sign).to_numpy(zero_copy_only=False)
    found = np.zeros(len(log.time), bool)
    found[rows_of_users(log, log.users[hit[log.users]])] = True
    for column in log.columns.values():
        if isinstance(column, Categories):
            words = np.array([sign in word for word in column.values])
            if words.any():
                found |= words[column.codes]
    return rows_of(log, found)


def without_number(log: EventLog) -> np.ndarray:
    """Rows with an empty cell in a column whose role is a number."""
    gone = np.zeros(len(log.time), bool)
    for role in NUMERIC:
        column = log.columns.get(log.roles.get(role, ""))
        if isinstance(column, Numbers):
            gone |= np.isnan(column.values)
    return rows_of(log, gone)


_FOUND: dict[str, Callable[[EventLog], np.ndarray]] = {
    "future": stamps.future_rows,
    "heavy_users": heavy_users,
    "unknown_ids": lambda log: rows_of_users(log, nobody(log)),
    "lines_in_quotes": lambda log: containing(log, "\n"),
    "replaced_bytes": lambda log: containing(log, "�"),
    "unreadable_numbers": without_number,
}
