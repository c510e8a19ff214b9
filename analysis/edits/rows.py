"""Rows of derived events: which rows a rule looks at, and how its moments become rows of a log.

A derived row is a copy of the row it comes from, at its own instant and with its own event. Whatever is
added up somewhere (amount, quantity, cost) is not copied, as it would be counted twice.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis import reshape
from analysis.columns import Categories, Column, Numbers, take
from analysis.edits import moments
from analysis.edits.edit import code_type
from analysis.events import EVENT, EventLog
from analysis.reshape import BY_RULE, DERIVED

SUMMED = ("amount", "quantity", "cost")
"""Roles whose columns are added up somewhere; a derived row has nothing in them."""


def rows_with(log: EventLog, event: str) -> np.ndarray:
    """Which rows are of an event; refuses an event that does not occur."""
    found: np.ndarray = log.events.codes == log.events.code(event, EVENT)
    return found


def insert(log: EventLog, rows: np.ndarray, instants: np.ndarray, name: str) -> EventLog:
    """The log with an event more at each instant. Up to when everybody was observed stays as it is.

    Args:
        log: A whole log.
        rows: The row that each new one comes from; users ascend with them.
        instants: µs UTC of each, ascending within a user. Among equal stamps new rows stand last.
        name: Name of the new event.
    """
    reshape.check_whole(log)
    source, stamps, fresh, bounds = moments.merged(log.starts, log.ends, log.time, rows, instants)
    columns = {column: take(cells, source) for column, cells in log.columns.items()}
    for column in {log.roles[role] for role in SUMMED if role in log.roles} & set(columns):
        columns[column] = _blank(columns[column], fresh)
    columns[EVENT] = _say(columns[EVENT], fresh, name)
    columns[DERIVED] = _say(columns.get(DERIVED) or Categories(np.zeros(len(stamps), np.int8), ("",)), fresh, BY_RULE)
    return replace(log, time=stamps, columns=columns, starts=bounds[:-1], ends=bounds[1:], fingerprint="", ledger=None)


def _blank(column: Column, fresh: np.ndarray) -> Column:
    if isinstance(column, Categories):
        return Categories(np.where(fresh, 0, column.codes).astype(column.codes.dtype), column.values)
    return Numbers(np.where(fresh, np.nan, column.values))


def _say(column: Column, fresh: np.ndarray, word: str) -> Column:
    """The column with one word on all new rows. A column of numbers, which a file may call so, is given up."""
    words = column if isinstance(column, Categories) else Categories(np.zeros(len(fresh), np.int8), ("",))
    values = words.values if word in words.values else (*words.values, word)
    codes = words.codes.astype(code_type(len(values)))
    codes[fresh] = values.index(word)
    return Categories(codes, values)
