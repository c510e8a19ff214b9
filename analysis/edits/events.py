"""Rename, merge and hide: what events and values are called, and which are looked at.

One thing often has several names in a file: an app sends `ViewItem`, a page sends `view_item`; one
phone is "iOS", another "IOS". Merging is renaming several to one name. Technical events such as
heartbeats are hidden: they are left out of the log the questions see, and stay in the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis import reshape
from analysis.edits.edit import Edit, known, new_names, relabel, some_names, tally, words_of
from analysis.errors import ParameterError
from analysis.events import EVENT, EventLog

Names = Mapping[str, str] | Sequence[Sequence[str]]


@dataclass(frozen=True, repr=False, init=False)
class RenameEvents(Edit):
    """Events get other names; several that get the same name are one event from there on.

    **Definition.** All names are exchanged at once, so two events may swap theirs. A new name that another
    event already has joins that event. Times and properties stay.

    Attributes:
        names: Old and new name, as a mapping or as pairs.
    """

    names: tuple[tuple[str, str], ...]

    def __init__(self, names: Names) -> None:
        self._set("names", new_names(names))

    def apply(self, log: EventLog) -> EventLog:
        """The log with the new names."""
        return _renamed(log, EVENT, self.names)

    def count(self, log: EventLog) -> int:
        """Events that get another name."""
        return _touched(log, EVENT, [old for old, _new in self.names])


@dataclass(frozen=True, repr=False, init=False)
class RenameValues(Edit):
    """Values of a property get other names; several that get the same name are one value from there on.

    Attributes:
        column: A column of words.
        names: Old and new value, as a mapping or as pairs.
    """

    column: str
    names: tuple[tuple[str, str], ...]

    def __init__(self, column: str, names: Names) -> None:
        known("column", column)
        self._set("column", column)
        self._set("names", new_names(names))

    def apply(self, log: EventLog) -> EventLog:
        """The log with the new values."""
        return _renamed(log, self.column, self.names)

    def count(self, log: EventLog) -> int:
        """Events whose value gets another name."""
        return _touched(log, self.column, [old for old, _new in self.names])


@dataclass(frozen=True, repr=False, init=False)
class HideEvents(Edit):
    """Events are left out of the log.

    **Definition.** All rows of these events are left out, and users who have no other row with them. The time up
    to which everybody was observed stays: that nothing is looked at does not mean that nobody was watching.

    Attributes:
        events: Names of the events.

    Use with care: users who did nothing else are no longer counted anywhere, so the base of every rate that is
    taken of all users changes.
    """

    events: tuple[str, ...]

    def __init__(self, events: str | Sequence[str]) -> None:
        self._set("events", some_names("events", events))

    def apply(self, log: EventLog) -> EventLog:
        """The log without these events."""
        reshape.check_whole(log)
        keep = ~self._hit(log)[log.events.codes]
        if not keep.any():
            raise ParameterError.outside(
                "events", ", ".join(self.events), "fewer than all events, so that something is left to look at"
            )
        rest = reshape.keep_rows(log, keep)
        return reshape.with_columns(rest, {EVENT: relabel(rest.events, rest.events.values)})

    def count(self, log: EventLog) -> int:
        """Events that are hidden."""
        reshape.check_whole(log)
        return int(tally(log.events)[self._hit(log)].sum())

    def _hit(self, log: EventLog) -> np.ndarray:
        """Which event codes are hidden."""
        hit = np.zeros(len(log.events.values), bool)
        hit[[log.events.code(event, EVENT) for event in self.events]] = True
        return hit


def _renamed(log: EventLog, column: str, names: tuple[tuple[str, str], ...]) -> EventLog:
    words = words_of(log, column)
    said = list(words.values)
    for old, new in names:
        said[words.code(old, column)] = new
    return reshape.with_columns(log, {column: relabel(words, said)})


def _touched(log: EventLog, column: str, values: Sequence[str]) -> int:
    reshape.check_whole(log)
    words = words_of(log, column)
    return int(tally(words)[[words.code(value, column) for value in values]].sum())
