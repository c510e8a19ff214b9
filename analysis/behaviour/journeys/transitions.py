"""Transitions: what follows each event, over the whole life of all users.

Every event of a user is left in exactly one way: to the user's next event, or to (end), where nothing follows. Every
event is entered in one way too: from the event before, or from (start). So the shares of one event's exits sum to the
whole, and as many come to an event as leave it.

The unit is the transition, not the user, because the question is what the site does with a visit to an event,
however often somebody comes by. One user's many transitions are alike, so the intervals allow for that: they are
clustered by user. How many different users stand behind a transition is said beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from analysis import stats
from analysis.behaviour.journeys import transition_count
from analysis.engine import over_users
from analysis.errors import ParameterError, UnknownValueError
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.questions import Answer, Progress, Question, needs_time
from analysis.reshape import BY_RULE, DERIVED, derived_rows

START, END, OTHER = "(start)", "(end)", "(other)"
"""Places that are no events."""

MINUTE_US = 60_000_000
FEW = 30


@dataclass(frozen=True, kw_only=True, repr=False)
class Transitions(Question):
    """What follows each event, and what comes before it.

    **Definition.** A transition is a pair of a user's neighbouring events, in the order of time; equal stamps keep the
    order of the file. Events outside `events` are not seen. With `within_minutes`, a longer pause ends one visit and
    begins another: the event before it goes to (end), the one after it comes from (start). A last event so close to
    the end of the file that its pause is not over is still open: it is in no number.

    Attributes:
        within_minutes: Longest pause between two events of a visit, minutes, the edge included; None for any pause.
        collapse: The same event several times in a row is one.
        events: Events seen; None for all but those that a rule derived.
        most_events: The most frequent events that have a place of their own, 1 to 100; all others are (other).

    Use with care: without `within_minutes`, an event today and one next year are neighbours, and every user's last
    event of the file goes to (end) although they may come back after it. What often follows an event was not
    necessarily brought about by it.
    """

    within_minutes: float | None = None
    collapse: bool = False
    events: tuple[str, ...] | None = None
    most_events: int = 40

    def __post_init__(self) -> None:
        self._set("events", None if self.events is None else tuple(str(e) for e in self.events))
        if self.events is not None and not self.events:
            raise ParameterError.outside("events", "", "at least one event, or None for all")
        if self.within_minutes is not None and not 0 < self.within_minutes <= 525_600:
            raise ParameterError.outside("within_minutes", self.within_minutes, "above 0 and at most 525600, or None")
        if not 1 <= self.most_events <= 100:
            raise ParameterError.outside("most_events", self.most_events, "1 to 100")

    def ask(self, log: EventLog, progress: Progress = None) -> TransitionsAnswer:
        """The transitions of a log."""
        needs_time(log)
        names, place_of = _places(self, log)
        pause = 2**62 if self.within_minutes is None else round(self.within_minutes * MINUTE_US)
        open_from = 2**62 if self.within_minutes is None else log.ends_at - pause
        arguments = (log.time, log.events.codes, place_of, _derived(self, log))
        rule = (pause, open_from, self.collapse, len(names))
        matrix, still_open = over_users(log, transition_count.count, arguments, rule, merge=("sum", "sum"))
        users, sums = over_users(log, transition_count.spread, arguments, rule, merge=("sum", "sum"), progress=progress)
        return TransitionsAnswer(
            question=self,
            log=log,
            names=names,
            matrix=matrix,
            users=users,
            sums=sums,
            still_open=int(still_open[0]),
            arguments=(arguments, rule),
        )


def _places(question: Transitions, log: EventLog) -> tuple[list[str], np.ndarray]:
    """Names of the matrix's places, 0 being start and end, and the place of each event code (-1: not seen)."""
    words = log.events
    counts = over_users(log, transition_count.tally, words.codes, len(words.values), merge=("sum",))[0]
    seen = np.flatnonzero(counts)
    if question.events is not None:
        wanted = {words.code(e, "event") for e in question.events}
        seen = np.array([c for c in seen if c in wanted], dtype=np.int64)
    order = np.array(sorted(seen, key=lambda c: (-counts[c], words.values[c])), dtype=np.int64)
    place_of = np.full(len(words.values), -1, dtype=np.int64)
    place_of[order] = np.minimum(np.arange(len(order)), question.most_events) + 1
    names = [START, *(words.values[c] for c in order[: question.most_events])]
    return (names if len(order) <= question.most_events else [*names, OTHER]), place_of


def _derived(question: Transitions, log: EventLog) -> np.ndarray:
    """Rows that a rule made and that are not asked for by name; empty where there are none."""
    column = log.columns.get(DERIVED)
    if question.events is not None or column is None or BY_RULE not in getattr(column, "values", ()):
        return np.empty(0, dtype=np.bool_)
    return derived_rows(log)


@dataclass(frozen=True, eq=False)
class TransitionsAnswer(Answer):
    """Events by what follows them.

    Attributes:
        names: Places of the matrix: 0 is (start) as a row and (end) as a column.
        matrix: Transitions from row to column. users: Different users behind each.
        still_open: Last events whose pause is not over at the end of the file; they are in no number.
        table: One row a transition that occurs, the most frequent first: `from`, `to`, `transitions`, `users`,
            `share` of all exits of `from` with `share_low`, `share_high` (clustered by user; nan under two users).
    """

    question: Transitions
    log: EventLog
    names: list[str]
    matrix: np.ndarray
    users: np.ndarray
    sums: np.ndarray
    still_open: int
    arguments: tuple
    table: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = ["from", "to", "transitions", "users", "share", "share_low", "share_high"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._table())

    def _table(self) -> pd.DataFrame:
        first, then = np.nonzero(self.matrix)
        count, out = self.matrix[first, then], self.matrix.sum(axis=1)[first]
        xx, xn = self.sums[0][first, then], self.sums[1][first, then]
        nn, bases = np.diagonal(self.sums[2])[first], np.diagonal(self.sums[3])[first]
        low, high = stats.ratio_interval(count, out, xx, xn, nn, bases)
        data = {
            "from": [self.names[a] for a in first],
            "to": [self.names[b] if b else END for b in then],
            "transitions": count,
            "users": self.users[first, then],
            "share": stats.rate(count, out),
            "share_low": low,
            "share_high": high,
        }
        frame = pd.DataFrame(data, columns=self.COLUMNS)
        return frame.sort_values("transitions", ascending=False, kind="stable", ignore_index=True)

    def people(self, start: str, to: str) -> np.ndarray:
        """User indices of those who made a transition at least once; as many as its `users`."""
        first = self._place(start, START)
        then = self._place(to, END)
        who, hit = over_users(self.log, transition_count.members, *self.arguments, first, then, merge=("join", "join"))
        return who[hit]

    def _place(self, name: str, edge: str) -> int:
        if name == edge:
            return 0
        if name not in self.names[1:]:
            raise UnknownValueError.among("event", name, [edge, *self.names[1:]])
        return self.names.index(name, 1)

    def findings(self) -> list[Finding]:
        """The most frequent way between two events, and the event that is most often the last."""
        people = int(np.count_nonzero(self.log.ends > self.log.starts))
        if people < FEW:
            message = "Too few to judge: {users} users have events"
            facts = {"users": people, "enough": FEW}
            return [
                Finding(message, facts, "At least {enough} are needed. Widen the period.", n=people, tone="caution")
            ]
        table = self.table
        inner = table[(table["from"] != START) & (table["to"] != END) & (table["from"] != table["to"])]
        inner = inner[(inner["from"] != OTHER) & (inner["to"] != OTHER)]
        found = []
        if len(inner):
            message = "The most frequent way is from {event} to {next}: {share} of all that follows {event}"
            detail = "{low_share} – {high_share}; {transitions} times, by {users} users"
            found.append(self._told(message, detail, inner.iloc[0], 1e9))
        ends = table[(table["to"] == END) & (table["from"] != OTHER)]
        if len(ends):
            message = "The last event is most often {event}: {share} of its exits are the end"
            detail = "{low_share} – {high_share}; {transitions} times, by {users} users"
            found.append(self._told(message, detail, ends.iloc[0], 1e8))
        return found

    @staticmethod
    def _told(message: str, detail: str, row: pd.Series, weight: float) -> Finding:
        facts = {
            "event": row["from"],
            "next": row["to"],
            "share": row["share"],
            "low_share": row["share_low"],
            "high_share": row["share_high"],
            "transitions": int(row["transitions"]),
            "users": int(row["users"]),
        }
        size = float(row["share"]), float(row["share_low"]), float(row["share_high"])
        return Finding(message, facts, detail, *size, n=int(row["users"]), weight=weight)
