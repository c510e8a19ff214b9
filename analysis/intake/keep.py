"""Keep: files that are there or not there, never half.

Write aside → fsync → rename → fsync folder. `step` is called between the steps by name, so that
tests can end the process exactly there. A disk without room is said in words, and nothing that was
there before is touched by it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from analysis.errors import IntakeError
from analysis.events import Categories, EventLog

STEPS = ("received", "parsed", "checked", "synced", "renamed", "catalogued", "cleared")
"""The named steps of an import, in order."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says when there is no room: on the disk, for this account, or for a file of that size."""

_SHORT = frozenset({*FULL, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.EINTR})

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


def disk_full() -> IntakeError:
    """What a disk without room is told with."""
    return IntakeError(
        "disk_full",
        "There is no room left on the server's disk, so this was not kept. Remove data sets that are no longer "
        "needed, or ask for more room, then try again.",
    )


@contextlib.contextmanager
def told_when_full() -> Iterator[None]:
    """Turns a disk without room into an IntakeError ("disk_full")."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise disk_full() from error
        raise


def told_by_database(context: Any) -> None:
    """The same for the catalogue: SQLite says in its own way that it can't write (listens to "handle_error")."""
    original = context.original_exception
    code = getattr(original, "sqlite_errorcode", 0) & 0xFF
    if isinstance(original, sqlite3.Error) and code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        raise disk_full() from original


def passing(error: BaseException) -> bool:
    """Whether the machine is short of something, so that the error says nothing about the file."""
    short = isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _SHORT)
    return short or getattr(error, "code", "") == "disk_full"


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
