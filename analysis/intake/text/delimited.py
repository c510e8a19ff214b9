"""Delimited text: CSV, TSV and their kin.

One pass of our own finds the fields and encodes them (`tokens`, `encode`, `scan`), since it must
account for every record and every line: common CSV readers lose rows in silence where a stray
quote mark opens a field that ends many lines below. Physical lines are counted a second time,
without regard to quotes (`tokens.line_ends`), and the ledger holds the two counts to each other.

Columns whose sample is plain (ISO stamps, plain numbers) are read as such in one go; if a later
cell is not, that column is read again as text and cast cell by cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.errors import IntakeError
from analysis.intake.files.heading import outline
from analysis.intake.files.sheet import Kind, Lost, Sheet, different
from analysis.intake.text import dialect, encoding, scan, tokens
from analysis.intake.text.blocks import Outline
from analysis.intake.text.dialect import Dialect
from analysis.intake.values.cells import Cells

SAMPLE_ROWS = 5_000
HEAD_BYTES = 1 << 19


class Delimited:
    """An opened text file."""

    format = "csv"
    sheets: tuple[tuple[str, int], ...] = ()

    def __init__(self, path: Path, scratch: Path, layout: Mapping[str, Any] | None = None) -> None:
        given = dict(layout or {})
        self._map = pa.memory_map(str(path))
        data = np.frombuffer(self._map.read_buffer(), np.uint8)
        if not len(data):
            raise IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
        self.notes: dict[str, int] = {}
        known = given.pop("encoding", None)
        plain = known in (None, "utf-8") and tokens.is_ascii(data) and bool(data.min())
        self._data: np.ndarray
        self._data, self.encoding, lost = (data, "utf-8", 0) if plain else encoding.as_utf8(data, scratch, known)
        if lost:
            self.notes["replaced_bytes"] = lost
        head = _head_text(self._data)
        found, other = dialect.detect(head) if not given else (Dialect.from_dict(given), None)
        self.delimiter = found.delimiter
        self.layout: dict[str, Any] = {**found.to_dict(), "encoding": self.encoding}
        self.other: dict[str, Any] | None = None
        if other is not None:
            self.other = {**other.to_dict(), "encoding": self.encoding}
        elif layout is None and not plain and (second := encoding.rival(data)) is not None:
            self.other = {**self.layout, "encoding": second}
        self._dialect = found
        self._find_header(head)

    def _find_header(self, head: str) -> None:
        place = self._dialect.header
        found, names = scan.records(self._data, self._dialect, place + 1)
        rows = dialect.first_rows(head, self._dialect)[:200]
        if place < 0:
            self.names = different([""] * max(outline(rows)[0], 1))
        else:
            widths = [width for row in rows[place + 1 :] if (width := _width(row))]
            usual = max(widths, key=lambda w: (widths.count(w), w == len(names)), default=len(names))
            self.names = different(names + [""] * max(0, min(1, usual - len(names))))
        self._above = found[:-1]
        last = int(found[-1, 2]) if len(found) else 0
        start = _behind(self._data, last) if len(found) else 0
        self._lines_above = tokens.line_ends(self._data[:start])
        self._header_lines = self._lines_above - len(self._above)
        self._body = self._data[start:]
        self._outline: Outline | None = None

    # -- Source -----------------------------------------------------------------------------

    def sample(self) -> dict[str, Cells]:
        """The first `SAMPLE_ROWS` rows as text."""
        end = scan.head(self._body, self._dialect, SAMPLE_ROWS)
        _outline, columns = scan.scan(self._body[:end], self._dialect, len(self.names), ["text"] * len(self.names))
        return dict(zip(self.names, (c for c in columns if c is not None), strict=True))

    def column(self, name: str) -> Cells:
        """One column as text."""
        return self._read({name: "text"})[name]

    def count(self) -> tuple[int, dict[str, int]]:
        """Records below the header, and lines swallowed by quoted fields."""
        if self._outline is None:
            self._read({})
        assert self._outline is not None
        found = self._outline
        swallowed = {"lines_in_quotes": found.within} if found.within else {}
        return found.rows + len(found.odd) + len(self._above), {**self.notes, **swallowed}

    def sheet(self, kinds: Mapping[str, Kind], reads: scan.Reads = None) -> Sheet:
        """The whole table."""
        columns = self._read({name: kinds.get(name, "text") for name in self.names}, reads)
        rows, notes = self.count()
        assert self._outline is not None
        lines = self._outline.line_ends + self._lines_above
        return Sheet(columns, rows, self._lost(), lines, self._header_lines, notes)

    def where(self, rows: np.ndarray) -> tuple[np.ndarray, pa.Table]:
        """Line numbers and the fields as they stand in the file."""
        if self._outline is None:
            self._read({})
        assert self._outline is not None
        lines, cells = scan.rows_of(self._body, self._dialect, len(self.names), self._outline, rows)
        return lines + self._lines_above + 1, pa.table(dict(zip(self.names, cells, strict=True)))

    # -- reading ----------------------------------------------------------------------------

    def _read(self, kinds: Mapping[str, Kind], reads: scan.Reads = None) -> dict[str, Cells]:
        """Columns of the kinds wanted; those that turn out otherwise are read again as text."""
        wanted = [kinds.get(name) for name in self.names]
        self._outline, columns = scan.scan(self._body, self._dialect, len(self.names), wanted, reads)
        again = ["text" if kind and column is None else None for kind, column in zip(wanted, columns, strict=True)]
        if any(again):
            _outline, texts = scan.scan(self._body, self._dialect, len(self.names), again)
            columns = [text if column is None else column for column, text in zip(columns, texts, strict=True)]
        return {name: c for name, c in zip(self.names, columns, strict=True) if c is not None}

    def _lost(self) -> Lost:
        assert self._outline is not None
        odd = self._outline.odd
        lines = np.concatenate([self._above[:, 3] + 1, odd[:, 3] + self._lines_above + 1])
        reasons = [_reason(int(n), "preamble") for n in self._above[:, 4]] + [
            _reason(int(n), "ragged") for n in odd[:, 4]
        ]
        said = [bytes(self._data[s:e]) for _n, s, e, _l, _f in self._above.tolist()]
        said += [bytes(self._body[s:e]) for _n, s, e, _l, _f in odd.tolist()]
        return Lost(lines, reasons, [text.decode("utf-8", "replace") for text in said])


def _width(row: list[str]) -> int:
    """Fields of a row, empty ones at its end aside: a delimiter too many is no column."""
    return max((k + 1 for k, cell in enumerate(row) if cell), default=0)


def _reason(fields: int, otherwise: str) -> str:
    return {tokens.BLANK: "blank", tokens.COMMENT: "comment"}.get(fields, otherwise)


def _behind(data: np.ndarray, at: int) -> int:
    """First byte behind the line end that stands at `at`."""
    pair = at + 1 < len(data) and data[at] == tokens.CR and data[at + 1] == tokens.LF
    return min(at + (2 if pair else 1), len(data))


def _head_text(data: np.ndarray) -> str:
    """The first half megabyte, cut at a line end."""
    head = data[:HEAD_BYTES].tobytes()
    if len(head) < len(data):
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    return head.decode("utf-8", "replace")
