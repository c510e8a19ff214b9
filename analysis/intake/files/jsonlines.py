"""JSON: a list of objects, or an object a line, as event systems export them.

Nested objects become columns with a dotted name, such as `properties.page`; lists become their
text. Arrow reads the rows. Where it refuses, because a property is a number here and a text there,
or a row is broken, each row is read on its own: a broken one is dropped as ragged and shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from analysis.intake.files import jsontext
from analysis.intake.files.jsontext import is_json as is_json
from analysis.intake.files.parquet import texts
from analysis.intake.files.sheet import SAMPLE_ROWS, Kind, Lost, Reads, Sheet, different
from analysis.intake.text import encoding
from analysis.intake.values.cells import Cells, from_strings

_EXACT = 2.0**53


class JsonFile:
    """An opened JSON file."""

    format = "json"
    delimiter = ""
    other: dict[str, Any] | None = None
    sheets: tuple[tuple[str, int], ...] = ()

    def __init__(self, path: Path, scratch: Path) -> None:
        self._map = pa.memory_map(str(path))
        data, self.encoding, replaced = encoding.as_utf8(np.frombuffer(self._map.read_buffer(), np.uint8), scratch)
        self.layout: dict[str, Any] = {}
        self._notes = {"replaced_bytes": replaced} if replaced else {}
        self._text = jsontext.rows_of(data)
        self._columns, self._good = _columns_of(self._text)
        if not self._columns:
            raise jsontext.without_rows(data[: 1 << 16].tobytes())
        self.names = tuple(self._columns)

    def sample(self) -> dict[str, Cells]:
        """The first rows."""
        return {name: column.slice(0, SAMPLE_ROWS) for name, column in self._columns.items()}

    def column(self, name: str) -> Cells:
        """One column."""
        return self._columns[name]

    def count(self) -> tuple[int, dict[str, int]]:
        """Rows, blank lines and broken ones included."""
        return len(self._text.starts), dict(self._notes)

    def sheet(self, kinds: Mapping[str, Kind], reads: Reads = None) -> Sheet:
        """The whole table in the types of its values."""
        gone = np.flatnonzero(~self._good)
        said = [self._text.data[self._text.starts[k] : self._text.stops[k]].tobytes() for k in gone]
        reasons = ["ragged" if text.strip() else "blank" for text in said]
        lost = Lost(self._text.lines[gone], reasons, [text.decode("utf-8", "replace").strip() for text in said])
        rows, notes = self.count()
        return Sheet(dict(self._columns), rows, lost, rows if self._text.by_line else 0, 0, notes)

    def where(self, rows: np.ndarray) -> tuple[np.ndarray, pa.Table]:
        """Line numbers, and the cells as text."""
        return self._text.lines[np.flatnonzero(self._good)[rows]], texts(self._columns, rows)


def _columns_of(text: jsontext.JsonText) -> tuple[dict[str, Cells], np.ndarray]:
    """The columns, and which rows they hold."""
    given = ~jsontext.blank(text)
    try:
        table = _read(text)
    except (pa.ArrowException, UnicodeDecodeError):
        return _one_by_one(text)
    if table.num_rows != int(np.count_nonzero(given)) or _cut(table):
        return _one_by_one(text)
    names = different(table.column_names)
    return {name: _cells(table.column(k)) for k, name in enumerate(names)}, given


def _read(text: jsontext.JsonText) -> pa.Table:
    """All rows by Arrow, nested objects flattened. Times stay text: Arrow would leave out their offsets."""
    longest = int((text.stops - text.starts).max(initial=0))
    schema, size = pa.schema([]), max(1 << 20, 2 * longest + 1)
    while True:
        table = pj.read_json(
            pa.BufferReader(pa.py_buffer(text.data)),
            pj.ReadOptions(block_size=size),
            pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="infer"),
        )
        if not any(map(_holds_times, table.schema.types)):
            break
        schema = pa.schema([f for f in map(_as_text, table.schema) if f is not None])
    while any(pa.types.is_struct(kind) for kind in table.schema.types):
        table = table.drop_columns([f.name for f in table.schema if f.type == pa.struct([])]).flatten()
    return table


def _holds_times(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) or (pa.types.is_struct(kind) and any(_holds_times(f.type) for f in kind))


def _as_text(field: pa.Field) -> pa.Field | None:
    """The field with all text and times in it as text; None when it holds neither."""
    if pa.types.is_timestamp(field.type) or pa.types.is_string(field.type):
        return pa.field(field.name, pa.string())
    if pa.types.is_struct(field.type):
        inside = [f for f in map(_as_text, field.type) if f is not None]
        return pa.field(field.name, pa.struct(inside)) if inside else None
    return None


def _cut(table: pa.Table) -> bool:
    """Whether whole numbers were too long for Arrow, which then rounds them."""
    floats = [c for c in table.columns if pa.types.is_floating(c.type)]
    return any((pc.max(pc.abs(c)).as_py() or 0) >= _EXACT for c in floats)


def _cells(column: Cells) -> Cells:
    """Words as a dictionary, lists as their text; numbers as they are."""
    kind = column.type
    if pa.types.is_string(kind):
        return column.dictionary_encode()
    if pa.types.is_nested(kind):
        return from_strings([None if v is None else json.dumps(v, ensure_ascii=False) for v in column.to_pylist()])
    return from_strings([None] * len(column)) if pa.types.is_null(kind) else column


# -- row by row -----------------------------------------------------------------------------


def _one_by_one(text: jsontext.JsonText) -> tuple[dict[str, Cells], np.ndarray]:
    """As `_columns_of`, each row parsed on its own."""
    good = np.zeros(len(text.starts), bool)
    columns: dict[str, list[Any]] = {}
    rows = 0
    for k, (start, stop) in enumerate(zip(text.starts.tolist(), text.stops.tolist(), strict=True)):
        try:
            row = json.loads(text.data[start:stop].tobytes())
        except (ValueError, RecursionError):
            continue
        if not isinstance(row, dict):
            continue
        for name, value in _flat(row, ""):
            column = columns.setdefault(name, [])
            column.extend([None] * (rows - len(column)))
            column[rows:] = [value]
        good[k], rows = True, rows + 1
    for column in columns.values():
        column.extend([None] * (rows - len(column)))
    names = different(list(columns))
    return {n: _typed(column) for n, column in zip(names, columns.values(), strict=True)}, good


def _flat(row: dict[str, Any], above: str) -> list[tuple[str, Any]]:
    out: list[tuple[str, Any]] = []
    for name, value in row.items():
        out += _flat(value, f"{above}{name}.") if isinstance(value, dict) else [(above + name, value)]
    return out


def _typed(values: list[Any]) -> Cells:
    """A column of numbers where all values are numbers that a float holds exactly; of text else."""
    kinds = {type(v) for v in values} - {type(None)}
    whole = kinds == {int} and all(v is None or abs(v) < 1 << 63 for v in values)
    if whole or kinds == {bool}:
        return pa.chunked_array([pa.array(values)])
    if kinds and kinds <= {int, float} and all(v is None or abs(v) < _EXACT for v in values):
        return pa.chunked_array([pa.array(values, pa.float64())])
    return from_strings([v if v is None or isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values])
