"""Reshape: whole logs made of whole logs.

Files are put together, people who are one are joined, events are hidden or made: each time a new
log stands beside the old one, which is not touched. Views are refused, as a view hides rows that
a new log would lose for good.

A log made here has no fingerprint and no ledger: whoever keeps it gives it both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis import ordering
from analysis.columns import Categories, Column, Numbers, as_words, take
from analysis.errors import ParameterError
from analysis.events import EventLog

DERIVED = "derived"
"""Name of the column that tells derived rows from recorded ones."""

BY_RULE = "by rule"
"""What the column says on derived rows."""


def derived_rows(log: EventLog) -> np.ndarray:
    """Which rows were made by a rule; they are no sign of life of their own."""
    column = log.columns.get(DERIVED)
    if not isinstance(column, Categories) or BY_RULE not in column.values:
        return np.zeros(len(log.time), bool)
    found: np.ndarray = column.codes == column.values.index(BY_RULE)
    return found


def users_of_rows(log: EventLog) -> np.ndarray:
    """The user's index of each row of a whole log."""
    return np.repeat(np.arange(len(log.user_ids)), log.ends - log.starts)


def keep_rows(log: EventLog, keep: np.ndarray) -> EventLog:
    """The rows where `keep` is true, one truth value a row; users without any are left out."""
    check_whole(log)
    bounds = ordering.without(np.append(log.starts, len(log.time)), keep)
    rows = np.flatnonzero(keep)
    present = np.diff(bounds) > 0
    starts = bounds[:-1][present]
    return replace(
        log,
        time=log.time[rows],
        columns={name: take(column, rows) for name, column in log.columns.items()},
        user_ids=log.user_ids.filter(pa.array(present)),
        users=np.arange(int(present.sum())),
        starts=starts,
        ends=bounds[1:][present],
        fingerprint="",
        ledger=None,
    )


def with_columns(log: EventLog, columns: Mapping[str, Column]) -> EventLog:
    """The log with further columns, or other ones of the same name."""
    check_whole(log)
    return replace(log, columns={**log.columns, **columns}, fingerprint="", ledger=None)


def with_segment(log: EventLog, name: str, ids: Iterable[str]) -> EventLog:
    """The log with a saved segment as a column: "✓ name" on the rows of its users, "✗ name" on all others'.

    A segment is so a property like any other: it splits a funnel, picks who is looked at, filters a step.

    Args:
        log: A whole log.
        name: The segment's name; an earlier column of that name gives way.
        ids: Its users; ids the log doesn't have are passed over.
    """
    check_whole(log)
    inside = np.asarray(pc.is_in(log.user_ids, value_set=pa.array(ids, pa.large_string())))
    codes = np.where(inside, np.int8(1), np.int8(2))
    column = Categories(np.repeat(codes, log.ends - log.starts), ("", f"✓ {name}", f"✗ {name}"))
    return replace(log, columns={**log.columns, name: column})


def with_rows(
    log: EventLog, ids: Sequence[str], instants: np.ndarray, columns: Mapping[str, Column], *, observed: bool = True
) -> EventLog:
    """The log with further rows; ids it has never seen become further users.

    Args:
        log: A whole log.
        ids: User of each new row.
        instants: µs UTC of each new row. Among equal stamps of a user, new rows stand last.
        columns: Their columns; those that are missing are not given.
        observed: Whether the new rows show that everybody was observed up to the last of them.
    """
    check_whole(log)
    said = pa.array([str(i) for i in ids], pa.large_string()).dictionary_encode()
    order, time, bounds = ordering.in_order(
        said.indices.to_numpy(zero_copy_only=False).astype(np.int64),
        np.asarray(instants, np.int64),
        len(said.dictionary),
        np.zeros(len(ids), np.int8),
    )
    more = replace(
        log,
        time=time,
        columns={name: take(column, order) for name, column in columns.items()},
        user_ids=said.dictionary,
        users=np.arange(len(said.dictionary)),
        starts=bounds[:-1],
        ends=bounds[1:],
        ends_at=int(time.max()) + log.resolution_us if observed and len(time) else log.ends_at,
    )
    return concat((log, more))


def with_owners(log: EventLog, owner: np.ndarray) -> EventLog:
    """The log in which user i is user `owner[i]`: rows of joined users stand in one order of time.

    A user's id is that of the owner; `owner[owner[i]] == owner[i]`.
    """
    check_whole(log)
    kept = np.unique(owner)
    place = np.searchsorted(kept, owner)
    return _sorted(log, log.user_ids.take(pa.array(kept)), place[users_of_rows(log)], log.time, log.columns)


def concat(logs: Sequence[EventLog]) -> EventLog:
    """Several logs as one: users of the same id are one, columns of the same name are one.

    Time zone, roles and shape are the first log's; roles it lacks come from the others. A column that
    is of words in one log and of numbers in another is of words. Among equal stamps of a user the
    earlier log's rows stand first.

    Raises:
        ParameterError: A log is a view, or result tables and logs with time are mixed, or zones differ.
    """
    first = logs[0]
    for log in logs:
        check_whole(log)
        if (log.shape == "results") != (first.shape == "results"):
            raise ParameterError.outside("log", log.shape, "a log with time, as the first one is")
        if log.zone != first.zone:
            raise ParameterError.outside("time_zone", log.zone, f"{first.zone}, as in the first log")
    ids = pa.concat_arrays([log.user_ids for log in logs]).dictionary_encode()
    codes = ids.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    owners = np.split(codes, np.cumsum([len(log.user_ids) for log in logs])[:-1])
    names = dict.fromkeys(name for log in logs for name in log.columns)
    joined = _sorted(
        first,
        ids.dictionary,
        np.concatenate([owner[users_of_rows(log)] for owner, log in zip(owners, logs, strict=True)]),
        np.concatenate([log.time for log in logs]),
        {name: _stacked([(log.columns.get(name), len(log.time)) for log in logs]) for name in names},
    )
    roles = {role: name for log in reversed(logs) for role, name in log.roles.items()}
    return replace(
        joined,
        ends_at=max(log.ends_at for log in logs),
        resolution_us=min(log.resolution_us for log in logs),
        roles=roles,
    )


def same_rows(log: EventLog, older: EventLog) -> np.ndarray:
    """Which rows of `log` stand in `older` already: the same user, instant and cells.

    Columns that only one of the two has don't count. Where a row stands several times, as many
    are called the same as `older` has.
    """
    check_whole(log)
    check_whole(older)
    found = np.zeros(len(log.time), bool)
    if not len(log.time) or not len(older.time):
        return found
    ids = pa.concat_arrays([older.user_ids, log.user_ids]).dictionary_encode()
    codes = ids.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    theirs, mine = np.split(codes, [len(older.user_ids)])
    low, high = max(log.time.min(), older.time.min()), min(log.time.max(), older.time.max())
    old, new = (np.flatnonzero((part.time >= low) & (part.time <= high)) for part in (older, log))
    keys = [np.concatenate([theirs[users_of_rows(older)[old]], mine[users_of_rows(log)[new]]])]
    keys.append(np.concatenate([older.time[old], log.time[new]]))
    for name in [n for n in older.columns if n in log.columns]:
        both = [(take(older.columns[name], old), len(old)), (take(log.columns[name], new), len(new))]
        keys.append(_cells(_stacked(both)))
    found[new[_repeated(keys, len(old))]] = True
    return found


def _repeated(keys: Sequence[np.ndarray], size: int) -> np.ndarray:
    """Which rows behind the first `size` repeat one of those, each of which is repeated once only."""
    hashed = np.zeros(len(keys[0]), np.uint64)
    for key in keys:
        hashed = (hashed ^ key.astype(np.int64).view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        hashed ^= hashed >> np.uint64(29)
    order = np.argsort(hashed, kind="stable")  # older rows first among equals
    begins = np.ones(len(order), bool)
    begins[1:] = hashed[order][1:] != hashed[order][:-1]
    for key in keys:
        begins[1:] |= key[order][1:] != key[order][:-1]
    group = np.cumsum(begins) - 1
    known = np.bincount(group[order < size], minlength=len(order))
    turn = np.arange(len(order)) - np.flatnonzero(begins)[group] - known[group]  # among the new rows of a group
    again: np.ndarray = order[(order >= size) & (turn < known[group])] - size
    return again


def check_whole(log: EventLog) -> None:
    """Refuses a view."""
    if log.scope:
        raise ParameterError.outside("log", "".join(log.scope), "a whole log, not a view")


def _sorted(
    like: EventLog, ids: pa.Array, codes: np.ndarray, time: np.ndarray, columns: Mapping[str, Column]
) -> EventLog:
    order, moved, bounds = ordering.in_order(codes, time, len(ids), np.zeros(len(codes), np.int8))
    return replace(
        like,
        time=moved,
        columns={name: take(column, order) for name, column in columns.items()},
        user_ids=ids,
        users=np.arange(len(ids)),
        starts=bounds[:-1],
        ends=bounds[1:],
        fingerprint="",
        ledger=None,
    )


def _stacked(parts: Sequence[tuple[Column | None, int]]) -> Column:
    """Columns one below the other; a missing one is not given."""
    given = [column for column, _size in parts if column is not None]
    if all(isinstance(column, Numbers) for column in given):
        return Numbers(
            np.concatenate([c.values if isinstance(c, Numbers) else np.full(size, np.nan) for c, size in parts])
        )
    words: dict[str, int] = {"": 0}
    codes = []
    for column, size in parts:
        if column is None:
            codes.append(np.zeros(size, np.int32))
            continue
        column = column if isinstance(column, Categories) else as_words(column.values)
        table = np.array([words.setdefault(word, len(words)) for word in column.values], np.int32)
        codes.append(table[column.codes])
    wide = np.int8 if len(words) <= 127 else np.int16 if len(words) <= 32767 else np.int32
    return Categories(np.concatenate(codes).astype(wide), tuple(words))


def _cells(column: Column) -> np.ndarray:
    """Integers that are equal where the cells are; every nan is the same cell."""
    if isinstance(column, Categories):
        return column.codes
    values = np.where(np.isnan(column.values), np.nan, column.values + 0.0)
    return values.view(np.int64)
