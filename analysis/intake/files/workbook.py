"""Workbooks (XLSX, XLS, XLSB, ODS): the sheet that holds the data, and its table.

Of several sheets the one with the most rows under a header is taken; sheets of notes, hidden sheets
and charts come last. All that hold cells are offered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from analysis.errors import IntakeError, ParameterError, UnknownValueError
from analysis.intake.files import captions
from analysis.intake.files.grid import Grid, grid
from analysis.intake.files.parquet import texts
from analysis.intake.files.sheet import SAMPLE_ROWS, Kind, Lost, Reads, Sheet
from analysis.intake.values.cells import Cells

_HEAD = 200
_CLEARLY = 1.5
_PROSE = 60
"""A sheet whose texts are longer than this on average holds notes."""


class Workbook:
    """An opened workbook: one sheet of it."""

    encoding = ""
    delimiter = ""
    other: dict[str, Any] | None = None

    def __init__(
        self, path: Path, kind: str, layout: Mapping[str, Any] | None = None, errors: Mapping[str, int] | None = None
    ) -> None:
        self.format = kind
        given = dict(layout or {})
        unknown = given.keys() - {"sheet", "header"}
        if unknown:
            raise ParameterError.outside("layout", ", ".join(sorted(unknown)), "one of sheet, header")
        try:
            name, self.sheets, self._grid = _read(path, given)
        except PasswordError as error:
            raise IntakeError(
                "password", "The file is protected by a password. Save it without one and try again."
            ) from error
        except (CalamineError, OSError, ValueError) as error:
            raise _damaged(error) from error
        except BaseException as error:
            if type(error).__module__ != "pyo3_runtime":  # a panic of the reader, which is no Exception
                raise
            raise _damaged(error) from error
        self.layout: dict[str, Any] = {"sheet": name, "header": self._grid.header}
        self.names = tuple(self._grid.columns)
        failed = (errors or {}).get(name, 0)
        if failed:
            self._grid.notes["error_cells"] = self._grid.notes.get("error_cells", 0) + failed

    def sample(self) -> dict[str, Cells]:
        """The first rows."""
        return {name: column.slice(0, SAMPLE_ROWS) for name, column in self._grid.columns.items()}

    def column(self, name: str) -> Cells:
        """One column."""
        return self._grid.columns[name]

    def count(self) -> tuple[int, dict[str, int]]:
        """Rows of the sheet, the header not among them, and what was odd about its cells."""
        return self._grid.rows, dict(self._grid.notes)

    def sheet(self, kinds: Mapping[str, Kind], reads: Reads = None) -> Sheet:
        """The whole table in the types of its cells."""
        lost = self._grid.lost
        places = np.array([k for k, _why, _text in lost], np.int64) + 1
        rows, notes = self.count()
        said = Lost(places, [why for _k, why, _text in lost], [text for _k, _why, text in lost])
        return Sheet(dict(self._grid.columns), rows, said, notes=notes)

    def where(self, rows: np.ndarray) -> tuple[np.ndarray, pa.Table]:
        """Row numbers of the sheet, and the cells as text."""
        return self._grid.places[rows] + 1, texts(self._grid.columns, rows)


def _damaged(error: BaseException) -> IntakeError:
    return IntakeError(
        "damaged",
        "The file is damaged or incomplete ({cause}). Download or export it again.",
        cause=str(error)[:160],
    )


def _read(path: Path, given: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, int], ...], Grid]:
    """Name of the sheet that is read, the sheets that are offered, and the table."""
    book = CalamineWorkbook.from_path(str(path))
    kept = [m for m in book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
    shown = [m.name for m in kept if m.visible == SheetVisibleEnum.Visible]
    hidden = [m.name for m in kept if m.visible != SheetVisibleEnum.Visible]
    opened = _opened(book, (*shown, *hidden))
    filled = [name for name, sheet in opened.items() if sheet.end is not None]
    wanted = given.get("sheet")
    if wanted is not None and wanted not in filled:
        raise UnknownValueError.among("sheet", str(wanted), filled)
    if not filled:
        raise IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
    name = str(wanted) if wanted is not None else _likeliest(opened, [n for n in filled if n in shown] or filled)
    rows = opened[name].to_python(skip_empty_area=False)
    while rows and not any(cell != "" for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
    found = grid(rows, opened[name].merged_cell_ranges, given.get("header"))
    if not found.columns:
        raise IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
    offered = [(n, found.rows if n == name else _height(opened[n]) - 1) for n in filled]
    return name, tuple(offered) if len(offered) > 1 else (), found


def _opened(book: CalamineWorkbook, names: Sequence[str]) -> dict[str, CalamineSheet]:
    """The sheets that can be opened; a broken one doesn't take the others with it."""
    opened: dict[str, CalamineSheet] = {}
    broken: CalamineError | None = None
    for name in names:
        try:
            opened[name] = book.get_sheet_by_name(name)
        except CalamineError as error:
            broken = error
    if broken is not None and not opened:
        raise broken
    return opened


def _likeliest(opened: Mapping[str, CalamineSheet], names: list[str]) -> str:
    """The sheet with the most rows that look like a table's; a later one must have clearly more."""
    best, most = names[0], _rows_of_table(opened[names[0]]) if len(names) > 1 else 0.0
    for name in names[1:]:
        rows = _rows_of_table(opened[name])
        if rows > _CLEARLY * most:
            best, most = name, rows
    return best


def _height(sheet: CalamineSheet) -> int:
    return sheet.end[0] + 1 if sheet.end is not None else 0


def _rows_of_table(sheet: CalamineSheet) -> float:
    """Rows below the header; fewer count where there is no header, one column only, or prose."""
    head = sheet.to_python(skip_empty_area=False, nrows=_HEAD)
    head = [row for row in head if any(cell != "" for cell in row)]
    if not head:
        return 0.0
    at = captions.place(head)
    body = head[at + 1 :]
    given = [cell for row in body for cell in row if cell != ""]
    if not given:
        return 0.0
    used = sum(1 for column in zip(*body, strict=True) if any(cell != "" for cell in column))
    full = sum(1 for row in body if 2 * sum(1 for cell in row if cell != "") >= used)
    rows = full + (_height(sheet) - _HEAD if len(head) + 1 >= _HEAD else 0)
    prose = sum(len(cell) for cell in given if isinstance(cell, str)) > _PROSE * len(given)
    weight = (1.0 if at >= 0 else 0.5) * (1.0 if used > 1 else 0.3) * (0.1 if prose else 1.0)
    return weight * rows
