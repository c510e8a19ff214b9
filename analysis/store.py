"""Store: the workspace on disk: data sets, pins and remembered roles.

    workspace/in/<id>.part                     an upload on its way
    workspace/datasets/<fingerprint>/          log.arrow users.arrow log.json rejected.parquet meta.json
    workspace/set_aside/                       what didn't open; never deleted by us
    workspace/footprints.db                    the catalogue (SQLite by default)

A data set is imported when its files are complete on disk *and* the catalogue says so, in this
order: written aside, fsync, rename, fsync of the folder, one transaction. A crash at any moment leaves
it imported or not imported. What the catalogue doesn't know is swept at the next start.

The fingerprint is the hash of the content and of all that was chosen about it; the same content
read in the same way is one data set. Names on disk are ours, display names live in the catalogue.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from analysis.calendar import check_zone
from analysis.errors import IntakeError, UnknownValueError
from analysis.events import EventLog
from analysis.intake import confine, keep
from analysis.intake.clean import Duplicates, Progress
from analysis.intake.ledger import Ledger
from analysis.intake.reading import Reading, Roles, plain_roles
from analysis.intake.roles import shape_of

_CHUNK = 1 << 20
_schema = sa.MetaData()
_datasets = sa.Table(
    "datasets", _schema,
    sa.Column("fingerprint", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", sa.String(40), nullable=False),
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
_remembered = sa.Table(
    "remembered_roles", _schema,
    sa.Column("header_key", sa.String(64), primary_key=True),
    sa.Column("roles", sa.JSON, nullable=False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received and waits to be imported.

    Attributes:
        id: Ours.
        name: The display name it came with.
        path: Where it lies until it is imported.
        size: Bytes.
        sha256: Hash of its content.
    """

    id: str
    name: str
    path: Path
    size: int
    sha256: str


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
    already_there: bool = False


@dataclass(frozen=True, slots=True)
class Pin:
    """A finding that was kept: the question, what it was asked of, and what it said."""

    id: int
    fingerprint: str
    question: dict[str, Any]
    scope: dict[str, Any]
    headline: str
    created_at: datetime


class Workspace:
    """The workspace of one folder; several processes may share it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = Path(folder or os.environ.get("FOOTPRINTS_WORKSPACE") or "workspace").resolve()
        for name in ("in", "datasets", "set_aside"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._owner = uuid.uuid4().hex[:12]
        self._claim = keep.claim(self.folder / "in" / f"{self._owner}.alive")
        url = os.environ.get("FOOTPRINTS_DATABASE") or f"sqlite:///{self.folder / 'footprints.db'}"
        self._engine = sa.create_engine(url)
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _careful)
        self._readings: dict[str, Reading] = {}
        with self._lock():
            fresh = not sa.inspect(self._engine).has_table("datasets")
            _schema.create_all(self._engine)
            self._sweep(fresh)

    # -- import -----------------------------------------------------------------------------

    def receive(self, stream: BinaryIO | Iterable[bytes], name: str) -> Upload:
        """Writes an upload to disk, piece by piece, with its size and hash."""
        number = f"{self._owner}-{uuid.uuid4().hex}"
        path, total, size = self.folder / "in" / f"{number}.part", hashlib.sha256(), 0
        pieces = iter(lambda: stream.read(_CHUNK), b"") if hasattr(stream, "read") else iter(stream)
        try:
            with path.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
                    total.update(piece)
                    size += len(piece)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        keep.step("received")
        return Upload(number, Path(name.replace("\\", "/")).name or "data", path, size, total.hexdigest())

    def discard(self, upload: Upload) -> None:
        """Removes an upload that will not be imported."""
        keep.remove(upload.path)
        self._readings.pop(upload.id, None)

    def inspect(self, upload: Upload) -> Reading:
        """What an upload seems to be, read in a child; roles chosen before for the same headers are filled in."""
        if upload.id not in self._readings:
            self._readings[upload.id] = confine.inspect(upload.path, upload.name)
        reading = self._readings[upload.id]
        known = self._remembered(reading.header_key)
        return replace(reading, roles=known, shape=shape_of(known)) if known else reading

    def add(
        self,
        upload: Upload,
        *,
        roles: Roles | None = None,
        time_zone: str = "UTC",
        duplicates: Duplicates = "drop",
        day_first: bool | None = None,
        name: str | None = None,
        progress: Progress = None,
    ) -> Dataset:
        """Imports an upload; returns only when it is safely on disk and in the catalogue.

        Raises:
            AnalysisError: As `intake.read`; the upload stays, so that it can be tried otherwise.
        """
        check_zone(time_zone)
        used = plain_roles(roles) if roles is not None else self.inspect(upload).roles
        settings = {"roles": used, "time_zone": time_zone, "duplicates": duplicates, "day_first": day_first}
        said = json.dumps([upload.sha256, settings], sort_keys=True, ensure_ascii=False)
        fingerprint = hashlib.sha256(said.encode()).hexdigest()[:32]
        if (known := self._find(fingerprint)) is not None:
            self.discard(upload)
            return replace(known, already_there=True)
        aside = self._aside()
        try:
            done = confine.read(upload.path, aside, fingerprint, settings, progress)
            keep.step("parsed")
            ledger = Ledger.from_dict(done.pop("ledger"))
            if not ledger.closes():
                raise IntakeError("ledger_open", "The rows of the file don't add up, so nothing was imported.")
            settings["roles"] = plain_roles(done.pop("load_roles"))
            meta = {**done, "zone": time_zone, "ledger": ledger.to_dict(), "load_args": settings}
            keep.step("checked")
            dataset = self._publish(aside, fingerprint, name or upload.name, meta)
        finally:
            keep.remove(aside)
        self.discard(upload)
        keep.step("cleared")
        return dataset

    def add_derived(self, log: EventLog, rejected: pa.Table | None = None, *, name: str) -> Dataset:
        """Keeps a log that was made here, such as one with assignments."""
        fingerprint = keep.content_hash(log)[:32]
        if (known := self._find(fingerprint)) is not None:
            return replace(known, already_there=True)
        aside = self._aside()
        try:
            replace(log, fingerprint=fingerprint).save(aside)
            pq.write_table(
                rejected if rejected is not None else pa.table({"line": pa.array([], pa.int64())}),
                aside / "rejected.parquet",
            )
            timed = log.shape != "results" and len(log.time) > 0
            meta = {
                "events": log.n_events, "users": log.n_users, "shape": log.shape, "roles": dict(log.roles), "zone": log.zone,
                "first_us": int(log.time.min()) if timed else None, "last_us": int(log.time.max()) if timed else None,
                "ledger": log.ledger.to_dict() if log.ledger is not None else None, "load_args": {},
            }  # fmt: skip
            return self._publish(aside, fingerprint, name, meta)
        finally:
            keep.remove(aside)

    def _publish(self, aside: Path, fingerprint: str, name: str, meta: Mapping[str, Any]) -> Dataset:
        created = datetime.now(UTC).isoformat()
        (aside / "meta.json").write_text(json.dumps({"name": name, "created_at": created, **meta}, ensure_ascii=False))
        target = self.folder / "datasets" / fingerprint
        row = {"fingerprint": fingerprint, "name": name, "created_at": created, "meta": dict(meta)}
        with self._lock():
            if (known := self._find(fingerprint)) is not None:  # another process was faster
                return replace(known, already_there=True)
            keep.remove(target)
            keep.publish(aside, target)
            with self._engine.begin() as connection:
                connection.execute(_datasets.insert().values(**row))
        keep.step("catalogued")
        return _dataset(row)

    # -- data sets --------------------------------------------------------------------------

    def datasets(self) -> list[Dataset]:
        """All data sets, newest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(_datasets.select().order_by(_datasets.c.created_at.desc())).mappings()
            return [_dataset(row) for row in rows]

    def dataset(self, fingerprint: str) -> Dataset:
        """One data set; refuses an unknown one."""
        found = self._find(fingerprint)
        if found is None:
            raise UnknownValueError.among("data set", fingerprint, [d.name for d in self.datasets()])
        return found

    def open(self, fingerprint: str) -> EventLog:
        """The log of a data set by memory map, with its ledger."""
        self.dataset(fingerprint)
        folder = self.folder / "datasets" / fingerprint
        said = json.loads((folder / "meta.json").read_text(encoding="utf-8"))["ledger"]
        return EventLog.open(folder, Ledger.from_dict(said) if said else None)

    def dropped_path(self, fingerprint: str) -> Path:
        """The dropped rows of a data set, as Parquet."""
        self.dataset(fingerprint)
        return self.folder / "datasets" / fingerprint / "rejected.parquet"

    def rename(self, fingerprint: str, name: str) -> None:
        """Changes the display name."""
        self.dataset(fingerprint)
        with self._engine.begin() as connection:
            connection.execute(_datasets.update().where(_datasets.c.fingerprint == fingerprint).values(name=name))

    def remove(self, fingerprint: str) -> None:
        """Removes a data set, its files and its pins."""
        self.dataset(fingerprint)
        with self._lock():
            with self._engine.begin() as connection:
                connection.execute(_pins.delete().where(_pins.c.fingerprint == fingerprint))
                connection.execute(_datasets.delete().where(_datasets.c.fingerprint == fingerprint))
            keep.remove(self.folder / "datasets" / fingerprint)

    def _find(self, fingerprint: str) -> Dataset | None:
        with self._engine.connect() as connection:
            row = (
                connection.execute(_datasets.select().where(_datasets.c.fingerprint == fingerprint)).mappings().first()
            )
        return _dataset(row) if row is not None else None

    # -- pins and roles ---------------------------------------------------------------------

    def add_pin(self, fingerprint: str, question: Mapping[str, Any], scope: Mapping[str, Any], headline: str) -> int:
        """Keeps a finding; returns its number."""
        self.dataset(fingerprint)
        row = {"fingerprint": fingerprint, "question": dict(question), "scope": dict(scope), "headline": headline}
        with self._engine.begin() as connection:
            done = connection.execute(_pins.insert().values(**row, created_at=datetime.now(UTC).isoformat()))
        return int(done.inserted_primary_key[0])

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

    def remember_roles(self, header_key: str, roles: Roles) -> None:
        """Remembers the roles chosen for a set of headers."""
        with self._engine.begin() as connection:
            connection.execute(_remembered.delete().where(_remembered.c.header_key == header_key))
            connection.execute(_remembered.insert().values(header_key=header_key, roles=plain_roles(roles)))

    def _remembered(self, header_key: str) -> dict[str, str | tuple[str, ...]]:
        with self._engine.connect() as connection:
            row = connection.execute(_remembered.select().where(_remembered.c.header_key == header_key)).first()
        return plain_roles(row.roles) if row is not None else {}

    # -- order on disk ----------------------------------------------------------------------

    def _lock(self) -> Any:
        return keep.locked(self.folder / "datasets" / ".lock")

    def _aside(self) -> Path:
        folder = self.folder / "datasets" / f".{self._owner}-{uuid.uuid4().hex}"
        folder.mkdir()
        return folder

    def _sweep(self, fresh: bool) -> None:
        """Removes what dead processes left behind; sets aside what is catalogued but doesn't open."""
        for path in [*(self.folder / "in").iterdir(), *(self.folder / "datasets").glob(".*-*")]:
            owner = path.name.lstrip(".").partition("-")[0].removesuffix(".alive")
            if owner != self._owner and not keep.alive(self.folder / "in" / f"{owner}.alive"):
                keep.remove(path)
        known = {d.fingerprint for d in self.datasets()}
        for folder in (self.folder / "datasets").glob("[!.]*"):
            if folder.name not in known:
                # With a new catalogue nothing is known: data are kept rather than swept.
                self._set_aside(folder) if fresh else keep.remove(folder)
        for fingerprint in known:
            try:
                self.open(fingerprint)
            except Exception:  # whatever it is that keeps it from opening
                folder = self.folder / "datasets" / fingerprint
                if folder.exists():
                    self._set_aside(folder)
                with self._engine.begin() as connection:
                    connection.execute(_datasets.delete().where(_datasets.c.fingerprint == fingerprint))

    def _set_aside(self, folder: Path) -> None:
        folder.rename(self.folder / "set_aside" / f"{folder.name}-{uuid.uuid4().hex[:8]}")


def _dataset(row: Mapping[str, Any]) -> Dataset:
    meta = row["meta"]
    ledger = meta["ledger"] or {"rows": 0}
    loads = {**meta["load_args"], "roles": plain_roles(meta["load_args"]["roles"])} if meta["load_args"] else {}
    first, last = (
        None if meta[k] is None else datetime.fromtimestamp(meta[k] / 1e6, UTC) for k in ("first_us", "last_us")
    )
    return Dataset(
        row["fingerprint"], row["name"], datetime.fromisoformat(row["created_at"]), ledger["rows"], meta["events"],
        meta["users"], meta["zone"], meta["shape"], first, last, dict(meta["roles"]), loads,
    )  # fmt: skip


def _careful(connection: Any, record: object) -> None:
    """SQLite settings: what is committed survives a power cut; readers don't wait for writers."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
