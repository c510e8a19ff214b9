"""Prescan: refuses archives and workbooks that would burst, before any of it is parsed.

A well-formed workbook of 1.5 KB with the two cells A1 and XFD1048576 makes a reader ask for
seventeen thousand million cells. So the extent of the cells is read from their references, a
piece at a time; the compression ratio and the size come from the archive's own list, and are
minded again while unpacking, as a list may lie.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import IO

from analysis.errors import IntakeError

MOST_BYTES = 2 << 30
MOST_RATIO = 200
MOST_CELLS = 20_000_000
FREE_BYTES = 8 << 20
"""Up to this size no ratio is a danger: short repetitive tables compress very well."""

_CHUNK = 1 << 20
_CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_REFERENCE = re.compile(rb'<(?:\w+:)?dimension\s[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')


def check_archive(archive: zipfile.ZipFile) -> None:
    """Refuses an archive by its list: too large, packed too tightly, or locked."""
    entries = archive.infolist()
    if any(entry.flag_bits & 1 for entry in entries):
        raise IntakeError("password", "The file is protected by a password. Save it without one and try again.")
    out = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if out > FREE_BYTES or out > MOST_BYTES:
        check_growth(packed, out)


def check_growth(packed: int, out: int) -> None:
    """Refuses when `packed` bytes became `out` bytes and that is too much or too many times as much."""
    if out > MOST_BYTES:
        raise IntakeError(
            "too_large_unpacked",
            "Unpacked, the file is larger than {limit} GiB. Split it and load the parts as data sets of their own.",
            limit=MOST_BYTES >> 30,
        )
    if out > FREE_BYTES and out > packed * MOST_RATIO:
        raise IntakeError(
            "ratio",
            "Unpacking this file makes it more than {ratio} times as large. It is refused, as such files are "
            "made to bring a server down. Unpack it yourself and load what is inside.",
            ratio=MOST_RATIO,
        )


def check_workbook(path: Path) -> None:
    """Refuses a workbook with document type definitions or with more cells than can be held."""
    with zipfile.ZipFile(path) as archive:
        check_archive(archive)
        for entry in archive.infolist():
            if entry.filename.endswith((".xml", ".rels")):
                with archive.open(entry) as stream:
                    _check_sheet(stream, "worksheets/" in entry.filename)


def _check_sheet(stream: IO[bytes], cells: bool) -> None:
    low, high, left, right, tail, total = 1 << 30, 0, 1 << 30, 0, b"", 0
    while chunk := stream.read(_CHUNK):
        total += len(chunk)
        if total > MOST_BYTES:
            check_growth(1, total)
        text = tail + chunk
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise IntakeError("dtd", "The workbook carries a document type definition, which is not allowed.")
        if cells:
            found = _CELL.findall(text)
            found += (
                [corner for a, b, c, d in _REFERENCE.findall(text) for corner in ((a, b), (c, d))] if not found else []
            )
            for column in {c for c, _ in found}:
                left, right = min(left, _number(column)), max(right, _number(column))
            if found:
                low, high = min(low, int(found[0][1])), max(high, int(found[-1][1]))
                low, high = min(low, *(int(r) for _, r in found)), max(high, *(int(r) for _, r in found))
            extent = (high - low + 1) * (right - left + 1) if high else 0
            if extent > MOST_CELLS:
                raise IntakeError(
                    "too_many_cells",
                    "The sheet spans {cells} cells, more than {limit}. Delete stray cells far from the table, or "
                    "save it as CSV.",
                    cells=extent,
                    limit=MOST_CELLS,
                )
        tail = text[-200:]


def _number(letters: bytes) -> int:
    value = 0
    for letter in letters:
        value = value * 26 + letter - 64
    return value
