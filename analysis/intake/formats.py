"""Formats: what a file is by its first bytes, never by its name; opened after a prescan."""

from __future__ import annotations

import bz2
import gzip
import zipfile
from pathlib import Path
from typing import IO

from analysis.errors import IntakeError
from analysis.intake import prescan
from analysis.intake.delimited import Delimited
from analysis.intake.sheet import Source
from analysis.intake.workbook import ParquetFile, Workbook

_CHUNK = 1 << 22


def open_source(path: Path, scratch: Path) -> Source:
    """Opens a file of any format we read; packed ones are unpacked into `scratch`.

    Raises:
        IntakeError: The file is missing, locked, of no known format, or would burst.
    """
    path = Path(path)
    if not path.is_file():
        raise IntakeError("no_file", "There is no file {name}. Check the path.", name=path.name)
    return _open(path, scratch, depth=0)


def _open(path: Path, scratch: Path, depth: int) -> Source:
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PK\x03\x04") or start.startswith(b"PK\x05\x06"):
        return _open_zip(path, scratch, depth)
    if start.startswith(b"PAR1"):
        return ParquetFile(path)
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Workbook(path, "xls")
    if start.startswith(b"\x1f\x8b") or start.startswith(b"BZh"):
        _refuse_nesting(depth)
        with gzip.open(path) if start.startswith(b"\x1f\x8b") else bz2.open(path) as stream:
            return _open(_unpack(stream, path.stat().st_size, scratch / f"unpacked{depth}"), scratch, depth + 1)
    if start.startswith(
        (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd", b"SQLite f")
    ):
        raise IntakeError(
            "binary",
            "This file is not a table Footprints can read. Save it as CSV (UTF-8), XLSX or Parquet.",
        )
    return Delimited(path, scratch)


def _open_zip(path: Path, scratch: Path, depth: int) -> Source:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "mimetype" in names or any(n.startswith("xl/") for n in names):
                prescan.check_workbook(path)
                kind = "ods" if "mimetype" in names else "xlsb" if "xl/workbook.bin" in names else "xlsx"
                return Workbook(path, kind)
            _refuse_nesting(depth)
            prescan.check_archive(archive)
            inside = [e for e in archive.infolist() if not e.is_dir() and not _hidden(e.filename)]
            if len(inside) != 1:
                raise IntakeError(
                    "zip_files",
                    "The archive holds {files} files, but exactly one table is needed. Pack one file only.",
                    files=len(inside),
                )
            with archive.open(inside[0]) as stream:
                target = _unpack(stream, inside[0].compress_size, scratch / f"unpacked{depth}")
        return _open(target, scratch, depth + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise broken(error) from error


def _unpack(stream: IO[bytes] | gzip.GzipFile | bz2.BZ2File, packed: int, target: Path) -> Path:
    out = 0
    try:
        with target.open("wb") as file:
            while chunk := stream.read(_CHUNK):
                out += len(chunk)
                prescan.check_growth(packed, out)
                file.write(chunk)
    except (EOFError, OSError, zipfile.BadZipFile, ValueError) as error:
        raise broken(error) from error
    return target


def _hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


def _refuse_nesting(depth: int) -> None:
    if depth:
        raise IntakeError("nested_archive", "The file is packed twice. Unpack it once and try again.")


def broken(error: Exception) -> IntakeError:
    """What an incomplete or damaged file raises."""
    return IntakeError(
        "damaged",
        "The file is damaged or incomplete ({cause}). Download or export it again.",
        cause=f"{type(error).__name__}: {error}"[:160],
    )
