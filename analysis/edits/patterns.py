"""Group by pattern: many values that are one thing to a marketer become one.

A page column holds `/product/123`, `/product/456` and thousands more; nobody asks about one of them.
A pattern says which values are meant: `*` stands for any characters, `?` for one, and a whole part of a
path can be written `:id` or `{id}` (a part with a digit in it) or `:name`, `{name}` (any part). The whole
value must fit, upper and lower case are one. Only the different values are looked at, never the rows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from analysis import reshape
from analysis.edits.edit import Edit, a_name, known, relabel, tally, words_of
from analysis.errors import UnknownValueError
from analysis.events import EVENT, EventLog

_PLACE = re.compile(r":[A-Za-z_]\w*|\{[A-Za-z_]\w*\}")
_QUERY = re.compile(r"(?:\?|#(?![/!])).*", re.DOTALL)  # what follows "#/" is the path of a single-page app
_ID_PART, _ANY_PART = r"(?=[^/]*\d)[^/]++", r"[^/]++"
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_NUMBERED = re.compile(r"\d+|[a-z]{1,12}[-_]?\d{2,}|(?=[a-f]*\d)[0-9a-f]{8,}", re.IGNORECASE | re.ASCII)
_TOKEN, _FOUR_DIGITS = re.compile(r"[\w-]+", re.ASCII), re.compile(r"\d{4}", re.ASCII)
_FILE_TYPE = re.compile(r"\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)


class Group(NamedTuple):
    """Values that look like one thing.

    Attributes:
        pattern: Fits exactly `values`.
        name: A short name for all of them.
        values: The different values, in their given order.
        events: Events with one of the values; where no counts were given, the number of values.
    """

    pattern: str
    name: str
    values: tuple[str, ...]
    events: int


@dataclass(frozen=True, repr=False)
class GroupEvents(Edit):
    """Values that fit a pattern become one value.

    **Definition.** `*` is any number of any characters, also none and also "/"; `?` is one character. A part of a path,
    that is all between two "/" or an end, may be `:id` or `{id}`: one part with at least one digit in it; any
    other word behind ":" or in braces is one part of any kind. Everything else stands for itself. The whole value
    must fit; upper and lower case are one. There is no way to ask for a "*" or "?" itself: "?" fits it too.

    Attributes:
        pattern: The pattern.
        name: What all values that fit are called; a name that occurs already is joined.
        column: The column of words it acts on; "event" for the events themselves.
        ignore_query: In values with a "/", what follows "?" or "#" is not looked at (but "#/" is a path), nor is a "/"
            at the end, of the value and of the pattern.
    """

    pattern: str
    name: str
    column: str = EVENT
    ignore_query: bool = True

    def __post_init__(self) -> None:
        self._set("pattern", a_name("pattern", self.pattern))
        self._set("name", a_name("name", self.name))
        known("column", self.column)
        self._set("ignore_query", bool(self.ignore_query))

    def apply(self, log: EventLog) -> EventLog:
        """The log with one value for all that fit; refuses a pattern that fits none."""
        words = words_of(log, self.column)
        hit = self.fits(words.values)
        if not hit.any():
            raise UnknownValueError.among(self.column, self.pattern, words.values[1:])
        said = [self.name if fits else value for value, fits in zip(words.values, hit, strict=True)]
        return reshape.with_columns(log, {self.column: relabel(words, said)})

    def count(self, log: EventLog) -> int:
        """Events whose value fits."""
        reshape.check_whole(log)
        words = words_of(log, self.column)
        return int(tally(words)[self.fits(words.values)].sum())

    def fits(self, values: Iterable[str]) -> np.ndarray:
        """Which values fit, one truth value each. A value that is not given never does."""
        bare = _bare if self.ignore_query else str
        pattern = self.pattern
        if self.ignore_query and "/" in pattern:
            pattern = pattern.rstrip("/") or "/"
        fit = re.compile(_as_regex(pattern), re.IGNORECASE | re.DOTALL).fullmatch
        return np.array([bool(v) and fit(bare(v)) is not None for v in values], bool)


def suggest_groups(values: Mapping[str, int] | Iterable[str], most: int = 20) -> tuple[Group, ...]:
    """Groups of paths that differ only in parts that look like ids, the most events first.

    **Definition.** A part looks like an id when it is a number, a word with two or more digits behind it (`sku-123`,
    but not `step-2`), a UUID or a long hexadecimal number, or holds four digits in a row; `.html` and the like behind
    it don't count. Paths of the same length, equal in all other parts, are a group when there are at least two; a
    part in which all of them are equal stays as it is. One other part must be left, so that the group has a name.

    Args:
        values: Different values with their numbers of events, or without.
        most: Groups at most.

    Examples:
        >>> suggest_groups(["/product/123", "/product/456", "/cart"])
        (Group(pattern='/product/:id', name='/product/*', values=('/product/123', '/product/456'), events=2),)
    """
    counts = values if isinstance(values, Mapping) else dict.fromkeys(values, 1)
    alike: dict[tuple[str, ...], list[list[str]]] = defaultdict(list)
    weight: dict[tuple[str, ...], int] = defaultdict(int)
    lengths: dict[int, list[str]] = defaultdict(list)
    for value, count in counts.items():
        parts = _bare(value).split("/")
        if len(parts) > 1:
            lengths[len(parts)].append(value)
            key = tuple("\0" if _is_id(p) else p.casefold() for p in parts)
            alike[key].append(parts)
            weight[key] += count
    found: list[Group] = []
    for key in sorted(alike, key=lambda k: -weight[k]):
        pattern = _pattern_of(key, alike[key])
        if pattern is not None and len(found) < most:
            hit = GroupEvents(pattern, pattern).fits(lengths[len(key)])
            fitting = tuple(v for v, fits in zip(lengths[len(key)], hit, strict=True) if fits)
            found.append(Group(pattern, re.sub(r":id(?=/|$)", "*", pattern), fitting, sum(counts[v] for v in fitting)))
    return tuple(sorted(found, key=lambda g: -g.events))


def _pattern_of(key: tuple[str, ...], paths: list[list[str]]) -> str | None:
    """The pattern of paths that are alike; None where they are one path, or nothing else is left."""
    parts = []
    for place, part in enumerate(paths[0]):
        differs = key[place] == "\0" and len({path[place].casefold() for path in paths}) > 1
        parts.append(":id" if differs else part)
    literal = [p for p in parts if p and p != ":id"]
    if ":id" not in parts or not literal or any(set("*?") & set(p) or _PLACE.fullmatch(p) for p in literal):
        return None
    return "/".join(parts)


def _is_id(part: str) -> bool:
    part = _FILE_TYPE.sub("", part)
    return bool(
        _UUID.fullmatch(part) or _NUMBERED.fullmatch(part) or (_TOKEN.fullmatch(part) and _FOUR_DIGITS.search(part))
    )


def _bare(value: str) -> str:
    """A path without its query and the "/" at its end; anything else as it is."""
    path = _QUERY.sub("", value)
    return (path.rstrip("/") or "/") if "/" in path else value


def _as_regex(pattern: str) -> str:
    """The pattern as a regular expression that takes no more than value times pattern steps.

    Of each piece between two "*" the first place where it fits is taken and never given back: any later
    place would leave less of the value for the rest.
    """
    first, *rest = re.split(r"\*+", pattern)
    at_start, at_end = [True] + [False] * len(rest), [False] * len(rest) + [True]
    pieces = [_piece(p, s, e) for p, s, e in zip([first, *rest], at_start, at_end, strict=True)]
    if not rest:
        return pieces[0]
    return pieces[0] + "".join(f"(?>.*?{p})" for p in pieces[1:-1]) + ".*" + pieces[-1]


def _piece(text: str, at_start: bool, at_end: bool) -> str:
    """A piece of a pattern without "*"; only a whole part of a path can be a place."""
    parts = text.split("/")
    out = []
    for place, part in enumerate(parts):
        whole = (place > 0 or at_start) and (place < len(parts) - 1 or at_end)
        if whole and _PLACE.fullmatch(part):
            out.append(_ID_PART if part.strip(":{}") == "id" else _ANY_PART)
        else:
            out.append("".join("." if c == "?" else re.escape(c) for c in part))
    return "/".join(out)
