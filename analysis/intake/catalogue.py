"""Catalogue: the database of data sets, pins, segments and remembered roles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from analysis.errors import ParameterError, UnknownValueError
from analysis.intake import saved
from analysis.intake.reading import Roles, plain_roles
from analysis.intake.saved import Saved
from analysis.intake.saved import Segment as Segment

_schema = sa.MetaData()
_datasets = sa.Table(
    "datasets", _schema,
    sa.Column("fingerprint", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.Column("listed", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("meta", sa.JSON, nullable=False),
)  # fmt: skip
_pins = sa.Table(
    "pins", _schema,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("fingerprint", sa.String(64), nullable=False, index=True),
    sa.Column("question", sa.JSON, nullable=False),
    sa.Column("scope", sa.JSON, nullable=False),
    sa.Column("headline", sa.Text, nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
)  # fmt: skip
_notes = sa.Table(
    "notes", _schema,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("fingerprint", sa.String(64), nullable=False, index=True),
    sa.Column("day", sa.String(10), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)  # fmt: skip
_remembered = sa.Table(
    "remembered_roles", _schema,
    sa.Column("header_key", sa.String(64), primary_key=True),
    sa.Column("roles", sa.JSON, nullable=False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set of the catalogue.

    Attributes:
        fingerprint: Hash of content and settings.
        name: Display name.
        created_at: When it was imported, UTC.
        rows: Records of the file; 0 for one made here.
        events, users: Size of the log.
        zone: Its time zone.
        shape: Kind of table.
        first_at, last_at: First and last instant, UTC; None for result tables.
        roles: Role -> column of the log.
        load_args: Keyword arguments of `analysis.load` that repeat it; empty for one made here.
        source: Where it was fetched from, as `Source.to_dict` says; None for a file that a person gave.
        header_key: Hash of the file's headers; "" for one made here.
        made_of: For a data set that was put together: "base" (a fingerprint), "joins" and "edits"; see `compose`.
        already_there: Whether it was there before `add`.
    """

    fingerprint: str
    name: str
    created_at: datetime
    rows: int
    events: int
    users: int
    zone: str
    shape: str
    first_at: datetime | None
    last_at: datetime | None
    roles: dict[str, str]
    load_args: dict[str, Any]
    source: dict[str, Any] | None = None
    header_key: str = ""
    made_of: dict[str, Any] | None = None
    already_there: bool = False

    @property
    def base(self) -> str:
        """Fingerprint of the file it began with; its segments belong to that."""
        return str((self.made_of or {}).get("base", self.fingerprint))


@dataclass(frozen=True, slots=True)
class Pin:
    """A finding that was kept: the question, what it was asked of, and what it said."""

    id: int
    fingerprint: str
    question: dict[str, Any]
    scope: dict[str, Any]
    headline: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """What happened on a day, in somebody's words."""

    id: int
    fingerprint: str
    day: date
    text: str


class Catalogue(Saved):
    """What the database knows; each change is one transaction."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _careful)

    def _create(self) -> bool:
        """Makes the tables; says whether the database is a new one."""
        fresh = not sa.inspect(self._engine).has_table("datasets")
        _schema.create_all(self._engine)
        saved.schema.create_all(self._engine)
        if not fresh and "listed" not in {c["name"] for c in sa.inspect(self._engine).get_columns("datasets")}:
            with self._engine.begin() as connection:  # a workspace of an earlier version
                connection.execute(sa.text("ALTER TABLE datasets ADD COLUMN listed BOOLEAN NOT NULL DEFAULT true"))
        return fresh

    def datasets(self, listed: bool = True) -> list[Dataset]:
        """Data sets, newest first: those that are listed, or also those that are parts of others."""
        query = _datasets.select().order_by(_datasets.c.created_at.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(query.where(_datasets.c.listed) if listed else query).mappings()
            return [dataset_of(row) for row in rows]

    def dataset(self, fingerprint: str) -> Dataset:
        """One data set; refuses an unknown one."""
        found = self._find(fingerprint)
        if found is None:
            raise UnknownValueError.among("data set", fingerprint, [d.name for d in self.datasets()])
        return found

    def rename(self, fingerprint: str, name: str) -> None:
        """Changes the display name."""
        self.dataset(fingerprint)
        with self._engine.begin() as connection:
            connection.execute(_datasets.update().where(_datasets.c.fingerprint == fingerprint).values(name=name))

    def _find(self, fingerprint: str) -> Dataset | None:
        with self._engine.connect() as connection:
            row = (
                connection.execute(_datasets.select().where(_datasets.c.fingerprint == fingerprint)).mappings().first()
            )
        return dataset_of(row) if row is not None else None

    def show(self, fingerprint: str, listed: bool) -> None:
        """Puts a data set on the list, or takes it off; off the list it stays for those that are made of it."""
        with self._engine.begin() as connection:
            connection.execute(_datasets.update().where(_datasets.c.fingerprint == fingerprint).values(listed=listed))

    def _insert(self, row: Mapping[str, Any]) -> None:
        with self._engine.begin() as connection:
            connection.execute(_datasets.insert().values(**row))

    def _delete(self, fingerprint: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(_datasets.delete().where(_datasets.c.fingerprint == fingerprint))

    def _delete_pins(self, fingerprint: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(_pins.delete().where(_pins.c.fingerprint == fingerprint))
            connection.execute(_notes.delete().where(_notes.c.fingerprint == fingerprint))

    # -- pins, notes and roles ---------------------------------------------------------------------

    def add_pin(self, fingerprint: str, question: Mapping[str, Any], scope: Mapping[str, Any], headline: str) -> int:
        """Keeps a finding; returns its number."""
        self.dataset(fingerprint)
        row = {"fingerprint": fingerprint, "question": dict(question), "scope": dict(scope), "headline": headline}
        with self._engine.begin() as connection:
            done = connection.execute(_pins.insert().values(**row, created_at=datetime.now(UTC).isoformat()))
        return int((done.inserted_primary_key or (0,))[0])

    def pins(self, fingerprint: str | None = None) -> list[Pin]:
        """Pins of one data set or of all, oldest first."""
        query = _pins.select().order_by(_pins.c.id)
        if fingerprint is not None:
            query = query.where(_pins.c.fingerprint == fingerprint)
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings()
            return [Pin(**{**row, "created_at": datetime.fromisoformat(row["created_at"])}) for row in rows]

    def remove_pin(self, number: int) -> None:
        """Removes a pin; one that is gone already is no fault."""
        with self._engine.begin() as connection:
            connection.execute(_pins.delete().where(_pins.c.id == number))

    def add_note(self, fingerprint: str, day: date | str, text: str) -> int:
        """Keeps what happened on a day; returns the note's number."""
        self.dataset(fingerprint)
        try:
            said = date.fromisoformat(str(day)).isoformat()
        except ValueError:
            raise ParameterError.outside("day", day, "a day such as 2026-03-31") from None
        text = " ".join(text.split())
        if not 1 <= len(text) <= 200:
            raise ParameterError.outside("note", text, "a text of 1 to 200 characters")
        row = {"fingerprint": fingerprint, "day": said, "text": text}
        with self._engine.begin() as connection:
            done = connection.execute(_notes.insert().values(**row))
        return int((done.inserted_primary_key or (0,))[0])

    def notes(self, fingerprint: str) -> list[Note]:
        """Notes of a data set, by day."""
        query = _notes.select().where(_notes.c.fingerprint == fingerprint).order_by(_notes.c.day, _notes.c.id)
        with self._engine.connect() as connection:
            return [
                Note(**{**row, "day": date.fromisoformat(row["day"])}) for row in connection.execute(query).mappings()
            ]

    def remove_note(self, number: int) -> None:
        """Removes a note; one that is gone already is no fault."""
        with self._engine.begin() as connection:
            connection.execute(_notes.delete().where(_notes.c.id == number))

    def remember_roles(self, header_key: str, roles: Roles) -> None:
        """Remembers the roles chosen for a set of headers."""
        with self._engine.begin() as connection:
            connection.execute(_remembered.delete().where(_remembered.c.header_key == header_key))
            connection.execute(_remembered.insert().values(header_key=header_key, roles=plain_roles(roles)))

    def _remembered(self, header_key: str) -> dict[str, str | tuple[str, ...]]:
        with self._engine.connect() as connection:
            row = connection.execute(_remembered.select().where(_remembered.c.header_key == header_key)).first()
        return plain_roles(row.roles) if row is not None else {}


def dataset_of(row: Mapping[Any, Any]) -> Dataset:
    """A data set from its row."""
    meta = row["meta"]
    ledger = meta["ledger"] or {"rows": 0}
    loads = {**meta["load_args"], "roles": plain_roles(meta["load_args"]["roles"])} if meta["load_args"] else {}
    first, last = (
        None if meta[k] is None else datetime.fromtimestamp(meta[k] / 1e6, UTC) for k in ("first_us", "last_us")
    )
    return Dataset(
        row["fingerprint"], row["name"], datetime.fromisoformat(row["created_at"]), ledger["rows"], meta["events"],
        meta["users"], meta["zone"], meta["shape"], first, last, dict(meta["roles"]), loads, meta.get("source"),
        meta.get("header_key", ""), meta.get("made_of"),
    )  # fmt: skip


def _careful(connection: Any, record: object) -> None:
    """SQLite settings: what is committed survives a power cut; readers don't wait for writers."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
