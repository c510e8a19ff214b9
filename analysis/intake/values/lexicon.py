"""Lexicon: the words that may stand among digits, for compiled passes over bytes.

A small letter of a word stands for either case; a capital stands for itself alone (`M` is a
million, `m` is nothing). A word that ends in a Latin letter is found only where no further letter
follows: `mar` is not in `market`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numba as nb
import numpy as np
import pyarrow as pa


class Lexicon(NamedTuple):
    """Words by their first byte, longer ones first.

    Attributes:
        chars: UTF-8 of all words, one after the other.
        first: For each byte, a capital read as small, the first word that begins with it; 257 places.
        words: A row a word: where it begins in `chars` and where it ends, whether its last letter is
            Latin, what kind of word it is, and what it stands for.
    """

    chars: np.ndarray
    first: np.ndarray
    words: np.ndarray


BEGIN, STOP, LATIN, SENSE, VALUE = range(5)
"""Columns of `Lexicon.words`."""


def lexicon(entries: Iterable[tuple[str, int, int]]) -> Lexicon:
    """A lexicon of (word, sense, value)."""
    spelled = {form: (sense, value) for word, sense, value in entries for form in (word, _accents_raised(word))}
    names = sorted(spelled, key=lambda w: (_small(w.encode()[0]), -len(w.encode()), w))
    stops = np.cumsum([len(name.encode()) for name in names])
    rows = [
        (int(stop) - len(name.encode()), int(stop), name[-1].isalpha() and ord(name[-1]) < 0x250, *spelled[name])
        for name, stop in zip(names, stops, strict=True)
    ]
    leads = np.array([_small(name.encode()[0]) for name in names], np.int64)
    chars = np.frombuffer("".join(names).encode(), np.uint8)
    return Lexicon(chars, np.searchsorted(leads, np.arange(257)).astype(np.int64), np.array(rows, np.int64))


@nb.njit(nogil=True, cache=True, forceinline=True)
def look(data: np.ndarray, at: int, end: int, known: Lexicon) -> int:
    """The longest word that stands at a place; −1 for none."""
    lead = int(data[at])
    if 65 <= lead <= 90:
        lead += 32
    for word in range(known.first[lead], known.first[lead + 1]):
        begin, stop = known.words[word, BEGIN], known.words[word, STOP]
        behind = at + stop - begin
        if behind > end:
            continue
        same = True
        for k in range(stop - begin):
            wanted, given = known.chars[begin + k], data[at + k]
            if wanted != given and not (97 <= wanted <= 122 and given + 32 == wanted):
                same = False
                break
        if same and not (known.words[word, LATIN] and behind < end and is_letter(data[behind])):
            return word
    return -1


@nb.njit(nogil=True, cache=True, forceinline=True)
def is_letter(c: int) -> bool:
    """Whether a byte is a Latin letter, or begins one with an accent."""
    return 65 <= c <= 90 or 97 <= c <= 122 or 0xC3 <= c <= 0xC9


@nb.njit(nogil=True, cache=True, forceinline=True)
def digit_at(data: np.ndarray, at: int, end: int) -> int:
    """The digit at a place, be it `5` or the full-width `５` (three bytes); −1 for none."""
    c = data[at]
    if 48 <= c <= 57:
        return int(c) - 48
    if c == 0xEF and at + 2 < end and data[at + 1] == 0xBC and 0x90 <= data[at + 2] <= 0x99:
        return int(data[at + 2]) - 0x90
    return -1


@nb.njit(nogil=True, cache=True, forceinline=True)
def digit_width(c: int) -> int:
    """Bytes of the digit that begins with a byte."""
    return 1 if c < 0x80 else 3


def bytes_of(values: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Bytes of an array of texts, and where each text begins and the last ends; a null is an empty text."""
    text = values.cast(pa.large_string())
    if isinstance(text, pa.ChunkedArray):
        text = pa.concat_arrays(text.chunks) if text.num_chunks else pa.array([], pa.large_string())
    if not len(text):
        return np.zeros(1, np.uint8), np.zeros(1, np.int64)
    offsets = np.frombuffer(text.buffers()[1], np.int64)[text.offset : text.offset + len(text) + 1]
    data = text.buffers()[2]
    return np.frombuffer(data, np.uint8) if data else np.zeros(1, np.uint8), offsets


def _small(byte: int) -> int:
    return byte + 32 if 65 <= byte <= 90 else byte


def _accents_raised(word: str) -> str:
    """The word with its accented letters as capitals: bytes of those don't differ by one bit."""
    return "".join(c.upper() if ord(c) >= 0x80 and len(c.upper()) == 1 else c for c in word)
