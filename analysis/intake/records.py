"""Our own count of lines, records and fields of delimited text.

Every CSV reader loses rows in silence when a stray quote mark opens a field that ends many lines
below. So the records are counted here, apart from the reader, by RFC 4180 as Arrow reads it: a
quote mark opens a quoted field only at the field's start, a doubled one inside is a mark, and
what follows the closing one belongs to the field. LF, CRLF and CR end a line.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba as nb
import numpy as np

LF, CR = 10, 13


@dataclass(frozen=True, slots=True)
class Records:
    """What delimited text holds.

    Attributes:
        records: Records, blank ones included.
        lines: Physical lines.
        odd: Numbers of the records that are blank or have another number of fields, rising.
        odd_fields: Their number of fields; 0 for blank ones.
        ascii: Whether every byte is below 128.
        open_quote: Whether a quoted field is still open at the end.
        longest: Bytes of the longest record.
    """

    records: int
    lines: int
    odd: np.ndarray
    odd_fields: np.ndarray
    ascii: bool
    open_quote: bool
    longest: int


def count(data: np.ndarray, delimiter: int, quote: int, fields: int) -> Records:
    """Counts the records of `data`, all of which should have `fields` fields."""
    if not len(data):
        return Records(0, 0, np.empty(0, np.int64), np.empty(0, np.int64), True, False, 0)
    marks, is_ascii = look(data, quote)
    if marks:
        records, lines, odd, odd_fields, still_open, longest = _walk(data, delimiter, quote, fields)
        return Records(records, lines, odd, odd_fields, is_ascii, still_open, longest)
    middle = _after_line(data, len(data) // 2)
    halves = [data[:middle], data[middle:]]
    with ThreadPoolExecutor(2) as pool:
        left, right = pool.map(lambda part: _walk_plain(part, delimiter, fields), halves)
    odd = np.concatenate([left[1], right[1] + left[0]])
    lines = left[0] + right[0]
    return Records(lines, lines, odd, np.concatenate([left[2], right[2]]), is_ascii, False, max(left[3], right[3]))


def look(data: np.ndarray, quote: int) -> tuple[bool, bool]:
    """Whether quote marks or CRs occur, and whether all bytes are ASCII."""
    lead = min(-data.ctypes.data % 8, len(data))  # words start at multiples of eight
    whole = (len(data) - lead) // 8 * 8
    words = data[lead : lead + whole].view(np.uint64) if whole else np.zeros(0, np.uint64)
    edges = np.concatenate([data[:lead], data[lead + whole :]])
    rest = np.zeros(2, np.uint64)
    rest.view(np.uint8)[: len(edges)] = edges
    half = len(words) // 2
    with ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(lambda part: _scan(part, quote), (words[:half], words[half:], rest)))
    return any(s[0] for s in seen), not any(s[1] for s in seen)


@nb.njit(nogil=True, cache=True)
def _scan(words: np.ndarray, quote: int) -> tuple[bool, bool]:
    """Eight bytes at a time: a byte that equals the mark becomes 0, which the subtraction borrows from."""
    ones, tops = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
    marks, ends = np.uint64(quote) * ones, np.uint64(CR) * ones
    found, high = np.uint64(0), np.uint64(0)
    for word in words:
        a, b = word ^ marks, word ^ ends
        found |= ((a - ones) & ~a) | ((b - ones) & ~b)
        high |= word
    return (found & tops) != 0, (high & tops) != 0


@nb.njit(nogil=True, cache=True)
def _after_line(data: np.ndarray, at: int) -> int:
    while at < len(data) and data[at] != LF:
        at += 1
    return min(at + 1, len(data))


@nb.njit(nogil=True, cache=True)
def _walk_plain(data: np.ndarray, delimiter: int, fields: int) -> tuple[int, np.ndarray, np.ndarray, int]:
    """Records without quote marks: a record is a line."""
    odd, odd_fields = [0][:0], [0][:0]
    record, at, size, longest = 0, 0, len(data), 0
    while at < size:
        start, found = at, 1
        while at < size and data[at] != LF:
            found += data[at] == delimiter
            at += 1
        longest = max(longest, at - start)
        if at == start:
            found = 0
        if found != fields:
            odd.append(record)
            odd_fields.append(found)
        record += 1
        at += 1
    return record, np.array(odd, np.int64), np.array(odd_fields, np.int64), longest


@nb.njit(nogil=True, cache=True)
def _next(data: np.ndarray, at: int, delimiter: int, quote: int) -> tuple[int, int, int, bool]:
    """End of the record's text, its fields, its line ends inside quotes, whether a quote stays open."""
    size, start, found, inside = len(data), at, 1, 0
    while True:
        if at < size and data[at] == quote:
            at += 1
            while at < size:
                if data[at] == quote:
                    if at + 1 < size and data[at + 1] == quote:
                        at += 1
                    else:
                        break
                elif data[at] == LF or (data[at] == CR and not (at + 1 < size and data[at + 1] == LF)):
                    inside += 1
                at += 1
            if at >= size:
                return size, found, inside, True
            at += 1
        while at < size and data[at] != delimiter and data[at] != LF and data[at] != CR:
            at += 1
        if at >= size or data[at] != delimiter:
            return at, 0 if at == start else found, inside, False
        found += 1
        at += 1


@nb.njit(nogil=True, cache=True)
def skip_end(data: np.ndarray, at: int) -> int:
    """First byte after the line end that stands at `at`."""
    if at < len(data) and data[at] == CR and at + 1 < len(data) and data[at + 1] == LF:
        return at + 2
    return at + 1


@nb.njit(nogil=True, cache=True)
def _walk(
    data: np.ndarray, delimiter: int, quote: int, fields: int
) -> tuple[int, int, np.ndarray, np.ndarray, bool, int]:
    odd, odd_fields = [0][:0], [0][:0]
    record, lines, at, still_open, longest = 0, 0, 0, False, 0
    while at < len(data):
        start = at
        at, found, inside, still_open = _next(data, at, delimiter, quote)
        longest = max(longest, at - start)
        if found != fields:
            odd.append(record)
            odd_fields.append(found)
        record += 1
        lines += 1 + inside
        if still_open and inside and data[len(data) - 1] == LF:
            lines -= 1  # the last line end is the file's, not one between two lines
        at = skip_end(data, at)
    return record, lines, np.array(odd, np.int64), np.array(odd_fields, np.int64), still_open, longest


@nb.njit(nogil=True, cache=True)
def spans(data: np.ndarray, wanted: np.ndarray, delimiter: int, quote: int) -> np.ndarray:
    """Start byte, end byte and first physical line (from 0) of the wanted records, which rise."""
    out = np.empty((len(wanted), 3), np.int64)
    record, line, at, k = 0, 0, 0, 0
    while at < len(data) and k < len(wanted):
        end, _, inside, _ = _next(data, at, delimiter, quote)
        if record == wanted[k]:
            out[k, 0], out[k, 1], out[k, 2] = at, end, line
            k += 1
        record += 1
        line += 1 + inside
        at = skip_end(data, end)
    return out[:k]


@nb.njit(nogil=True, cache=True)
def gather(data: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The bytes of the spans, a line end after each."""
    size = 0
    for k in range(len(found)):
        size += found[k, 1] - found[k, 0] + 1
    out, at = np.empty(size, np.uint8), 0
    for k in range(len(found)):
        width = found[k, 1] - found[k, 0]
        out[at : at + width] = data[found[k, 0] : found[k, 1]]
        out[at + width] = LF
        at += width + 1
    return out
