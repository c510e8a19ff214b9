"""Derived events: a rule's moments become events of their own.

"First purchase", "third visit within a week" or "silent for 30 days" are then steps of a funnel or the start of a
retention like any recorded event. What a moment is, each rule says (see `rules`).
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis import reshape
from analysis.edits.edit import Edit, a_name, tally
from analysis.edits.rows import insert
from analysis.edits.rules import Found, Rule
from analysis.errors import ParameterError
from analysis.events import EVENT, EventLog
from analysis.questions import needs_time


@dataclass(frozen=True, repr=False)
class DeriveEvent(Edit):
    """A rule's moments become events of a new name.

    Attributes:
        name: Name of the new event; no event may have it yet.
        rule: `First`, `Nth`, `Repeated`, `Without`, `Silent` or `After`, or what its `to_dict` wrote.

    Use with care: a derived event is not something a user did at that moment. Ask questions of it by its name; where a
    question takes "any event" as a sign of life, `Silent` and `Without` would count as one.
    """

    name: str
    rule: Rule

    def __post_init__(self) -> None:
        self._set("name", a_name("name", self.name))
        if isinstance(self.rule, dict):
            self._set("rule", Rule.from_dict(self.rule))
        if not isinstance(self.rule, Rule):
            raise ParameterError.outside("rule", self.rule, "a rule, such as First(event)")

    def apply(self, log: EventLog) -> EventLog:
        """The log with the new event among its rows."""
        return insert(log, *self._found(log), self.name)

    def count(self, log: EventLog) -> int:
        """Events that are made."""
        return len(self._found(log)[0])

    def _found(self, log: EventLog) -> Found:
        reshape.check_whole(log)
        needs_time(log)
        if self.name in log.events.values and tally(log.events)[log.events.code(self.name, EVENT)]:
            raise ParameterError.outside("name", self.name, "a name that no event has yet")
        return self.rule.find(log)
