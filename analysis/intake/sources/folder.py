"""Folders: the files that are offered, and one of them to a file of ours.

What is offered is what the pattern finds and what really lies inside the folder, symbolic links
followed. Only a name of that list can be fetched, so a name is never joined to a path by us.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from analysis.errors import IntakeError
from analysis.intake.sources.places import MOST_BYTES, FolderPlace, Item, Progress, too_large, unknown_item

_CHUNK = 1 << 20


def browse(place: FolderPlace) -> list[Item]:
    """The files offered, the newest first."""
    items = [
        Item(name, "file", seen.st_size, datetime.fromtimestamp(seen.st_mtime, UTC))
        for name, path in _files(place)
        if (seen := _regular(path)) is not None
    ]
    return sorted(items, key=lambda item: (-item.modified_at.timestamp() if item.modified_at else 0, item.name))


def fetch(place: FolderPlace, item: str, target: Path, progress: Progress = None) -> str:
    """Copies one file; gives its display name."""
    path = _path(place, item)
    # A name that became a link or a pipe in between is not followed and not waited for.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as stream:
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode):
            raise unknown_item(place.name, item)
        copy(stream, target, seen.st_size, place.name, progress)
    return Path(item).name


def fingerprint(place: FolderPlace, item: str) -> str:
    """Changes whenever the file's size or time of change does."""
    seen = _path(place, item).stat()
    return f"{seen.st_mtime_ns}-{seen.st_size}"


def copy(stream: BinaryIO, target: Path, size: int, place: str, progress: Progress) -> None:
    """Copies a stream piece by piece, up to the size that can be read."""
    if size > MOST_BYTES:
        raise too_large(place)
    done = 0
    with target.open("wb") as file:
        while piece := stream.read(_CHUNK):
            done += file.write(piece)
            if done > MOST_BYTES:
                raise too_large(place)
            if progress is not None:
                progress(min(1.0, done / max(1, size)), 0)


def _path(place: FolderPlace, item: str) -> Path:
    found = dict(_files(place)).get(item)
    if found is None or _regular(found) is None:
        raise unknown_item(place.name, item)
    return found


def _files(place: FolderPlace) -> Iterator[tuple[str, Path]]:
    """Name and real path of all that the pattern finds inside the folder."""
    try:
        root = place.path.resolve(strict=True)
        found = sorted(root.glob(place.pattern))
    except (OSError, RuntimeError):
        raise IntakeError(
            "source_folder",
            "The folder of '{place}' is not there or can't be read. Ask for its path in the configuration to be "
            "checked.",
            place=place.name,
        ) from None
    for path in found:
        name = path.relative_to(root).as_posix()
        try:
            real = path.resolve(strict=True)
        except (OSError, RuntimeError):  # a link to nowhere or to itself
            continue
        if real.is_relative_to(root) and name.isprintable() and not any(p.startswith(".") for p in Path(name).parts):
            yield name, real


def _regular(path: Path) -> os.stat_result | None:
    try:
        seen = path.stat()
    except OSError:
        return None
    return seen if stat.S_ISREG(seen.st_mode) else None
