"""Names: how many kinds of events there are, and which differ in spelling only."""

from __future__ import annotations

import unicodedata

import numpy as np

from analysis.events import EventLog
from analysis.findings import Finding
from analysis.health.facts import Behind, Fact, Severity, by_share, share
from analysis.health.scan import rows_of, tally

MANY = 200
"""Kinds of events above which no list of them is read."""


def counts(log: EventLog) -> np.ndarray:
    """Events by code of their name."""
    found: np.ndarray = tally(log.starts, log.ends, log.events.codes, len(log.events.values))
    return found


def facts(log: EventLog) -> list[Fact]:
    """All about the names of events."""
    number = counts(log)
    return [_kinds(log, number), *_spellings(log, number)]


def plainly(name: str) -> str:
    """A name without what spelling changes: case, width, blanks and signs.

    Examples:
        >>> plainly("Add Cart") == plainly("add_cart") == plainly("ＡddCart")
        True
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if c.isalnum()) or folded


def alike(log: EventLog, number: np.ndarray | None = None) -> np.ndarray:
    """Codes of the names that differ from another one in spelling only, one group behind another."""
    groups: dict[str, list[int]] = {}
    used = np.flatnonzero(counts(log) if number is None else number)
    for code in used[used > 0].tolist():
        groups.setdefault(plainly(log.events.values[code]), []).append(code)
    return np.array([c for group in groups.values() if len(group) > 1 for c in group], np.int64)


def _kinds(log: EventLog, number: np.ndarray) -> Fact:
    kinds, once = int(np.count_nonzero(number[1:])), np.flatnonzero(number == 1)
    once = once[once > 0]
    most = int(number[1:].argmax()) + 1 if kinds else 0
    facts = {
        "name": log.events.values[most],
        "event_share": share(int(number[most]), log.n_events),
        "once": len(once),
    }
    if not kinds:
        told = Finding("No row says what happened.", {}, "Choose the event column when loading the file.")
        return Fact("event_names", "look", 0, "names", told)
    message = "The most common, {name}, is {event_share} of all events."
    severity: Severity = "look" if kinds > MANY or (kinds >= 20 and len(once) > kinds / 2) else "fine"
    if severity == "look":
        detail = "Too many to read: group those that mean the same. Seen only once: {once}."
    else:
        detail = "Seen only once: {once}."
    behind = None
    if len(once):
        find = lambda log: rows_of(log, (counts(log) == 1)[log.events.codes] & (log.events.codes > 0))  # noqa: E731
        behind = Behind("rows", len(once), find)
    return Fact("event_names", severity, kinds, "names", Finding(message, facts, detail), behind)


def _spellings(log: EventLog, number: np.ndarray) -> list[Fact]:
    codes = alike(log, number)
    if not len(codes):
        return []
    words = log.events.values
    part = share(int(number[codes].sum()), log.n_events)
    told = Finding(
        "Some names differ in case, blanks or signs only, such as {one} and {two}.",
        {"one": words[codes[0]], "two": words[codes[1]], "event_share": part},
        "Each counts by itself, {event_share} of all events: a funnel loses who took the other. Rename them as one.",
    )
    return [Fact("spellings", by_share(part, 0, 0.05), len(codes), "names", told, Behind("names", len(codes), alike))]
