"""Storage: files and Parquet folders below a prefix, and one of them to a file of ours.

A folder whose files are Parquet, partitioned or not, is one table: its parts are read one after the
other, a batch at a time, and `year=2026/` becomes a column. Parts that differ are brought to one set
of columns first; a column that some parts lack is empty there. Names can only be those of the list.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

from analysis.errors import IntakeError
from analysis.intake.sources.config import secret_of
from analysis.intake.sources.folder import copy
from analysis.intake.sources.places import MOST_BYTES, Item, Progress, StoragePlace, too_large, unknown_item

BATCH = 50_000
_DEPTH = 6
"""Levels of partitions that are looked into for a Parquet file."""


def browse(place: StoragePlace) -> list[Item]:
    """The files and the Parquet folders right below the prefix."""
    files, base = _files(place)
    items = []
    for info in _listed(place, files, base):
        name = info.path[len(base) :].strip("/")
        if info.type == fs.FileType.File:
            items.append(Item(name, "file", info.size, info.mtime))
        elif _holds_parquet(place, files, info.path):
            items.append(Item(name, "parquet"))
    return sorted(items, key=lambda item: item.name)


def fetch(place: StoragePlace, item: str, target: Path, progress: Progress = None) -> str:
    """Copies one file, or writes a Parquet folder as one Parquet file; gives its display name."""
    files, base = _files(place)
    info = _info(place, files, base, item)
    if info.type == fs.FileType.File:
        # As it is: what is packed is unpacked by intake, which minds how large it becomes.
        with files.open_input_stream(info.path, compression=None) as stream:
            copy(stream, target, info.size or 0, place.name, progress)
        return item
    _gather(place, _dataset(place, files, info.path), target, progress)
    return f"{item}.parquet"


def fingerprint(place: StoragePlace, item: str) -> str:
    """Changes whenever size or time of change of the file, or of any file of the folder, does."""
    files, base = _files(place)
    info = _info(place, files, base, item)
    parts = [info]
    if info.type == fs.FileType.Directory:
        parts = files.get_file_info(fs.FileSelector(info.path, recursive=True))
    said = sorted((p.path, p.size or 0, p.mtime_ns or 0) for p in parts if p.type == fs.FileType.File)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def _files(place: StoragePlace) -> tuple[fs.FileSystem, str]:
    """The file system, and the path in it below which all is offered."""
    scheme, _, path = place.uri.partition("://")
    if scheme == "file":
        return fs.LocalFileSystem(), Path(unquote(path)).resolve().as_posix()
    options: dict[str, Any] = {"anonymous": place.anonymous, "request_timeout": 60, "connect_timeout": 10}
    if place.region:
        options["region"] = place.region
    if place.endpoint:
        given, _, host = place.endpoint.rpartition("://")
        options.update(endpoint_override=host.rstrip("/"), scheme=given or "https")
    if place.key_env and place.secret_env:
        options["access_key"] = secret_of(place.key_env, place.name)
        options["secret_key"] = secret_of(place.secret_env, place.name)
    return fs.S3FileSystem(**options), path.strip("/")


def _listed(place: StoragePlace, files: fs.FileSystem, folder: str) -> list[fs.FileInfo]:
    """What lies right in a folder and is offered: nothing hidden, nothing that leads out of the place."""
    found = files.get_file_info(fs.FileSelector(folder))
    return [
        info
        for info in found
        if not info.base_name.startswith((".", "_")) and info.base_name.isprintable() and _inside(place, info.path)
    ]


def _inside(place: StoragePlace, path: str) -> bool:
    """Whether a path of a local tree, its links followed, is inside; object storage has no links."""
    if not place.uri.startswith("file:"):
        return True
    try:
        return Path(path).resolve(strict=True).is_relative_to(_files(place)[1])
    except (OSError, RuntimeError):
        return False


def _holds_parquet(place: StoragePlace, files: fs.FileSystem, folder: str) -> bool:
    for _ in range(_DEPTH):
        inside = _listed(place, files, folder)
        if any(info.type == fs.FileType.File for info in inside):
            return any(info.extension in ("parquet", "parq") for info in inside)
        folders = [info.path for info in inside if info.type == fs.FileType.Directory]
        if not folders:
            return False
        folder = min(folders)
    return False


def _info(place: StoragePlace, files: fs.FileSystem, base: str, item: str) -> fs.FileInfo:
    for info in _listed(place, files, base):
        if info.path[len(base) :].strip("/") == item:
            if info.type == fs.FileType.File or _holds_parquet(place, files, info.path):
                return info
            break
    raise unknown_item(place.name, item)


def _dataset(place: StoragePlace, files: fs.FileSystem, folder: str) -> ds.Dataset:
    """All parts of a Parquet folder with one set of columns."""
    options = ds.FileSystemFactoryOptions(partitioning=ds.HivePartitioning.discover(), partition_base_dir=folder)
    found = files.get_file_info(fs.FileSelector(folder, recursive=True))
    parts = sorted(
        (
            info
            for info in found
            if info.type == fs.FileType.File
            and info.extension in ("parquet", "parq")
            and not any(p.startswith((".", "_")) for p in info.path[len(folder) :].split("/"))
            and _inside(place, info.path)
        ),
        key=lambda info: info.path,
    )
    if sum(info.size or 0 for info in parts) > MOST_BYTES:
        raise too_large(place.name)
    factory = ds.FileSystemDatasetFactory(files, [info.path for info in parts], ds.ParquetFileFormat(), options)
    try:
        return factory.finish(factory.inspect(promote_options="permissive"))
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise IntakeError(
            "source_parts",
            "The parts of this Parquet folder don't go together ({cause}). Write them anew with the same columns.",
            cause=str(error).splitlines()[0][:160],
        ) from None


def _gather(place: StoragePlace, dataset: ds.Dataset, target: Path, progress: Progress) -> None:
    """Writes a data set batch by batch; never more than a few batches are held."""
    total, rows = dataset.count_rows(), 0
    scanner = dataset.scanner(batch_size=BATCH, batch_readahead=2, fragment_readahead=1, use_threads=False)
    with pq.ParquetWriter(target, scanner.projected_schema) as writer:
        for batch in scanner.to_batches():
            if not batch.num_rows:
                continue
            writer.write_batch(batch)
            rows += batch.num_rows
            if target.stat().st_size > MOST_BYTES:
                raise too_large(place.name)
            if progress is not None:
                progress(rows / max(1, total), rows)
