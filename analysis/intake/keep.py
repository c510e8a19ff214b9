"""Keep: files that are there or not there, never half.

Write aside → fsync → rename → fsync folder. `step` is called between the steps by name, so that
tests can end the process exactly there.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from analysis.events import Categories, EventLog

STEPS = ("received", "parsed", "checked", "synced", "renamed", "catalogued", "cleared")
"""The named steps of an import, in order."""

step: Callable[[str], None] = lambda name: None  # noqa: E731
"""Called after each named step; replaced by tests."""


def sync_folder(folder: Path) -> None:
    """Makes a folder and all files in it survive a power cut."""
    for path in [*folder.iterdir(), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def publish(aside: Path, target: Path) -> None:
    """Gives a finished folder its final name, at once."""
    sync_folder(aside)
    step("synced")
    aside.rename(target)
    sync_one(target.parent)
    step("renamed")


def sync_one(folder: Path) -> None:
    """Makes the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds a lock that other processes of this workspace wait for."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def claim(path: Path) -> IO[str]:
    """A lock held as long as the returned file stays open: a sign of life of one process."""
    file = path.open("a")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def alive(path: Path) -> bool:
    """Whether somebody holds the claim."""
    if not path.exists():
        return False
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        return False


def remove(path: Path) -> None:
    """Removes a file or a folder; one that is gone already is no fault."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def content_hash(log: EventLog) -> str:
    """Hash of all that a log holds."""
    total = hashlib.sha256(f"{log.zone}|{log.shape}|{sorted(log.roles.items())}".encode())
    for array in (log.time, log.users, log.starts, log.ends):
        total.update(np.ascontiguousarray(array).data)
    for name, column in sorted(log.columns.items()):
        total.update(name.encode())
        if isinstance(column, Categories):
            total.update(np.ascontiguousarray(column.codes).data)
            total.update("\x1f".join(column.values).encode())
        else:
            total.update(np.ascontiguousarray(column.values).data)
    total.update("\x1f".join(str(v) for v in log.user_ids.to_pylist()).encode())
    return total.hexdigest()
