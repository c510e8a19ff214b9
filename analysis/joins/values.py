"""Values: a column of a table as a column of a log.

Numbers stay numbers, by the rule of intake: every given cell reads as one, and it is no id. Dates
become their ISO day in the log's time zone, as text: an attribute has no order of its own in a path,
and "2026-01-05" can be split and filtered by. All else is words.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from analysis.calendar import DAY_US
from analysis.columns import Column, Numbers, take
from analysis.errors import UnknownValueError
from analysis.events import EventLog
from analysis.intake.assemble import categories
from analysis.intake.rows import free_name
from analysis.intake.table import RESERVED
from analysis.intake.values import stamps, times
from analysis.intake.values.cells import NO_VALUE, NO_WORD, Cells, Text, look_up, text_of
from analysis.intake.values.kinds import numeric
from analysis.joins.matching import properties_of

_COMPACT = r"^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$"
_FIRST = 50


def chosen(table: pa.Table, key: str, columns: Sequence[str] | None) -> list[str]:
    """The columns to be joined: those named, or all but the key; refuses a name the table lacks."""
    names = properties_of(table)
    for name in columns or ():
        if name not in names:
            raise UnknownValueError.among("column", name, names)
    return list(columns) if columns is not None else [name for name in names if name != key]


def joined(
    log: EventLog, table: pa.Table, names: Sequence[str], row: np.ndarray, of_row: np.ndarray, day_first: bool | None
) -> tuple[dict[str, Column], tuple[tuple[str, str], ...]]:
    """Columns of a table as columns of a log.

    Args:
        log: The log.
        table: The table.
        names: Its columns.
        row: Row of the table for each value; −1 for none.
        of_row: Place in `row` for each row of the log.
        day_first: Whether 01/02/2026 is in February; None lets the column's dates decide.

    Returns:
        The columns by the name they have in the log, and the names in the table beside those.
    """
    columns: dict[str, Column] = {}
    said = []
    for name in names:
        ours = free_name(name, {**log.columns, **columns, **RESERVED})
        columns[ours] = take(column_of(table[name], row, log.zone, day_first), of_row)
        said.append((name, ours))
    return columns, tuple(said)


def column_of(cells: Cells, rows: np.ndarray, zone: str, day_first: bool | None = None) -> Column:
    """Some rows of a table's column, −1 being none.

    Raises:
        IntakeError: `day_order`, when dates leave open whether the day or the month comes first.
    """
    text = text_of(cells)
    days = _as_days(text.without(NO_VALUE), zone, day_first)
    if days is None:
        found = numeric(text, "")
        if found is not None:
            return Numbers(np.append(found, np.nan)[rows])
    words = days if days is not None else text.without(NO_WORD)
    picked = Text(look_up(words.codes, rows, -1), words.values).compact()
    return categories(picked, np.arange(len(rows)))


def local_days(instants: np.ndarray, zone: str) -> np.ndarray:
    """Calendar days, `datetime64[D]`, of instants in µs UTC."""
    stamps_there = pd.DatetimeIndex(instants.astype("datetime64[us]")).tz_localize("UTC").tz_convert(zone)
    walls = np.asarray(stamps_there.tz_localize(None).as_unit("us").asi8)
    return (walls // DAY_US).astype("datetime64[D]")


def _as_days(text: Text, zone: str, day_first: bool | None) -> Text | None:
    """The column as ISO days, if all given cells are dates; None if not."""
    if not len(text.values) or not _dated(text.values.slice(0, _FIRST)) or not _dated(text.values):
        return None
    instants, fine = times.parse(text.values, zone, day_first)
    if not fine.all():
        return None
    said = pa.array(local_days(instants, zone).astype(str), pa.string()).dictionary_encode()
    return Text(look_up(said.indices.to_numpy(zero_copy_only=False), text.codes, -1), said.dictionary)


def _dated(values: pa.Array) -> bool:
    """Whether all texts have the form of a date with a year of four digits: "3.1.2" may be a version."""
    parts, _number = stamps.take_apart(values)
    dated = (parts[:, 0] == stamps.KIND_YMD) | ((parts[:, 0] == stamps.KIND_UNSURE) & (parts[:, 7] == 4))
    return bool((dated | pc.match_substring_regex(values, _COMPACT).to_numpy(zero_copy_only=False)).all())
