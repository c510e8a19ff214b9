"""Delimited text: CSV, TSV and their kin, read by Arrow and counted by ourselves.

The records are counted first (`records`). Arrow then reads the body; rows with a wrong number of
fields are left out by both. If the two counts differ, the file is refused: no row is lost in
silence. Columns whose sample is plain (ISO times, plain numbers) are read as such in one go; if a
later cell is not, the column is read again as text and cast cell by cell.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv

from analysis.errors import IntakeError
from analysis.intake import encoding, records
from analysis.intake.cells import NOT_GIVEN, Cells
from analysis.intake.sheet import Kind, Lost, Sheet, different, header_place

SAMPLE_ROWS = 5_000
_WORDS = pa.dictionary(pa.int32(), pa.string())
_TYPES = {
    "text": _WORDS,
    "plain": pa.string(),
    "number": pa.float64(),
    "time": pa.timestamp("us"),
    "time_utc": pa.timestamp("us", "UTC"),
}
_DELIMITERS = ",;\t|\x01^"


class Delimited:
    """An opened text file."""

    format = "csv"

    def __init__(self, path: Path, scratch: Path) -> None:
        self._map = pa.memory_map(str(path))
        data = _bytes(self._map)
        if not len(data):
            raise IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
        self.notes: dict[str, int] = {}
        self._data = self._as_utf8(data, scratch)
        refuse_markup(self._data[:2000].tobytes())
        head = _head_text(self._data)
        self.delimiter, quote = dialect(head)
        self._delimiter, self._quote = ord(self.delimiter), ord(quote)
        self._quote_char = quote
        self._find_header(head)

    def _as_utf8(self, data: np.ndarray, scratch: Path) -> np.ndarray:
        is_ascii = records.look(data, 34)[1]
        encoding.refuse_binary(data)
        self.encoding, mark = ("utf-8", 0) if is_ascii else encoding.detect(data, is_ascii)
        if self.encoding == "utf-8" and (is_ascii or encoding.strict_utf8(data)):
            return data[mark:]
        target = scratch / "utf8.txt"
        lost = encoding.to_utf8(data[mark:], self.encoding, target)
        if lost:
            self.notes["replaced_bytes"] = lost
        self._map = pa.memory_map(str(target))
        return _bytes(self._map)

    def _find_header(self, head: str) -> None:
        rows = _rows(head, self.delimiter, self._quote_char)[:200]
        place = header_place(rows)
        if place < 0:
            self.names = different([""] * len(rows[0]))
        else:
            names = rows[place]
            usual = max((len(r) for r in rows[place + 1 :]), key=[len(r) for r in rows].count, default=len(names))
            self.names = different(names + [""] * max(0, min(1, usual - len(names))))
        found = records.spans(self._data, np.arange(place + 1), self._delimiter, self._quote)
        start = records.skip_end(self._data, int(found[-1, 1])) if len(found) else 0
        self._above, self._header_line = found[:-1], int(found[-1, 2]) if len(found) else 0
        before = self._data[:start]
        self._lines_above = records.count(before, self._delimiter, self._quote, len(self.names)).lines
        self._body = self._data[start:]
        self._counted: records.Records | None = None

    # -- Source -----------------------------------------------------------------------------

    def sample(self) -> dict[str, Cells]:
        """The first `SAMPLE_ROWS` rows as text."""
        found = records.spans(self._body, np.array([SAMPLE_ROWS]), self._delimiter, self._quote)
        end = int(found[0, 0]) if len(found) else len(self._body)
        return _columns(self._read(self._body[:end], {}, many_lines=True))

    def column(self, name: str) -> Cells:
        """One column as text."""
        return self._read(self._body, {}, self._records().lines > self._records().records, [name])[name]

    def count(self) -> tuple[int, dict[str, int]]:
        """Records below the header, and lines swallowed by quoted fields."""
        counted = self._records()
        swallowed = counted.lines - counted.records
        return counted.records + len(self._above), {
            **self.notes,
            **({"lines_in_quotes": swallowed} if swallowed else {}),
        }

    def sheet(self, kinds: Mapping[str, Kind]) -> Sheet:
        """The whole table."""
        counted = self._records()
        columns = self._columns_as(dict(kinds), counted)
        rows, notes = self.count()
        height = counted.records - len(counted.odd)
        if len(next(iter(columns.values()))) != height:
            raise IntakeError(
                "rows_differ",
                "The file holds {ours} whole rows by one count and {theirs} by another, so its quote marks or line "
                "ends are broken. Save it anew as CSV (UTF-8) from the program it came from.",
                ours=height,
                theirs=len(next(iter(columns.values()))),
            )
        lines = counted.lines + self._lines_above
        header = self._lines_above - len(self._above)
        return Sheet(columns, rows, self._lost(counted), lines, header, notes)

    def where(self, rows: np.ndarray) -> tuple[np.ndarray, pa.Table]:
        """Line numbers and the fields as they stand in the file."""
        odd = self._records().odd
        gaps = odd - np.arange(len(odd))  # whole rows before each odd one
        found = self._spans(rows + np.searchsorted(gaps, rows, side="right"))
        data = records.gather(self._body, found)
        table = self._read(data, dict.fromkeys(self.names, "plain"), many_lines=True)
        return found[:, 2] + self._lines_above + 1, table

    # -- reading ----------------------------------------------------------------------------

    def _records(self) -> records.Records:
        if self._counted is None:
            self._counted = records.count(self._body, self._delimiter, self._quote, len(self.names))
        return self._counted

    def _spans(self, wanted: np.ndarray) -> np.ndarray:
        return records.spans(self._body, wanted.astype(np.int64), self._delimiter, self._quote)

    def _columns_as(self, kinds: dict[str, Kind], counted: records.Records) -> dict[str, Cells]:
        while True:
            try:
                return _columns(self._read(self._body, kinds, counted.lines > counted.records))
            except pa.ArrowInvalid as error:
                place = re.search(r"In CSV column #(\d+)", str(error))
                name = self.names[int(place[1])] if place else ""
                if kinds.get(name, "text") == "text":
                    raise IntakeError(
                        "csv_broken",
                        "The text can't be parted into columns: {cause}. Save it anew as CSV (UTF-8).",
                        cause=str(error)[:200],
                    ) from error
                kinds[name] = "text"

    def _read(
        self, body: np.ndarray, kinds: Mapping[str, Kind], many_lines: bool, only: list[str] | None = None
    ) -> pa.Table:
        if not len(body):
            return pa.table({n: pa.array([], pa.string()).dictionary_encode() for n in only or self.names})
        return pcsv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            pcsv.ReadOptions(column_names=list(self.names), block_size=_block(body, self._longest(body))),
            pcsv.ParseOptions(
                delimiter=self.delimiter,
                quote_char=self._quote_char,
                newlines_in_values=many_lines,
                invalid_row_handler=lambda row: "skip",
            ),
            pcsv.ConvertOptions(
                column_types={name: _TYPES[kinds.get(name, "text")] for name in self.names},
                include_columns=only,
                null_values=list(NOT_GIVEN),
                strings_can_be_null=False,
            ),
        )

    def _longest(self, body: np.ndarray) -> int:
        """Bytes of the longest record; only quoted fields make records long enough to matter."""
        if self._counted is None or body is not self._body:
            return len(body)
        return self._counted.longest

    def _lost(self, counted: records.Records) -> Lost:
        above = self._above
        odd = self._spans(counted.odd)
        lines = np.concatenate([above[:, 2] + 1, odd[:, 2] + self._lines_above + 1])
        blank = counted.odd_fields == 0
        reasons = ["preamble"] * len(above) + ["blank" if b else "ragged" for b in blank]
        texts = [bytes(self._data[s:e]).decode("utf-8", "replace") for s, e, _ in above.tolist()]
        texts += [bytes(self._body[s:e]).decode("utf-8", "replace") for s, e, _ in odd.tolist()]
        return Lost(lines, reasons, texts)


def dialect(head: str) -> tuple[str, str]:
    """Delimiter and quote mark: those by which most rows have the same number of fields."""
    singles, doubles = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", head, re.M)), head.count('"')
    quote = "'" if singles >= 4 and doubles == 0 else '"'
    best, chosen = 0.0, ","
    for delimiter in _DELIMITERS:
        if delimiter not in head:
            continue
        widths = [len(r) for r in _rows(head, delimiter, quote)[:500] if r]
        usual = max(set(widths), key=lambda w: (widths.count(w) if w > 1 else 0, w)) if widths else 1
        score = widths.count(usual) / len(widths) * (1 + 0.02 * min(usual, 20)) if usual > 1 else 0.0
        if score > best + 1e-9:
            best, chosen = score, delimiter
    return chosen, quote


def refuse_markup(start: bytes) -> None:
    """Refuses web pages and JSON that were saved under a table's name."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<table")):
        raise IntakeError(
            "markup",
            "This is a web page or XML, not a table, whatever its name says. Open it in a spreadsheet program and "
            "save it as CSV or XLSX.",
        )
    if text.startswith((b"[{", b'{"', b"[\n", b"{\n")):
        raise IntakeError("json", "This is JSON, not a table. Export it as CSV, XLSX or Parquet.")


def _bytes(mapped: pa.MemoryMappedFile) -> np.ndarray:
    return np.frombuffer(mapped.read_buffer(), np.uint8)


def _head_text(data: np.ndarray) -> str:
    """The first half megabyte, cut at a line end."""
    head = data[: 1 << 19].tobytes()
    if len(head) < len(data):
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    return head.decode("utf-8", "replace")


def _rows(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """The first rows by Python's own reader; for guessing alone."""
    rows: list[list[str]] = []
    csv.field_size_limit(1 << 24)
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote):
        rows.append(row)
        if len(rows) == 500:
            break
    return rows


def _block(body: np.ndarray, longest: int) -> int:
    """Block size: small ones keep Arrow's dictionaries in the processor's cache; a row must fit in."""
    return int(min(max(1 << 20, 4 * longest), 1 << 30))


def _columns(table: pa.Table) -> dict[str, Cells]:
    return {name: table[name] for name in table.column_names}
