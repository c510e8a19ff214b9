"""Kinds: how each column is to be read, and which properties are numbers.

A property is a number when every given cell reads as one, and it is no id: numbers with a leading
zero, whole numbers of sixteen digits or more, and such as are all of one length of ten digits or
more, are names made of digits; and so are sizes such as 12M, all with the same letter.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.files.sheet import Kind
from analysis.intake.reading import Roles, columns_of
from analysis.intake.values import numerals
from analysis.intake.values.cells import NO_VALUE, Cells, Text, text_of

NUMERIC = ("amount", "quantity", "price", "cost", "x", "y")
"""Roles whose columns are numbers."""

WORDS = ("user", "event", "order", "channel", "campaign", "arm", "page", "element", "session", "consent", "clock")
"""Roles whose columns are words, whatever they look like."""

_PLAIN = r"^[+-]?(?:0|[1-9]\d{0,8})(?:\.\d+)?$"
_ID = r"^\s*(?:[+-]?0\d+|\+\d{5,}|\d{16,})\s*$"
_LONG = r"^\s*\d{10,15}\s*$"
_SIZE = r"^\s*\d+[A-Za-z]\s*$"


def kinds_of(sample: Mapping[str, Cells], roles: Roles) -> dict[str, Kind]:
    """What each column may be read as in one go, judged by its first rows."""
    words = {name for role in WORDS for name in columns_of(roles, role)}
    stamped = {*columns_of(roles, "milestone"), *columns_of(roles, "time")}
    kinds: dict[str, Kind] = {}
    for name, column in sample.items():
        values = text_of(column).without(NO_VALUE).compact().values
        if name in words or not len(values):
            kinds[name] = "text"
        elif name in stamped:
            kinds[name] = _time_kind(values) if "clock" not in roles else "text"
        else:
            plain = pc.all(pc.match_substring_regex(values, _PLAIN)).as_py()
            threes = pc.all(pc.match_substring_regex(values, r"^[+-]?\d{1,3}\.\d{3}$")).as_py()
            kinds[name] = "number" if plain and not threes else "text"
    return kinds


def numeric(text: Text, decimal: str) -> np.ndarray | None:
    """Values of a column of text if all its cells read as numbers and it is no id; None if not."""
    if not len(text.values):
        return None
    head = text.values.slice(0, 50)
    if numerals.parse(head, decimal)[1].any():
        return None
    if pc.any(pc.match_substring_regex(text.values, _ID)).as_py() or _names_of_digits(text.values):
        return None
    values, bad = numerals.parse(text.values, decimal)
    if bad.any() or np.isnan(values).all():
        return None
    return np.append(values, np.nan)[text.codes]


def _names_of_digits(values: pa.Array) -> bool:
    """Whether cells are names though they read as numbers: long ones of one length, or sizes such as 12M, 24M."""
    given = values.filter(pc.invert(pc.is_in(pc.utf8_trim_whitespace(values), value_set=pa.array(NO_VALUE))))
    trimmed = pc.utf8_trim_whitespace(given)
    if pc.all(pc.match_substring_regex(trimmed, _LONG)).as_py():
        return len(pc.unique(pc.utf8_length(trimmed))) == 1
    if pc.all(pc.match_substring_regex(trimmed, _SIZE)).as_py():
        return len(pc.unique(pc.utf8_slice_codeunits(trimmed, -1))) == 1
    return False


def whole_ids(column: Cells) -> bool:
    """Whether a typed column of whole numbers holds ids: ten digits or more, and many of them."""
    if not pa.types.is_integer(column.type):
        return False
    least = pc.min(pc.abs(column.slice(0, 5_000))).as_py()
    return least is not None and least >= 1_000_000_000


def _time_kind(values: pa.Array) -> Kind:
    for kind, zone in (("time", None), ("time_utc", "UTC")):
        try:
            pc.cast(values, pa.timestamp("us", zone))
        except pa.ArrowInvalid:
            continue
        return kind
    return "text"
