"""Encode: the fields of a column of text as codes, a block at a time.

A column of text becomes a code a row and the different texts. A text of up to fifteen bytes is its
own key: two words, the length in the last byte; a longer one is found by two hashes and compared
byte by byte, so that chance plays no part. The table and the texts grow between calls.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.intake.text.words64 import fetch, load

_K1, _K2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_WIDTH = 4
_LONG = np.uint64(255) << np.uint64(56)
_BELOW = np.array([(1 << (8 * k)) - 1 for k in range(9)], np.uint64)


class Words:
    """The different texts of a column, found by their bytes.

    Attributes:
        size: How many there are.
        bounds: Text k is `data[bounds[k]:bounds[k + 1]]`.
        data: Their bytes, one after the other.
    """

    def __init__(self) -> None:
        self.state = np.zeros(2, np.int64)  # texts, bytes
        self.slots = np.zeros(_WIDTH << 10, np.uint64)  # key, key, code + 1, and one to fill a line of the cache
        self.bounds = np.zeros(1 << 9, np.int64)
        self.data = np.empty(1 << 14, np.uint8)
        self.keys = np.empty((0, 3), np.uint64)

    @property
    def size(self) -> int:
        """How many different texts there are."""
        return int(self.state[0])

    def encode(
        self, text: np.ndarray, side: np.ndarray, starts: np.ndarray, stops: np.ndarray, rows: int, out: np.ndarray
    ) -> None:
        """Writes the code of each field of a block to `out`; new texts get the next codes."""
        if len(self.keys) < rows:
            self.keys = np.empty((rows, 3), np.uint64)
        row = 0
        while True:
            _find(text, side, starts, stops, row, rows, self.keys, self.slots)
            row = _encode(
                text, side, starts, stops, row, rows, self.keys, out, self.slots, self.bounds, self.data, self.state
            )
            if row >= rows:
                return
            low, high = int(starts[row]), int(stops[row])
            self._grow(high - (low if low >= 0 else ~low))

    def join(self, other: Words) -> np.ndarray:
        """Takes in the texts of another column; gives the code here for each code there."""
        out = np.empty(other.size, np.int32)
        bounds = other.bounds[: other.size + 1]
        self.encode(other.data, other.data[:0], bounds[:-1], bounds[1:], other.size, out)
        return out

    def _grow(self, more: int) -> None:
        if 2 * _WIDTH * (self.state[0] + 1) >= len(self.slots):
            wider = np.zeros(4 * len(self.slots), np.uint64)
            _rehash(self.slots, wider)
            self.slots = wider
        if self.state[0] + 2 >= len(self.bounds):
            self.bounds = _longer(self.bounds, 2 * len(self.bounds))
        if self.state[1] + more > len(self.data):
            self.data = _longer(self.data, max(2 * len(self.data), int(self.state[1]) + 2 * more))


def _longer(array: np.ndarray, size: int) -> np.ndarray:
    out = np.zeros(size, array.dtype)
    out[: len(array)] = array
    return out


@nb.njit(nogil=True, cache=True, inline="always")
def _word(text: np.ndarray, at: int, size: int) -> np.uint64:
    """Up to eight bytes as a number."""
    if at + 8 <= len(text):
        return load(text, at) & _BELOW[size]
    word = np.uint64(0)
    for k in range(size):
        word |= np.uint64(text[at + k]) << np.uint64(8 * k)
    return word


@nb.njit(nogil=True, cache=True, inline="always")
def _key(text: np.ndarray, low: int, size: int) -> tuple[np.uint64, np.uint64]:
    if size <= 8:
        return _word(text, low, size), np.uint64(size) << np.uint64(56)
    if size <= 15:
        return _word(text, low, 8), _word(text, low + 8, size - 8) | np.uint64(size) << np.uint64(56)
    one, two, at = np.uint64(size), np.uint64(size) * _K1, low
    while at < low + size:
        word = _word(text, at, min(8, low + size - at))
        one = (one ^ word) * _K1
        one ^= one >> np.uint64(32)
        two = (two + word) * _K2
        two ^= two >> np.uint64(29)
        at += 8
    return one, two | _LONG


@nb.njit(nogil=True, cache=True, inline="always")
def _slot(one: np.uint64, two: np.uint64, mask: np.int64) -> np.int64:
    mixed = (one ^ (two * _K2)) * _K1
    mixed ^= mixed >> np.uint64(31)
    return np.int64((mixed * _K2) >> np.uint64(20)) & mask


@nb.njit(nogil=True, cache=True)
def _find(
    text: np.ndarray, side: np.ndarray, starts: np.ndarray, stops: np.ndarray, row: int, rows: int,
    keys: np.ndarray, slots: np.ndarray,
) -> None:  # fmt: skip
    """Keys and slots of the rows; the slots are asked for, so that they are at hand when they are looked at."""
    mask = np.int64(len(slots) // _WIDTH - 1)
    for k in range(row, rows):
        low, high = starts[k], stops[k]
        if low < 0:
            low = ~low
            one, two = _key(side, low, high - low)
        else:
            one, two = _key(text, low, high - low)
        at = _slot(one, two, mask) * _WIDTH
        fetch(slots, at)
        keys[k, 0], keys[k, 1], keys[k, 2] = one, two, np.uint64(at)


@nb.njit(nogil=True, cache=True)
def _encode(
    text: np.ndarray, side: np.ndarray, starts: np.ndarray, stops: np.ndarray, row: int, rows: int, keys: np.ndarray,
    out: np.ndarray, slots: np.ndarray, bounds: np.ndarray, data: np.ndarray, state: np.ndarray,
) -> int:  # fmt: skip
    """Codes of the rows from `row`; returns the row before which there must be more room, or `rows`."""
    while row < rows:
        one, two, at = keys[row, 0], keys[row, 1], np.int64(keys[row, 2])
        while True:
            code = np.int64(slots[at + 2]) - 1
            if code < 0:
                low, high = starts[row], stops[row]
                source = text if low >= 0 else side
                low = low if low >= 0 else ~low
                size, count, used = high - low, state[0], state[1]
                if 2 * _WIDTH * (count + 1) >= len(slots) or count + 2 >= len(bounds) or used + size > len(data):
                    return row
                for k in range(size):
                    data[used + k] = source[low + k]
                bounds[count + 1] = used + size
                state[0], state[1] = count + 1, used + size
                slots[at], slots[at + 1], slots[at + 2] = one, two, np.uint64(count + 1)
                code = count
                break
            if slots[at] == one and slots[at + 1] == two:
                if two < _LONG:
                    break
                low = starts[row]
                source = text if low >= 0 else side
                if _same(source, low if low >= 0 else ~low, stops[row], data, bounds[code], bounds[code + 1]):
                    break
            at += _WIDTH
            if at == len(slots):
                at = 0
        out[row] = code
        row += 1
    return rows


@nb.njit(nogil=True, cache=True)
def _same(text: np.ndarray, low: int, high: int, data: np.ndarray, begin: int, stop: int) -> bool:
    if stop - begin != high - low:
        return False
    k = 0
    while k < high - low and text[low + k] == data[begin + k]:
        k += 1
    return k == high - low


@nb.njit(nogil=True, cache=True)
def _rehash(slots: np.ndarray, wider: np.ndarray) -> None:
    mask = np.int64(len(wider) // _WIDTH - 1)
    for k in range(0, len(slots), _WIDTH):
        if slots[k + 2] != 0:
            at = _slot(slots[k], slots[k + 1], mask) * _WIDTH
            while wider[at + 2] != 0:
                at = at + _WIDTH if at + _WIDTH < len(wider) else 0
            wider[at], wider[at + 1], wider[at + 2] = slots[k], slots[k + 1], slots[k + 2]
