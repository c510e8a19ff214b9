"""Blocks: a stretch of delimited text, read a block of records at a time.

A reader finds the fields of a block (`tokens`) and gives each wanted column its cells (`encode`,
`plain_cells`) while the places are still in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from analysis.intake.text import plain_cells, tokens
from analysis.intake.text.dialect import Dialect
from analysis.intake.text.encode import Words
from analysis.intake.values.cells import NO_VALUE, Cells

ROWS, ODD = 1 << 13, 1 << 12
"""Rows and odd records of a block."""

MOST_OTHER = 50_000
"""A column of numbers or stamps with more cells of another form than this is read as text."""


@dataclass(slots=True)
class Outline:
    """What a text holds, its cells aside.

    Attributes:
        rows: Records with the right number of fields.
        odd: Other records: number among all, first byte, stop, first line (from 0), fields found or
            `tokens.BLANK` or `tokens.COMMENT`.
        lines: Lines by the records found, those inside quotes counted.
        line_ends: Lines by a count of their own, without regard to quotes.
        within: Lines that begin inside a quoted field.
        open: Whether a quote is open at the end.
        blocks: For each block its first byte, stop, first row, rows and first line.
    """

    rows: int = 0
    odd: np.ndarray = field(default_factory=lambda: np.empty((0, 5), np.int64))
    lines: int = 0
    line_ends: int = 0
    within: int = 0
    open: bool = False
    blocks: np.ndarray = field(default_factory=lambda: np.empty((0, 5), np.int64))


class Column:
    """A column on its way: `text`, `number`, `time` or `time_utc`."""

    def __init__(self, kind: str, values: np.ndarray) -> None:
        self.kind = kind
        self.words = Words()
        self.values = values
        self.other: list[tuple[int, str]] = []
        self.failed = False

    def take(self, reader: Reader, f: int, rows: int) -> None:
        """Reads field f of the rows of a block."""
        starts, stops, out = reader.starts[f], reader.stops[f], self.values[reader.rows : reader.rows + rows]
        if self.kind == "text":
            self.words.encode(reader.data, reader.side, starts, stops, rows, out)
        elif self.kind == "number":
            self._note(reader, f, plain_cells.numbers(reader.data, reader.side, starts, stops, rows, out, reader.other))
        else:
            utc = self.kind == "time_utc"
            self._note(
                reader, f, plain_cells.stamps(reader.data, reader.side, starts, stops, rows, utc, out, reader.other)
            )

    def _note(self, reader: Reader, f: int, count: int) -> None:
        """Cells of another form, with their rows."""
        if len(self.other) + count > MOST_OTHER:
            self.failed = True
        if not self.failed:
            for row in reader.other[:count].tolist():
                self.other.append((reader.rows + row, reader.cell(f, row)))

    def join(self, other: Column, rows: int, more: int) -> None:
        """Takes in the rows of the same column of the text's second part, `more` behind the first `rows`."""
        part = other.values[:more]
        if self.kind == "text":
            np.take(self.words.join(other.words), part, out=part, mode="clip")
        self.values[rows : rows + more] = part  # the same place, where no record was odd
        self.other += [(rows + row, cell) for row, cell in other.other]
        self.failed |= other.failed

    def cells(self, rows: int) -> Cells | None:
        """The column of so many rows; None where cells are neither of its kind nor "not given"."""
        if self.failed or any(cell.strip() not in NO_VALUE for _row, cell in self.other):
            return None
        values = self.values[:rows]
        if self.kind == "text":
            return pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array(values), texts(self.words))])
        gone = np.array([row for row, _cell in self.other], np.int64)
        if self.kind == "number":
            values[gone] = np.nan
            return pa.chunked_array([pa.array(values)])
        stamp = pa.timestamp("us", "UTC" if self.kind == "time_utc" else None)
        if not len(gone):
            return pa.chunked_array([pa.array(values).view(stamp)])
        mask = np.zeros(len(values), bool)
        mask[gone] = True
        return pa.chunked_array([pa.array(values, mask=mask).view(stamp)])


class Reader:
    """Reads a stretch of the text."""

    def __init__(self, data: np.ndarray, dialect: Dialect, fields: int, columns: Sequence[Column | None] = ()) -> None:
        self.data, self.columns = data, columns
        codes = [ord(c) if c else tokens.NONE for c in (dialect.quote, dialect.escape, dialect.comment)]
        self.shape = np.array([ord(dialect.delimiter), *codes, fields], np.int64)
        self.starts = np.empty((fields, ROWS), np.int64)
        self.stops = np.empty((fields, ROWS), np.int64)
        self.line = np.empty(ROWS, np.int64)
        self.strange = np.empty((ODD, 5), np.int64)
        self.side = np.empty(1 << 20, np.uint8)
        self.other = np.empty(ROWS, np.int64)
        self.out = np.zeros(7, np.int64)
        self.rows = self.lines = self.within = 0
        self.open = self.stop = False
        self.odd: list[np.ndarray] = []
        self.blocks: list[tuple[int, int, int, int, int]] = []
        self.at = 0

    def block(self, limit: int) -> int:
        """Finds the fields of the next block; returns its rows."""
        while True:
            end = tokens.block(
                self.data, self.at, limit, self.shape, self.starts, self.stops, self.line,
                self.strange, self.side, self.out,
            )  # fmt: skip
            if self.out[6] != tokens.MORE_SIDE or end > self.at:
                break
            self.side = np.empty(4 * len(self.side), np.uint8)
        rows, odd, lines = int(self.out[0]), int(self.out[1]), int(self.out[2])
        if odd:
            found = self.strange[:odd].copy()
            found[:, 0] += self.rows + sum(len(o) for o in self.odd)
            found[:, 3] += self.lines
            self.odd.append(found)
        self.blocks.append((self.at, end, self.rows, rows, self.lines))
        self.lines += lines
        self.within += int(self.out[3])
        self.open |= bool(self.out[5])
        self.at = end
        return rows

    def read(self, at: int, limit: int) -> None:
        """Reads the records that begin from `at` on and before `limit`."""
        self.at = at
        while self.at < limit and not self.stop:
            rows = self.block(limit)
            for f, column in enumerate(self.columns):
                if column is not None:
                    column.take(self, f, rows)
            self.rows += rows

    def cell(self, f: int, row: int) -> str:
        """A cell of the block in hand."""
        low, high = int(self.starts[f, row]), int(self.stops[f, row])
        source = self.data if low >= 0 else self.side
        return bytes(source[low if low >= 0 else ~low : high]).decode("utf-8", "replace")

    def join(self, other: Reader) -> None:
        """Takes in the stretch behind this one."""
        for mine, theirs in zip(self.columns, other.columns, strict=True):
            if mine is not None and theirs is not None:
                mine.join(theirs, self.rows, other.rows)
        before = self.rows + sum(len(o) for o in self.odd)
        self.odd += [found + np.array([before, 0, 0, self.lines, 0]) for found in other.odd]
        self.blocks += [(a, e, row + self.rows, n, line + self.lines) for a, e, row, n, line in other.blocks]
        self.rows, self.lines = self.rows + other.rows, self.lines + other.lines
        self.within, self.open, self.at = self.within + other.within, self.open | other.open, other.at

    def outline(self, line_ends: int) -> Outline:
        """All but the cells."""
        odd = np.concatenate(self.odd) if self.odd else np.empty((0, 5), np.int64)
        blocks = np.array(self.blocks, np.int64).reshape(-1, 5)
        return Outline(self.rows, odd, self.lines, line_ends, self.within, self.open, blocks)


def texts(words: Words) -> pa.Array:
    """The different texts as Arrow strings; bytes that are no UTF-8 become �."""
    bounds, data = words.bounds[: words.size + 1], words.data[: words.state[1]]
    array = pa.LargeStringArray.from_buffers(words.size, pa.py_buffer(bounds), pa.py_buffer(data))
    if len(data) < 1 << 31:
        narrow = pa.py_buffer(bounds.astype(np.int32))
        return pa.StringArray.from_buffers(words.size, narrow, pa.py_buffer(data))
    return array
