"""Scan: delimited text to columns in one pass, on two threads.

The text is cut near its middle after a line end, and both parts are read at once. Only a quoted field
may hold that line end; then the first reader does not stop where the second began, the second part
is thrown away and the first reader goes on alone. So the result never depends on the cut.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from analysis.intake.text import tokens
from analysis.intake.text.blocks import Column, Outline, Reader
from analysis.intake.text.dialect import Dialect
from analysis.intake.values.cells import Cells

Reads = Callable[[float, int], None] | None
"""Told the share of the text that was read and the rows so far."""

_TELL_EVERY = 0.2
_DTYPES = {"text": np.int32, "number": np.float64, "time": np.int64, "time_utc": np.int64}


def scan(
    data: np.ndarray, dialect: Dialect, fields: int, kinds: Sequence[str | None], reads: Reads = None
) -> tuple[Outline, list[Cells | None]]:
    """Reads a text.

    Args:
        data: UTF-8 text without the header.
        dialect: How it is laid out; its `header` is not looked at.
        fields: Fields of a record.
        kinds: For each field "text", "number", "time" (naive), "time_utc", or None to leave it out.
        reads: Told how far the reading is; an exception from it ends it.

    Returns:
        The outline, and for each field its column: None where it was left out, or where cells of a
        number or a stamp have another form and it must be read as text.
    """
    if fields < 1:
        raise ValueError("a record has one field at least")
    middle = _after_line(data, len(data) // 2) if len(data) > 1 << 20 else len(data)
    with ThreadPoolExecutor(2) as pool:
        room = list(pool.map(tokens.line_ends, (data[:middle], data[middle:])))
        first, second = _readers(data, dialect, fields, kinds, room)
        jobs = [pool.submit(first.read, 0, middle), pool.submit(second.read, middle, len(data))]
        try:
            _wait(jobs, (first, second), len(data), reads)
        except BaseException:
            first.stop = second.stop = True
            raise
        if first.at == middle:
            first.join(second)
        else:
            first.read(first.at, len(data))
        columns = list(pool.map(lambda c: None if c is None else c.cells(first.rows), first.columns))
    return first.outline(sum(room)), columns


def _readers(
    data: np.ndarray, dialect: Dialect, fields: int, kinds: Sequence[str | None], room: Sequence[int]
) -> tuple[Reader, Reader]:
    """Readers of both parts, who write to one array a column: there are no more rows than lines."""
    whole = {n: np.empty(sum(room), _DTYPES[k]) for n, k in enumerate(kinds) if k}
    first = [Column(k, whole[n]) if k else None for n, k in enumerate(kinds)]
    second = [Column(k, whole[n][room[0] :]) if k else None for n, k in enumerate(kinds)]
    return Reader(data, dialect, fields, first), Reader(data, dialect, fields, second)


def head(data: np.ndarray, dialect: Dialect, most: int) -> int:
    """The byte behind the first `most` records."""
    reader = Reader(data, dialect, 1)
    reader.starts, reader.stops, reader.line = (np.empty(s, np.int64) for s in ((1, most), (1, most), most))
    left = most
    while left > 0 and reader.at < len(data):
        reader.strange = np.empty((left, 5), np.int64)
        reader.starts = np.empty((1, left), np.int64)
        rows = reader.block(len(data))
        left -= rows + int(reader.out[1])
        reader.rows += rows
    return reader.at


def records(data: np.ndarray, dialect: Dialect, most: int) -> tuple[np.ndarray, list[str]]:
    """The first `most` records as odd ones (see `Outline.odd`), and the fields of the last of them."""
    reader = Reader(data, dialect, 1 << 14)
    reader.starts, reader.stops = (np.empty((1 << 14, 1), np.int64) for _ in range(2))
    found = []
    for _ in range(most):
        if reader.at >= len(data):
            break
        reader.strange = np.empty((1, 5), np.int64)
        reader.block(len(data))
        found.append(reader.odd[-1])
    if not found:
        return np.empty((0, 5), np.int64), []
    last = np.concatenate(found)
    return last, [reader.cell(f, 0) for f in range(max(int(last[-1, 4]), 0))]


def rows_of(
    data: np.ndarray, dialect: Dialect, fields: int, outline: Outline, wanted: np.ndarray
) -> tuple[np.ndarray, list[Cells]]:
    """First lines (from 0) and cells, as text, of some rows, which rise."""
    reader = Reader(data, dialect, fields)
    columns = [Column("text", np.empty(len(wanted), np.int32)) for _ in range(fields)]
    lines = np.empty(len(wanted), np.int64)
    cuts = np.searchsorted(wanted, np.append(outline.blocks[:, 2], outline.rows))
    for k in np.flatnonzero(np.diff(cuts)):
        at, end, row, _rows, line = outline.blocks[k].tolist()
        reader.at, reader.rows = at, 0
        reader.block(end)
        picked = wanted[cuts[k] : cuts[k + 1]] - row
        lines[cuts[k] : cuts[k + 1]] = reader.line[picked] + line
        reader.rows = int(cuts[k])
        starts, stops = reader.starts, reader.stops
        reader.starts, reader.stops = starts[:, picked], stops[:, picked]
        for f, column in enumerate(columns):
            column.take(reader, f, len(picked))
        reader.starts, reader.stops = starts, stops
    cells = [column.cells(len(wanted)) for column in columns]
    return lines, [c for c in cells if c is not None]


def _wait(jobs: Sequence[Future[None]], readers: Sequence[Reader], size: int, reads: Reads) -> None:
    began = [0, 0]
    while True:
        if reads is not None:
            done = sum(r.blocks[-1][1] - r.blocks[0][0] for r in readers if r.blocks)
            reads(min(1.0, done / max(size, 1)), sum(r.rows for r in readers))
        if all(job.done() for job in jobs):
            break
        time.sleep(_TELL_EVERY if began[0] > 5 else 0.02)
        began[0] += 1
    for job in jobs:
        job.result()


def _after_line(data: np.ndarray, at: int) -> int:
    """The first byte behind the next line end; the end where there is none."""
    while at < len(data):
        stretch = data[at : at + 65_536]
        ends = np.flatnonzero((stretch == tokens.LF) | (stretch == tokens.CR))
        if len(ends):
            end = at + int(ends[0])
            pair = data[end] == tokens.CR and end + 1 < len(data) and data[end + 1] == tokens.LF
            return end + (2 if pair else 1)
        at += len(stretch)
    return len(data)
