"""Columns of a log: words as codes, numbers as they are, both plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.errors import UnknownValueError


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """A column of words: a code a row, and the word of each code.

    Attributes:
        codes: Integers, one a row. Code 0 is always "not given".
        values: The word of each code; `values[0] == ""`.
    """

    codes: np.ndarray
    values: tuple[str, ...]

    def code(self, value: str, column: str) -> int:
        """The code of `value`; refuses a word that does not occur, naming the nearest."""
        try:
            return self.values.index(value)
        except ValueError:
            raise UnknownValueError.among(column, value, self.values[1:]) from None


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column of numbers, float64, one a row; nan is "not given"."""

    values: np.ndarray


Column = Categories | Numbers


def column_from(chunked: pa.ChunkedArray) -> Column:
    """A column of a table: numbers and truth values as Numbers, all else as Categories."""
    kind = chunked.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return Numbers(chunked.cast(pa.float64()).to_numpy())
    return categories(chunked)


def categories(chunked: pa.ChunkedArray) -> Categories:
    """Dictionary-encodes; the codes are shifted by one, so that 0 is "not given"."""
    if not pa.types.is_dictionary(chunked.type):
        chunked = chunked.cast(pa.large_string()).dictionary_encode()
    chunked = chunked.unify_dictionaries()
    encoded = chunked.combine_chunks() if chunked.num_chunks != 1 else chunked.chunk(0)
    indices = encoded.indices
    raw = indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    words = [str(w) if w is not None else "" for w in encoded.dictionary.to_pylist()]
    if "" in words:  # an empty word is "not given" as well
        gone = words.index("")
        raw = np.where(raw == gone, -1, np.where(raw > gone, raw - 1, raw))
        words.pop(gone)
    wide = np.int8 if len(words) < 127 else np.int16 if len(words) < 32767 else np.int32
    return Categories((raw + 1).astype(wide, copy=False), ("", *words))


def take(column: Column, order: np.ndarray) -> Column:
    """The column with its rows in another order."""
    if isinstance(column, Categories):
        return Categories(column.codes[order], column.values)
    return Numbers(column.values[order])


def as_words(values: np.ndarray) -> Categories:
    """Numbers read as their text: 1.0 is "1"."""
    known, codes = np.unique(values[~np.isnan(values)], return_inverse=True)
    out = np.zeros(len(values), dtype=np.int32)
    out[~np.isnan(values)] = codes + 1
    return Categories(out, ("", *(f"{v:.15g}" for v in known)))
