"""Parquet: a file whose columns have types of their own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import IntakeError
from analysis.intake.files.sheet import SAMPLE_ROWS, Kind, Lost, Sheet, different
from analysis.intake.values.cells import Cells, as_strings

NOTHING_LOST = Lost(np.empty(0, np.int64), [], [])


class ParquetFile:
    """An opened Parquet file."""

    format = "parquet"
    encoding = ""
    delimiter = ""
    other: dict[str, Any] | None = None
    sheets: tuple[tuple[str, int], ...] = ()

    def __init__(self, path: Path) -> None:
        try:
            self._file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(error) from error
        self.layout: dict[str, Any] = {}
        self.names = different(list(self._file.schema_arrow.names))
        if not self.names:
            raise IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
        self._columns: dict[str, Cells] | None = None

    def sample(self) -> dict[str, Cells]:
        """The first rows."""
        try:
            batch = next(self._file.iter_batches(batch_size=SAMPLE_ROWS), None)
        except (pa.ArrowException, OSError) as error:
            raise _damaged(error) from error
        table = pa.Table.from_batches([batch] if batch is not None else [], self._file.schema_arrow)
        return {name: readable(table.column(k)) for k, name in enumerate(self.names)}

    def column(self, name: str) -> Cells:
        """One column."""
        return self._all()[name]

    def count(self) -> tuple[int, dict[str, int]]:
        """Rows."""
        return self._file.metadata.num_rows, {}

    def sheet(self, kinds: Mapping[str, Kind], reads: object = None) -> Sheet:
        """The whole table in its own types."""
        return Sheet(dict(self._all()), self._file.metadata.num_rows, NOTHING_LOST)

    def where(self, rows: np.ndarray) -> tuple[np.ndarray, pa.Table]:
        """Row numbers, from 1, and the cells as text."""
        return rows + 1, texts(self._all(), rows)

    def _all(self) -> dict[str, Cells]:
        if self._columns is None:
            try:
                table = self._file.read()
            except (pa.ArrowException, OSError) as error:
                raise _damaged(error) from error
            self._columns = {name: readable(table.column(k)) for k, name in enumerate(self.names)}
        return self._columns


def readable(column: Cells) -> Cells:
    """Text as a dictionary; other types as they are."""
    kind = column.type
    wide = (pa.string_view(), pa.binary(), pa.large_binary())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind in wide:
        return column.cast(pa.string()).dictionary_encode()
    return column


def texts(columns: Mapping[str, Cells], rows: np.ndarray) -> pa.Table:
    """Some rows of columns as text."""
    return pa.table({name: as_strings(column.take(pa.array(rows))) for name, column in columns.items()})


def _damaged(error: Exception) -> IntakeError:
    return IntakeError(
        "damaged",
        "The file is damaged or incomplete ({cause}). Download or export it again.",
        cause=str(error)[:160],
    )
