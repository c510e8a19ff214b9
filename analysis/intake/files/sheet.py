"""Sheet: a file's table, whatever its format: columns, and where each row stands in the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
import pyarrow as pa

from analysis.intake.values.cells import Cells

SAMPLE_ROWS = 5_000
"""Rows of a sample."""

Kind = str
"""How a column is to be read: "text", "number", "time" (naive) or "time_utc" (with an offset)."""

Reads: TypeAlias = Callable[[float, int], None] | None
"""Told the share of a file that was read, and the rows so far."""


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
    layout: dict[str, Any]
    """How it was read, JSON-ready: given to `open_source` again, it is read so again."""
    other: dict[str, Any] | None
    """The second-best layout, where the best one is not certain."""
    sheets: tuple[tuple[str, int], ...]
    """Tables that a workbook or an archive offers: name and rows; () where there is only one."""

    def sample(self) -> dict[str, Cells]:
        """The first rows as text or as the format's own types; enough to guess roles."""
        ...

    def column(self, name: str) -> Cells:
        """One column, whole."""
        ...

    def sheet(self, kinds: Mapping[str, Kind], reads: Reads = None) -> Sheet:
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
