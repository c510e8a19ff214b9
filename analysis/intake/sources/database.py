"""Databases: the tables that are offered, and one table or query to a Parquet file.

Rows come by a cursor on the server's side, some thousands at a time. A reading has a limit of rows
and of time; past either it is refused and nothing is kept, as a part would look like the whole.
Values come as the driver gives them, so that SQLite's text and PostgreSQL's dates stay what they are.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from analysis.errors import IntakeError
from analysis.intake.sources.connection import connected, slow
from analysis.intake.sources.places import DatabasePlace, Item, Progress, unknown_item
from analysis.intake.sources.query import check_dialect, check_query
from analysis.intake.sources.rows import write_rows

BATCH = 20_000


def browse(place: DatabasePlace) -> list[Item]:
    """The tables and views that are there and are offered."""
    with connected(place) as connection:
        return [Item(name, "table") for name in _tables(place, connection)]


def fetch_table(place: DatabasePlace, item: str, target: Path, progress: Progress = None) -> str:
    """One table as Parquet; gives its display name."""
    with connected(place) as connection:
        known = _tables(place, connection)
        if item not in known:
            raise unknown_item(place.name, item)
        schema, table = known[item]
        query = all_of(schema, table, place.row_limit)
        _write(place, connection, query, target, progress)
    return f"{place.name}: {item}"


def all_of(schema: str | None, table: str, limit: int) -> sa.Select[Any]:
    """All columns of a table, and one row more than is allowed; names quoted whatever they are."""
    source = sa.table(quoted_name(table, quote=True), schema=quoted_name(schema, quote=True) if schema else None)
    return sa.select(sa.literal_column("*")).select_from(source).limit(limit + 1)


def fetch_query(place: DatabasePlace, text: str, target: Path, progress: Progress = None) -> str:
    """The result of a query as Parquet; gives its display name."""
    if not place.allow_queries:
        raise IntakeError(
            "query_not_allowed",
            "'{place}' allows no queries. Choose a table, or ask for allow_queries in its configuration.",
            place=place.name,
        )
    query = check_query(text)
    with connected(place) as connection:
        check_dialect(connection.dialect.name)
        _write(place, connection, query, target, progress)
    words = " ".join("".join(c if c.isalnum() or c in "_*" else " " for c in query).split())
    return f"{place.name}: {words[:60].rstrip()}"


def _write(
    place: DatabasePlace, connection: sa.Connection, query: sa.Select[Any] | str, target: Path, progress: Progress
) -> None:
    reading = connection.execution_options(stream_results=True, yield_per=BATCH, no_parameters=isinstance(query, str))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f"{target.name}.") as scratch:
        result = reading.exec_driver_sql(query) if isinstance(query, str) else reading.execute(query)
        if not result.returns_rows:
            raise IntakeError("query_rows", "The query gives no rows and no columns. Write one SELECT that does.")
        batches = _within_limits(place, result, progress)
        write_rows(list(result.keys()), batches, target, Path(scratch))


def _within_limits(
    place: DatabasePlace, result: sa.CursorResult[Any] | sa.Result[Any], progress: Progress
) -> Iterator[Sequence[Sequence[Any]]]:
    """The rows by batches, until one limit is passed."""
    end, rows = time.monotonic() + place.timeout_seconds, 0
    for batch in result.partitions(BATCH):
        rows += len(batch)
        if rows > place.row_limit:
            raise IntakeError(
                "source_rows",
                "This has more than {row_limit} rows, the most that '{place}' may give at once. Nothing was read. "
                "Narrow it, such as to fewer days, or ask for a higher row_limit.",
                row_limit=place.row_limit,
                place=place.name,
            )
        if time.monotonic() > end:
            raise slow(place)
        if progress is not None:
            progress(rows / place.row_limit, rows)
        yield batch


def _tables(place: DatabasePlace, connection: sa.Connection) -> dict[str, tuple[str | None, str]]:
    """Name -> schema and table, of what is there and offered; "sales.orders" is a table of another schema."""
    found = sa.inspect(connection)
    own = _names(found)
    if place.tables is None:
        return {name: (None, name) for name in own}
    known: dict[str, tuple[str | None, str]] = {}
    others: dict[str, list[str]] = {}
    for name in place.tables:
        schema, dot, table = name.partition(".")
        if name in own:
            known[name] = (None, name)
        elif dot:
            if schema not in others:
                others[schema] = _names(found, schema) if schema in found.get_schema_names() else []
            if table in others[schema]:
                known[name] = (schema, table)
    return known


def _names(found: sa.Inspector, schema: str | None = None) -> list[str]:
    names = {*found.get_table_names(schema), *found.get_view_names(schema)}
    with contextlib.suppress(NotImplementedError):  # most dialects have none
        names.update(found.get_materialized_view_names(schema))
    return sorted(names)
