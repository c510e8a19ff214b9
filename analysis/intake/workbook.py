"""Workbooks (XLSX, XLS, XLSB, ODS) and Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from analysis.errors import IntakeError
from analysis.intake.cells import Cells, as_strings, from_strings
from analysis.intake.sheet import Kind, Lost, Sheet, different, header_place

SAMPLE_ROWS = 5_000
NOTHING_LOST = Lost(np.empty(0, np.int64), [], [])


class Workbook:
    """The first sheet of a workbook that holds a table."""

    encoding = ""
    delimiter = ""

    def __init__(self, path: Path, kind: str) -> None:
        self.format = kind
        try:
            book = CalamineWorkbook.from_path(str(path))
            sheets = (book.get_sheet_by_index(k) for k in range(len(book.sheet_names)))
            found = next((s for s in sheets if s.total_height > 1), None)
            cells = found.to_python(skip_empty_area=False) if found is not None else []
        except PasswordError as error:
            raise IntakeError(
                "password", "The file is protected by a password. Save it without one and try again."
            ) from error
        except (CalamineError, OSError, ValueError) as error:
            raise IntakeError(
                "damaged",
                "The file is damaged or incomplete ({cause}). Download or export it again.",
                cause=str(error)[:160],
            ) from error
        rows = [[_said(cell) for cell in row] for row in cells]
        if not any(any(row) for row in rows):
            raise IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
        place = header_place([_without_tail(r) for r in rows[:100]])
        used = [k for k in range(len(rows[0])) if any(row[k] for row in rows[max(place, 0) :])]
        self.names = different([rows[place][k] if place >= 0 else "" for k in used])
        self._above = rows[: max(place, 0)]
        self._body = rows[place + 1 :]
        self._first_line = place + 2
        self._used = used
        self._full = np.array([any(row) for row in self._body], bool)
        whole = [row for row in self._body if any(row)]
        self._columns = {n: from_strings([row[k] for row in whole]) for n, k in zip(self.names, used, strict=True)}

    def sample(self) -> dict[str, Cells]:
        """The first rows."""
        return {name: column.slice(0, SAMPLE_ROWS) for name, column in self._columns.items()}

    def column(self, name: str) -> Cells:
        """One column."""
        return self._columns[name]

    def count(self) -> tuple[int, dict[str, int]]:
        """Rows below the header."""
        return len(self._body) + len(self._above), {}

    def sheet(self, kinds: Mapping[str, Kind]) -> Sheet:
        """The whole table; cells are text already."""
        blank = np.flatnonzero(~self._full)
        lines = np.concatenate([np.arange(len(self._above)) + 1, blank + self._first_line])
        reasons = ["preamble" if any(row) else "blank" for row in self._above] + ["blank"] * len(blank)
        texts = ["\t".join(row).strip() for row in self._above] + [""] * len(blank)
        return Sheet(dict(self._columns), self.count()[0], Lost(lines, reasons, texts))

    def where(self, rows: np.ndarray) -> tuple[np.ndarray, pa.Table]:
        """Row numbers of the sheet, and the cells as text."""
        places = np.flatnonzero(self._full)[rows]
        return places + self._first_line, _texts(self._columns, rows)


class ParquetFile:
    """A Parquet file: columns have types of their own."""

    format = "parquet"
    encoding = ""
    delimiter = ""

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowInvalid, pa.ArrowIOError, OSError) as error:
            raise IntakeError(
                "damaged",
                "The file is damaged or incomplete ({cause}). Download or export it again.",
                cause=str(error)[:160],
            ) from error
        self._raw = list(self._file.schema_arrow.names)
        self.names = different(self._raw)
        if not self.names:
            raise IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
        self._columns: dict[str, Cells] | None = None

    def sample(self) -> dict[str, Cells]:
        """The first rows."""
        batch = next(self._file.iter_batches(batch_size=SAMPLE_ROWS), None)
        table = pa.Table.from_batches([batch] if batch is not None else [], self._file.schema_arrow)
        return {name: _readable(table.column(k)) for k, name in enumerate(self.names)}

    def column(self, name: str) -> Cells:
        """One column."""
        return self._all()[name]

    def count(self) -> tuple[int, dict[str, int]]:
        """Rows."""
        return self._file.metadata.num_rows, {}

    def sheet(self, kinds: Mapping[str, Kind]) -> Sheet:
        """The whole table in its own types."""
        return Sheet(dict(self._all()), self._file.metadata.num_rows, NOTHING_LOST)

    def where(self, rows: np.ndarray) -> tuple[np.ndarray, pa.Table]:
        """Row numbers, from 1, and the cells as text."""
        return rows + 1, _texts(self._all(), rows)

    def _all(self) -> dict[str, Cells]:
        if self._columns is None:
            try:
                table = self._file.read()
            except (pa.ArrowInvalid, OSError) as error:
                raise IntakeError(
                    "damaged",
                    "The file is damaged or incomplete ({cause}). Download or export it again.",
                    cause=str(error)[:160],
                ) from error
            self._columns = {name: _readable(table.column(k)) for k, name in enumerate(self.names)}
        return self._columns


def _readable(column: Cells) -> Cells:
    """Text as a dictionary; other types as they are."""
    kind = column.type
    if (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or kind in (pa.string_view(), pa.binary(), pa.large_binary())
    ):
        return column.cast(pa.string()).dictionary_encode()
    return column


def _texts(columns: Mapping[str, Cells], rows: np.ndarray) -> pa.Table:
    return pa.table({name: as_strings(column.take(pa.array(rows))) for name, column in columns.items()})


def _said(cell: Any) -> str:
    """A cell as a person would type it."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return "" if cell is None else str(cell)


def _without_tail(row: list[str]) -> list[str]:
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]
