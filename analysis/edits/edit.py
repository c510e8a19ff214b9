"""Edit: one change to the events of a log, as a plain value.

The file is never changed. What is kept is the *recipe*, a list of edits; the log that the questions
see is made by applying them to the log as it was read, in the order of the list. So each edit can
be shown as a sentence, counted before it acts, and taken back. Because an edit is a plain value,
its `repr` is the Python that repeats it and its `to_dict` is what is kept on disk.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from analysis.columns import Categories
from analysis.errors import ParameterError, SchemaError, UnknownValueError
from analysis.events import EventLog


@dataclass(frozen=True, repr=False)
class Plain:
    """A value that Python and JSON can say: edits, and the rules inside them."""

    kinds: ClassVar[dict[str, type[Plain]]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        Plain.kinds[cls.__name__] = cls

    def chosen(self) -> dict[str, Any]:
        """The fields that differ from their defaults."""
        given = {f.name: (getattr(self, f.name), f.default) for f in fields(self)}
        return {name: value for name, (value, default) in given.items() if default is MISSING or value != default}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.chosen().items())})"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the class's name as "kind", and the fields that differ from their defaults."""
        return {"kind": type(self).__name__, **{k: _json(v) for k, v in self.chosen().items()}}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Self:
        """The value that `to_dict` wrote. Unknown names, missing fields and other kinds are refused."""
        rest = dict(said)
        kind = Plain.kinds.get(str(rest.pop("kind", "")))
        known = [name for name, k in Plain.kinds.items() if issubclass(k, cls) and k is not cls]
        if kind is None or not issubclass(kind, cls) or kind is cls:
            raise ParameterError.outside("kind", said.get("kind"), f"one of {', '.join(known)}")
        names = {f.name for f in fields(kind)}
        unknown = set(rest) - names
        if unknown:
            raise ParameterError.outside(kind.__name__, ", ".join(sorted(unknown)), "a field of this edit")
        missing = {f.name for f in fields(kind) if f.default is MISSING} - set(rest)
        if missing:
            raise ParameterError.outside(kind.__name__, ", ".join(sorted(rest)), "given with all its fields")
        return kind(**rest)

    def _set(self, name: str, value: object) -> None:
        """Normalises a field in `__post_init__`."""
        object.__setattr__(self, name, value)


@dataclass(frozen=True, repr=False)
class Edit(Plain, ABC):
    """Base of all edits. Every subclass is a frozen dataclass that refuses bad values when it is made."""

    @abstractmethod
    def apply(self, log: EventLog) -> EventLog:
        """The edited log, beside the given one, which is not touched.

        Raises:
            ParameterError: `log` is a view, not a whole log.
            UnknownValueError: The edit names what the log lacks.
        """

    @abstractmethod
    def count(self, log: EventLog) -> int:
        """Events that the edit renames, hides, groups or makes; 0 is no error. Raises what `apply` raises."""


def a_name(field: str, given: object) -> str:
    """A name, without blanks around it; refuses an empty one."""
    if not isinstance(given, str) or not given.strip():
        raise ParameterError.outside(field, given, "a name of at least one letter or digit")
    return given.strip()


def known(field: str, given: object) -> None:
    """Refuses what can't be a name that stands in the data."""
    if not isinstance(given, str) or not given:
        raise ParameterError.outside(field, given, "one name that occurs in the data")


def some_names(field: str, given: str | Sequence[str]) -> tuple[str, ...]:
    """Names as they stand in the data, each once; refuses none at all."""
    names = (given,) if isinstance(given, str) else _row(given)
    if not names or not all(isinstance(n, str) and n for n in names):
        raise ParameterError.outside(field, given, "at least one name that occurs in the data")
    return tuple(dict.fromkeys(names))


def new_names(given: Mapping[str, str] | Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    """Pairs of old and new name; a name that stays is left out, two new names for one are refused."""
    pairs = [_row(p) for p in (given.items() if isinstance(given, Mapping) else _row(given))]
    if any(len(p) != 2 or not isinstance(p[0], str) or not p[0] for p in pairs):
        raise ParameterError.outside("names", given, "pairs of an old and a new name")
    said = {p[0]: a_name("names", p[1]) for p in pairs}
    if len(said) < len(pairs):
        raise ParameterError.outside("names", given, "one new name for each old one")
    moved = tuple((old, new) for old, new in said.items() if old != new)
    if not moved:
        raise ParameterError.outside("names", given, "at least one new name that differs from the old one")
    return moved


def _row(given: object) -> tuple[Any, ...]:
    """What a list or a tuple holds; nothing for all else."""
    return tuple(given) if isinstance(given, (list, tuple)) else ()


def words_of(log: EventLog, column: str) -> Categories:
    """A column of words; refuses numbers, whose values have no names."""
    found = log.columns.get(column)
    if found is None:
        raise UnknownValueError.among("column", column, log.columns)
    if not isinstance(found, Categories):
        raise SchemaError(
            "not_words",
            "Column '{column}' holds numbers, and only words can be renamed or grouped. Choose a column of words.",
            column=column,
        )
    return found


def tally(words: Categories) -> np.ndarray:
    """Rows of each word of a column."""
    return np.bincount(words.codes, minlength=len(words.values))


def counts_of(words: Categories) -> dict[str, int]:
    """Rows of each word that is given somewhere, the most frequent first."""
    rows = tally(words)
    order = np.argsort(-rows, kind="stable")
    return {words.values[c]: int(rows[c]) for c in order if c and rows[c]}


def relabel(words: Categories, said: Sequence[str]) -> Categories:
    """A column whose word i is now `said[i]`: equal words become one, words that no row has are left out."""
    place = {"": 0}
    table = np.zeros(len(said), np.int32)
    for code in np.flatnonzero(tally(words)).tolist():
        if code:
            table[code] = place.setdefault(said[code], len(place))
    return Categories(table.astype(code_type(len(place)))[words.codes], tuple(place))


def code_type(n_words: int) -> type[np.signedinteger[Any]]:
    """The smallest type that holds the codes of so many words."""
    return np.int8 if n_words <= 127 else np.int16 if n_words <= 32767 else np.int32


def _json(value: Any) -> Any:
    if isinstance(value, Plain):
        return value.to_dict()
    return [_json(v) for v in value] if isinstance(value, tuple) else value
