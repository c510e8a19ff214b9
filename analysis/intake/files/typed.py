"""Typed: a column of a workbook's cells, which are Python's values, as an Arrow column.

A column whose cells are all numbers, or all dates, becomes one of numbers or instants in one go;
text becomes a dictionary. Only a column that mixes them is turned to text cell by cell, each as a
person would type it. Cells with an error, such as #N/A, are not given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.intake.values.cells import Cells, from_strings

ERRORS = frozenset(
    ("#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)
"""What a spreadsheet shows in a cell whose formula failed."""

_LONG = 10**15
"""Spreadsheets keep fifteen digits of a number: from here on the last ones are lost."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A column, and what was odd about it.

    Attributes:
        cells: The column.
        given: Which cells hold anything.
        errors: Cells that held the name of an error.
        long: Whole numbers of sixteen digits or more.
    """

    cells: Cells
    given: np.ndarray
    errors: int = 0
    long: int = 0


def column(values: Sequence[Any]) -> Typed:
    """A column of cells; "" and None are not given."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return _words(values)
    errors = 0
    if str in kinds:
        words = {v for v in values if type(v) is str}
        odd = {w for w in words if w.strip() in ERRORS}
        if odd or any(w.isspace() for w in words):
            errors = sum(1 for v in values if type(v) is str and v in odd)
            values = ["" if type(v) is str and (v in odd or v.isspace()) else v for v in values]
        kinds -= set() if any(w.strip() for w in words - odd) else {str}
    whole = type(values[0]) is not str and set(map(type, values)) <= {float, int, date, datetime, bool, time, timedelta}
    given = np.ones(len(values), bool) if whole else np.array([v != "" and v is not None for v in values], bool)
    if kinds <= {float, int}:
        cells, long = _numbers(values, given)
        return Typed(cells, given, errors, long)
    if kinds <= {date, datetime}:
        return Typed(_instants(values), given, errors)
    return Typed(from_strings([said(v) for v in values]), given, errors, sum(1 for v in values if _is_long(v)))


def said(cell: Any) -> str:
    """A cell as a person would type it."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return _duration(cell)
    return "" if cell is None else str(cell)


def _words(values: Sequence[Any]) -> Typed:
    """Text, trimmed; each different text is looked at once."""
    encoded = pa.array(values, pa.string()).dictionary_encode()
    words = [w.strip() for w in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    failed = np.array([w in ERRORS for w in words] + [False], bool)
    filled = np.array([bool(w) for w in words] + [False], bool) & ~failed
    plain = ["" if bad else w for w, bad in zip(words, failed.tolist(), strict=False)]
    cells = pa.DictionaryArray.from_arrays(encoded.indices, pa.array(plain, pa.string()))
    if len(set(plain)) < len(plain):
        cells = cells.cast(pa.string()).dictionary_encode()
    return Typed(pa.chunked_array([cells]), filled[codes], int(np.count_nonzero(failed[codes])))


def _numbers(values: Sequence[Any], given: np.ndarray) -> tuple[Cells, int]:
    """Whole numbers as such, others as floats; and how many are too long."""
    gaps = not given.all()
    plain = [0.0 if type(v) is str or v is None else v for v in values] if gaps else values
    found = np.array(plain, np.float64)
    whole = bool((found == np.trunc(found)).all())
    size = np.abs(found)
    long = int(np.count_nonzero((size >= _LONG) & (found == np.trunc(found))))
    if long and not (whole and (size < 2.0**63).all()):
        return from_strings([said(v) for v in values]), long
    return pa.chunked_array([pa.array(found.astype(np.int64) if whole else found, mask=~given if gaps else None)]), long


def _instants(values: Sequence[Any]) -> Cells:
    """Dates and stamps as instants of the wall clock; a date is its midnight."""
    if not set(map(type, values)) <= {datetime}:
        values = [
            None if type(v) is str else v if v is None or isinstance(v, datetime) else datetime(v.year, v.month, v.day)
            for v in values
        ]
    return pa.chunked_array([pa.array(values, pa.timestamp("us"))])


def _is_long(value: Any) -> bool:
    return isinstance(value, float) and abs(value) >= _LONG and value.is_integer()


def _duration(span: timedelta) -> str:
    """Hours, minutes and seconds: 26:30:00."""
    seconds = round(span.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
