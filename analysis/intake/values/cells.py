"""Cells: columns as a code a row and the text of each code.

All that intake does to text it does to the *different* texts of a column, once each, and then
looks the result up by code: a column of ten million cells with a hundred words costs a hundred
casts. A code of −1 is "not given".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.errors import IntakeError

NOT_GIVEN = ("", "NA", "N/A", "null", "NULL", "-", "nan", "NaN")
"""Cells that say nothing, whatever the column holds."""

NO_VALUE = (
    *NOT_GIVEN, "--", "---", "—", "——", "–", "/", "\\", "n/a", "N.A.", "#N/A", "#N/A N/A", "#NA", "#VALUE!", "#REF!",
    "#DIV/0!", "#NULL!", "#NAME?", "#NUM!", "None", "none", "NONE", "Null", "(null)", "<null>", "NULL()", "\\N", "NAN",
    "NaT", "nil", "<NA>", "undefined", "无", "暂无", "空", "未知", "未填写", "没有",
)  # fmt: skip
"""Cells that say nothing where a number or a time should stand; as a user, some of them are somebody's id."""

NO_WORD = ("", "NA", "NULL", "null", "NaN")
"""Cells that say nothing, for other text: there "-" and "N/A" may be words."""

Cells: TypeAlias = pa.ChunkedArray
"""A column as it was read: text (dictionary of strings), or typed by the format itself."""


@dataclass(frozen=True, slots=True)
class Text:
    """A column of text: `values[codes[row]]`; a code of −1 is "not given"."""

    codes: np.ndarray
    values: pa.Array

    def without(self, words: tuple[str, ...]) -> Text:
        """The same, trimmed, with some words read as "not given"."""
        trimmed = pc.utf8_trim_whitespace(self.values)
        gone = pc.is_in(trimmed, value_set=pa.array(words, trimmed.type)).to_numpy(zero_copy_only=False)
        if not gone.any() and trimmed.equals(self.values):
            return self
        encoded = pc.if_else(pa.array(gone), pa.scalar(None, trimmed.type), trimmed).dictionary_encode()
        table = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        return Text(look_up(table, self.codes, -1), encoded.dictionary)

    def take(self, rows: np.ndarray) -> Text:
        """Some rows; words that no longer occur are left out."""
        return Text(self.codes[rows], self.values).compact()

    def compact(self) -> Text:
        """Without the words that don't occur."""
        used = np.bincount(self.codes + 1, minlength=len(self.values) + 1)[1:] > 0
        if used.all():
            return self
        table = np.cumsum(used).astype(np.int32) - 1
        return Text(look_up(table, self.codes, -1), self.values.filter(pa.array(used)))

    def to_arrow(self) -> pa.DictionaryArray:
        """As an Arrow dictionary, for `EventLog.build`."""
        gone = self.codes < 0
        indices = pa.array(self.codes, mask=gone) if gone.any() else pa.array(self.codes)
        return pa.DictionaryArray.from_arrays(indices, self.values)


def look_up(table: np.ndarray, codes: np.ndarray, missing: object) -> np.ndarray:
    """`table[codes]`, and `missing` where the code is −1."""
    wider = np.append(table, np.asarray([missing], dtype=table.dtype))
    return wider[codes]


def text_of(column: Cells) -> Text:
    """A column as text, whatever its type."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _encoded(column)
    if pa.types.is_floating(kind):
        return _encoded(_plain_numbers(column).dictionary_encode())
    if pa.types.is_timestamp(kind):
        if (column.cast(pa.timestamp("us", kind.tz)).cast(pa.int64()).fill_null(0).to_numpy() % 1_000_000 == 0).all():
            column = column.cast(pa.timestamp("s", kind.tz))  # no fraction is written where there is none
        return _encoded(pc.strftime(column, "%Y-%m-%d %H:%M:%S").dictionary_encode())
    try:
        return _encoded(column.cast(pa.string()).dictionary_encode())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise IntakeError(
            "nested",
            "A column holds lists or records ({kind}), which a table of events can't. Leave it out or flatten it.",
            kind=str(kind),
        ) from error


def from_strings(values: list[str | None]) -> Cells:
    """A column from Python strings."""
    return pa.chunked_array([pa.array(values, pa.string()).dictionary_encode()])


def as_strings(column: Cells) -> pa.Array:
    """A column as plain strings; for few rows."""
    text = text_of(column)
    return text.to_arrow().cast(pa.string()) if len(text.values) else pa.nulls(len(text.codes), pa.string())


def _encoded(column: pa.ChunkedArray) -> Text:
    column = column.unify_dictionaries()
    one = column.combine_chunks()
    if isinstance(one, pa.ChunkedArray):
        one = one.chunk(0) if one.num_chunks else pa.array([], pa.string()).dictionary_encode()
    indices = one.indices.cast(pa.int32())
    codes = (indices.fill_null(-1) if indices.null_count else indices).to_numpy(zero_copy_only=False)
    values = one.dictionary if pa.types.is_string(one.dictionary.type) else one.dictionary.cast(pa.string())
    if values.null_count:
        gone = values.is_null().to_numpy(zero_copy_only=False)
        codes = look_up(np.where(gone, -1, np.arange(len(values))).astype(np.int32), codes, -1)
        values = values.fill_null("")
    return Text(codes, values)


def _plain_numbers(column: Cells) -> Cells:
    """Numbers as a person would write them: 17850.0 is 17850; nan is not given."""
    values = column.cast(pa.float64()).to_numpy()
    given = np.isfinite(values)
    whole = given & (values == np.trunc(values)) & (np.abs(values) < 2**53)
    if whole.all() or not (given & ~whole).any():
        return pa.chunked_array([pa.array(np.where(given, values, 0).astype(np.int64), mask=~given).cast(pa.string())])
    words = [
        None if not g else str(int(v)) if w else repr(float(v)) for v, g, w in zip(values, given, whole, strict=True)
    ]
    return pa.chunked_array([pa.array(words, pa.string())])
