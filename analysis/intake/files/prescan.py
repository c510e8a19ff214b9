"""Prescan: refuses archives and workbooks that would burst, before any of it is parsed.

A well-formed workbook of 1.5 KB with the two cells A1 and XFD1048576 makes a reader ask for
seventeen thousand million cells. So the extent of the cells is read from their references, a
piece at a time; the compression ratio and the size come from the archive's own list, and are
minded again while unpacking, as a list may lie. Cells whose formula failed are counted on the way: the
reader that comes after can't tell them from empty ones.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from pathlib import Path
from typing import IO

import numba as nb
import numpy as np

from analysis.errors import IntakeError

MOST_BYTES = 2 << 30
MOST_RATIO = 200
MOST_CELLS = 20_000_000
FREE_BYTES = 8 << 20
"""Up to this size no ratio is a danger: short repetitive tables compress very well."""

_CHUNK = 1 << 20
_MOST = 1 << 30
"""Rows and columns beyond this are not told apart."""
_SHEET = re.compile(rb'<(?:\w+:)?sheet\s[^>]*?\bname="([^"]*)"[^>]*?\br:id="([^"]*)"')
_TARGET = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")


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
            "Unpacked, the file is larger than {limit} GiB. Split it, load one part, and add the others to it.",
            limit=MOST_BYTES >> 30,
        )
    if out > FREE_BYTES and out > packed * MOST_RATIO:
        raise IntakeError(
            "ratio",
            "Unpacking this file makes it more than {ratio} times as large. It is refused, as such files are "
            "made to bring a server down. Unpack it yourself and load what is inside.",
            ratio=MOST_RATIO,
        )


def check_workbook(path: Path) -> dict[str, int]:
    """Refuses a workbook with document type definitions or with more cells than can be held.

    Returns:
        Sheet -> cells whose formula failed; sheets without such cells are left out.
    """
    failed: dict[str, int] = {}
    with zipfile.ZipFile(path) as archive:
        check_archive(archive)
        for entry in archive.infolist():
            if entry.filename.endswith((".xml", ".rels")):
                with archive.open(entry) as stream:
                    errors = _check_part(stream, "worksheets/" in entry.filename)
                if errors:
                    failed[entry.filename] = errors
        return {name: failed[part] for name, part in _sheets(archive).items() if part in failed} if failed else {}


def _sheets(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet -> its part of the archive."""
    try:
        book, links = archive.read("xl/workbook.xml"), archive.read("xl/_rels/workbook.xml.rels")
    except KeyError:
        return {}
    target: dict[bytes, str] = {}
    for link in _TARGET.findall(links):
        found = dict(re.findall(rb'\b(Id|Target)="([^"]*)"', link))
        if len(found) == 2:
            place = found[b"Target"].decode("utf-8", "replace")
            target[found[b"Id"]] = posixpath.normpath(place.lstrip("/") if place[:1] == "/" else f"xl/{place}")
    return {_plain(name): target[link] for name, link in _SHEET.findall(book) if link in target}


def _plain(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    for mark, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(mark, character)
    return text


def _check_part(stream: IO[bytes], cells: bool) -> int:
    """Reads a part of a workbook piece by piece; returns its cells with errors."""
    state = np.array([1 << 30, 0, 1 << 30, 0, 0, 0, 0, 0, 0], np.int64)
    tail, total = b"", 0
    while chunk := stream.read(_CHUNK):
        total += len(chunk)
        if total > MOST_BYTES:
            check_growth(1, total)
        text = tail + chunk
        if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            raise IntakeError(
                "dtd",
                "The workbook carries a document type definition, which is not allowed. Open it and save it anew as "
                "XLSX.",
            )
        if cells:
            done = _extent(np.frombuffer(text, np.uint8), state)
            _refuse_extent(state)
            tail = text[done:]
            if len(tail) > _CHUNK:
                raise IntakeError(
                    "damaged",
                    "The file is damaged or incomplete ({cause}). Download or export it again.",
                    cause="a tag without an end",
                )
        else:
            tail = text[-20:]
    return int(state[6])


def _refuse_extent(state: np.ndarray) -> None:
    low, high, left, right = state[:4].tolist()
    if not high:  # no cell so far: what the sheet says of itself
        low, left, high, right = 1, 1, int(state[7]), int(state[8])
    extent = (high - low + 1) * (right - left + 1) if high else 0
    if extent > MOST_CELLS:
        raise IntakeError(
            "too_many_cells",
            "The sheet spans {cells} cells, more than {limit}. Delete stray cells far from the table, or "
            "save it as CSV.",
            cells=extent,
            limit=MOST_CELLS,
        )


@nb.njit(nogil=True, cache=True)
def _extent(data: np.ndarray, state: np.ndarray) -> int:
    """Widens the extent by the tags of a piece of a sheet.

    Args:
        data: The piece.
        state: First and last row, first and last column, the row and the column of the last cell, cells with
            errors, and the last row and column by the sheet's own dimension.

    Returns:
        The first byte of a tag that the piece doesn't hold whole.
    """
    k, size = 0, len(data)
    while k < size:
        if data[k] != 60:  # <
            k += 1
            continue
        end = k + 1
        while end < size and data[end] != 62:  # >
            end += 1
        if end == size:
            return k
        at, name = k + 1, k + 1
        while at < end and data[at] > 32 and data[at] != 47:
            name = at + 1 if data[at] == 58 else name  # a prefix ends with a colon
            at += 1
        if at - name == 1 and data[name] == 99:  # c
            row, column = _reference(data, at, end)
            if row == 0:  # without a reference a cell follows the one before
                row, column = max(state[4], 1), state[5] + 1
            state[0], state[1] = min(state[0], row), max(state[1], row)
            state[2], state[3] = min(state[2], column), max(state[3], column)
            state[4], state[5] = row, column
            state[6] += _is_error(data, at, end)
        elif at - name == 3 and data[name] == 114 and data[name + 1] == 111 and data[name + 2] == 119:  # row
            number = _reference(data, at, end)[0]
            state[4], state[5] = number if number else state[4] + 1, 0
        elif at - name == 9 and data[name] == 100 and data[name + 1] == 105:  # dimension
            state[7], state[8] = _reference(data, at, end)
        k = end + 1
    return size


@nb.njit(nogil=True, cache=True)
def _reference(data: np.ndarray, at: int, end: int) -> tuple[int, int]:
    """Row and column of the last cell in the attribute r or ref; 0 where there is none."""
    while at + 3 < end:
        if data[at] <= 32 and data[at + 1] == 114:  # r
            value = at + 2
            if data[value] == 101 and data[value + 1] == 102:  # ref
                value += 2
            value = _blanks(data, value, end)
            if value < end and data[value] == 61:  # =
                return _last_cell(data, _blanks(data, value + 1, end) + 1, end)
        at += 1
    return 0, 0


@nb.njit(nogil=True, cache=True)
def _last_cell(data: np.ndarray, at: int, end: int) -> tuple[int, int]:
    """Row and column of a value such as B7 or A1:B7."""
    row, column = 0, 0
    while at < end and data[at] != 34 and data[at] != 39:
        c = data[at]
        if c == 58:  # a range: its last cell
            row, column = 0, 0
        elif 65 <= c <= 90 and column < _MOST:
            column = column * 26 + int(c) - 64
        elif 48 <= c <= 57 and row < _MOST:
            row = row * 10 + int(c) - 48
        at += 1
    return row, column


@nb.njit(nogil=True, cache=True)
def _blanks(data: np.ndarray, at: int, end: int) -> int:
    while at < end and data[at] <= 32:
        at += 1
    return at


@nb.njit(nogil=True, cache=True)
def _is_error(data: np.ndarray, at: int, end: int) -> bool:
    """Whether the attribute t is "e"."""
    while at + 5 < end + 1:
        if data[at] <= 32 and data[at + 1] == 116 and data[at + 2] == 61 and data[at + 4] == 101:
            return data[at + 5] == data[at + 3]
        at += 1
    return False
