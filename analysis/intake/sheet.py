"""Sheet: a file's table, whatever its format: columns, and where each row stands in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pyarrow as pa

from analysis.intake import numerals, times
from analysis.intake.cells import Cells

Kind = str
"""How a column is to be read: "text", "number", "time" (naive) or "time_utc" (with an offset)."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Rows that never became rows of columns, in the order of the file."""

    lines: np.ndarray
    reasons: list[str]
    records: list[str]


@dataclass(slots=True)
class Sheet:
    """A table as it was read.

    Attributes:
        columns: Header -> cells; all of the same length.
        rows: Records in the file, the header not among them.
        lost: Records that aren't in `columns`: above the header, ragged, or blank.
        lines: Physical lines; 0 for formats without.
        header_lines: Lines of the header.
        notes: Flag code -> count.
    """

    columns: dict[str, Cells]
    rows: int
    lost: Lost
    lines: int = 0
    header_lines: int = 0
    notes: dict[str, int] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """Rows in `columns`."""
        return len(next(iter(self.columns.values()))) if self.columns else 0


class Source(Protocol):
    """A file that was opened: its outline at once, its rows on demand."""

    format: str
    encoding: str
    delimiter: str
    names: tuple[str, ...]

    def sample(self) -> dict[str, Cells]:
        """The first rows as text or as the format's own types; enough to guess roles."""
        ...

    def column(self, name: str) -> Cells:
        """One column, whole."""
        ...

    def sheet(self, kinds: Mapping[str, Kind]) -> Sheet:
        """The whole table, columns read as `kinds` say where their cells allow it."""
        ...

    def where(self, rows: np.ndarray) -> tuple[np.ndarray, pa.Table]:
        """Line numbers and original text of some rows of `sheet().columns`, which rise."""
        ...

    def count(self) -> tuple[int, dict[str, int]]:
        """Records in the file (−1: unknown) and flags seen without reading cells."""
        ...


def different(names: list[str]) -> tuple[str, ...]:
    """Headers trimmed and made different: a second "date" is "date 2", an empty one "column 3"."""
    taken: dict[str, None] = {}
    for place, raw in enumerate(names, start=1):
        name = " ".join(raw.replace("\ufeff", "").split()) or f"column {place}"
        unique, again = name, 2
        while unique in taken:
            unique, again = f"{name} {again}", again + 1
        taken[unique] = None
    return tuple(taken)


def header_place(rows: list[list[str]]) -> int:
    """Place of the header among the first rows; −1 when the first row is data already.

    The header is the first row that is as wide as most rows are. Rows above it are a title or
    a note. A row whose cells are numbers or dates where all cells below are, is data.
    """
    widths = [_width(row) for row in rows]
    if not any(widths):
        return 0
    usual = max((w for w in widths if w), key=lambda w: (widths.count(w), w))
    if usual == 1 and max(widths) > 1:
        usual = max(widths)
    place = next((k for k, w in enumerate(widths) if w == usual), 0)
    while place > 0 and widths[place - 1] == usual - 1 and usual > 2:
        place -= 1  # a header with one name too few: the last column has none
    head, body = rows[place], rows[place + 1 : place + 100]
    if not body:
        return place
    telling = 0
    for k, cell in enumerate(head):
        below = pa.array([row[k] for row in body if k < len(row) and row[k].strip()] or ["x"], pa.string())
        for reads in (_numbers, _dates):
            if reads(below):
                year = cell.strip().isdigit() and len(cell.strip()) == 4
                if not cell.strip() or year or not reads(pa.array([cell], pa.string())):
                    return place
                telling += 1
                break
    return -1 if telling else place


def _numbers(values: pa.Array) -> bool:
    return not numerals.parse(values)[1].any()


def _dates(values: pa.Array) -> bool:
    return bool(times.parse_either(values)[1].all())


def _width(row: list[str]) -> int:
    return len(row) if any(cell.strip() for cell in row) else 0
