"""Saved segments: lists of users that somebody kept, with what they were.

A segment is *frozen*: the users it had when it was saved. It belongs to the file a data set began with,
so it stays when the data set grows, is cleaned up or is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from analysis.errors import ParameterError

schema = sa.MetaData()
_segments = sa.Table(
    "segments", schema,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("base", sa.String(64), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("users", sa.Integer, nullable=False),
    sa.Column("ids", sa.LargeBinary, nullable=False),
    sa.Column("said", sa.JSON, nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.UniqueConstraint("base", "name"),
)  # fmt: skip
_told = [c for c in _segments.c if c.name not in ("ids", "base")]

MOST_LETTERS = 60


@dataclass(frozen=True, slots=True)
class Segment:
    """A saved segment.

    Attributes:
        id: Its number.
        name: What it is called; it is also the name of its column.
        users: How many users it has.
        said: Where it came from: "question", "scope" and "group", as the cell said them.
        created_at: When it was saved, UTC.
    """

    id: int
    name: str
    users: int
    said: dict[str, Any]
    created_at: datetime


class Saved:
    """The part of the catalogue that keeps segments."""

    _engine: sa.Engine

    def save_segment(self, base: str, name: str, ids: Iterable[str], said: Mapping[str, Any]) -> int:
        """Keeps a segment; returns its number.

        Args:
            base: Fingerprint of the file the data set began with.
            name: Its name, 1 to 60 letters, new among the segments of the data set.
            ids: The users' ids.
            said: Where it came from.

        Raises:
            ParameterError: The name is empty, too long, or taken.
        """
        name = " ".join(name.split())
        if not 1 <= len(name) <= MOST_LETTERS:
            raise ParameterError.outside("name", name, "1 to 60 letters")
        array = pa.array(ids, pa.large_string())
        sink = pa.BufferOutputStream()
        table = pa.table({"id": array})
        with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            writer.write_table(table)
        row = {"base": base, "name": name, "users": len(array), "ids": sink.getvalue().to_pybytes(), "said": dict(said)}
        try:
            with self._engine.begin() as connection:
                done = connection.execute(_segments.insert().values(**row, created_at=datetime.now(UTC).isoformat()))
        except sa.exc.IntegrityError:
            raise ParameterError.outside("name", name, "a name no other segment has") from None
        return int((done.inserted_primary_key or (0,))[0])

    def segments(self, base: str) -> list[Segment]:
        """The segments of a data set, oldest first."""
        query = sa.select(*_told).where(_segments.c.base == base).order_by(_segments.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings()
            return [Segment(**{**row, "created_at": datetime.fromisoformat(row["created_at"])}) for row in rows]

    def segment_ids(self, number: int) -> pa.Array:
        """The users' ids of a segment; empty when it is gone."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_segments.c.ids).where(_segments.c.id == number)).first()
        if row is None:
            return pa.array([], pa.large_string())
        return pa.ipc.open_stream(row.ids).read_all()["id"].combine_chunks()

    def remove_segment(self, number: int) -> None:
        """Removes a segment; one that is gone already is no fault."""
        with self._engine.begin() as connection:
            connection.execute(_segments.delete().where(_segments.c.id == number))

    def move_segments(self, before: str, after: str) -> None:
        """The segments of a file that was read again belong to what was read."""
        with self._engine.begin() as connection:
            connection.execute(_segments.update().where(_segments.c.base == before).values(base=after))

    def _delete_segments(self, base: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(_segments.delete().where(_segments.c.base == base))
