"""Paths: which way users go, event by event, from a start, to an end, or from one to the other.

The unit is the user: everybody has one path, from their first start on, so that frequent visitors do not decide
the answer, and so that the numbers are those of the funnel. A path holds the next events in the order in which they
happened, nothing skipped; only the same event over and over may be taken as one. Events with the same stamp are taken
in the order of the file, because no other order is known.

Each step of the way has a few events of its own, the most frequent ones; all others are one place called (other).
Those who do nothing more within the time go to (left); in a path that is followed backwards from its end, those who
did nothing before come from (nothing). So whoever comes to an event is found again in what follows it:
no user is lost between two steps.

Only paths whose whole time lies in the file are counted. A path that began on the last day has had no chance to go
on, and would be taken for somebody who left; it is counted as still open, as in the funnel.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.funnels.plain import NO_WINDOW
from analysis.behaviour.journeys import path_findings, path_fold, path_groups, path_rows, path_tree
from analysis.engine import over_users
from analysis.errors import ParameterError, UnknownValueError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time

OTHER, LEFT, BEFORE, MORE = "(other)", "(left)", "(nothing)", "(more steps)"
"""Places that are no events."""

MOST_PATHS = 50
LONGEST = 8
FOREVER = 2**62


@dataclass(frozen=True, kw_only=True, repr=False)
class Paths(Question):
    """Which way users go.

    **Definition.** One path a user: from the first `start` between `first_day` and `last_day` onwards; or, with only an
    `end`, backwards from the first or last `end` between those days; or, with both, from the first `start` to the first
    `end` after it, of those users only who reach it. The window is measured from the anchor, its edge included.
    Events outside `events` are not seen on the way. Equal stamps keep the order of the file. An end that may also be
    the start needs a later stamp.

    An event has a node of its own at a step when at least `min_share` of all paths are there, and it is among the
    `most_nodes` most frequent; the others go to (other). A rate is of the users at the node on the anchor's side: of
    those who were there, how many went on so (from a start), or came so (to an end). With start and end, a path too
    long for the steps has its last events before the end as one: (more steps).

    Attributes:
        start: Event that starts a path; None for the first event considered, where no end is given.
        end: Event that ends it; None to follow the path wherever it goes.
        steps: How many steps from the anchor are shown, 1 to 8; at least 2 with start and end.
        collapse: The same event several times in a row is one.
        events: Events seen on the way; None for all but those that a rule derived.
        window_days: Longest time from the anchor, days; None for no limit.
        end_at: Which end counts where only an end is given: "last" or "first".
        min_share: Smallest share of all paths that has a node of its own.
        most_nodes: Most events with a node of their own at a step, 1 to 20.
        include_open: Count paths whose window does not lie wholly in the file, as far as they are seen.
        compare: Column by which two groups are compared; each user's last given value up to the anchor.
        values: The two values compared; None for the two most frequent ones.
        first_day, last_day: Days between which the anchor must lie, ISO text; None: open.

    Use with care: paths say what came next, not why. With start and end, only those who arrived are seen, so what
    they did says nothing about what would bring others there. Two groups that differ in other ways will walk
    differently for those reasons too.
    """

    start: Step | None = None
    end: Step | None = None
    steps: int = 5
    collapse: bool = True
    events: tuple[str, ...] | None = None
    window_days: float | None = 7
    end_at: Literal["last", "first"] = "last"
    min_share: float = 0.02
    most_nodes: int = 8
    include_open: bool = False
    compare: str | None = None
    values: tuple[str, str] | None = None
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            given = getattr(self, name)
            self._set(name, None if given is None else Step.of(given))
        for name in ("events", "values"):
            listed = getattr(self, name)
            self._set(name, None if listed is None else tuple(str(v) for v in listed))
        fewest = 2 if self.anchor == "both" else 1
        if not fewest <= self.steps <= LONGEST:
            raise ParameterError.outside("steps", self.steps, "1 to 8, and at least 2 with a start and an end")
        if self.events is not None and not self.events:
            raise ParameterError.outside("events", "", "at least one event, or None for all")
        if self.window_days is not None and not 0 < self.window_days <= 3660:
            raise ParameterError.outside("window_days", self.window_days, "above 0 and at most 3660, or None")
        if self.end_at not in ("last", "first"):
            raise ParameterError.outside("end_at", self.end_at, "one of last, first")
        if not 0 <= self.min_share <= 1:
            raise ParameterError.outside("min_share", self.min_share, "0 to 1")
        if not 1 <= self.most_nodes <= 20:
            raise ParameterError.outside("most_nodes", self.most_nodes, "1 to 20")
        if self.values is not None and (len(self.values) != 2 or self.values[0] == self.values[1]):
            raise ParameterError.outside("values", ", ".join(self.values), "two different values")
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    @property
    def anchor(self) -> Literal["start", "end", "both"]:
        """Where paths hang: at a start, at an end, or at both."""
        return "start" if self.end is None else "end" if self.start is None else "both"

    def ask(self, log: EventLog, progress: Progress = None) -> PathsAnswer:
        """The paths of a log."""
        needs_time(log)
        by_event, by_row = path_rows.marked(self, log)
        direction = {
            "start": path_tree.ONWARDS,
            "end": path_tree.BACKWARDS,
            "both": path_tree.BETWEEN,
        }[self.anchor]
        window = NO_WINDOW if self.window_days is None else round(self.window_days * calendar.DAY_US)
        known = (-FOREVER, FOREVER)
        if self.window_days is not None and not self.include_open:
            known = (log.starts_at + window, FOREVER) if self.anchor == "end" else (-FOREVER, log.ends_at - window + 1)
        anything = self.start is None and self.end is None
        last = self.anchor == "end" and self.end_at == "last"
        walked = over_users(
            log,
            path_tree.walk,
            (log.time, log.events.codes, by_event, by_row),
            (direction, self.steps, window, self.collapse, last, anything, len(log.events.values)),
            calendar.entry_range(self.first_day, self.last_day, log.zone),
            known,
            merge=("join", "join", "join", "join", "join", "sum"),
            progress=progress,
        )
        return _answer(self, log, walked)


def _answer(question: Paths, log: EventLog, walked: tuple[np.ndarray, ...]) -> PathsAnswer:
    who, begins, anchors, codes, stamps, unseen = walked
    groups = path_groups.Groups.of(question, log, begins, anchors)
    if groups is not None:
        inside = groups.group >= 0
        who, codes, stamps = who[inside], codes[inside], stamps[inside]
    tree = path_fold.fold(codes, stamps, log.events.values, question.min_share, question.most_nodes)
    still_open, left_out = int(unseen[0]), 0 if groups is None else int((~inside).sum())
    return PathsAnswer(
        question=question,
        log=log,
        who=who,
        codes=codes,
        tree=tree,
        groups=groups.inside() if groups is not None else None,
        still_open=still_open,
        left_out=left_out,
    )


@dataclass(frozen=True, eq=False)
class PathsAnswer(Answer):
    """Users from event to event.

    Attributes:
        who: User index of each path. codes: Event of each path at each step from the anchor, not folded.
        tree: The folded paths and their edges. groups: Group of each path, with a comparison.
        still_open: Paths whose window does not lie wholly in the file; they are in no number.
        left_out: Paths of users in neither of the two groups.
        nodes: One row a node: `level`, `event`, `users`, `share` of all paths.
        table: One row an edge: `level` of the first event (0 is the start; before an end, levels are negative and the
            end is 0), `from`, `to`, `users`; `base`, the users at the event on the anchor's side, and `rate` of them
            with `rate_low`, `rate_high` (Wilson); `median_hours` between the two with its interval (order
            statistics), nan where nothing follows.
        paths: The most frequent whole paths: `path`, `users`, `share` with `share_low`, `share_high` (Wilson).
        compared: With a comparison one row an edge; see `path_groups.COLUMNS`. Empty without.
    """

    question: Paths
    log: EventLog
    who: np.ndarray
    codes: np.ndarray
    tree: path_fold.Tree
    groups: path_groups.Groups | None
    still_open: int
    left_out: int
    nodes: pd.DataFrame = field(init=False)
    table: pd.DataFrame = field(init=False)
    paths: pd.DataFrame = field(init=False)
    compared: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = [
        "level",
        "from",
        "to",
        "users",
        "base",
        "rate",
        "rate_low",
        "rate_high",
        "median_hours",
        "median_hours_low",
        "median_hours_high",
    ]

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", self._nodes())
        object.__setattr__(self, "table", self._table())
        object.__setattr__(self, "paths", self._paths())
        object.__setattr__(self, "compared", path_groups.compared(self))

    @property
    def backwards(self) -> bool:
        """Whether paths are followed from their end."""
        return self.question.anchor == "end"

    def level(self, place: int) -> int:
        """Level of a place: how many steps after the start, or, negative, before the end."""
        return -place if self.backwards else place

    def name(self, code: int) -> str:
        """What a node is called."""
        words, question = self.log.events.values, self.question
        if 0 <= code < len(words):
            return words[code]
        kinds = {
            path_tree.START: question.start.name if question.start is not None else "",
            path_tree.END: question.end.name if question.end is not None else "",
            path_tree.MORE: MORE,
            path_tree.LEFT: BEFORE if self.backwards else LEFT,
        }
        return OTHER if code == path_tree.OTHER else kinds[code - len(words)]

    def _nodes(self) -> pd.DataFrame:
        places = range(len(self.tree.codes))
        users = np.concatenate(self.tree.users)
        data = {
            "level": [self.level(k) for k in places for _ in self.tree.codes[k]],
            "event": [self.name(c) for k in places for c in self.tree.codes[k]],
            "users": users,
            "share": stats.rate(users, np.full(len(users), len(self.who))),
        }
        return pd.DataFrame(data)

    def _table(self) -> pd.DataFrame:
        place, near, far, users = self.tree.edges.T
        base = np.array([self.tree.users[k][a] for k, a in zip(place, near, strict=True)], dtype=np.int64)
        low, high = stats.wilson(users, base)
        ends = [
            [self.name(self.tree.codes[k + d][c]) for k, c in zip(place, code, strict=True)]
            for d, code in ((0, near), (1, far))
        ]
        first, second = ends[::-1] if self.backwards else ends
        data = {
            "level": -place - 1 if self.backwards else place,
            "from": first,
            "to": second,
            "users": users,
            "base": base,
            "rate": stats.rate(users, base),
            "rate_low": low,
            "rate_high": high,
            **dict(zip(self.COLUMNS[-3:], self.tree.hours.T, strict=True)),
        }
        return pd.DataFrame(data, columns=self.COLUMNS)

    def _paths(self) -> pd.DataFrame:
        first, counts = path_fold.whole(self.codes, len(self.log.events.values), MOST_PATHS)
        rows = [[self.name(int(c)) for c in self.codes[i] if c >= 0] for i in first]
        texts = [" → ".join(row[::-1] if self.backwards else row) for row in rows]
        base = np.full(len(counts), len(self.who))
        low, high = stats.wilson(counts, base)
        data = {"path": texts, "users": counts, "share": stats.rate(counts, base), "share_low": low, "share_high": high}
        return pd.DataFrame(data).sort_values(["users", "path"], ascending=[False, True], ignore_index=True)

    def followed(self, *events: str) -> np.ndarray:
        """User indices whose path goes through these events one after the other, the anchor left out.

        From a start they are the next events; before an end, the events before it, the nearest first.
        """
        words = self.log.events
        if len(events) > self.question.steps:
            raise ParameterError.outside("events", len(events), "at most as many as there are steps")
        end = self.question.end
        hit = np.ones(len(self.who), dtype=bool)
        for k, name in enumerate(events, start=1):
            same = self.codes[:, k] == words.code(name, "event") if name in words.values else np.zeros(len(hit), bool)
            if end is not None and name == end.name:
                same = same | (self.codes[:, k] == len(words.values) + path_tree.END)
            hit &= same
        return self.who[hit]

    def people(self, level: int, start: str, to: str) -> np.ndarray:
        """User indices of an edge: its level, from and to as in `table`; as many as its users."""
        place = -level - 1 if self.backwards else level
        if not 0 <= place < self.question.steps:
            raise ParameterError.outside("level", level, "a level of the table")
        near, far = (to, start) if self.backwards else (start, to)
        hit = np.ones(len(self.who), dtype=bool)
        for k, name in ((place, near), (place + 1, far)):
            hit &= self._at(k, name)
        return self.who[hit]

    def visitors(self, level: int, event: str) -> np.ndarray:
        """User indices of a node; as many as `nodes` says."""
        return self.who[self._at(abs(level), event)]

    def _at(self, place: int, name: str) -> np.ndarray:
        names = [self.name(c) for c in self.tree.codes[place]]
        if name not in names:
            raise UnknownValueError.among("event", name, names)
        found: np.ndarray = np.isin(self.tree.nodes[:, place], [i for i, n in enumerate(names) if n == name])
        return found

    def findings(self) -> list[Finding]:
        """Where most go; then edges on which the two groups differ, after BH over all."""
        return [*path_findings.headline(self), *adjusted(self.tested())]

    def tested(self) -> list[Finding]:
        """Every edge between events, or to (left), that both groups have enough users for."""
        return path_groups.differences(self)
