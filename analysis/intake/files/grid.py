"""Grid: the cells of a sheet parted into header, rows, and what is neither.

Above the header stand titles, below the table notes and totals. A total would be counted as one
more order, so a last row that says "Total" or 合计 and holds numbers is left out and told. Merged cells
keep their value in the first one: below it texts and dates are repeated, as an order's number that was
merged over its lines means; numbers are not, since an amount would be counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.intake.files import captions, footing, typed
from analysis.intake.files.captions import Span
from analysis.intake.files.sheet import different
from analysis.intake.files.typed import Typed
from analysis.intake.values.cells import Cells

_HEAD = 200
"""Rows in which the header is sought."""


@dataclass(slots=True)
class Grid:
    """A sheet's table.

    Attributes:
        header: Place of the header; −1 for none.
        columns: Name -> cells, one of each row.
        places: Row of the sheet, from 0, of each row.
        lost: Row of the sheet, reason and text of each row that is none of the table's.
        rows: All rows, the header not among them.
        notes: Flag code -> count.
    """

    header: int
    columns: dict[str, Cells]
    places: np.ndarray
    lost: list[tuple[int, str, str]]
    rows: int
    notes: dict[str, int]


def grid(rows: list[list[Any]], spans: Sequence[Span] | None = None, header: int | None = None) -> Grid:
    """The table of a sheet.

    Args:
        rows: All cells; "" for empty ones. Merged cells below the header are filled in place.
        spans: Cells that were merged; None where the format doesn't tell.
        header: Place of the header, where it is known.
    """
    at = captions.place(rows[:_HEAD]) if header is None else header
    merged = _fill_down(rows, at, spans or [])
    cells = [column[at + 1 :] for column in zip(*rows, strict=True)]
    found = [typed.column(column) for column in cells]
    given = np.zeros(len(rows), np.int64)
    given[at + 1 :] = np.sum([f.given for f in found], axis=0)
    reasons = {k: "preamble" if any(map(typed.said, rows[k])) else "blank" for k in range(max(at, 0))}
    reasons |= dict.fromkeys((np.flatnonzero(given[at + 1 :] == 0) + at + 1).tolist(), "blank")
    reasons |= footing.below(rows, at + 1, given, spans or [])
    keep = np.arange(len(rows)) > at
    keep[list(reasons)] = False
    found = [_kept(f, column, keep[at + 1 :]) for f, column in zip(found, cells, strict=True)]
    columns, notes = _named(found, captions.names(rows, at, spans) if at >= 0 else [""] * len(cells))
    if merged:
        notes["merged_cells"] = merged
    lost = [(k, why, "\t".join(map(typed.said, rows[k])).strip()) for k, why in sorted(reasons.items())]
    return Grid(at, columns, np.flatnonzero(keep), lost, len(rows) - (at >= 0), notes)


def _kept(found: Typed, cells: Sequence[Any], keep: np.ndarray) -> Typed:
    """The column without the rows that aren't kept; told anew where they held anything, as it may have another type."""
    if keep.all():
        return found
    if found.given[~keep].any():
        return typed.column([cells[k] for k in np.flatnonzero(keep).tolist()])
    return replace(found, cells=found.cells.filter(pa.array(keep)), given=found.given[keep])


def _named(found: Sequence[Typed], names: Sequence[str]) -> tuple[dict[str, Cells], dict[str, int]]:
    """The columns that have a name or hold anything, and how many of their cells were odd."""
    used = [k for k, f in enumerate(found) if names[k] or f.given.any()]
    columns = {name: found[k].cells for name, k in zip(different([names[k] for k in used]), used, strict=True)}
    odd = {"error_cells": sum(f.errors for f in found), "long_numbers": sum(f.long for f in found)}
    return columns, {code: n for code, n in odd.items() if n}


def _fill_down(rows: list[list[Any]], at: int, spans: Sequence[Span]) -> int:
    """Repeats texts and dates of merged cells in each row they span; returns how many cells that filled."""
    filled = 0
    for (top, left), (bottom, _right) in spans:
        if top <= at or bottom == top or top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        if value == "" or not isinstance(value, (str, date)):
            continue
        for k in range(top + 1, min(bottom + 1, len(rows))):
            rows[k][left] = value
            filled += 1
    return filled
