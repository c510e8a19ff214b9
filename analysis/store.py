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

from analysis.calendar import check_zone
from analysis.errors import IntakeError
from analysis.events import EventLog
from analysis.intake import confine, keep
from analysis.intake.catalogue import Catalogue as Catalogue
from analysis.intake.catalogue import Dataset as Dataset
from analysis.intake.catalogue import Pin as Pin
from analysis.intake.catalogue import dataset_of
from analysis.intake.clean import Progress
from analysis.intake.ledger import Ledger
from analysis.intake.reading import Reading, Roles, plain_roles
from analysis.intake.roles import shape_of
from analysis.intake.rows import Duplicates

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
    """

    id: str
    name: str
    path: Path
    size: int
    sha256: str


class Workspace(Catalogue):
    """The workspace of one folder; several processes may share it."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = Path(folder or os.environ.get("FOOTPRINTS_WORKSPACE") or "workspace").resolve()
        for name in ("in", "datasets", "set_aside"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self._owner = uuid.uuid4().hex[:12]
        self._claim = keep.claim(self.folder / "in" / f"{self._owner}.alive")
        super().__init__(os.environ.get("FOOTPRINTS_DATABASE") or f"sqlite:///{self.folder / 'footprints.db'}")
        self._readings: dict[str, Reading] = {}
        with self._lock():
            self._sweep(self._create())

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
                "events": log.n_events, "users": log.n_users,
                "shape": log.shape, "roles": dict(log.roles), "zone": log.zone,
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
            self._insert(row)
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

    def remove(self, fingerprint: str) -> None:
        """Removes a data set, its files and its pins."""
        self.dataset(fingerprint)
        with self._lock():
            self._delete(fingerprint)
            self._delete_pins(fingerprint)
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
                self._delete(fingerprint)

    def _set_aside(self, folder: Path) -> None:
        folder.rename(self.folder / "set_aside" / f"{folder.name}-{uuid.uuid4().hex[:8]}")
