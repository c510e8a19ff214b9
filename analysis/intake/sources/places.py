"""Places: what an operator can offer to read from, and what is in it.

A secret of a place shows itself as "***" wherever it is printed, and has to be asked for its value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from analysis.errors import IntakeError

ROW_LIMIT = 20_000_000
TIMEOUT_SECONDS = 600.0

MOST_BYTES = 8 << 30
"""Most bytes of one reading from a folder or storage: what a process that reads a file may write."""

Kind = Literal["folder", "database", "storage"]
Progress: TypeAlias = Callable[[float, int], None] | None
"""Called with the share that is done, 0 to 1, and the rows read (0 for files); what it raises ends the reading.
A database doesn't say how many rows will come: there the share is of the most that are allowed."""


class Secret:
    """A value that is never printed.

    Examples:
        >>> Secret("hunter2")
        ***
        >>> Secret("hunter2").reveal()
        'hunter2'
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the driver alone."""
        return self._value

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """A folder of files.

    Attributes:
        name: What people choose it by.
        path: The folder.
        pattern: Which of its files are offered, as in a shell; `**/` goes into folders.
    """

    name: str
    path: Path
    pattern: str = "*"
    kind: Kind = "folder"


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """A database.

    Attributes:
        name: What people choose it by.
        url: Its address with the account, or None where `url_env` names the variable that holds it.
        url_env: That variable.
        tables: The tables and views offered; None is all of the account's default schema.
        allow_queries: Whether people may write a SELECT of their own.
        row_limit: Most rows of one reading; more are refused, never cut.
        timeout_seconds: Most seconds of one reading.
    """

    name: str
    url: Secret | None = None
    url_env: str | None = None
    tables: tuple[str, ...] | None = None
    allow_queries: bool = False
    row_limit: int = ROW_LIMIT
    timeout_seconds: float = TIMEOUT_SECONDS
    kind: Kind = "database"


@dataclass(frozen=True, slots=True)
class StoragePlace:
    """A prefix of object storage, or a file tree read the same way.

    Attributes:
        name: What people choose it by.
        uri: `s3://bucket/prefix` or `file:///folder`.
        region, endpoint: Where the bucket is; the endpoint is for storage that speaks S3 elsewhere.
        key_env, secret_env: Variables that hold the account's key and secret.
        anonymous: Whether the bucket is public and is asked without an account.
    """

    name: str
    uri: str
    region: str | None = None
    endpoint: str | None = None
    key_env: str | None = None
    secret_env: str | None = None
    anonymous: bool = False
    kind: Kind = "storage"


AnyPlace: TypeAlias = FolderPlace | DatabasePlace | StoragePlace


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a place that can be read.

    Attributes:
        name: Its name within the place.
        kind: "file", "table", or "parquet" for a folder of Parquet files.
        size: Bytes; None where unknown.
        modified_at: When it was last changed, UTC; None where unknown.
    """

    name: str
    kind: Literal["file", "table", "parquet"]
    size: int | None = None
    modified_at: datetime | None = None


def too_large(place: str) -> IntakeError:
    """What a reading beyond `MOST_BYTES` is refused with."""
    return IntakeError(
        "source_too_large",
        "This is larger than {limit} GiB, the most that can be read from '{place}' at once. Split it by time or "
        "by user.",
        limit=MOST_BYTES >> 30,
        place=place,
    )


def unknown_item(place: str, item: str) -> IntakeError:
    """What a name that isn't offered is refused with, whatever it may lead to."""
    return IntakeError(
        "source_item",
        "'{place}' offers nothing called '{item}'. Choose from the list; what was there before may be gone.",
        place=place,
        item=item[:200],
    )
