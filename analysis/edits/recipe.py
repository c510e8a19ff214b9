"""Recipe: edits one after another, in the order a person gave them.

Each edit sees the log that the edits before it leave: an event that was renamed is known by its new
name from there on, and an event that was made can be renamed, hidden or used by a later rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.edits.edit import Edit
from analysis.events import EventLog


def apply(log: EventLog, edits: Iterable[Edit]) -> EventLog:
    """The log after all edits.

    Args:
        log: A whole log, as it was read.
        edits: In their order; none gives the log itself.

    Raises:
        ParameterError, UnknownValueError, SchemaError: What an edit refuses.
    """
    for edit in edits:
        log = edit.apply(log)
    return log


def counts(log: EventLog, edits: Sequence[Edit]) -> tuple[int, ...]:
    """Events each edit touches, counted on the log that the edits before it leave."""
    found = []
    for place, edit in enumerate(edits, start=1):
        found.append(edit.count(log))
        log = edit.apply(log) if place < len(edits) else log
    return tuple(found)
