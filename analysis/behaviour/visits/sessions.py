"""Sessions: how often people come, how long they stay, and where they come in and leave.

A session is one visit: a stretch of one user's events with no long pause between them. A pause of exactly the
timeout still belongs to the visit; a longer one ends it. Midnight does not: somebody who browses from 23:50 to
00:10 came once. Where the file names its sessions itself, its own column can be taken instead.

Duration runs from the first event to the last. What somebody does after the last event is not in the file, so a
visit of one event has the duration 0; the median is shown with those and without.

A bounce is a visit from which nothing came. What that means is chosen: one event only, a short stay, or no goal
reached. A visit that may still be going on when the file ends is counted, but is in no rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.visits import session_rates, session_walk
from analysis.behaviour.visits.session_walk import SUMS
from analysis.engine import over_users
from analysis.errors import ParameterError, SchemaError
from analysis.events import EVENT, EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time, step_bits
from analysis.users import activity

BOUNCES = {"one_event": 0, "short": 1, "no_goal": 2}
KINDS = {"any": 0, "bounce": 1, "exit": 2}
MINUTE_US = 60 * calendar.SECOND_US


@dataclass(frozen=True, kw_only=True, repr=False)
class Sessions(Question):
    """Visits of users: how many, how long, and how many of them bounce.

    **Definition.** A session holds one user's events with no gap longer than `timeout_minutes` between one and
    the next (a gap of exactly the timeout does not cut), or all of one user's events with the same word in the
    file's session column. It belongs to the range when it starts there, and to the group whose value it has
    first. It is still open when its last event is no longer than the timeout before the end of the file; open
    sessions are in no rate, mean or median.

    Attributes:
        event: Events that count, an event's name or a `Step`; None for all.
        timeout_minutes: Longest gap inside a session, minutes, above 0 and at most 1,440.
        by: "idle" cuts by gaps; "column" takes the column with the role "session", rows without a word left out.
        bounce: "one_event": exactly one event; "short": under `bounce_seconds`; "no_goal": no `goal` among the events.
        bounce_seconds: Seconds; needed with bounce "short".
        goal: The event a session is for; needed with bounce "no_goal".
        group: "page", "channel" or "event", or the name of a column; None for all sessions together.
        first_day, last_day: Days between which the session must start, ISO text; None: open.

    Use with care: the timeout makes the sessions; look at the gaps below before comparing with another tool. The
    median's interval takes sessions as independent and is too narrow where a few users have most of them; the
    other intervals allow for it. A high bounce rate is no fault where one page is all that was wanted.

    References:
        Idle timeouts: Halfaker et al. (2015), User Session Identification Based on Strong Regularities, WWW.
    """

    event: Step | None = None
    timeout_minutes: float = 30
    by: Literal["idle", "column"] = "idle"
    bounce: Literal["one_event", "short", "no_goal"] = "one_event"
    bounce_seconds: float = 10
    goal: Step | None = None
    group: str | None = None
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        for name in ("event", "goal"):
            given = getattr(self, name)
            self._set(name, None if given is None else Step.of(given))
        if not 0 < self.timeout_minutes <= 1440:
            raise ParameterError.outside("timeout_minutes", self.timeout_minutes, "above 0 and at most 1,440")
        if self.by not in ("idle", "column"):
            raise ParameterError.outside("by", self.by, "one of idle, column")
        if self.bounce not in BOUNCES:
            raise ParameterError.outside("bounce", self.bounce, "one of one_event, short, no_goal")
        if not 0 < self.bounce_seconds <= 86_400:
            raise ParameterError.outside("bounce_seconds", self.bounce_seconds, "above 0 and at most 86,400")
        if self.bounce == "no_goal":
            if self.goal is None:
                raise ParameterError.outside("goal", self.goal, 'an event, where a bounce is "no_goal"')
            if self.event is not None and not set(self.goal.events) <= set(self.event.events):
                raise ParameterError.outside("goal", self.goal, "one of the events that count")
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def ask(self, log: EventLog, progress: Progress = None) -> SessionsAnswer:
        """The sessions of a log."""
        needs_time(log)
        if self.by == "idle" and log.resolution_us >= calendar.DAY_US:
            message = "These stamps are plain days, so the gaps inside a day are not known and sessions can't be told."
            raise SchemaError("no_clock", message)
        arguments, names = _arguments(self, log)
        sums, durations, groups = over_users(
            log, session_walk.tally, *arguments, len(names), merge=("sum", "join", "join"), progress=progress
        )
        return SessionsAnswer(
            question=self, log=log, arguments=arguments, names=names, sums=sums, durations=durations, groups=groups
        )


def _arguments(question: Sessions, log: EventLog) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """What the kernels are handed, and the words of the groups; no words where there are no groups."""
    session, n_words = np.empty(0, np.int32), 0
    if question.by == "column":
        words = log.words(log.column_of("session", "Sessions"))
        session, n_words = words.codes.astype(np.int32), len(words.values)
    goal_event, goal_row = np.zeros(len(log.events.values), np.uint16), np.empty(0, np.uint16)
    if question.goal is not None:
        goal_event, goal_row = step_bits(log, (question.goal,))
    span = (*calendar.entry_range(question.first_day, question.last_day, log.zone), log.ends_at)
    values: np.ndarray = log.events.codes[:0]
    names: tuple[str, ...] = ()
    if question.group is not None:
        found = log.events if question.group == EVENT else log.words(column(log, question.group))
        values, names = found.codes, found.values
    cut = (int(question.timeout_minutes * MINUTE_US), session, n_words)
    bounce = (BOUNCES[question.bounce], int(question.bounce_seconds * calendar.SECOND_US), goal_event, goal_row)
    return (activity(log, question.event), cut, span, bounce, values), names


def column(log: EventLog, group: str) -> str:
    """The column that a group's name stands for: that of the role, else the column of this name."""
    if group in ("page", "channel") and group not in log.roles and group not in log.columns:
        return log.column_of(group, "Sessions")
    return log.roles.get(group, group)


@dataclass(frozen=True, eq=False)
class SessionsAnswer(Answer):
    """Sessions, all together or by group.

    Attributes:
        sums: One row a group, one for all with a value, one for all sessions; columns as `session_walk.SUMS`.
        table: One row a group, the largest first ("" where a session has no value), or one row for all.
            `sessions` and `users` include those `still_open`; all else is of closed sessions: events per session
            (interval clustered by user), median duration in hours of all and of those with several events
            (intervals by order statistics), `bounces`, users who bounced, `bounce_rate` (clustered by user);
            `entries` and `exits`: sessions that have the value first and last; `views`: events with the value;
            `exit_rate`: exits of views; the difference of the bounce rate to all other sessions that have a value
            with its p, nan with fewer than 30 users on either side and beyond the 50 largest groups.
        total: The same in one row, for all sessions.
    """

    question: Sessions
    log: EventLog
    arguments: tuple[Any, ...]
    names: tuple[str, ...]
    sums: np.ndarray
    durations: np.ndarray
    groups: np.ndarray
    table: pd.DataFrame = field(init=False)
    total: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = session_rates.COLUMNS

    def __post_init__(self) -> None:
        whole = self.sums[-1]
        total = session_rates.table([""], whole[None, :], [self.durations], whole)
        object.__setattr__(self, "total", total)
        object.__setattr__(self, "table", total if self.question.group is None else self._by_group(self.sums[-2]))

    def _by_group(self, given: np.ndarray) -> pd.DataFrame:
        size, views = self.sums[:-2, SUMS.index("sessions")], self.sums[:-2, SUMS.index("views")]
        order = np.argsort(self.groups, kind="stable")
        cuts = np.searchsorted(self.groups[order], np.arange(1, len(self.names)))
        durations = np.split(self.durations[order], cuts)
        shown = [int(g) for g in np.lexsort((-views, -size)) if size[g] or views[g]]
        return session_rates.table(
            [self.names[g] for g in shown], self.sums[shown], [durations[g] for g in shown], given
        )

    def people(self, group: str | None = None, kind: str = "any") -> np.ndarray:
        """User indices behind a number; as many as `users`, `bounce_users` or `exit_users` says.

        Args:
            group: A group of the table; None for all sessions.
            kind: "any" session of the group, a "bounce" in it, or an "exit" with its value.
        """
        wanted = -1 if group is None else self.names.index(group)
        (found,) = over_users(self.log, session_walk.members, *self.arguments, wanted, KINDS[kind], merge=("join",))
        return found

    def findings(self) -> list[Finding]:
        """How many sessions bounce, then the groups that differ from the rest, after BH."""
        row: Any = next(self.total.itertuples())
        closed = int(self.sums[-1, SUMS.index("closed_users")])
        if closed < session_rates.FEW:
            message = "Too few to judge: {users} users have a session that is over"
            detail = "At least {enough} are needed. Choose a longer range."
            facts: dict[str, Any] = {"users": closed, "enough": session_rates.FEW}
            return [Finding(message, facts, detail, n=closed, tone="caution")]
        message = {
            "one_event": "{bounce_rate} of sessions are a single event",
            "short": "{bounce_rate} of sessions last less than {seconds} seconds",
            "no_goal": "{bounce_rate} of sessions end without {goal}",
        }[self.question.bounce]
        detail = "{low_rate} – {high_rate}; {sessions} sessions of {users} users, {open} of them still open at the end"
        facts = {
            "bounce_rate": row.bounce_rate,
            "low_rate": row.bounce_rate_low,
            "high_rate": row.bounce_rate_high,
            "sessions": row.sessions,
            "users": row.users,
            "open": row.still_open,
            "seconds": self.question.bounce_seconds,
            "goal": "" if self.question.goal is None else self.question.goal.name,
        }
        size = (row.bounce_rate, row.bounce_rate_low, row.bounce_rate_high)
        head = Finding(message, facts, detail, *size, n=row.users, weight=1e9)
        return [*self._entry(), head, *adjusted(self.tested())]

    def _entry(self) -> list[Finding]:
        """Where most sessions begin, for a column that says where somebody is."""
        named = self.table[self.table["group"] != ""]
        if self.question.group not in ("page", EVENT) or not len(named) or not self.sums[-2, SUMS.index("n")]:
            return []
        value = str(named["group"].iloc[0])
        one = dict(zip(SUMS, self.sums[self.names.index(value)], strict=True))
        given = dict(zip(SUMS, self.sums[-2], strict=True))
        share = float(stats.rate(one["n"], given["n"]))
        low, high = stats.ratio_interval(
            one["n"], given["n"], one["nn"], one["n_all_n"], given["nn"], given["closed_users"]
        )
        facts = {"value": value, "entry_share": share, "low_share": low, "high_share": high, "sessions": given["n"]}
        message = "{value} is where most sessions begin: {entry_share}"
        detail = "{low_share} – {high_share}, of {sessions} sessions that are over"
        users = int(given["closed_users"])
        return [Finding(message, facts, detail, share, float(low), float(high), n=users, weight=2e9)]

    def tested(self) -> list[Finding]:
        """The bounce rate of every group against all others that have a value, p-values not yet adjusted."""
        if self.question.group is None:
            return []
        found = []
        row: Any
        for row in self.table[self.table["p"].notna() & (self.table["group"] != "")].itertuples():
            low, high = row.difference_low_points, row.difference_high_points
            facts = {
                "value": row.group,
                "bounce_rate": row.bounce_rate,
                "difference_points": row.difference_points,
                "low_points": low,
                "high_points": high,
                "sessions": row.sessions,
                "users": row.users,
            }
            worse = row.difference_points > 0
            message = (
                "Sessions that begin with {value} bounce less often: {bounce_rate}, {difference_points} to the rest"
            )
            if worse:
                message = (
                    "Sessions that begin with {value} bounce more often: {bounce_rate}, {difference_points} to the rest"
                )
            detail = "{low_points} to {high_points}; {sessions} sessions of {users} users; {looks} groups compared"
            finding = Finding(message, facts, detail, row.difference_points, low, high, row.p, row.users)
            found.append(finding.toned("bad" if worse else "good", _clear(low, high)))
        return found


def _clear(low: float, high: float) -> float:
    """How far an interval is from no difference; 0 where it holds it."""
    return max(low, -high, 0.0)
