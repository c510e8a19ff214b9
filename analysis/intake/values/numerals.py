"""Numerals: text to numbers.

`1,234.50元`, `¥88`, `(12.5)`, `12.50-`, `1.2万`, `12%`, `1 234,50`, `12,34,567` and `１２３．５` are numbers.
Whether a comma parts decimals or thousands is decided once a column: by the cells that can be read in
one way only. If there are none, the file's other columns decide, and if those are silent too, a comma
before exactly three digits parts thousands. Where such cells contradict each other the larger number of
them decides, and the others are unreadable: one of the two is wrong, and it can't be told which number
was meant.

Dates, phone numbers and the like are no numbers: a mark has to part digits in threes (or as in India,
or in fours where cells prove it), or else be the decimal mark. A unit such as 万 or k counts only in a
column most of whose cells are numbers: in a column of sizes, `5K` is a name.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.values import numeral_cells as cells_of
from analysis.intake.values.cells import NO_VALUE, Cells, Text, look_up, text_of
from analysis.intake.values.lexicon import bytes_of
from analysis.intake.values.numeral_words import WORDS

_EXACT_DIGITS, _EXACT_POWER = 2**53, 22
"""Below these, digits times or over a power of ten is the nearest double: both are doubles themselves."""


def numbers_of(column: Cells, decimal: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Values of a column, nan where not given or unreadable, and which cells are unreadable."""
    if not pa.types.is_dictionary(column.type) and not pa.types.is_string(column.type):
        if pa.types.is_decimal(column.type) or pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
            column = column.cast(pa.float64(), safe=False)
        if pa.types.is_floating(column.type):
            values = column.cast(pa.float64()).to_numpy()
            return values, np.zeros(len(values), bool)
    return parse_text(text_of(column), decimal)


def parse_text(text: Text, decimal: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Numbers of a column of text."""
    values, bad = parse(text.values, decimal)
    return look_up(values, text.codes, np.nan), look_up(bad, text.codes, False)


def parse(values: pa.Array, decimal: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Numbers of different texts, and which of them are neither numbers nor "not given".

    Args:
        values: Strings.
        decimal: "." or "," where the file's other columns prove one: it decides if these values don't.
    """
    found = _read(values)
    good = _readable(found)
    gone = ~good
    if gone.any():
        gone = pc.is_in(pc.utf8_trim_whitespace(values), value_set=pa.array(NO_VALUE, values.type))
        gone = np.asarray(gone.to_numpy(zero_copy_only=False)) & ~good
    convention = _convention(found, decimal)
    power = found[:, convention]
    good = power != cells_of.NONE
    units = good & (found[:, cells_of.UNITS] > 0)
    if units.any() and 2 * good.sum() <= len(good) - gone.sum():
        good &= ~units
    out = _numbers(values, found, power, good)
    return out, np.isnan(out) & ~gone


def decimal_of(values: pa.Array) -> str:
    """The decimal mark that a column's cells prove: ".", "," or "" when nothing is proved."""
    point, comma, _ = _proofs(_read(values))
    return "" if point == comma else "," if comma > point else "."


def _read(values: pa.Array) -> np.ndarray:
    return np.asarray(cells_of.read_cells(*bytes_of(values), WORDS))


def _readable(found: np.ndarray) -> np.ndarray:
    """Which cells are numbers in any convention."""
    return (found[:, :3] != cells_of.NONE).any(axis=1)


def _proofs(found: np.ndarray) -> tuple[int, int, bool]:
    """Cells that prove the decimal point, the comma, and whether digits are parted in fours."""
    marked = found[found[:, cells_of.MARKED] > 0, :3] != cells_of.NONE
    point, comma, fours = marked[:, cells_of.POINT], marked[:, cells_of.COMMA], marked[:, cells_of.FOURS]
    by_fours = int((fours & ~point & ~comma).sum())
    only_comma = int((comma & ~point & ~fours).sum())
    only_threes = int((point & ~comma & ~fours).sum())
    if by_fours > max(only_comma, only_threes):
        return by_fours, only_comma, True
    return int((point & ~comma).sum()), int((comma & ~point).sum()), False


def _convention(found: np.ndarray, decimal: str) -> int:
    point, comma, fours = _proofs(found)
    if fours:
        return cells_of.FOURS
    if point == comma:
        return cells_of.COMMA if decimal == "," else cells_of.POINT
    return cells_of.COMMA if comma > point else cells_of.POINT


def _numbers(values: pa.Array, found: np.ndarray, power: np.ndarray, good: np.ndarray) -> np.ndarray:
    """Digits times powers of ten as the nearest doubles; nan where there is none that a double can hold."""
    digits, out = found[:, cells_of.DIGITS], np.full(len(found), np.nan)
    exact = good & (digits <= _EXACT_DIGITS) & (np.abs(power) <= _EXACT_POWER)
    shift = np.where(exact, power, 0)
    scale = 10.0 ** np.arange(_EXACT_POWER + 1)
    some = digits.astype(np.float64)
    some = np.where(shift < 0, some / scale[np.maximum(-shift, 0)], some * scale[np.maximum(shift, 0)])
    out[exact] = (some * found[:, cells_of.SIGN])[exact]
    rest = good & ~exact
    bare = rest & (found[:, cells_of.BARE] > 0) & (power == found[:, cells_of.POINT])
    if bare.any():  # written by a program, with all the digits of a double
        out[bare] = pc.cast(values.filter(pa.array(bare)), pa.float64()).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(rest & ~bare):
        out[row] = found[row, cells_of.SIGN] * float(f"{digits[row]}e{power[row]}")
    return np.where(np.isfinite(out), out, np.nan)
