"""Tokens: delimited text to the places of its fields, a block of records at a time.

A quote mark opens a quoted field only at the field's start. Inside, a doubled mark (or, where the
dialect has an escape, a marked one) is a mark; a mark closes the field when a delimiter, a line
end or the end of the text follows. Any other mark is text if the line has a closing one further
on, as in `"the "best" shop"`; if not, it closes the field and what follows belongs to it, as RFC
4180's readers do. LF, CRLF and CR end a line; those inside quotes are counted apart.

A record with another number of fields than the header is odd, further empty fields at its end
aside, and so is one that is blank or a comment. Odd records are told with their place, so that
each can be shown.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.intake.text.words64 import first, load

LF, CR = 10, 13
_ONES, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_LFS, _CRS = np.uint64(LF) * _ONES, np.uint64(CR) * _ONES
_STRETCH = 1 << 18
NONE = -1
"""Stands for "there is no such mark" among the codes of the marks."""

LOOKS_ON = 500
"""Bytes behind a mark inside a quoted field among which a closing one makes it text."""

BLANK, COMMENT = 0, -1
"""In the place of an odd record's number of fields."""

FULL, MORE_SIDE = 1, 2
"""Why a block ended before the text did: it holds all it can, or a field needs a larger side buffer."""


@nb.njit(nogil=True, cache=True, inline="always")
def _next_mark(data: np.ndarray, at: int, delimiter: np.uint64, escape: np.uint64) -> int:
    """The next delimiter, line end or escape; eight bytes at a time: a byte that equals a mark becomes 0, which
    the subtraction borrows from."""
    while at + 8 <= len(data):
        word = load(data, at)
        a, b, c, d = word ^ delimiter, word ^ _LFS, word ^ _CRS, word ^ escape
        found = (((a - _ONES) & ~a) | ((b - _ONES) & ~b) | ((c - _ONES) & ~c) | ((d - _ONES) & ~d)) & _TOPS
        if found != 0:
            return at + first(found)
        at += 8
    code, mark = delimiter & np.uint64(255), escape & np.uint64(255)
    while at < len(data) and data[at] != code and data[at] != LF and data[at] != CR and data[at] != mark:
        at += 1
    return at


@nb.njit(nogil=True, cache=True)
def block(
    data: np.ndarray, at: int, limit: int, shape: np.ndarray,
    starts: np.ndarray, stops: np.ndarray, line: np.ndarray, odd: np.ndarray, side: np.ndarray, out: np.ndarray,
) -> int:  # fmt: skip
    """Finds the fields of the next records.

    Args:
        data: The text.
        at: First byte looked at; a record begins there.
        limit: No record that begins here or later is looked at.
        shape: Delimiter, quote, escape, comment (or `NONE`) and the number of fields.
        starts, stops: Filled: field f of row r is `data[starts[f, r]:stops[f, r]]`; where a start is
            negative, `side[~start:stop]`.
        line: Filled: first line of each row, from the block's first.
        odd: Filled: for each odd record its number (from the block's first), start, stop, first line
            (from the block's first) and number of fields, `BLANK` or `COMMENT`.
        side: Filled with fields that don't stand in the text as they are: unescaped ones.
        out: Filled: rows, odd records, lines, lines inside quotes, bytes of `side` used, whether a
            quote is open at the end, and why the block ended: 0 for the limit, `FULL` or `MORE_SIDE`.

    Returns:
        The first byte that was not looked at.
    """
    delimiter, quote, escape, comment, fields = shape[0], shape[1], shape[2], shape[3], shape[4]
    ends, escapes = np.uint64(delimiter) * _ONES, np.uint64(escape if escape >= 0 else delimiter) * _ONES
    rows, strange, lines, within, used, still_open = 0, 0, 0, 0, 0, 0
    most, most_odd, why, end = starts.shape[1], odd.shape[0], 0, len(data)
    while at < limit:
        if rows == most or strange == most_odd:
            why = FULL
            break
        began, used_before, inside = at, used, 0
        found, beyond, blank = 0, False, True
        if comment >= 0 and data[at] == comment:
            while at < end and data[at] != LF and data[at] != CR:
                at += 1
            found = COMMENT
        else:
            while True:
                if quote >= 0 and at < end and data[at] == quote:
                    at, low, high, used, inside, opened = _quoted(
                        data, at, end, delimiter, quote, escape, side, used, inside
                    )
                    if opened < 0:
                        why = MORE_SIDE
                        break
                    still_open |= opened
                    blank = False
                else:
                    low = at
                    at = _next_mark(data, at, ends, escapes)
                    high = at
                    if escape >= 0 and at < end and data[at] == escape:
                        at, low, high, used = _escaped(data, low, at, end, delimiter, quote, escape, side, used)
                        if at < 0:
                            why = MORE_SIDE
                            break
                if found < fields:
                    starts[found, rows] = low
                    stops[found, rows] = high
                elif high > (low if low >= 0 else ~low):
                    beyond = True
                found += 1
                if at < end and data[at] == delimiter:
                    at += 1
                    continue
                break
            if why == MORE_SIDE:
                at, used = began, used_before
                break
        if found == 1 and blank and _is_blank(data, starts[0, rows], stops[0, rows]):
            found = BLANK
        if found != fields and (found < fields or beyond):
            odd[strange, 0], odd[strange, 1], odd[strange, 2] = rows + strange, began, at
            odd[strange, 3], odd[strange, 4] = lines, found
            strange += 1
        else:
            line[rows] = lines
            rows += 1
        lines += 1 + inside
        within += inside
        if at < end:
            at += 2 if data[at] == CR and at + 1 < end and data[at + 1] == LF else 1
    out[0], out[1], out[2], out[3], out[4], out[5], out[6] = rows, strange, lines, within, used, still_open, why
    return at


@nb.njit(nogil=True, cache=True, inline="always")
def _is_blank(data: np.ndarray, low: int, high: int) -> bool:
    if low < 0:
        return False
    at = low
    while at < high and (data[at] == 32 or data[at] == 9):
        at += 1
    return at == high


@nb.njit(nogil=True, cache=True)
def _quoted(
    data: np.ndarray, at: int, end: int, delimiter: int, quote: int, escape: int,
    side: np.ndarray, used: int, inside: int,
) -> tuple[int, int, int, int, int, int]:  # fmt: skip
    """A field that begins with a quote mark at `at`.

    Returns the byte behind the field, its start and stop, the used bytes of `side`, the line ends
    inside so far, and whether it is still open at the end of the text (−1: `side` is too small).
    """
    low = at = at + 1
    plain = True
    begin, copied = used, low  # what was copied to the side so far, and up to where
    while at < end:
        c = data[at]
        if escape >= 0 and c == escape and at + 1 < end and (data[at + 1] == quote or data[at + 1] == escape):
            used, fits = _copy(data, copied, at, side, used)
            if not fits:
                return at, 0, 0, used, inside, -1
            plain, copied = False, at + 1
            at += 2
            continue
        if c == quote:
            if at + 1 < end and data[at + 1] == quote and (escape < 0 or escape == quote):
                used, fits = _copy(data, copied, at + 1, side, used)
                if not fits:
                    return at, 0, 0, used, inside, -1
                plain, copied = False, at + 2
                at += 2
                continue
            if at + 1 >= end or data[at + 1] == delimiter or data[at + 1] == LF or data[at + 1] == CR:
                if plain:
                    return at + 1, low, at, used, inside, 0
                used, fits = _copy(data, copied, at, side, used)
                return at + 1, ~begin, used, used, inside, 0 if fits else -1
            if not _closes_later(data, at + 1, end, delimiter, quote):
                used, fits = _copy(data, copied, at, side, used)
                copied = at = at + 1
                while at < end and data[at] != delimiter and data[at] != LF and data[at] != CR:
                    at += 1
                if fits:
                    used, fits = _copy(data, copied, at, side, used)
                return at, ~begin, used, used, inside, 0 if fits else -1
        elif c == LF or (c == CR and not (at + 1 < end and data[at + 1] == LF)):
            inside += 1
        at += 1
    if data[end - 1] == LF or data[end - 1] == CR:
        inside -= 1  # the last line end is the text's, not one between two lines
    if plain:
        return end, low, end, used, inside, 1
    used, fits = _copy(data, copied, end, side, used)
    return end, ~begin, used, used, inside, 1 if fits else -1


@nb.njit(nogil=True, cache=True)
def _closes_later(data: np.ndarray, at: int, end: int, delimiter: int, quote: int) -> bool:
    """Whether a closing mark follows on this line, not too far on: a line of marks alone must not take for ever."""
    end = min(end, at + LOOKS_ON)
    while at < end and data[at] != LF and data[at] != CR:
        if data[at] == quote and (
            at + 1 >= len(data) or data[at + 1] == delimiter or data[at + 1] == LF or data[at + 1] == CR
        ):
            return True
        at += 1
    return False


@nb.njit(nogil=True, cache=True)
def _escaped(
    data: np.ndarray, low: int, at: int, end: int, delimiter: int, quote: int, escape: int,
    side: np.ndarray, used: int,
) -> tuple[int, int, int, int]:  # fmt: skip
    """A field without quote marks that has an escape at `at`; as `_quoted`, −1 for a side that is too small."""
    begin, copied, plain, start = used, low, True, low
    while at < end and data[at] != delimiter and data[at] != LF and data[at] != CR:
        if data[at] == escape and at + 1 < end:
            c = data[at + 1]
            if c in (delimiter, quote, escape):
                used, fits = _copy(data, copied, at, side, used)
                if not fits:
                    return -1, 0, 0, used
                plain, copied = False, at + 1
                at += 1
        at += 1
    if plain:
        return at, start, at, used
    used, fits = _copy(data, copied, at, side, used)
    return (at if fits else -1), ~begin, used, used


@nb.njit(nogil=True, cache=True)
def _copy(data: np.ndarray, low: int, high: int, side: np.ndarray, used: int) -> tuple[int, bool]:
    if used + high - low > len(side):
        return used, False
    for k in range(low, high):
        side[used] = data[k]
        used += 1
    return used, True


def line_ends(data: np.ndarray) -> int:
    """Physical lines of a text, without regard to quotes: LF, CRLF and CR each end one."""
    ends, before = 0, False
    for at in range(0, len(data), _STRETCH):
        stretch = data[at : at + _STRETCH]
        feeds = stretch == LF
        ends += int(np.count_nonzero(feeds)) - int(before and feeds[0])  # an LF behind a CR ends the same line
        before = False
        returns = stretch == CR
        if returns.any():
            ends += int(np.count_nonzero(returns)) - int(np.count_nonzero(returns[:-1] & feeds[1:]))
            before = bool(returns[-1])
    return ends + int(len(data) > 0 and data[-1] != LF and data[-1] != CR)


def is_ascii(data: np.ndarray) -> bool:
    """Whether all bytes are below 128."""
    whole = len(data) // 8 * 8
    words = data[:whole].view(np.uint64) if data.ctypes.data % 8 == 0 else data[:whole]
    top = 0x8080808080808080 if words.dtype == np.uint64 else 0x80
    return not (int(np.bitwise_or.reduce(words)) & top) and bool((data[whole:] < 128).all())
