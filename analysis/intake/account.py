"""Account: the ledger of an import, and the table of the rows that were left out."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from analysis.errors import IntakeError
from analysis.events import EventLog
from analysis.intake.files.sheet import Source
from analysis.intake.flags import flags_of
from analysis.intake.ledger import REASONS, Ledger
from analysis.intake.rows import CODE, Rows, Rules, free_name


def account(rows: Rows, log: EventLog, rules: Rules) -> Ledger:
    """The ledger: every row of the file once."""
    lost = dict.fromkeys(REASONS, 0)
    for reason in rows.sheet.lost.reasons:
        lost[reason] += 1
    counts = np.bincount(rows.reason, minlength=len(REASONS) + 1)
    for reason, code in CODE.items():
        lost[reason] += int(counts[code])
    return Ledger(
        rows=rows.sheet.rows,
        lines=rows.sheet.lines,
        used=int(counts[0]),
        dropped={r: n for r, n in lost.items() if n},
        flagged={f: n for f, n in {**rows.flagged, **flags_of(log, rules.now)}.items() if n},
        events=log.n_events,
        header_lines=rows.sheet.header_lines,
    )


def dropped(source: Source, rows: Rows) -> pa.Table:
    """Every row left out: line, reason, cells as text, and the whole record where cells don't fit."""
    gone = np.flatnonzero(rows.reason)
    lines, cells = source.where(gone) if len(gone) else (np.empty(0, np.int64), None)
    names, lost = list(rows.sheet.columns), rows.sheet.lost
    reason = np.array(["", *REASONS])[rows.reason[gone]].tolist() + lost.reasons
    table = {
        "line": pa.array(np.concatenate([lines, lost.lines]).astype(np.int64)),
        "reason": pa.array(reason, pa.string()),
    }
    for name in names:
        column = cells[name].cast(pa.string()) if cells is not None else pa.array([], pa.string())
        table[free_name(name, table)] = pa.chunked_array([*_chunks(column), pa.nulls(len(lost.lines), pa.string())])
    table[free_name("record", table)] = pa.chunked_array(
        [pa.nulls(len(gone), pa.string()), pa.array(lost.records, pa.string())]
    )
    return pa.table(table).sort_by("line")


def nothing_left(rows: Rows) -> IntakeError:
    """The refusal of a file none of whose rows can be used; it names the most common reason."""
    codes = [CODE[r] for r in rows.sheet.lost.reasons] + rows.reason.tolist()[:1_000_000]
    if not codes:
        return IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
    most = list(REASONS)[int(np.bincount(codes).argmax()) - 1]
    return IntakeError(
        "nothing_left",
        "None of the {rows} rows can be used. The most common reason: {reason} Check the roles of the columns.",
        rows=rows.sheet.rows,
        reason=REASONS[most],
    )


def _chunks(column: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return column.chunks if isinstance(column, pa.ChunkedArray) else [column]
