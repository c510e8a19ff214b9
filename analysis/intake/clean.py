"""Clean: the rows of a sheet to a log, each row used or dropped for one reason.

Nothing is repaired: a row without a user or a readable time can't be placed on anyone's path, and
a row that repeats another in every column was most likely exported twice. All else is kept, and
flagged where it looks odd.

Rows are put into the order of the log before columns are made: equal rows then are neighbours,
so that only rows with a neighbour at the same instant need to be compared, and each column
is moved once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa

from analysis.errors import IntakeError
from analysis.events import EventLog
from analysis.intake import duplicates
from analysis.intake.account import account, dropped, nothing_left
from analysis.intake.files.sheet import Sheet, Source
from analysis.intake.guessing.roles import header_key
from analysis.intake.people import people
from analysis.intake.reading import Imported, columns_of
from analysis.intake.rows import CODE, Rows, Rules
from analysis.intake.table import Chosen, log_of
from analysis.intake.values import numerals
from analysis.intake.values.cells import NO_WORD, NOT_GIVEN, Text
from analysis.intake.values.times import BAD, FINE, GONE, Times, times_of
from analysis.ordering import in_order, neighbours, without
from analysis.reshape import keep_rows, same_rows

Progress = Callable[[float, int], None] | None
"""Called with the share of the work that is done and the rows that were read."""


def clean(
    source: Source, sheet: Sheet, rules: Rules, progress: Progress = None, beyond: EventLog | None = None
) -> Imported:
    """The log of a sheet, the rows left out, and the account of both; rows that `beyond` has are left out."""

    def say(share: float) -> None:
        if progress is not None:
            progress(share, sheet.rows)

    rows = Rows(sheet, np.zeros(sheet.height, np.int8), flagged=dict(sheet.notes))
    rows.prepare()
    user = _user(rows, rules)
    times = _times(rows, rules)
    say(0.6)
    chosen = _choose(rows, rules, user, times)
    if not len(chosen.rows):
        raise nothing_left(rows)
    say(0.75)
    log = log_of(rows, rules, user, chosen)
    if beyond is not None and rules.shape in ("events", "orders"):
        log = _without_known(rows, log, chosen, beyond)
    say(0.95)
    ledger = account(rows, log, rules)
    key = header_key(source.names)
    return Imported(replace(log, ledger=ledger), dropped(source, rows), ledger, dict(rules.roles), key)


def _without_known(rows: Rows, log: EventLog, chosen: Chosen, beyond: EventLog) -> EventLog:
    """The log without the rows that stand in an earlier file already."""
    known = same_rows(log, beyond)
    if known.any():
        rows.reason[chosen.rows[known]] = CODE["overlap"]
        if known.all():
            raise IntakeError(
                "nothing_new",
                "All {rows} rows that can be used stand in the data set already, so there is nothing to add. "
                "Choose a file with newer rows.",
                rows=len(known),
            )
        log = keep_rows(log, ~known)
    return log


def _user(rows: Rows, rules: Rules) -> Text:
    names = columns_of(rules.roles, "user")
    if not names:  # a result table: each row is somebody
        height = rows.sheet.height
        ids = pa.array(np.arange(1, height + 1)).cast(pa.string())
        return Text(np.arange(height, dtype=np.int32), ids)
    text = rows.text(names[0]).without(NOT_GIVEN)
    if len(names) > 1:
        text, joined = people({name: rows.text(name).without(NOT_GIVEN) for name in names})
        rows.flagged.update(joined)
    missing = text.codes < 0
    if missing.any():
        some = np.flatnonzero(missing)
        empty = np.ones(len(some), bool)
        for column in rows.sheet.columns:
            if empty.any():
                empty &= rows.text(column).take(some).without(NO_WORD).codes < 0
        blank = np.zeros(len(missing), bool)
        blank[some[empty]] = True
        rows.drop(blank, "blank")
        rows.drop(missing, "no_user")
    return text


def _times(rows: Rows, rules: Rules) -> dict[str, Times]:
    """Instants of the time column, or of each milestone."""
    columns, roles = rows.sheet.columns, rules.roles
    stones = columns_of(roles, "milestone")
    if stones:
        found = {name: times_of(columns[name], rules.zone, rules.day_first) for name in stones}
        states = np.stack([t.state for t in found.values()])
        rows.drop((states == GONE).all(axis=0), "no_time")
        rows.drop(~(states == FINE).any(axis=0), "bad_time")
        rows.flagged["unreadable_milestones"] = int((states[:, rows.reason == 0] == BAD).sum())
        return found
    name = roles.get("time")
    if name is None:
        return {}
    clock = columns[str(roles["clock"])] if "clock" in roles else None
    column = columns[str(name)]
    if pa.types.is_dictionary(column.type):
        column = pa.chunked_array([rows.text(str(name)).to_arrow()])
    times = times_of(column, rules.zone, rules.day_first, clock)
    if times.state.min(initial=FINE) != FINE or times.state.max(initial=FINE) != FINE:
        rows.drop(times.state == GONE, "no_time")
        rows.drop(times.state == BAD, "bad_time")
    return {str(name): times}


def _choose(rows: Rows, rules: Rules, user: Text, times: Mapping[str, Times]) -> Chosen:
    """The rows that become events, in the order of the log, and when."""
    drop = rules.duplicates == "drop" and rules.shape != "results"
    if rules.shape == "milestones":
        if drop:
            _drop_repeats(rows, times, rows.kept())
        return _milestones(rows, rules, user, times)
    instants = next(iter(times.values())).instants if times else np.zeros(rows.sheet.height, np.int64)
    order, moved, bounds = in_order(user.codes, instants, len(user.values), rows.reason)
    if drop:
        close = neighbours(user.codes, order, moved)
        if len(close) and len(_drop_repeats(rows, times, np.sort(close))):
            keep = rows.reason[order] == 0
            order, moved, bounds = order[keep], moved[keep], without(bounds, keep)
    return Chosen(order, moved, bounds)


def _milestones(rows: Rows, rules: Rules, user: Text, times: Mapping[str, Times]) -> Chosen:
    """One event for each milestone that is given."""
    found = [times[name] for name in columns_of(rules.roles, "milestone")]
    matrix = np.stack([t.state == FINE for t in found], axis=1) & (rows.reason == 0)[:, None]
    row, which = np.nonzero(matrix)
    instants = np.stack([t.instants for t in found], axis=1)[row, which]
    order, moved, bounds = in_order(user.codes[row], instants, len(user.values), np.zeros(len(row), np.int8))
    return Chosen(row[order], moved, bounds, which[order])


def _drop_repeats(rows: Rows, times: Mapping[str, Times], among: np.ndarray) -> np.ndarray:
    """Drops those of some rows that repeat an earlier one in every column; returns them."""
    keys = []
    for name, column in rows.sheet.columns.items():
        kind = column.type
        if pa.types.is_floating(kind) or (pa.types.is_integer(kind) and column.null_count):
            keys.append(numerals.numbers_of(column)[0][among])
        elif pa.types.is_integer(kind):
            keys.append(column.to_numpy()[among])
        elif name in times and not pa.types.is_dictionary(kind):
            fine = times[name].state[among] == FINE
            keys.append(np.where(fine, times[name].instants[among], np.iinfo(np.int64).min))
        else:
            keys.append(rows.text(name).codes[among])
    again = among[duplicates.repeats(keys)]
    rows.reason[again] = CODE["duplicate"]
    return again
