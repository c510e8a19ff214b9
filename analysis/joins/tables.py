"""Tables: a file as plain rows of text, by the app's own intake, for what is joined to a log.

The file is opened, decoded and counted as one of events is; only what its columns mean is left open. So
whatever format it has, no row is lost in silence: a record that is no row of the table is listed with
its line and the reason.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from analysis.errors import IntakeError
from analysis.intake.files.formats import open_source
from analysis.intake.files.sheet import Sheet
from analysis.intake.ledger import Ledger
from analysis.intake.rows import free_name
from analysis.intake.values.cells import text_of
from analysis.joins.matching import LINE


@dataclass(frozen=True, slots=True)
class TableRead:
    """A file as a table, and the account of its rows.

    Attributes:
        table: `line` (whole numbers: where the row stands in the file), then the file's columns as
            text, dictionary-encoded. A column of the file called "line" is "line 2".
        dropped: `line`, `reason` and `record` of what is no row of the table.
        ledger: `rows = used + Σ dropped`.
    """

    table: pa.Table
    dropped: pa.Table
    ledger: Ledger


def table(path: Path | str, layout: Mapping[str, Any] | None = None) -> pa.Table:
    """A file as a table of text, for Jupyter; its account is `read_table`'s.

    Args:
        path: CSV, TSV, XLSX or Parquet, plain or packed.
        layout: How the file is laid out, as a reading of it says; None lets the file decide.

    Raises:
        IntakeError: It can't be read as a table.
    """
    return read_table(path, layout).table


def read_table(path: Path | str, layout: Mapping[str, Any] | None = None) -> TableRead:
    """A file as a table of text, with what became of each of its rows; as `table`."""
    with tempfile.TemporaryDirectory(prefix="footprints-") as scratch:
        source = open_source(Path(path), Path(scratch), layout)
        sheet = source.sheet(dict.fromkeys(source.names, "text"))
        lines = source.where(np.arange(sheet.height))[0] if sheet.height else np.empty(0, np.int64)
    columns: dict[str, pa.Array] = {LINE: pa.array(lines.astype(np.int64))}
    for name, cells in sheet.columns.items():
        columns[free_name(name, columns)] = text_of(cells).to_arrow()
    ledger = _ledger(sheet)
    if not ledger.closes():
        raise IntakeError(
            "ledger_open",
            "The rows of the file don't add up: {rows} rows, {used} used, {dropped} dropped. Nothing was imported. "
            "This is a fault of ours: please report it.",
            rows=ledger.rows,
            used=ledger.used,
            dropped=sum(ledger.dropped.values()),
        )
    return TableRead(pa.table(columns), _dropped(sheet), ledger)


def _ledger(sheet: Sheet) -> Ledger:
    return Ledger(
        rows=sheet.rows,
        lines=sheet.lines,
        used=sheet.height,
        dropped=dict(Counter(sheet.lost.reasons)),
        flagged={flag: count for flag, count in sheet.notes.items() if count},
        header_lines=sheet.header_lines,
    )


def _dropped(sheet: Sheet) -> pa.Table:
    lost = sheet.lost
    columns = {
        "line": pa.array(lost.lines.astype(np.int64)),
        "reason": pa.array(lost.reasons, pa.string()),
        "record": pa.array(lost.records, pa.string()),
    }
    return pa.table(columns).sort_by("line")
