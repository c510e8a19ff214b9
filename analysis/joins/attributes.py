"""Attributes: a table with one row a user, joined to a log.

What is known of a user – city, age, level, day of registration – becomes columns of the log that hold
the user's value on all of the user's rows. So splits, conditions and segments take it like any
other property. It is what the table says now: it says nothing of what the user was at the time of an
event, and a level that was reached by buying explains no buying.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from analysis.errors import IntakeError
from analysis.events import EventLog
from analysis.joins.matching import examples, key_of, match_rows, occurs, taken
from analysis.joins.values import chosen, joined
from analysis.reshape import check_whole, users_of_rows, with_columns


@dataclass(frozen=True, slots=True)
class AttributesAccount:
    """What became of a table of attributes.

    `rows = used + superseded + unknown + empty`, to the row.

    Attributes:
        users: Users of the log.
        matched: Users of the log that the table knows.
        rows: Rows of the table.
        used: Rows whose values users got.
        superseded: Rows of known users in whose stead a later row of the same user counts.
        unknown: Rows whose user the log doesn't know.
        empty: Rows without an id.
        repeated: Ids that stand in several rows of the table, known to the log or not.
        columns: Name in the table and name in the log of each attribute.
        unknown_rows: The rows whose user the log doesn't know, with their "line" where the table has it.
    """

    users: int
    matched: int
    rows: int
    used: int
    superseded: int
    unknown: int
    empty: int
    repeated: int
    columns: tuple[tuple[str, str], ...]
    unknown_rows: pa.Table

    @property
    def match_rate(self) -> float:
        """Share of the log's users that the table knows; nan for a log without users."""
        return self.matched / self.users if self.users else float("nan")


def with_attributes(
    log: EventLog,
    table: pa.Table,
    key_column: str,
    *,
    columns: Sequence[str] | None = None,
    loose: bool = False,
    day_first: bool | None = None,
) -> tuple[EventLog, AttributesAccount]:
    """The log with each user's attributes on all of the user's rows.

    Args:
        log: A whole log.
        table: One row a user; where a user has several, the last counts.
        key_column: Its column of user ids.
        columns: Its columns to be joined; None is all but the key and "line".
        loose: Whether ids without an exact partner are compared without regard to case, zeros in
            front and ".0" behind.
        day_first: Whether 01/02/2026 is in February; None lets the column's dates decide.

    Returns:
        The log, and the account. Numbers are Numbers, dates are text such as "2026-01-05", all else is
        words; users whom the table doesn't know have no value. A name that the log has already gets a number.

    Raises:
        UnknownValueError: The table lacks a column.
        IntakeError: No user of the log stands in the table ("nobody_matched"), or dates leave open whether the
            day or the month comes first ("day_order").
        ParameterError: The log is a view.
    """
    check_whole(log)
    key, names = key_of(table, key_column), chosen(table, key_column, columns)
    found = match_rows(key, log.user_ids, loose)
    matched = int((found.row >= 0).sum())
    if not matched:
        raise nobody_matched(table.num_rows, key_column, key.values, log.user_ids)
    more, said = joined(log, table, names, found.row, users_of_rows(log), day_first)
    account = AttributesAccount(
        users=len(log.user_ids),
        matched=matched,
        rows=found.rows,
        used=found.used,
        superseded=found.superseded,
        unknown=len(found.unknown),
        empty=found.empty,
        repeated=found.repeated,
        columns=said,
        unknown_rows=taken(table, found.unknown),
    )
    return with_columns(log, more), account


def nobody_matched(rows: int, column: str, theirs: pa.Array, ours: pa.Array) -> IntakeError:
    """The refusal of a table in which no user of the log stands."""
    facts = {"rows": rows, "column": column, "theirs": examples(theirs), "ours": examples(ours)}
    if occurs(ours, theirs, loose=True).any():
        return IntakeError(
            "nobody_matched",
            "None of the {rows} rows belongs to a user of the log as the ids are written: column '{column}' holds "
            "{theirs}, the log holds {ours}. Some match when case and zeros in front are set aside: choose that.",
            **facts,
        )
    return IntakeError(
        "nobody_matched",
        "None of the {rows} rows belongs to a user of the log: column '{column}' holds {theirs}, the log holds {ours}. "
        "Choose the column that holds the same ids.",
        **facts,
    )
