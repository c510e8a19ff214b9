"""Incoming: a file on its way from a browser to the disk, slice by slice.

A slice is appended where the last one ended, and its bytes go to the disk and into the hash as they
arrive, so that a file of any size costs the memory of one piece. A slice that breaks off is no harm:
what has arrived counts, and whoever goes on at another place is told the right one.

Who may send is said by a token: signed with a secret of this process, bound to an owner, a size
and a number of files, good for some hours. Each file of a token is sent once. What is whole is handed
to its owner and to nobody else; what nobody goes on with is removed.

A restart of the server ends it all, half files included; the browser then asks for a new token and begins anew.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import json
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple

FILES = 32
"""Files that one token is good for."""
TOGETHER = 64
"""Files that may be on their way into one process, or wait for their owner, at the same time."""
LIFE_SECONDS = 12 * 3600
"""How long a token may start a file."""
IDLE_SECONDS = 1800
"""How long a file may stand still, half sent or not fetched, before it is removed."""

Reserve = Callable[[], tuple[str, Path]]


class RefusedError(Exception):
    """A request that is not served.

    Attributes:
        status: What HTTP calls it.
        code: What we call it, such as `forged` or `disk_full`.
        facts: More for the browser, such as `at`, the place to go on from.
    """

    def __init__(self, status: int, code: str, **facts: int | str) -> None:
        self.status, self.code, self.facts = status, code, facts
        super().__init__(f"{status} {code}")


class Grant(NamedTuple):
    """What a token says."""

    number: str
    owner: str
    most: int
    files: int
    until: float


@dataclass(slots=True, eq=False)
class Part:
    """A file on its way.

    Attributes:
        key: The token's number, and the number of the file within the token.
        id, path: Its number and its place on disk, as the workspace gives them.
        owner: Who may have it.
        name: What the browser calls it; for display only, and not yet cleaned.
        size: Bytes that were announced.
        at: Bytes that have arrived.
        sha256: Hash of the whole file; empty until it is whole.
    """

    key: tuple[str, int]
    id: str
    path: Path
    owner: str
    name: str
    size: int
    at: int = 0
    sha256: str = ""
    touched: float = 0.0
    gone: bool = False
    file: IO[bytes] | None = None
    total: Any = field(default_factory=hashlib.sha256)

    def told(self) -> dict[str, int | str]:
        """What the browser may know: where to go on; the number once the file is whole."""
        return {"at": self.at, "id": self.id} if self.sha256 else {"at": self.at}


class Incoming:
    """The files on their way into one process.

    Args:
        reserve: Gives a new file its number and its path.
        clock: Seconds, for tests of what expires.
    """

    def __init__(self, reserve: Reserve, clock: Callable[[], float] = time.time) -> None:
        self._reserve, self._clock = reserve, clock
        self._secret = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._parts: dict[tuple[str, int], Part] = {}
        self._spent: dict[tuple[str, int], float] = {}

    def grant(self, owner: str, most: int, files: int = FILES) -> str:
        """A token with which `owner` may send some files of at most `most` bytes each."""
        grant = Grant(secrets.token_urlsafe(12), owner, most, files, self._clock() + LIFE_SECONDS)
        said = base64.urlsafe_b64encode(json.dumps(grant).encode()).decode()
        return f"{said}.{self._sign(said)}"

    def begin(self, token: str, which: int, *, at: int, size: int, name: str = "") -> Part:
        """The file, ready to take a slice; `end` must follow.

        Args:
            token: As granted.
            which: The number of the file within the token, from 0.
            at: Where in the file the slice begins.
            size: Bytes of the whole file.
            name: What the browser calls the file.

        Raises:
            RefusedError: The token is not ours, too old or used up (403); the file goes on elsewhere, is just being
                written, or was announced with another size (409); it is too large (413), or one too many (429);
                the disk has no room for it (507).
        """
        grant = self._read(token)
        self._sweep()
        with self._lock:
            part = self._parts.get((grant.number, which))
            if part is None:
                part = self._new(grant, which, at, size, name)
            elif part.size != size:
                raise RefusedError(409, "changed", **part.told())
            elif part.file is not None:
                raise RefusedError(409, "busy", **part.told())
            elif part.at != at or part.sha256:
                raise RefusedError(409, "elsewhere", **part.told())
            part.file = part.path.open("r+b" if part.path.exists() else "w+b", buffering=0)
            part.file.seek(part.at)
            part.touched = self._clock()
        return part

    def append(self, part: Part, piece: bytes) -> None:
        """Writes a piece of the slice that was begun.

        Raises:
            RefusedError: More bytes than announced (413), and the file is removed; it was cancelled meanwhile (403);
                the disk is full (507), and what was there before stays.
        """
        if part.gone:
            raise RefusedError(403, "used_up")
        if part.at + len(piece) > part.size:
            self._remove(part.key)
            raise RefusedError(413, "too_big")
        assert part.file is not None
        rest = memoryview(piece)
        try:
            while rest:
                rest = rest[part.file.write(rest) :]
        except OSError as error:
            part.file.truncate(part.at)
            part.file.seek(part.at)
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise RefusedError(507, "disk_full", at=part.at) from error
            raise
        part.total.update(piece)
        part.at += len(piece)
        part.touched = self._clock()

    def end(self, part: Part) -> dict[str, int | str]:
        """Closes the slice; tells where to go on, or the number of the whole file."""
        with self._lock:
            if part.file is not None:
                part.file.close()
                part.file = None
            if part.at == part.size and not part.gone:
                part.sha256 = part.total.hexdigest()
        return part.told()

    def cancel(self, token: str, which: int) -> None:
        """Removes a file of a token, which can't be sent any more.

        Raises:
            RefusedError: The token is not ours (403).
        """
        grant = self._read(token)
        if 0 <= which < grant.files:
            self._remove((grant.number, which))

    def collect(self, owner: str) -> list[Part]:
        """The whole files of an owner, in the order in which they were begun; from now on they are the caller's."""
        with self._lock:
            found = [key for key, part in self._parts.items() if part.owner == owner and part.sha256]
            self._spent |= {key: self._clock() + LIFE_SECONDS for key in found}
            return [self._parts.pop(key) for key in found]

    def _new(self, grant: Grant, which: int, at: int, size: int, name: str) -> Part:
        """A file that was not seen before."""
        if not 0 <= which < grant.files or (grant.number, which) in self._spent:
            raise RefusedError(403, "used_up")
        if self._clock() > grant.until:
            raise RefusedError(403, "expired")
        if not 0 <= size <= grant.most:
            raise RefusedError(413, "too_big")
        if at != 0:
            raise RefusedError(409, "elsewhere", at=0)
        if len(self._parts) >= TOGETHER:
            raise RefusedError(429, "too_many")
        number, path = self._reserve()
        if shutil.disk_usage(path.parent).free < size:
            raise RefusedError(507, "disk_full", at=0)
        part = Part((grant.number, which), number, path, grant.owner, name, size)
        self._parts[part.key] = part
        return part

    def _remove(self, key: tuple[str, int]) -> None:
        with self._lock:
            self._spent[key] = self._clock() + LIFE_SECONDS
            part = self._parts.pop(key, None)
        if part is not None:
            part.gone = True
            part.path.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Removes what stands still and forgets what no token can name any more."""
        now = self._clock()
        with self._lock:
            still = [k for k, p in self._parts.items() if p.file is None and now - p.touched > IDLE_SECONDS]
            parts = [self._parts.pop(key) for key in still]
            self._spent = {key: until for key, until in self._spent.items() if until >= now}
        for part in parts:
            part.path.unlink(missing_ok=True)

    def _sign(self, said: str) -> str:
        return hmac.new(self._secret, said.encode(), "sha256").hexdigest()

    def _read(self, token: str) -> Grant:
        """What a token says, if it is ours."""
        said, _, signature = token.partition(".")
        if not hmac.compare_digest(self._sign(said).encode(), signature.encode()):
            raise RefusedError(403, "forged")
        return Grant(*json.loads(base64.urlsafe_b64decode(said)))
