"""Rows of a database to one Parquet file, in bounded memory, with their types.

Databases don't tell the types of a query's columns alike, and SQLite has none. So the type is told
by the values: what has been seen of a column so far is a small `Seen`, which can be merged in any
order, and the type follows from it. A column of numbers stays numbers, decimals stay exact, a date
is a date, a stamp with a zone is UTC; where kinds don't go together the column is text, so that
nothing is lost.

Rows are written batch by batch to a segment. When a later batch shows that a column has another
type (its first fifty thousand cells were empty, say), a new segment begins; in the end the segments
are written anew, once, with the types that hold all values. Where the batches part has no effect on
the result.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

DIGITS = 38
"""Digits that a 128-bit decimal holds."""

EXACT = 2**53
"""Up to here a whole number is the same as a float."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What has been seen of a column.

    Attributes:
        kinds: Kinds of its values.
        whole, places: Most digits before and after the point, of integers and decimals.
        largest: The largest absolute integer.
    """

    kinds: frozenset[str] = frozenset()
    whole: int = 0
    places: int = 0
    largest: int = 0

    def merged(self, other: Seen) -> Seen:
        """What both have seen together."""
        return Seen(
            self.kinds | other.kinds,
            max(self.whole, other.whole),
            max(self.places, other.places),
            max(self.largest, other.largest),
        )

    @property
    def type(self) -> pa.DataType:
        """The Arrow type that holds all of it; null where nothing was seen."""
        if not self.kinds:
            return pa.null()
        if len(self.kinds) == 1 and (kind := next(iter(self.kinds))) in _TYPES:
            return _TYPES[kind] if kind != "int" or self.largest < 2**63 else self._decimal
        if self.kinds <= {"int", "decimal"}:
            return self._decimal
        if self.kinds == {"int", "float"} and self.largest <= EXACT:
            return pa.float64()
        return pa.string()

    @property
    def _decimal(self) -> pa.DataType:
        fits = self.whole + self.places <= DIGITS
        return pa.decimal128(DIGITS, self.places) if fits else pa.string()


_TYPES = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "float": pa.float64(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "stamp": pa.timestamp("us"),
    "instant": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
}


def write_rows(names: Sequence[str], batches: Iterable[Sequence[Sequence[Any]]], target: Path, scratch: Path) -> int:
    """Writes rows to one Parquet file.

    Args:
        names: Headers; a second "id" becomes "id 2".
        batches: Rows, some thousands at a time.
        target: The file.
        scratch: A folder for segments; the caller removes it.

    Returns:
        The number of rows.
    """
    names = _distinct(names)
    seen, rows = [Seen()] * len(names), 0
    segments: list[Path] = []
    writer: pq.ParquetWriter | None = None
    try:
        for batch in batches:
            columns = list(zip(*batch, strict=True)) if batch else [()] * len(names)
            seen = [old.merged(look(column)) for old, column in zip(seen, columns, strict=True)]
            schema = pa.schema([(h, s.type) for h, s in zip(names, seen, strict=True)])
            if writer is None or writer.schema != schema:
                if writer is not None:
                    writer.close()
                segments.append(scratch / f"segment{len(segments)}")
                writer = pq.ParquetWriter(segments[-1], schema)
            arrays = [to_arrow(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            rows += len(batch)
    finally:
        if writer is not None:
            writer.close()
    _join(segments, _final(names, seen), target)
    return rows


def look(values: Sequence[Any]) -> Seen:
    """What is to be seen of some values of a column."""
    kinds = {kind: _kind(kind) for kind in set(map(type, values)) - {type(None)}}
    found = {k for k in kinds.values() if k}
    if "datetime" in found:
        zoned = {v.tzinfo is not None for v in values if isinstance(v, datetime)}
        found = (found - {"datetime"}) | {"instant" if z else "stamp" for z in zoned}
    if "time" in found and any(isinstance(v, time) and v.tzinfo is not None for v in values):
        found = (found - {"time"}) | {"other"}
    whole = places = largest = 0
    if "int" in found:
        largest = max(abs(v) for v in values if type(v) is int)
        whole = len(str(largest)) if largest.bit_length() < 500 else DIGITS + 1
    if "decimal" in found:
        signs = [v.as_tuple() for v in values if isinstance(v, Decimal)]
        if any(not isinstance(s.exponent, int) for s in signs):  # nan and infinity
            found.add("other")
        sizes = [(len(s.digits), s.exponent) for s in signs if isinstance(s.exponent, int)]
        whole = max([whole, *(max(0, n + e) for n, e in sizes)])
        places = max([0, *(-e for _, e in sizes)])
    return Seen(frozenset(found), whole, places, largest)


def to_arrow(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Values as an array of a type that holds them; in a column of text each as a person would type it."""
    if pa.types.is_string(kind):
        return pa.array([v if v is None or type(v) is str else said(v) for v in values], kind)
    if pa.types.is_decimal(kind):
        return pa.array([None if v is None else Decimal(v) for v in values], kind)
    return pa.array(values, kind)


def said(value: Any) -> str:
    """A value as text: the same text whatever type the column seemed to have before."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
    if isinstance(value, Decimal):
        return format(_short(value), "f") if value.is_finite() else str(value)
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo is not None else value).isoformat(" ")
    if isinstance(value, (bytes, bytearray, memoryview)):
        raw = bytes(value)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return f"0x{raw.hex()}"
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def _distinct(names: Sequence[str]) -> list[str]:
    taken: dict[str, None] = {}
    for name in names:
        unique, again = name, 2
        while unique in taken:
            unique, again = f"{name} {again}", again + 1
        taken[unique] = None
    return list(taken)


def _kind(kind: type) -> str:
    known = {bool: "bool", int: "int", float: "float", str: "text", date: "date", time: "time"}
    if issubclass(kind, datetime):
        return "datetime"
    return "decimal" if issubclass(kind, Decimal) else known.get(kind, "other")


def _short(value: Decimal) -> Decimal:
    """Without zeros at its end; exact, whatever the precision in force."""
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    while exponent < 0 and digits[-1:] == (0,):
        digits, exponent = digits[:-1] or (0,), exponent + 1
    return Decimal((sign, digits, exponent))


def _final(names: Sequence[str], seen: Sequence[Seen]) -> pa.Schema:
    """The types in the end: a column that is empty throughout is text."""
    return pa.schema([(h, s.type if s.kinds else pa.string()) for h, s in zip(names, seen, strict=True)])


def _join(segments: Sequence[Path], schema: pa.Schema, target: Path) -> None:
    """One file of all segments; a single one that is right already is only given its name."""
    if len(segments) == 1 and pq.read_schema(segments[0]) == schema:
        segments[0].replace(target)
        return
    with pq.ParquetWriter(target, schema) as writer:
        for batch in (b for path in segments for b in _batches(path)):
            arrays = [_cast(a, kind) for a, kind in zip(batch.columns, schema.types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=50_000)


def _cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if array.type == kind:
        return array
    return pa.nulls(len(array), kind) if pa.types.is_null(array.type) else to_arrow(array.to_pylist(), kind)
