"""Matching: which row of a table belongs to which user, product or channel of a log.

Keys are compared exactly, as intake reads ids: without the blanks around them. Compared *loosely*, those
without an exact partner are compared once more by a form that spreadsheets don't change: full-width
signs as plain ones, small letters, no zeros in front of a number, "123.0" as "123".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.errors import UnknownValueError
from analysis.intake.values.cells import NOT_GIVEN, Text, text_of

LINE = "line"
"""Column of whole numbers that says in which line of its file a row stands; it is no attribute."""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Rows of a table, each of them counted once: `rows = used + superseded + len(unknown) + empty`.

    Attributes:
        row: For each value of the log the row that belongs to it; −1 for none.
        rows: Rows of the table.
        used: Rows that belong to a value of the log and count.
        superseded: Rows of known values in whose stead a later one counts.
        unknown: Places of the rows whose key the log lacks, rising.
        empty: Rows without a key.
        repeated: Different keys that stand in several rows.
    """

    row: np.ndarray
    rows: int
    used: int
    superseded: int
    unknown: np.ndarray
    empty: int
    repeated: int


def key_of(table: pa.Table, column: str) -> Text:
    """A column of keys; refuses a name the table lacks."""
    if column not in table.column_names:
        raise UnknownValueError.among("column", column, properties_of(table))
    return text_of(table[column]).without(NOT_GIVEN)


def properties_of(table: pa.Table) -> list[str]:
    """Columns of a table without the one of line numbers."""
    return [name for name in table.column_names if name != LINE or not pa.types.is_integer(table[name].type)]


def match_rows(key: Text, ours: pa.Array, loose: bool) -> Matched:
    """The row of a table for each value of a log; of several rows of one key the last counts.

    Args:
        key: The table's keys.
        ours: Different values of the log.
        loose: Whether those without an exact partner are compared loosely.
    """
    theirs, ours = key.values.cast(pa.large_string()), ours.cast(pa.large_string())
    row = _last(key.codes, len(theirs))[_place(ours, theirs)]
    known = _place(theirs, ours)[:-1] >= 0
    kinds, codes = theirs, key.codes
    if loose:
        folded = loosely(theirs).dictionary_encode()
        kinds = folded.dictionary
        codes = np.append(folded.indices.to_numpy(zero_copy_only=False), -1)[key.codes]
        mine = loosely(ours)
        row = np.where(row < 0, _last(codes, len(kinds))[_place(mine, kinds)], row)
        known |= (_place(kinds, mine) >= 0)[folded.indices.to_numpy(zero_copy_only=False)]
    row = row[:-1]
    given = key.codes >= 0
    met = np.append(known, False)[key.codes]
    used = len(np.unique(row[row >= 0]))
    return Matched(
        row=row,
        rows=len(given),
        used=used,
        superseded=int(met.sum()) - used,
        unknown=np.flatnonzero(given & ~met),
        empty=int((~given).sum()),
        repeated=int((np.bincount(codes[given], minlength=len(kinds)) > 1).sum()),
    )


def loosely(values: pa.Array) -> pa.Array:
    """The form by which texts are compared loosely."""
    text = pc.utf8_trim_whitespace(pc.utf8_lower(pc.utf8_normalize(values, form="NFKC")))
    text = pc.replace_substring_regex(text, r"^(\d+)\.0+$", r"\1")
    return pc.replace_substring_regex(text, r"^0+(\d+)$", r"\1")


def occurs(ours: pa.Array, theirs: pa.Array, loose: bool) -> np.ndarray:
    """Which of some values occur among others, exactly or, where `loose`, loosely."""
    ours, theirs = ours.cast(pa.large_string()), theirs.cast(pa.large_string())
    found = _place(ours, theirs)[:-1] >= 0
    return found | (_place(loosely(ours), loosely(theirs))[:-1] >= 0) if loose else found


def taken(table: pa.Table, rows: np.ndarray) -> pa.Table:
    """Some rows of a table, text as plain strings, for a person to look at."""
    some = table.take(pa.array(rows))
    plain = [c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c for c in some.columns]
    return pa.table(plain, names=some.column_names)


def examples(values: pa.Array, most: int = 3) -> str:
    """The first few values, as a sentence has them."""
    return ", ".join(str(v) for v in values.slice(0, most).to_pylist()) or "–"


def _place(ours: pa.Array, theirs: pa.Array) -> np.ndarray:
    """Place of each of our values among theirs, −1 for none; and −1 behind the last."""
    found = pc.index_in(ours, value_set=theirs).fill_null(-1).to_numpy(zero_copy_only=False)
    return np.append(found.astype(np.int64), -1)


def _last(codes: np.ndarray, size: int) -> np.ndarray:
    """The last row of each code, −1 for none; and −1 behind the last."""
    last = np.full(size + 1, -1, np.int64)
    given = np.flatnonzero(codes >= 0)
    last[codes[given]] = given  # of several, numpy keeps the last
    return last
