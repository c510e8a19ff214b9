"""JSON text: the rows of a JSON file, each on a line of its own.

Exports come in three forms: an object a line, a list of objects, and an object that holds such a
list beside a few facts about the export. The latter two are written anew as the first, byte for
byte but for the white space between values, so that one reader serves all.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import numba as nb
import numpy as np

from analysis.errors import IntakeError

_LIST = re.compile(rb"\[\s*(?=\{)")


@dataclass(frozen=True, slots=True)
class JsonText:
    """Rows of a JSON file.

    Attributes:
        data: The text; each row is a line.
        starts: First byte of each row.
        stops: Byte behind each row, its line end not counted.
        lines: Line of the file on which each row begins, from 1.
        by_line: Whether a row is a line of the file, blank ones included.
    """

    data: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    lines: np.ndarray
    by_line: bool


def is_json(start: bytes) -> bool:
    """Whether a file that begins so is JSON: a first object that parses, or is longer than the beginning."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"[":
        return bool(_LIST.match(text)) or text[1:].lstrip()[:1] in (b"]", b"[")
    return bool(re.match(rb'\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\})', text))


def rows_of(data: np.ndarray) -> JsonText:
    """The rows of a JSON text in UTF-8.

    Raises:
        IntakeError: It holds no list of objects.
    """
    start = data[: 1 << 16].tobytes()
    if (_is_object(start.lstrip().split(b"\n", 1)[0]) or _mostly_lines(start)) and not _is_object(start.strip()):
        return _by_line(data)
    begin = len(start) - len(start.lstrip())
    if start[begin : begin + 1] == b"{" and not _many(data[begin:]):
        found = _LIST.search(start)
        if found is None:
            raise without_rows(start)
        begin = found.start()
    inside = data[begin + 1 :] if start[begin : begin + 1] == b"[" else data[begin:]
    out, spans = _one_a_line(inside)
    if not len(spans):
        raise without_rows(start)
    above = int(np.count_nonzero(data[: len(data) - len(inside)] == 10))
    return JsonText(out, spans[:, 0], spans[:, 1], spans[:, 2] + above + 1, False)


def blank(text: JsonText) -> np.ndarray:
    """Which rows hold nothing but white space."""
    return _blank(text.data, text.starts, text.stops)


@nb.njit(nogil=True, cache=True)
def _blank(data: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> np.ndarray:
    out = np.ones(len(starts), np.bool_)
    for k in range(len(starts)):
        at = starts[k]
        while at < stops[k] and (data[at] == 32 or data[at] == 9 or data[at] == 13):
            at += 1
        out[k] = at == stops[k]
    return out


def _by_line(data: np.ndarray) -> JsonText:
    ends = np.flatnonzero(data == 10)
    stops = ends if len(data) and data[-1] == 10 else np.append(ends, len(data))
    starts = np.concatenate([[0], stops[:-1] + 1]).astype(np.int64)
    return JsonText(data, starts, stops.astype(np.int64), np.arange(len(starts)) + 1, True)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _mostly_lines(start: bytes) -> bool:
    """Whether most lines are objects, though the first one is not."""
    lines = [line for line in start.split(b"\n")[:-1] if line.strip()][:20]
    return len(lines) > 1 and 2 * sum(_is_object(line) for line in lines) > len(lines)


def _many(data: np.ndarray) -> bool:
    """Whether several objects follow each other."""
    out, spans = _one_a_line(data[: 1 << 20])
    return len(spans) > 1 and _is_object(out[spans[0, 0] : spans[0, 1]].tobytes())


def without_rows(start: bytes) -> IntakeError:
    """The refusal of JSON that begins so and holds no list of objects."""
    if b"docs.google.com" in start or b'"doc_id"' in start:
        return IntakeError(
            "json",
            "This is a link to a Google sheet, not the sheet itself. Open it and choose File, Download, CSV.",
        )
    return IntakeError("json", "This is JSON without a list of rows. Export the rows as CSV, XLSX or JSON lines.")


def _one_a_line(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    out = np.empty(len(data) + 1, np.uint8)
    spans = np.empty((int(np.count_nonzero(data == 123)) + 1, 3), np.int64)
    size, rows = _rewrite(data, out, spans)
    return out[:size], spans[:rows]


@nb.njit(nogil=True, cache=True)
def _rewrite(data: np.ndarray, out: np.ndarray, spans: np.ndarray) -> tuple[int, int]:
    """Copies the values up to the end of the list, a line end after each and no white space outside strings.

    A list that ends too early leaves its last, broken value as a row, which then can't be read.
    """
    depth, at, rows, line, begin, k = 0, 0, 0, 0, -1, 0
    while k < len(data):
        c = data[k]
        line += c == 10
        ends = depth == 0 and (c == 44 or c == 93)  # , ]
        if not (ends or c == 9 or c == 10 or c == 13 or c == 32):
            if begin < 0:
                if rows == len(spans):
                    break
                begin = at
                spans[rows, 0], spans[rows, 2] = at, line
            if c == 34:
                k, at = _string(data, k, out, at)
                continue
            depth += c == 123 or c == 91  # { [
            depth -= c == 125 or c == 93  # } ]
            out[at] = c
            at += 1
            ends = depth == 0 and c == 125
        if ends and begin >= 0:
            at, rows, begin = _end(out, at, spans, rows), rows + 1, -1
        if c == 93 and depth == 0 and begin < 0:
            break
        k += 1
    if begin >= 0:
        at, rows = _end(out, at, spans, rows), rows + 1
    return at, rows


@nb.njit(nogil=True, cache=True)
def _string(data: np.ndarray, k: int, out: np.ndarray, at: int) -> tuple[int, int]:
    """Copies the string whose mark is at `k`; a line end in it, which JSON forbids, becomes a blank."""
    out[at] = data[k]
    at, k = at + 1, k + 1
    while k < len(data):
        c = data[k]
        out[at] = 32 if c == 10 else c
        at, k = at + 1, k + 1
        if c == 34:
            break
        if c == 92 and k < len(data):  # a backslash: the next byte is no mark
            out[at] = data[k]
            at, k = at + 1, k + 1
    return k, at


@nb.njit(nogil=True, cache=True)
def _end(out: np.ndarray, at: int, spans: np.ndarray, row: int) -> int:
    out[at] = 10
    spans[row, 1] = at
    return at + 1
