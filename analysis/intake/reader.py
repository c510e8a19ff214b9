"""Reader: a file to a Reading, and a file to a log.

    inspect(path)   what the file seems to be, its columns' likely roles, and what must be asked
    read(path)      the log, the rows left out, and the ledger
    load(path)      the log alone, for Jupyter: `analysis.load("events.csv")`

Roles that are not given are guessed, as the app would guess them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from analysis import calendar
from analysis.errors import IntakeError, ParameterError, UnknownValueError
from analysis.events import EventLog
from analysis.intake.clean import Progress, clean
from analysis.intake.files.formats import open_source
from analysis.intake.files.sheet import Source
from analysis.intake.guessing import roles
from analysis.intake.guessing.rivals import REASONS
from analysis.intake.reading import ROLES, Guess, Imported, Layout, Reading, Roles, columns_of, plain_roles
from analysis.intake.rows import Duplicates, Rules
from analysis.intake.values import cells, numerals, times
from analysis.intake.values.kinds import NUMERIC, kinds_of

HEAD_ROWS = 20
BY_ORDER = 0.3
"""Confidence in an order as the user."""

DOUBT_ROWS = 6


def inspect(path: Path | str, name: str | None = None, layout: Layout = None) -> Reading:
    """What a file seems to be.

    Args:
        path: The file.
        name: Its display name; what it is, is told by its bytes alone.
        layout: How it is laid out, as in `Reading.layout`; None finds out.

    Raises:
        IntakeError: It can't be read as a table.
    """
    with tempfile.TemporaryDirectory(prefix="footprints-") as scratch:
        source = open_source(Path(path), Path(scratch), layout)
        reading = _inspect(source)
        if layout is not None or source.other is None:
            return reading
        (Path(scratch) / "other").mkdir()
        other = open_source(Path(path), Path(scratch) / "other", source.other)
        rows, notes = other.count()
        return replace(
            reading,
            other=other.layout,
            other_rows=rows,
            other_notes=notes,
            doubt=_differing(source.sample(), other.sample()),
            asks=(*reading.asks, "layout"),
        )


def read(
    path: Path | str,
    *,
    roles: Roles | None = None,
    time_zone: str = "UTC",
    duplicates: Duplicates = "drop",
    day_first: bool | None = None,
    layout: Layout = None,
    beyond: EventLog | None = None,
    name: str | None = None,
    now: int | datetime | None = None,
    progress: Progress = None,
) -> Imported:
    """A file as a log.

    Args:
        path: The file.
        roles: Role -> header; None guesses them.
        time_zone: Zone of stamps without one, and of all calendars.
        duplicates: Whether rows that repeat an earlier one in every column are dropped.
        day_first: Whether 01/02/2026 is in February; None lets the column's dates decide.
        layout: How the file is laid out, as in `Reading.layout`; None finds out.
        beyond: Rows that stand in this log already are dropped as "overlap".
        name: Its display name.
        now: Instant (µs UTC, or a datetime) after which stamps are future ones; None is the clock's.
        progress: Called with the share done, 0 to 1, and the rows read; an exception from it ends the import.

    Raises:
        IntakeError: It can't be read as a table, or no row can be used, or day and month can't
            be told apart (code "day_order").
        UnknownValueError: A role names a column the file lacks.
        ParameterError: The zone is unknown or a role is none of `ROLES`.
    """
    calendar.check_zone(time_zone)
    if duplicates not in ("drop", "keep"):
        raise ParameterError.outside("duplicates", duplicates, "'drop' or 'keep'")
    with tempfile.TemporaryDirectory(prefix="footprints-") as scratch:
        source = open_source(Path(path), Path(scratch), layout)
        sample = source.sample()
        used = _checked(roles, source) if roles is not None else _guessed(sample)
        if not len(next(iter(sample.values()))):
            raise IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
        rules = Rules(used, time_zone, duplicates, day_first, _decimal(sample, used, source.delimiter), _instant(now))
        _refuse_without(rules)
        try:
            sheet = source.sheet(kinds_of(sample, used), _first_half(progress))
            imported = clean(source, sheet, rules, progress, beyond)
        except (pa.ArrowMemoryError, pa.ArrowCapacityError, MemoryError) as error:
            raise IntakeError(
                "memory", "The file needs more memory than there is. Leave out columns, or split it by user."
            ) from error
    if not imported.ledger.closes():
        raise IntakeError(
            "ledger_open",
            "The rows of the file don't add up: {rows} rows, {used} used, {dropped} dropped. Nothing was imported. "
            "This is a fault of ours: please report it.",
            rows=imported.ledger.rows,
            used=imported.ledger.used,
            dropped=sum(imported.ledger.dropped.values()),
        )
    if progress:
        progress(1.0, imported.ledger.rows)
    return imported


def load(
    path: Path | str,
    roles: Roles | None = None,
    time_zone: str | None = None,
    *,
    duplicates: Duplicates = "drop",
    day_first: bool | None = None,
    layout: Layout = None,
) -> EventLog:
    """A file as a log, by the app's own intake; its account is in `log.ledger`.

    Args:
        path: CSV, TSV, XLSX or Parquet, plain or packed (.gz, .zip).
        roles: Role -> header, such as `{"user": "客户", "time": "日期"}`; None guesses them.
        time_zone: Zone of stamps without one, and of all calendars; None is UTC.
        duplicates: "drop" or "keep" rows that repeat an earlier one in every column.
        day_first: Whether 01/02/2026 is in February; None lets the column's dates decide.
        layout: How the file is laid out: its delimiter, its sheet, …, as `inspect` tells; None finds out.

    Raises:
        AnalysisError: As `read`.
    """
    settings: dict[str, Any] = {"duplicates": duplicates, "day_first": day_first, "layout": layout}
    return read(path, roles=roles, time_zone=time_zone or "UTC", **settings).log


def _inspect(source: Source) -> Reading:
    sample = source.sample()
    guesses = roles.guess(sample)
    best = roles.choose(guesses, sample)
    if by_order(best):
        best["user"] = best.pop("order")
        guesses = (*guesses, Guess("user", str(best["user"]), BY_ORDER, REASONS["orders"]))
    rows, notes = source.count()
    return Reading(
        format=source.format,
        encoding=source.encoding,
        delimiter=source.delimiter,
        decimal=_decimal(sample, best, source.delimiter) or ".",
        columns=source.names,
        head=_head(sample),
        guesses=guesses,
        shape=roles.shape_of(best),
        roles=best,
        asks=_asks(source, sample, best),
        header_key=roles.header_key(source.names),
        rows=rows,
        notes=notes,
        layout=source.layout,
        sheets=source.sheets,
        kind=roles.table_kind(guesses, best, sample),
    )


def _head(sample: Mapping[str, cells.Cells]) -> pa.Table:
    return pa.table({n: cells.as_strings(c.slice(0, HEAD_ROWS)) for n, c in sample.items()})


def _differing(one: Mapping[str, cells.Cells], other: Mapping[str, cells.Cells]) -> tuple[pa.Table, pa.Table]:
    """The rows of two readings from just before the first that is not the same in both."""
    tables = [pa.table({n: cells.as_strings(c) for n, c in sample.items()}) for sample in (one, other)]
    begin, size = 0, min(t.num_rows for t in tables)
    if tables[0].column_names == tables[1].column_names:
        rows = [[row.values() for row in t.slice(0, size).to_pylist()] for t in tables]
        same = (list(a) == list(b) for a, b in zip(*rows, strict=True))
        begin = max(0, next((k for k, equal in enumerate(same) if not equal), size) - 1)
    return tables[0].slice(begin, DOUBT_ROWS), tables[1].slice(begin, DOUBT_ROWS)


def _first_half(progress: Progress) -> Callable[[float, int], None] | None:
    """Reading takes the first half of an import's time, about."""
    return None if progress is None else lambda share, rows: progress(share * 0.5, rows)


def _guessed(sample: Mapping[str, cells.Cells]) -> Roles:
    best = roles.choose(roles.guess(sample), sample)
    if by_order(best):
        best["user"] = best.pop("order")
    return best


def by_order(best: Roles) -> bool:
    """Whether orders name no buyer, so that each order must stand for one."""
    return "user" not in best and "order" in best and "time" in best


def _asks(source: Source, sample: Mapping[str, cells.Cells], best: Roles) -> tuple[str, ...]:
    """What a person must decide before the import."""
    shape = roles.shape_of(best)
    asks = ["user"] if "user" not in best and shape != "results" else []
    if shape == "results" and "arm" not in best:
        asks.append("time")
    stamped = [*columns_of(best, "milestone"), *columns_of(best, "time")]
    for name in stamped:
        if not pa.types.is_dictionary(sample[name].type) or not times.doubtful(cells.text_of(sample[name]).values):
            continue
        column = source.column(name)
        if times.unsure(cells.text_of(column).without(cells.NO_VALUE).values):
            asks.append("day_first")
            break
    return tuple(asks)


def _decimal(sample: Mapping[str, cells.Cells], used: Roles, delimiter: str) -> str:
    """The file's decimal mark: what the columns that prove one agree on; "" when none does."""
    proofs = []
    stamped = {c for r, c in used.items() if r not in NUMERIC and isinstance(c, str)}
    for name, column in sample.items():
        if name in stamped or not pa.types.is_dictionary(column.type):
            continue
        values = cells.text_of(column).values
        if pc.mean(pc.match_substring_regex(values, r"^[\s+\-(¥￥$€£]*[\d.,]+").cast(pa.float64())).as_py() or 0 > 0.8:
            proofs.append(numerals.decimal_of(values))
    comma, point = proofs.count(","), proofs.count(".")
    return "," if comma > point else "." if point or delimiter == "," else ""


def _checked(given: Roles, source: Source) -> Roles:
    used = plain_roles(given)
    if "variant" in used:
        used["arm"] = used.pop("variant")
    for role, column in used.items():
        if role not in ROLES:
            raise ParameterError.outside("role", role, "one of " + ", ".join(ROLES))
        if isinstance(column, tuple) and role not in ("milestone", "user"):
            raise ParameterError.outside(role, ", ".join(column), "one column")
        for name in (column,) if isinstance(column, str) else column:
            if name not in source.names:
                raise UnknownValueError.among(role, name, source.names)
    return used


def _refuse_without(rules: Rules) -> None:
    if rules.shape == "results" and "arm" not in rules.roles:
        raise IntakeError(
            "no_time",
            "No column holds times, and none holds the arm of an experiment. Choose the time column, or the column "
            "that says which arm each user was in.",
        )
    if rules.shape != "results" and "user" not in rules.roles:
        raise IntakeError(
            "no_user_column", "No column says whose event each row is. Choose the column that holds the user's id."
        )


def _instant(now: int | datetime | None) -> int:
    if now is None:
        return time.time_ns() // 1000
    if isinstance(now, datetime):
        stamp = now if now.tzinfo is not None else now.replace(tzinfo=UTC)
        return int(stamp.timestamp() * 1_000_000)
    return int(now)
