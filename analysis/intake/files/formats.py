"""Formats: what a file is by its first bytes, never by its name; opened after a prescan.

Packed files are unpacked into a scratch folder first. An archive may hold several tables: the
largest that reads as one is taken, and the others are offered.
"""

from __future__ import annotations

import bz2
import gzip
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from analysis.errors import IntakeError, UnknownValueError
from analysis.intake.files import prescan, refuse
from analysis.intake.files.jsonlines import JsonFile, is_json
from analysis.intake.files.parquet import ParquetFile
from analysis.intake.files.sheet import Source
from analysis.intake.files.workbook import Workbook
from analysis.intake.text.delimited import Delimited

Layout = Mapping[str, Any]

MOST_MEMBERS = 50
"""Members of an archive that are offered."""

COUNTED_BYTES = 256 << 20
"""Up to this size, unpacked, the lines of an archive's other members are counted for the offer."""

_CHUNK = 1 << 22
_START = 1 << 16
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)
"""What the readers of archives raise where the bytes are not as they must be."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def open_source(path: Path, scratch: Path, layout: Layout | None = None) -> Source:
    """Opens a file of any format we read; packed ones are unpacked into `scratch`.

    Args:
        path: The file.
        scratch: A folder for what must be unpacked or written anew.
        layout: `Source.layout` or `Source.other` of an earlier reading, or a part of it, such as
            `{"sheet": "Orders"}`: the file is then read that way. None finds the best way.

    Raises:
        IntakeError: The file is missing, locked, of no known format, or would burst.
        UnknownValueError: The layout names a sheet or a member that the file lacks.
    """
    path = Path(path)
    if not path.is_file():
        raise IntakeError("no_file", "There is no file {name}. Check the path.", name=path.name)
    source = _open(path, scratch, dict(layout or {}), depth=0)
    if len(source.names) == 1 and not len(source.sample()[source.names[0]]):
        raise _empty()  # a lone word is no table
    return source


def _open(path: Path, scratch: Path, layout: dict[str, Any], depth: int) -> Source:
    with path.open("rb") as file:
        start = file.read(_START)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _open_zip(path, scratch, layout, depth)
    if start.startswith(b"PAR1"):
        return ParquetFile(path)
    if start.startswith(_OLE):
        refuse.by_streams(path)
        return Workbook(path, "xls", layout)
    if start.startswith((b"\x1f\x8b", b"BZh")):
        _refuse_nesting(depth)
        with gzip.open(path) if start.startswith(b"\x1f\x8b") else bz2.open(path) as stream:
            target = _unpack(stream, path.stat().st_size, scratch / f"unpacked{depth}")
        return _open(target, scratch, layout, depth + 1)
    refuse.by_start(start)
    if is_json(start):
        return JsonFile(path, scratch)
    return Delimited(path, scratch, layout or None)


# -- archives -------------------------------------------------------------------------------


def _open_zip(path: Path, scratch: Path, layout: dict[str, Any], depth: int) -> Source:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            refuse.by_members(archive)
            if "mimetype" in names or any(n.startswith("xl/") for n in names):
                errors = prescan.check_workbook(path)
                kind = "ods" if "mimetype" in names else "xlsb" if "xl/workbook.bin" in names else "xlsx"
                return Workbook(path, kind, layout, errors)
            _refuse_nesting(depth)
            prescan.check_archive(archive)
            return _open_member(archive, scratch, layout, depth)
    except _BROKEN as error:
        raise broken(error) from error


def _open_member(archive: zipfile.ZipFile, scratch: Path, layout: dict[str, Any], depth: int) -> Source:
    inside = [e for e in archive.infolist() if not e.is_dir() and e.file_size and not _hidden(e.filename)]
    if not inside:
        raise _empty()
    names = [e.filename for e in inside]
    wanted = layout.pop("member", None)
    if wanted is not None and wanted not in names:
        raise UnknownValueError.among("member", str(wanted), names)
    tried = [e for e in inside if e.filename == wanted] or sorted(inside, key=lambda e: -e.file_size)[:10]
    source, member = _first_table(archive, tried, scratch, layout, depth)
    if len(inside) > 1:
        source.sheets = tuple(_offered(archive, inside[:MOST_MEMBERS], member, source))
        source.layout = {"member": member, **source.layout}
        source.other = None if source.other is None else {"member": member, **source.other}
    return source


def _first_table(
    archive: zipfile.ZipFile, tried: list[zipfile.ZipInfo], scratch: Path, layout: dict[str, Any], depth: int
) -> tuple[Source, str]:
    """The first member that reads as a table of two columns or more, else the first that reads at all."""
    narrow: tuple[Source, str] | None = None
    refused: IntakeError | None = None
    for number, entry in enumerate(tried):
        place = scratch / f"member{number}"
        place.mkdir(exist_ok=True)
        try:
            with archive.open(entry) as stream:
                target = _unpack(stream, entry.compress_size, place / f"unpacked{depth}")
            source = _open(target, place, dict(layout), depth + 1)
        except IntakeError as error:
            refused = refused or error
            continue
        if len(source.names) > 1:
            return source, entry.filename
        narrow = narrow or (source, entry.filename)
    if narrow is None:
        assert refused is not None
        raise refused
    return narrow


def _offered(
    archive: zipfile.ZipFile, inside: list[zipfile.ZipInfo], chosen: str, source: Source
) -> list[tuple[str, int]]:
    """Members and their rows: lines below the first, where they are cheap to count; −1 elsewhere."""
    cheap = sum(e.file_size for e in inside) <= COUNTED_BYTES
    offered = []
    for entry in inside:
        rows = -1
        if entry.filename == chosen:
            rows = source.count()[0]
        elif cheap:
            with archive.open(entry) as stream:
                rows = _lines(stream) - 1
        offered.append((entry.filename, rows))
    return offered


def _lines(stream: IO[bytes]) -> int:
    """Lines of a text; 0 for what is none."""
    lines, last = 0, b"\n"
    while chunk := stream.read(_CHUNK):
        if b"\0" in chunk[:4096]:
            return 0
        lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    return lines + (last != b"\n")


def _unpack(stream: IO[bytes] | gzip.GzipFile | bz2.BZ2File, packed: int, target: Path) -> Path:
    out = 0
    try:
        with target.open("wb") as file:
            while chunk := stream.read(_CHUNK):
                out += len(chunk)
                prescan.check_growth(packed, out)
                file.write(chunk)
    except _BROKEN as error:
        raise broken(error) from error
    return target


def _hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


def _refuse_nesting(depth: int) -> None:
    if depth:
        raise IntakeError("nested_archive", "The file is packed twice. Unpack it once and try again.")


def _empty() -> IntakeError:
    return IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")


def broken(error: Exception) -> IntakeError:
    """What an incomplete or damaged file raises."""
    return IntakeError(
        "damaged",
        "The file is damaged or incomplete ({cause}). Download or export it again.",
        cause=f"{type(error).__name__}: {error}"[:160],
    )
