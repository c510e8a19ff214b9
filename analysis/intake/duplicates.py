"""Duplicates: rows that repeat an earlier row in every column.

The whole row must be equal: an order file holds several lines of one order, and those are no
duplicates. Rows are hashed over all columns, put into buckets by hash, and compared within a
bucket; rows whose hashes meet are then compared column by column, so that chance plays no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numba as nb
import numpy as np

_BITS = 12
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)


def repeats(keys: Sequence[np.ndarray], rows: np.ndarray | None = None) -> np.ndarray:
    """Places of the rows that repeat an earlier one.

    Args:
        keys: One array a column; equal values mean equal cells. Floats are compared bit by bit.
        rows: Rows that count, rising; None for all.
    """
    size = len(keys[0]) if keys else 0
    if size < 2:
        return np.empty(0, np.int64)
    hashed = np.zeros(size, np.uint64)
    cuts = [0, size // 2, size]
    whole = [_bits(k) for k in keys]

    def part(k: int) -> None:
        for key in whole:
            _stir(hashed[cuts[k] : cuts[k + 1]], key[cuts[k] : cuts[k + 1]])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(part, range(2)))
    if rows is not None:
        hashed = hashed[rows]
    order, bounds = _bucket(hashed)
    halves = [(0, len(bounds) // 2), (len(bounds) // 2, len(bounds) - 1)]
    with ThreadPoolExecutor(2) as pool:
        found = np.concatenate(list(pool.map(lambda h: _meet(hashed, order, bounds, h[0], h[1]), halves)))
    pairs = found if rows is None else rows[found]
    same = _equal(whole, pairs)
    return np.sort(pairs[same, 0])


def _bits(key: np.ndarray) -> np.ndarray:
    """Integers that are equal where the cells are."""
    return np.ascontiguousarray(key).view(np.int64) if key.dtype == np.float64 else np.ascontiguousarray(key)


def _equal(keys: Iterable[np.ndarray], pairs: np.ndarray) -> np.ndarray:
    same = np.ones(len(pairs), bool)
    for key in keys:
        same &= key[pairs[:, 0]] == key[pairs[:, 1]]
    return same


@nb.njit(nogil=True, cache=True)
def _stir(hashed: np.ndarray, key: np.ndarray) -> None:
    for row in range(len(hashed)):
        value = (hashed[row] ^ np.uint64(key[row])) * _GOLDEN
        value ^= value >> np.uint64(32)
        hashed[row] = value * _MIX


@nb.njit(nogil=True, cache=True)
def _bucket(hashed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows in buckets by the hash's top bits, file order kept; and where the buckets begin."""
    shift = np.uint64(64 - _BITS)
    bounds = np.zeros((1 << _BITS) + 1, np.int64)
    for value in hashed:
        bounds[np.int64(value >> shift) + 1] += 1
    for k in range(1 << _BITS):
        bounds[k + 1] += bounds[k]
    place, order = bounds[:-1].copy(), np.empty(len(hashed), np.int32)
    for row in range(len(hashed)):
        bucket = np.int64(hashed[row] >> shift)
        order[place[bucket]] = row
        place[bucket] += 1
    return order, bounds


@nb.njit(nogil=True, cache=True)
def _meet(hashed: np.ndarray, order: np.ndarray, bounds: np.ndarray, low: int, high: int) -> np.ndarray:
    """Pairs (row, first row with its hash) of the buckets from `low` to `high`."""
    most = 1
    for k in range(low, high):
        most = max(most, bounds[k + 1] - bounds[k])
    size = 4
    while size < 2 * most:
        size *= 2
    slots, keys = np.empty(size, np.int32), np.empty(size, np.uint64)
    out = [(np.int64(0), np.int64(0)) for _ in range(0)]
    mask = np.int64(size - 1)
    for k in range(low, high):
        if bounds[k + 1] - bounds[k] < 2:
            continue
        slots[:] = -1
        for place in range(bounds[k], bounds[k + 1]):
            row = order[place]
            value = hashed[row]
            at = np.int64(value & np.uint64(0x7FFFFFFFFFFF)) & mask
            while slots[at] >= 0 and keys[at] != value:
                at = (at + 1) & mask
            if slots[at] < 0:
                slots[at], keys[at] = row, value
            else:
                out.append((np.int64(row), np.int64(slots[at])))
    pairs = np.empty((len(out), 2), np.int64)
    for k in range(len(out)):
        pairs[k, 0], pairs[k, 1] = out[k]
    return pairs
