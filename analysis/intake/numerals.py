"""Numerals: text to numbers.

`1,234.50元`, `¥88`, `(12.5)`, `1.2万`, `12%` and `1.234,50` are numbers. Whether a comma parts
decimals or thousands is decided once a column: by cells that can be read in one way only. If
there are none, the file's other columns decide, and if those are silent too, a comma before
exactly three digits parts thousands.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.cells import NOT_GIVEN, Cells, Text, look_up, text_of

_MONEY = r"(?i)(?:rmb|cny|usd|eur|gbp|[¥￥$€£元\s\x{00a0}])+"
_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$"
_UNITS = (("万", 1e4), ("亿", 1e8), ("%", 0.01), ("％", 0.01))


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
        decimal: "." or "," where it is known; "" decides by the values themselves.
    """
    text = pc.utf8_trim_whitespace(values)
    gone = pc.is_in(text, value_set=pa.array(NOT_GIVEN, text.type)).to_numpy(zero_copy_only=False)
    if not _all_plain(text, gone):
        text, factor = _bare(text)
        text = _one_point(text, decimal or decimal_of(values) or ".")
    else:
        factor = np.ones(len(text))
    good = pc.match_substring_regex(text, _NUMBER).fill_null(False).to_numpy(zero_copy_only=False)
    out = np.full(len(values), np.nan)
    if good.any():
        out[good] = pc.cast(text.filter(pa.array(good)), pa.float64()).to_numpy(zero_copy_only=False)
    bad = ~good & ~gone
    return out * factor, bad


def decimal_of(values: pa.Array) -> str:
    """The decimal mark that a column's cells prove: ".", "," or "" when nothing is proved."""
    text, _ = _bare(pc.utf8_trim_whitespace(values))
    text = text.filter(pc.match_substring_regex(text, r"^[+-]?[\d.,]+$"))

    def seen(pattern: str) -> int:
        return int(pc.sum(pc.match_substring_regex(text, pattern)).as_py() or 0)

    comma = seen(r"^[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),(?:\d{1,2}|\d{4,})$") + seen(r"^[+-]?0?,\d+$")
    comma += (
        seen(r"^[+-]?\d{1,3}(?:\.\d{3}){2,}$") + seen(r"^[+-]?\d{1,3}(?:\.\d{3})+,\d+$") + seen(r"^[+-]?\d{4,},\d+$")
    )
    point = seen(r"^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)\.(?:\d{1,2}|\d{4,})$") + seen(r"^[+-]?0?\.\d+$")
    point += (
        seen(r"^[+-]?\d{1,3}(?:,\d{3}){2,}$") + seen(r"^[+-]?\d{1,3}(?:,\d{3})+\.\d+$") + seen(r"^[+-]?\d{4,}\.\d+$")
    )
    if comma == point:
        return ""
    return "," if comma > point else "."


def _all_plain(text: pa.Array, gone: np.ndarray) -> bool:
    plain = pc.match_substring_regex(text, _NUMBER).fill_null(False).to_numpy(zero_copy_only=False)
    if not (plain | gone).all():
        return False
    # 1.234 with only such cells could be thousands: the file's mark decides, in `_one_point`.
    return not bool(pc.any(pc.match_substring_regex(text, r"^[+-]?\d{1,3}\.\d{3}$")).as_py())


def _bare(text: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """Digits, marks and sign alone; and the factor that units, per cent and brackets stand for."""
    factor = np.ones(len(text))
    inside = pc.match_substring_regex(text, r"^\(.+\)$").fill_null(False).to_numpy(zero_copy_only=False)
    if inside.any():
        text = pc.if_else(pa.array(inside), pc.utf8_trim(text, "()"), text)
        factor[inside] *= -1
    text = pc.replace_substring_regex(text, _MONEY, "")
    for unit, times in _UNITS:
        has = pc.ends_with(text, unit).fill_null(False).to_numpy(zero_copy_only=False)
        if has.any():
            text = pc.if_else(pa.array(has), pc.replace_substring(text, unit, ""), text)
            factor[has] *= times
    return pc.replace_substring(text, "−", "-"), factor


def _one_point(text: pa.Array, decimal: str) -> pa.Array:
    """Thousands marks taken out where they part threes, and the decimal mark a point."""
    if decimal == ",":
        text = pc.replace_substring_regex(text, r"[’' ]", "")
        grouped = pc.match_substring_regex(text, r"^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?$")
        text = pc.if_else(grouped, pc.replace_substring(text, ".", ""), text)
        return pc.replace_substring(text, ",", ".")
    grouped = pc.match_substring_regex(text, r"^[+-]?\d{1,3}(?:[,’' ]\d{3})+(?:\.\d*)?$")
    return pc.if_else(grouped, pc.replace_substring_regex(text, r"[,’' ]", ""), text)
