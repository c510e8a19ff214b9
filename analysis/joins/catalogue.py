"""Catalogue: what is known of products, pages or campaigns, joined to the rows that name them.

A catalogue has one row for each value of one of the log's columns – a product with its category, brand
and list price – and each row of the log gets what the catalogue says of its value. What it says
holds for all times: yesterday's price is today's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.errors import IntakeError
from analysis.events import EventLog
from analysis.joins.matching import examples, key_of, match_rows, occurs, taken
from analysis.joins.values import chosen, joined
from analysis.reshape import check_whole, with_columns


@dataclass(frozen=True, slots=True)
class CatalogueAccount:
    """What became of a catalogue.

    `rows = used + superseded + unknown + empty`, to the row.

    Attributes:
        values: Different values in the log's column.
        matched: Those that the catalogue knows.
        events: Rows of the log that have a value.
        matched_events: Those whose value the catalogue knows.
        rows: Rows of the catalogue.
        used: Rows whose cells the log got.
        superseded: Rows of known values in whose stead a later row counts.
        unknown: Rows whose value doesn't occur in the log; products that nobody touched are no fault.
        empty: Rows without a key.
        repeated: Keys that stand in several rows of the catalogue.
        columns: Name in the catalogue and name in the log of each column.
        unmatched: The log's values that the catalogue lacks: `value`, `events`, the most common first.
        unknown_rows: The catalogue's rows whose value doesn't occur in the log.
    """

    values: int
    matched: int
    events: int
    matched_events: int
    rows: int
    used: int
    superseded: int
    unknown: int
    empty: int
    repeated: int
    columns: tuple[tuple[str, str], ...]
    unmatched: pa.Table
    unknown_rows: pa.Table

    @property
    def match_rate(self) -> float:
        """Share of the log's different values that the catalogue knows; nan where the column is empty."""
        return self.matched / self.values if self.values else float("nan")

    @property
    def event_match_rate(self) -> float:
        """Share of the log's rows with a value whose value the catalogue knows; nan where the column is empty."""
        return self.matched_events / self.events if self.events else float("nan")


def with_catalogue(
    log: EventLog,
    table: pa.Table,
    key_column: str,
    of_column: str,
    *,
    columns: Sequence[str] | None = None,
    loose: bool = False,
    day_first: bool | None = None,
) -> tuple[EventLog, CatalogueAccount]:
    """The log with what a catalogue says of each row's value in one column.

    Args:
        log: A whole log.
        table: One row a value; where a value has several, the last counts.
        key_column: Its column of values, such as product ids.
        of_column: The log's column of the same values.
        columns: Its columns to be joined; None is all but the key and "line".
        loose: Whether values without an exact partner are compared without regard to case, zeros in
            front and ".0" behind.
        day_first: Whether 01/02/2026 is in February; None lets the column's dates decide.

    Returns:
        The log, and the account. Rows whose value is not given, or which the catalogue lacks, have no value.

    Raises:
        UnknownValueError: The table or the log lacks a column.
        IntakeError: No value of the log stands in the catalogue ("nothing_matched"), or dates leave open
            whether the day or the month comes first ("day_order").
        ParameterError: The log is a view.
    """
    check_whole(log)
    key, names, words = key_of(table, key_column), chosen(table, key_column, columns), log.words(of_column)
    counts = np.bincount(words.codes, minlength=len(words.values))
    counts[0] = 0  # code 0 is "not given"
    occurring = np.flatnonzero(counts)
    ours = pa.array([words.values[code] for code in occurring], pa.large_string())
    found = match_rows(key, ours, loose)
    if not found.used:
        raise _nothing_matched(table.num_rows, key_column, key.values, of_column, ours)
    row = np.full(len(counts), -1)
    row[occurring] = found.row
    more, said = joined(log, table, names, row, words.codes, day_first)
    known = found.row >= 0
    account = CatalogueAccount(
        values=len(occurring),
        matched=int(known.sum()),
        events=int(counts.sum()),
        matched_events=int(counts[occurring[known]].sum()),
        rows=found.rows,
        used=found.used,
        superseded=found.superseded,
        unknown=len(found.unknown),
        empty=found.empty,
        repeated=found.repeated,
        columns=said,
        unmatched=_unmatched(ours.filter(pa.array(~known)), counts[occurring[~known]]),
        unknown_rows=taken(table, found.unknown),
    )
    return with_columns(log, more), account


def _unmatched(values: pa.Array, counts: np.ndarray) -> pa.Table:
    order = np.argsort(-counts, kind="stable")
    return pa.table({"value": values.take(pa.array(order)).cast(pa.string()), "events": counts[order]})


def _nothing_matched(rows: int, column: str, theirs: pa.Array, of_column: str, ours: pa.Array) -> IntakeError:
    facts = {"rows": rows, "column": column, "theirs": examples(theirs), "of": of_column, "ours": examples(ours)}
    if occurs(ours, theirs, loose=True).any():
        return IntakeError(
            "nothing_matched",
            "None of the {rows} rows of the catalogue occurs in the log as it is written: column '{column}' holds "
            "{theirs}, '{of}' in the log holds {ours}. Some match when case and zeros in front are set aside: "
            "choose that.",
            **facts,
        )
    return IntakeError(
        "nothing_matched",
        "None of the {rows} rows of the catalogue occurs in the log: column '{column}' holds {theirs}, '{of}' in the "
        "log holds {ours}. Choose the columns that hold the same values.",
        **facts,
    )
