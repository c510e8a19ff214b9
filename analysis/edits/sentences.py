"""An edit as a sentence, in the language of whoever reads the recipe."""

from __future__ import annotations

from collections import defaultdict
from functools import reduce

from analysis.edits.derived import DeriveEvent
from analysis.edits.edit import Edit
from analysis.edits.events import HideEvents, RenameEvents, RenameValues
from analysis.edits.patterns import GroupEvents
from analysis.edits.rules import After, First, Nth, Repeated, Rule, Silent, Without
from analysis.events import EVENT
from analysis.words import Words

NAMES_SAID = 5
"""So many names are said one by one; of more, the number."""


def sentence(edit: Edit, words: Words) -> str:
    """What an edit does, as plain text; names of events stand as they are, in quotes."""
    if isinstance(edit, RenameEvents):
        return _renamed(edit.names, words)
    if isinstance(edit, RenameValues):
        return words("In “{column}”: {change}", column=edit.column, change=_renamed(edit.names, words))
    if isinstance(edit, HideEvents):
        return words("Hide {events}", events=_quoted(edit.events, words))
    if isinstance(edit, GroupEvents):
        return _grouped(edit, words)
    if isinstance(edit, DeriveEvent):
        return words("New event “{name}”: {rule}", name=edit.name, rule=phrase(edit.rule, words))
    return repr(edit)


def phrase(rule: Rule, words: Words) -> str:
    """When a rule's moment is, as a part of a sentence."""
    said = repr(rule)
    if isinstance(rule, First):
        said = words("a user's first “{event}”", event=rule.event)
    elif isinstance(rule, Nth):
        said = words("a user's “{event}” number {n}", event=rule.event, n=rule.n)
    elif isinstance(rule, Repeated):
        facts = {"event": rule.event, "times": rule.times, "days": rule.within_days}
        said = words("“{event}” {times} times within {days} days", **facts)
    elif isinstance(rule, Without):
        facts = {"event": rule.event, "times": rule.times, "missing": rule.missing, "days": rule.within_days}
        said = words("“{event}” {times} times and no “{missing}” within {days} days", **facts)
    elif isinstance(rule, After):
        facts = {"event": rule.event, "then": rule.then, "days": rule.within_days}
        said = words("“{then}” within {days} days after “{event}”", **facts)
    elif isinstance(rule, Silent) and rule.event is None:
        said = words("silent for {days} days", days=rule.days)
    elif isinstance(rule, Silent):
        said = words("no “{event}” for {days} days", event=rule.event, days=rule.days)
    return said


def short_name(rule: Rule, words: Words) -> str:
    """A name for what a rule derives, where a person gives none."""
    said = words("derived event")
    if isinstance(rule, First):
        said = words("first {event}", event=rule.event)
    elif isinstance(rule, Nth):
        said = words("{event} number {n}", event=rule.event, n=rule.n)
    elif isinstance(rule, Repeated):
        said = words("{event} {times} times", event=rule.event, times=rule.times)
    elif isinstance(rule, Without):
        said = words("{event} without {missing}", event=rule.event, missing=rule.missing)
    elif isinstance(rule, After):
        said = words("{then} after {event}", event=rule.event, then=rule.then)
    elif isinstance(rule, Silent) and rule.event is None:
        said = words("silent {days} days", days=rule.days)
    elif isinstance(rule, Silent):
        said = words("no {event} {days} days", event=rule.event, days=rule.days)
    return said


def _renamed(names: tuple[tuple[str, str], ...], words: Words) -> str:
    old_of: dict[str, list[str]] = defaultdict(list)
    for before, after in names:
        old_of[after].append(before)
    parts = []
    for new, olds in old_of.items():
        old = _quoted(tuple(olds), words)
        parts.append(words("{old} become “{new}”" if len(olds) > 1 else "{old} becomes “{new}”", old=old, new=new))
    return reduce(lambda one, other: words("{one}; {other}", one=one, other=other), parts)


def _grouped(edit: GroupEvents, words: Words) -> str:
    facts = {"column": edit.column, "pattern": edit.pattern, "name": edit.name}
    if edit.column == EVENT:
        said = words("Every event that fits “{pattern}” becomes “{name}”", **facts)
    else:
        said = words("In “{column}”: every value that fits “{pattern}” becomes “{name}”", **facts)
    return said if edit.ignore_query else said + words(", query strings looked at")


def _quoted(names: tuple[str, ...], words: Words) -> str:
    quoted = [f"“{name}”" for name in names[:NAMES_SAID]]
    said = reduce(lambda one, other: words("{one}, {other}", one=one, other=other), quoted)
    more = len(names) - NAMES_SAID
    return words("{names} and {more} more", names=said, more=more) if more > 0 else said
