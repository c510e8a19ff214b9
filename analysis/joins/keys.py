"""Keys: by which column a table fits a log, guessed from the values alone.

A column of the table is a key when its values occur in the log: as users, or in a column of the log such
as the product. Either side may be much the larger – a list of a hundred members, a catalogue of all that
was ever sold – so both directions are looked at, and a column that names each row once is preferred:
ages and amounts hit upon ids by chance, but seldom once each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from analysis.columns import Numbers, as_words
from analysis.events import EventLog
from analysis.intake.guessing import headers
from analysis.intake.values.cells import NOT_GIVEN, text_of
from analysis.joins.matching import loosely, properties_of
from analysis.reshape import check_whole

USER = "user"
"""What `Key.of` says of the log's user ids; no column of a log can have that name."""

_CLEARLY_MORE = 0.1
_SAMPLED_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Key:
    """A column of a table by which it fits a log.

    Attributes:
        column: The table's column.
        of: "user", or the log's column.
        match_rate: Share of the table's different values that occur in the log.
        covered_share: Share of the log's rows whose value occurs in the table; rows without a value are not
            in the base.
        unique: Whether no value stands in two rows of the table.
        by: "exact", or "loose" where comparing without regard to case, zeros in front and ".0"
            behind finds clearly more (a tenth of either side).
        compared: Different values of the table that were compared; a sample where it has more than `most`.
    """

    column: str
    of: str
    match_rate: float
    covered_share: float
    unique: bool
    by: Literal["exact", "loose"]
    compared: int


@dataclass(frozen=True, slots=True)
class _Side:
    """Different values with the rows each stands in: a sample to look up, and all to look up in."""

    name: str
    sample: tuple[list[str], list[str]]
    rows: np.ndarray
    whole: tuple[frozenset[str], frozenset[str]]
    distinct_share: float


def guess_key(log: EventLog, table: pa.Table, most: int = 10_000) -> tuple[Key, ...]:
    """By which columns a table fits a log, best first; pairs without a common value are left out.

    Best is the mean of `match_rate` and `covered_share`, weighed from a half, where the column says the same in
    all rows, to one, where it names each row once; among equals the column whose header says so too.

    Args:
        log: A whole log. Its users, its columns of words, and its columns of whole numbers are looked at;
            of the latter up to 100,000 rows.
        table: The table, its text as read by intake.
        most: Different values of each side that are looked up in all values of the other, evenly spread.

    Raises:
        ParameterError: The log is a view.
    """
    check_whole(log)
    ours = list(_ours(log, most))
    found = []
    for name in properties_of(table):
        text = text_of(table[name]).without(NOT_GIVEN)
        rows = np.bincount(text.codes[text.codes >= 0], minlength=len(text.values))
        if not rows.sum():
            continue
        theirs = _side(name, text.values, rows, most)
        for side in ours:
            key = _compared(theirs, side)
            if key is not None:
                weight = (1 + theirs.distinct_share) / 2 * (key.match_rate + key.covered_share) / 2
                found.append((weight, _named(name, side.name), key))
    return tuple(key for *_rank, key in sorted(found, key=lambda f: (-round(f[0], 6), -f[1])))


def _named(column: str, of: str) -> float:
    """How well a header says what a column is a key of, 0 to 1."""
    return headers.fit("user", column) if of == USER else float(headers.bare(column) == headers.bare(of))


def _ours(log: EventLog, most: int) -> Iterator[_Side]:
    """Users and columns of the log that a table could speak of."""
    if len(log.time):
        yield _side(USER, log.user_ids, log.ends - log.starts, most)
    for name, column in log.columns.items():
        if isinstance(column, Numbers):
            some = column.values[:: max(1, -(-len(column.values) // _SAMPLED_ROWS))]
            given = some[~np.isnan(some)]
            if not len(given) or (given != np.trunc(given)).any():
                continue
            words = as_words(given)
        else:
            words = column
        counts = np.bincount(words.codes, minlength=len(words.values))[1:]
        if counts.any():
            yield _side(name, pa.array(words.values[1:], pa.large_string()), counts, most)


def _side(name: str, values: pa.Array, rows: np.ndarray, most: int) -> _Side:
    occurring = np.flatnonzero(rows)
    values, rows = values.take(pa.array(occurring)).cast(pa.large_string()), rows[occurring]
    folded = loosely(values)
    some = np.arange(0, len(values), max(1, -(-len(values) // most)))
    exact, loose = values.to_pylist(), folded.to_pylist()
    return _Side(
        name,
        ([exact[k] for k in some], [loose[k] for k in some]),
        rows[some],
        (frozenset(exact), frozenset(loose)),
        len(values) / max(int(rows.sum()), 1),
    )


def _compared(theirs: _Side, ours: _Side) -> Key | None:
    """The better of both ways to compare; None when nothing is common."""
    exact, loose = (_shares(theirs, ours, way) for way in (0, 1))
    folded = max(b - a for a, b in zip(exact, loose, strict=True)) >= _CLEARLY_MORE or not any(exact)
    match_rate, covered = loose if folded else exact
    if not match_rate and not covered:
        return None
    unique = theirs.distinct_share == 1
    return Key(theirs.name, ours.name, match_rate, covered, unique, "loose" if folded else "exact", len(theirs.rows))


def _shares(theirs: _Side, ours: _Side, way: int) -> tuple[float, float]:
    matched = sum(value in ours.whole[way] for value in theirs.sample[way])
    covered = np.array([value in theirs.whole[way] for value in ours.sample[way]], bool)
    return matched / len(theirs.rows), float(ours.rows[covered].sum() / ours.rows.sum())
