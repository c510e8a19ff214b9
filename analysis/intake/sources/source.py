"""Sources: what an operator offers to read from, and one reading to one file.

    offered()                  the places: folders, databases, storage
    browse("exports")          what is in one
    fetch(source, target)      writes one file, and gives its display name

A `Source` says where data came from in plain words, nothing secret among them: place and item, or
place and query. It is kept with a data set, so that the data can be read again. Whoever names a
place, a file or a table gets what the operator's configuration offers under that name, or a
refusal.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from analysis.errors import AnalysisError, IntakeError
from analysis.intake.sources import database as sources_database
from analysis.intake.sources import folder as sources_folder
from analysis.intake.sources import storage as sources_storage
from analysis.intake.sources.config import configured
from analysis.intake.sources.places import AnyPlace, DatabasePlace, FolderPlace, Kind, Progress
from analysis.intake.sources.places import Item as Item

KINDS: tuple[Kind, ...] = ("folder", "database", "storage")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that is offered.

    Attributes:
        name: What people choose it by.
        kind: "folder", "database" or "storage".
        queries: Whether a query can be written there.
    """

    name: str
    kind: Kind
    queries: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Where data come from: an item of a place, or a query to it.

    Attributes:
        place: Name of the place.
        kind: Kind of the place.
        item: Name of a file, a table or a Parquet folder; None with a query.
        query: One SELECT, for databases that allow it; None with an item.

    Examples:
        >>> Source("exports", "folder", "may.csv").to_dict()
        {'place': 'exports', 'kind': 'folder', 'item': 'may.csv', 'query': None}
    """

    place: str
    kind: Kind
    item: str | None = None
    query: str | None = None

    def __post_init__(self) -> None:
        texts = isinstance(self.place, str) and all(isinstance(t, str | None) for t in (self.item, self.query))
        one = (self.item is None) != (self.query is None)
        if not texts or not one or self.kind not in KINDS or (self.query is not None and self.kind != "database"):
            raise IntakeError(
                "source_form",
                "A source is a place with one item, or a database with one query. Choose it anew.",
            )

    def to_dict(self) -> dict[str, str | None]:
        """As JSON carries it."""
        return {"place": self.place, "kind": self.kind, "item": self.item, "query": self.query}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Source:
        """The source that `to_dict` told; words it doesn't know are left out."""
        return cls(said.get("place"), said.get("kind"), said.get("item"), said.get("query"))  # type: ignore[arg-type]


def offered() -> tuple[Place, ...]:
    """The places, in the order of the configuration; none where nothing is configured.

    Raises:
        AnalysisError: The configuration breaks a rule, which is named.
    """
    return tuple(
        Place(place.name, place.kind, isinstance(place, DatabasePlace) and place.allow_queries)
        for place in configured().values()
    )


def browse(place_name: str) -> list[Item]:
    """What is in a place: files with size and time of change, tables, Parquet folders.

    Raises:
        IntakeError: There is no such place, or it can't be read.
    """
    place = _place(place_name)
    try:
        if isinstance(place, FolderPlace):
            return sources_folder.browse(place)
        if isinstance(place, DatabasePlace):
            return sources_database.browse(place)
        return sources_storage.browse(place)
    except (OSError, pa.ArrowException) as error:
        raise _failed(place, error) from None


def fetch(source: Source, target: Path, progress: Progress = None) -> str:
    """Reads a source once and writes it to one file.

    A file is copied as it is. A table, a query or a Parquet folder becomes Parquet with its types,
    in bounded memory.

    Args:
        source: What to read.
        target: The file to write; its folder takes temporary ones too.
        progress: Called as it goes on; what it raises ends the reading.

    Returns:
        The display name.

    Raises:
        IntakeError: It is not offered, can't be read, or is more than allowed; then `target` isn't there.
    """
    place = _place(source.place)
    try:
        if place.kind != source.kind:
            raise _gone(source.place)
        return _fetch(place, source, target, progress)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, (OSError, pa.ArrowException, UnicodeError, OverflowError)):
            raise _failed(place, error) from None
        raise


def fingerprint_of(source: Source) -> str | None:
    """A cheap hint: another text means that the data changed; None means that it can't be told."""
    try:
        place = _place(source.place)
        if place.kind != source.kind or source.item is None or isinstance(place, DatabasePlace):
            return None
        if isinstance(place, FolderPlace):
            return sources_folder.fingerprint(place, source.item)
        return sources_storage.fingerprint(place, source.item)
    except (AnalysisError, OSError, pa.ArrowException):
        return None


def _fetch(place: AnyPlace, source: Source, target: Path, progress: Progress) -> str:
    if isinstance(place, DatabasePlace):
        if source.query is not None:
            return sources_database.fetch_query(place, source.query, target, progress)
        return sources_database.fetch_table(place, str(source.item), target, progress)
    if isinstance(place, FolderPlace):
        return sources_folder.fetch(place, str(source.item), target, progress)
    return sources_storage.fetch(place, str(source.item), target, progress)


def _place(name: str) -> AnyPlace:
    found = configured().get(name)
    if found is None:
        raise _gone(name)
    return found


def _gone(name: str) -> IntakeError:
    return IntakeError(
        "source_place",
        "The place '{place}' is not offered, or no longer. Choose another, or ask for it to be configured.",
        place=name,
    )


def _failed(place: AnyPlace, error: BaseException) -> IntakeError:
    """What broke off; of its cause only the kind is told, as its words may hold addresses or accounts."""
    code = re.search(r"AWS Error ([A-Z_]+)", str(error))
    number = getattr(error, "errno", None)
    said = code.group(1) if code else os.strerror(number) if isinstance(number, int) else type(error).__name__
    return IntakeError(
        "source_failed",
        "Reading from '{place}' broke off ({cause}). Try again; if it stays so, ask for the place and its account in "
        "the configuration to be checked.",
        place=place.name,
        cause=said,
    )
