"""Store: the workspace on disk: data sets, pins and remembered roles.

    workspace/in/<id>.part                     an upload on its way
    workspace/datasets/<fingerprint>/          log.arrow users.arrow log.json rejected.parquet meta.json; tables joined
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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from analysis.calendar import check_zone
from analysis.errors import IntakeError
from analysis.events import EventLog
from analysis.intake import confine, keep, sources
from analysis.intake.catalogue import Catalogue as Catalogue
from analysis.intake.catalogue import Dataset as Dataset
from analysis.intake.catalogue import Note as Note
from analysis.intake.catalogue import Pin as Pin
from analysis.intake.catalogue import Segment as Segment
from analysis.intake.catalogue import dataset_of
from analysis.intake.clean import Progress
from analysis.intake.guessing.roles import shape_of
from analysis.intake.ledger import Ledger
from analysis.intake.reading import Layout, Reading, Roles, plain_roles
from analysis.intake.rows import Duplicates
from analysis.intake.sources import Source
from analysis.joins.tables import TableRead

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received and waits to be imported.

    Attributes:
        id: Ours.
        name: The display name it came with.
        path: Where it lies until it is imported.
        size: Bytes.
        sha256: Hash of its content.
        source: Where it was fetched from, as `Source.to_dict` says; None for a file that a person gave.
    """

    id: str
    name: str
    path: Path
    size: int
    sha256: str
    source: dict[str, Any] | None = None


class Workspace(Catalogue):
    """The workspace of one folder; several processes may share it."""

    @keep.told_when_full()
    def __init__(self, folder: Path | None = None) -> None:
        self.folder = Path(folder or os.environ.get("FOOTPRINTS_WORKSPACE") or "workspace").resolve()
        for name in ("in", "datasets", "set_aside"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._owner = uuid.uuid4().hex[:12]
        with self._lock():  # no other process may sweep between the file and its lock
            self._claim = keep.claim(self.folder / "in" / f"{self._owner}.alive")
        super().__init__(os.environ.get("FOOTPRINTS_DATABASE") or f"sqlite:///{self.folder / 'footprints.db'}")
        sa.event.listen(self._engine, "handle_error", keep.told_by_database)
        self._readings: dict[tuple[str, str], Reading] = {}
        with self._lock():
            self._sweep(self._create())

    # -- import -----------------------------------------------------------------------------

    def reserve(self) -> tuple[str, Path]:
        """A number of our own and a place on disk for a file that is about to arrive."""
        number = f"{self._owner}-{uuid.uuid4().hex}"
        return number, self.folder / "in" / f"{number}.part"

    def received(
        self, number: str, name: str, size: int, sha256: str, source: Mapping[str, Any] | None = None
    ) -> Upload:
        """The upload whose file was written, whole, to the place that was reserved."""
        keep.step("received")
        shown = Path(name.replace("\\", "/")).name or "data"
        path = self.folder / "in" / f"{number}.part"
        return Upload(number, shown, path, size, sha256, None if source is None else dict(source))

    @keep.told_when_full()
    def receive(self, stream: BinaryIO | Iterable[bytes], name: str) -> Upload:
        """Writes an upload to disk, piece by piece, with its size and hash."""
        number, path = self.reserve()
        total, size = hashlib.sha256(), 0
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
        return self.received(number, name, size, total.hexdigest())

    @keep.told_when_full()
    def receive_from(self, source: Source, progress: Progress = None) -> Upload:
        """Fetches a file, a table or a query's result from where the operator allows; see `sources`."""
        number, path = self.reserve()
        try:
            name = sources.fetch(source, path, progress)
            with path.open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return self.received(number, name, path.stat().st_size, sha256, source.to_dict())

    def discard(self, upload: Upload) -> None:
        """Removes an upload that will not be imported."""
        keep.remove(upload.path)
        self._readings = {key: reading for key, reading in self._readings.items() if key[0] != upload.id}

    @keep.told_when_full()
    def inspect(self, upload: Upload, layout: Layout = None) -> Reading:
        """What an upload seems to be, read in a child; roles chosen before for the same headers are filled in."""
        key = (upload.id, json.dumps(layout, sort_keys=True))
        if key not in self._readings:
            aside = self._aside()
            try:
                self._readings[key] = confine.inspect(upload.path, upload.name, layout, aside)
            finally:
                keep.remove(aside)
        reading = self._readings[key]
        known = self._remembered(reading.header_key)
        return replace(reading, roles=known, shape=shape_of(known)) if known else reading

    @keep.told_when_full()
    def add(
        self,
        upload: Upload,
        *,
        roles: Roles | None = None,
        time_zone: str = "UTC",
        duplicates: Duplicates = "drop",
        day_first: bool | None = None,
        layout: Layout = None,
        beyond: Sequence[str] = (),
        name: str | None = None,
        progress: Progress = None,
    ) -> Dataset:
        """Imports an upload; returns only when it is safely on disk and in the catalogue.

        Args:
            upload: The file.
            roles, time_zone, duplicates, day_first, layout: As for `intake.read`.
            beyond: Data sets whose rows are left out; what is imported is then a part of another data
                set and is not listed.
            name: Display name; None is the file's.
            progress: Told the share done and the rows read; an exception from it ends the import.

        Raises:
            AnalysisError: As `intake.read`; the upload stays, so that it can be tried otherwise.
        """
        check_zone(time_zone)
        used = plain_roles(roles) if roles is not None else self.inspect(upload, layout).roles
        settings: dict[str, Any] = {"roles": used, "time_zone": time_zone, "duplicates": duplicates}
        settings |= {"day_first": day_first} | ({} if layout is None else {"layout": dict(layout)})
        said = json.dumps([upload.sha256, settings, *beyond], sort_keys=True, ensure_ascii=False)
        fingerprint = hashlib.sha256(said.encode()).hexdigest()[:32]
        if (known := self._find(fingerprint)) is not None:
            self.discard(upload)
            self.show(fingerprint, not beyond)
            return replace(known, already_there=True)
        aside = self._aside()
        try:
            others = [self.folder / "datasets" / self.dataset(b).fingerprint for b in beyond]
            done = confine.read(upload.path, aside, fingerprint, settings, progress, others)
            keep.step("parsed")
            ledger = Ledger.from_dict(done.pop("ledger"))
            if not ledger.closes():
                raise IntakeError("ledger_open", "The rows of the file don't add up, so nothing was imported.")
            settings["roles"] = plain_roles(done.pop("load_roles"))
            meta = {**done, "zone": time_zone, "ledger": ledger.to_dict(), "load_args": settings}
            meta |= {"source": upload.source, "header_key": done["header_key"]}
            keep.step("checked")
            dataset = self._publish(aside, fingerprint, name or upload.name, meta, listed=not beyond)
        finally:
            keep.remove(aside)
        self.discard(upload)
        keep.step("cleared")
        return dataset

    @keep.told_when_full()
    def read_table(self, upload: Upload, layout: Layout = None) -> TableRead:
        """An upload as plain rows, for what is joined to a data set; the upload stays."""
        aside = self._aside()
        try:
            ledger = Ledger.from_dict(confine.table(upload.path, aside, layout))
            dropped = pq.read_table(aside / "dropped.parquet")
            return TableRead(pq.read_table(aside / "table.parquet"), dropped, ledger)
        finally:
            keep.remove(aside)

    @keep.told_when_full()
    def again(self, upload: Upload) -> Upload:
        """The same file once more, for another of its sheets: a second name for the same bytes."""
        number, path = self.reserve()
        os.link(upload.path, path)
        return replace(upload, id=number, path=path)

    @keep.told_when_full()
    def add_derived(
        self,
        log: EventLog,
        *,
        name: str,
        made_of: Mapping[str, Any] | None = None,
        tables: Mapping[int, pa.Table] | None = None,
    ) -> Dataset:
        """Keeps a log that was made here.

        Args:
            log: The log, with its ledger if it has one.
            name: Display name.
            made_of: What `compose` needs to make it again.
            tables: Tables that were joined, by the place of their join.
        """
        fingerprint = keep.content_hash(log)[:32]
        if made_of is not None:
            said = json.dumps([fingerprint, made_of], sort_keys=True, ensure_ascii=False)
            fingerprint = hashlib.sha256(said.encode()).hexdigest()[:32]
        if (known := self._find(fingerprint)) is not None:
            self.show(fingerprint, True)
            return replace(known, already_there=True)
        aside = self._aside()
        try:
            replace(log, fingerprint=fingerprint).save(aside)
            pq.write_table(pa.table({"line": pa.array([], pa.int64())}), aside / "rejected.parquet")
            for place, table in (tables or {}).items():
                pq.write_table(table, aside / f"table-{place}.parquet")
            timed = log.shape != "results" and len(log.time) > 0
            meta = {
                "events": log.n_events, "users": log.n_users,
                "shape": log.shape, "roles": dict(log.roles), "zone": log.zone,
                "first_us": int(log.time.min()) if timed else None, "last_us": int(log.time.max()) if timed else None,
                "ledger": log.ledger.to_dict() if log.ledger is not None else None, "load_args": {},
                "made_of": None if made_of is None else dict(made_of),
            }  # fmt: skip
            return self._publish(aside, fingerprint, name, meta)
        finally:
            keep.remove(aside)

    def _publish(
        self, aside: Path, fingerprint: str, name: str, meta: Mapping[str, Any], listed: bool = True
    ) -> Dataset:
        created = datetime.now(UTC).isoformat()
        (aside / "meta.json").write_text(json.dumps({"name": name, "created_at": created, **meta}, ensure_ascii=False))
        target = self.folder / "datasets" / fingerprint
        row = {"fingerprint": fingerprint, "name": name, "created_at": created, "listed": listed, "meta": dict(meta)}
        with self._lock():
            if (known := self._find(fingerprint)) is not None:  # another process was faster
                return replace(known, already_there=True)
            keep.remove(target)
            try:
                keep.publish(aside, target)
                self._insert(row)
            except BaseException:
                keep.remove(target)  # not in the catalogue, so it is not there
                raise
        keep.step("catalogued")
        return dataset_of(row)

    # -- data sets --------------------------------------------------------------------------

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

    def table(self, fingerprint: str, place: int) -> pa.Table:
        """A table that was joined to a data set, by the place of its join."""
        self.dataset(fingerprint)
        return pq.read_table(self.folder / "datasets" / fingerprint / f"table-{place}.parquet")

    def remove(self, fingerprint: str) -> None:
        """Removes a data set, its files, its pins and its notes."""
        self.dataset(fingerprint)
        with self._lock():
            self._delete(fingerprint)
            self._delete_pins(fingerprint)
            self._delete_segments(fingerprint)
            keep.remove(self.folder / "datasets" / fingerprint)

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
        known = {d.fingerprint for d in self.datasets(listed=False)}
        for folder in (self.folder / "datasets").glob("[!.]*"):
            if folder.name not in known:
                # With a new catalogue nothing is known: data are kept rather than swept.
                self._set_aside(folder) if fresh else keep.remove(folder)
        for fingerprint in known:
            try:
                self.open(fingerprint)
            except Exception as error:  # whatever it is that keeps it from opening
                if keep.passing(error):
                    raise
                folder = self.folder / "datasets" / fingerprint
                if folder.exists():
                    self._set_aside(folder)
                self._delete(fingerprint)

    def _set_aside(self, folder: Path) -> None:
        folder.rename(self.folder / "set_aside" / f"{folder.name}-{uuid.uuid4().hex[:8]}")
