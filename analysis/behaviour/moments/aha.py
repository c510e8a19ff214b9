"""Aha moments: what do users who stay do in their first days that those who leave do not?

A candidate is "at least so many times this event within so many days of the start". For each, the users who did it
are set beside those who did not, and it is seen how many of each came back later. Everybody has the same time to
come back, counted strictly after the longest of the first days: who is judged by an early habit is not also
counted as retained by that habit. Users whose first days or whose time after them are not wholly in the file are
left out, and so are those at the left edge of the file, whose first days nobody knows.

With hundreds of candidates some shine by luck. Users are therefore dealt into two halves: the best candidates are
chosen on the one and judged on the other, whose numbers are the ones told. A candidate counts only where both halves
show it, each p-value adjusted for all that was looked at.

What is found goes together with staying. Whether it makes users stay, only an experiment says: people who mean to
stay do more of everything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.moments import aha_count
from analysis.behaviour.moments.association import Association, associate
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time, step_bits
from analysis.users import activity, left_edge_days

FEW = 30
"""Users on each side of a candidate, in each half, below which it is not looked at."""

COVERAGE = (0.10, 0.80)
"""Share of users who do it: rarer is no common way in, more frequent tells nobody apart."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Aha(Question):
    """Which event, how often, in which first days, goes along with staying.

    **Definition.** A user starts with the first event that counts and is followed for `first_days` and then
    `horizon_days`, each day 24 h. Retained: an event that counts (or the `goal`) in the horizon. A candidate is an
    event done at least n times in less than d days from the start, the first event included, for each n of `times`
    and each d of `days` below `first_days` and for `first_days` itself; it is looked at when 10 to 80 % of users do
    it. With a goal, users who reach it in the first days are left out, and its event is no candidate.

    Attributes:
        goal: The later event that is wanted; None for any event that counts.
        event: Events that count and that are candidates, a `Step`; None for all.
        first_days: Days from the start in which candidates lie, 1 to 90.
        horizon_days: Days after those in which the outcome may come, 1 to 365.
        times: Numbers of times, rising, 1 to 50.
        days: Windows in days, rising; those not below `first_days` give way to it.
        first_day, last_day: Days between which the start must lie, ISO text; None: open.

    Use with care: this finds what goes together, not causes. Somebody who means to stay does more of everything, so
    pushing users to do it may change nothing; try it with an A/B test. Where users start on very different days,
    seasons mix in.

    References:
        Held-out choice: Cox (1975), A note on data-splitting for the evaluation of significance levels, Biometrika 62.
    """

    goal: Step | None = None
    event: Step | None = None
    first_days: int = 7
    horizon_days: int = 28
    times: tuple[int, ...] = (1, 2, 3, 5, 10)
    days: tuple[int, ...] = (1, 3, 7)
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        for name in ("goal", "event"):
            given = getattr(self, name)
            self._set(name, None if given is None else Step.of(given))
        for name, most in (("first_days", 90), ("horizon_days", 365)):
            given = getattr(self, name)
            if not 1 <= given <= most:
                raise ParameterError.outside(
                    name, given, "a whole number of days from 1, at most 90 first days and 365 of horizon"
                )
        for name, most in (("times", 50), ("days", 90)):
            given = tuple(int(v) for v in getattr(self, name))
            if not given or list(given) != sorted(set(given)) or given[0] < 1 or given[-1] > most:
                raise ParameterError.outside(name, given, "rising whole numbers from 1, such as (1, 3, 7)")
            self._set(name, given)
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    @property
    def windows(self) -> tuple[int, ...]:
        """The windows used, in days; the last one are the first days."""
        return (*(d for d in self.days if d < self.first_days), self.first_days)

    def ask(self, log: EventLog, progress: Progress = None) -> AhaAnswer:
        """The candidates of a log."""
        needs_time(log)
        rows = activity(log, self.event)
        goal = rows[2:] if self.goal is None else step_bits(log, (self.goal,))
        edge = log.starts_at + int(left_edge_days(log) * calendar.DAY_US)
        span = (*calendar.entry_range(self.first_day, self.last_day, log.zone), edge, log.ends_at, self.goal is None)
        windows = np.array(self.windows, np.int64) * calendar.DAY_US
        arguments = (rows, goal, span, windows, self.horizon_days * calendar.DAY_US)
        times, halves, fates = over_users(
            log,
            aha_count.count,
            *arguments,
            self.times[-1],
            len(log.events.values),
            merge=("sum", "sum", "sum"),
            progress=progress,
        )
        return AhaAnswer(question=self, log=log, arguments=arguments, times=times, halves=halves, fates=fates)


@dataclass(frozen=True, eq=False)
class AhaAnswer(Answer):
    """The candidates, the best first.

    Attributes:
        times: Users by half, outcome, event, window and times done. halves: Users by half and outcome.
        fates: Users counted; left out at the left edge; because they are too new; because they had the goal already.
        table: One row a candidate that is looked at: `event`, at least `times`, in `within_days`; `did_users` and
            `other_users` and `coverage_share` of both halves; then of the half held out: its users, the rate of
            those who did, of the others, the difference, φ and lift; of the half that chose: the difference, φ, p;
            `held_out_p`; `p`, the larger of the two (1 where the halves disagree in direction), and `p_adjusted`
            for all that was looked at. Sorted by φ of the half that chose, so that the half held out stays honest.
    """

    question: Aha
    log: EventLog
    arguments: tuple[Any, ...]
    times: np.ndarray
    halves: np.ndarray
    fates: np.ndarray
    table: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = [
        "event", "times", "within_days", "did_users", "other_users", "coverage_share", "held_out_users",
        "did_rate", "did_rate_low", "did_rate_high", "other_rate", "other_rate_low", "other_rate_high",
        "difference_points", "difference_low_points", "difference_high_points", "phi", "phi_low", "phi_high", "lift",
        "chosen_difference_points", "chosen_difference_low_points", "chosen_difference_high_points",
        "chosen_phi", "chosen_phi_low", "chosen_phi_high", "chosen_p", "held_out_p", "p", "p_adjusted",
    ]  # fmt: skip

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._table())

    @property
    def retained_rate(self) -> tuple[float, float, float]:
        """Of all users counted, how many had the outcome, with its Wilson interval."""
        hit, n = self.halves[:, 1].sum(), self.halves.sum()
        low, high = stats.wilson(hit, n)
        return float(stats.rate(hit, n)), float(low), float(high)

    def _looked_at(self, did: np.ndarray) -> np.ndarray:
        """Places (event, window, times) of candidates with enough users on both sides, in both halves."""
        users = did.sum(axis=1)  # half, event, window, times
        share = stats.rate(users.sum(axis=0), np.full(users.shape[1:], self.halves.sum()))
        fine = (share >= COVERAGE[0]) & (share <= COVERAGE[1])
        others = self.halves.sum(axis=1)[:, None, None, None] - users
        fine &= (np.minimum(users, others) >= FEW).all(axis=0)
        fine[0] = False
        if self.question.goal is not None:
            for event in self.question.goal.events:
                fine[self.log.events.code(event, "event")] = False
        return np.argwhere(fine)

    def _table(self) -> pd.DataFrame:
        at_least = np.flip(np.cumsum(np.flip(self.times, -1), -1), -1)
        did = at_least[..., list(self.question.times)]  # half, outcome, event, window, times
        places = self._looked_at(did)
        chosen, held = (self._half(did, places, half) for half in (0, 1))
        e, w, k = places.T if len(places) else (np.empty(0, int),) * 3
        users = did[:, :, e, w, k].sum(axis=(0, 1))
        same = np.sign(chosen.points) == np.sign(held.points)
        p = np.where(same, np.maximum(chosen.p, held.p), np.where(np.isnan(chosen.p + held.p), np.nan, 1.0))
        data: dict[str, Any] = {
            "event": [self.log.events.values[c] for c in e],
            "times": np.array(self.question.times)[k],
            "within_days": np.array(self.question.windows)[w],
            "did_users": users,
            "other_users": self.halves.sum() - users,
            "coverage_share": stats.rate(users, np.full(len(users), self.halves.sum())),
            "held_out_users": np.full(len(users), self.halves[1].sum()),
        }
        data |= dict(zip(self.COLUMNS[7:20], held[:13], strict=True))
        data |= dict(zip(self.COLUMNS[20:26], chosen[6:12], strict=True))
        data |= {"chosen_p": chosen.p, "held_out_p": held.p, "p": p, "p_adjusted": stats.benjamini_hochberg(p)}
        frame = pd.DataFrame(data, columns=self.COLUMNS)
        return frame.sort_values("chosen_phi", ascending=False, kind="stable", ignore_index=True)

    def _half(self, did: np.ndarray, places: np.ndarray, half: int) -> Association:
        e, w, k = places.T if len(places) else (np.empty(0, int),) * 3
        hit, missed = did[half, 1, e, w, k], did[half, 0, e, w, k]
        all_missed, all_hit = self.halves[half]
        return associate(hit, hit + missed, all_hit - hit, all_hit + all_missed - hit - missed)

    def people(self, event: str, times: int, within_days: int, *, did: bool = True) -> np.ndarray:
        """User indices of those who did a candidate, or did not; as many as `did_users` or `other_users` says."""
        code, window = self.log.events.code(event, "event"), self.question.windows.index(within_days)
        who, often, _ = over_users(
            self.log, aha_count.members, *self.arguments, code, window, merge=("join", "join", "join")
        )
        return who[(often >= times) == did]

    def best(self) -> pd.DataFrame:
        """One row an event: the candidate that the choosing half shows most clearly, the strongest first."""
        if not len(self.table):
            return self.table
        table = self.table.assign(size=self.table["chosen_phi"].abs())
        places = table.sort_values("size", ascending=False, kind="stable").drop_duplicates("event").index
        return self.table.loc[sorted(places)].reset_index(drop=True)

    def findings(self) -> list[Finding]:
        """Per event its best candidate, where both halves show it, after BH; then how many are retained at all."""
        n = int(self.halves.sum())
        if self.halves.sum(axis=1).min() < 2 * FEW:
            message = "Too few to judge: {users} users are seen from their first day to the end of the horizon"
            detail = "At least {enough} are needed. Choose fewer days, or a longer range."
            return [Finding(message, {"users": n, "enough": 4 * FEW + 20}, detail, n=n, tone="caution")]
        rate, low, high = self.retained_rate
        facts: dict[str, Any] = {
            "rate": rate,
            "low_rate": low,
            "high_rate": high,
            "users": n,
            "first": self.question.first_days + 1,
            "last": self.question.first_days + self.question.horizon_days,
            "goal": "" if self.question.goal is None else self.question.goal.name,
        }
        message = "{rate} of new users are back between day {first} and day {last}"
        if self.question.goal is not None:
            message = "{rate} of new users do {goal} between day {first} and day {last}"
        detail = "{low_rate} – {high_rate}, of {users} users whose whole time is seen"
        whole = Finding(message, facts, detail, rate, low, high, n=n)
        best = {(r.event, r.times, r.within_days) for r in self.best().itertuples()}
        stand = [f for f in adjusted(self.tested()) if (f.facts["event"], f.facts["times"], f.facts["days"]) in best]
        if stand:
            return [*stand, whole]
        message = "No event of the first days goes along with it beyond chance, in both halves of the users"
        return [whole, Finding(message, {}, "{looks} candidates looked at", looks=len(self.table))]

    def tested(self) -> list[Finding]:
        """Every candidate: the numbers of the half held out, and the larger p-value of the two halves, not adjusted."""
        found = []
        goal = "" if self.question.goal is None else self.question.goal.name
        row: Any
        for row in self.table[self.table["p"].notna()].itertuples():
            more = row.difference_points >= 0
            low, high = row.difference_low_points, row.difference_high_points
            facts = {
                "event": row.event,
                "times": row.times,
                "days": row.within_days,
                "did_rate": row.did_rate,
                "other_rate": row.other_rate,
                "low_points": low,
                "high_points": high,
                "users": row.held_out_users,
                "goal": goal,
            }
            message = (
                "{did_rate} of those who did {event} {times}+ times in {days} d are back; of the others {other_rate}"
            )
            if goal:
                message = (
                    "{did_rate} of those who did {event} {times}+ times in {days} d do {goal}; of others {other_rate}"
                )
            detail = "{low_points} to {high_points}, {users} users held out; {looks} looked at. No proof of a cause"
            finding = Finding(message, facts, detail, row.difference_points, low, high, row.p, row.held_out_users)
            found.append(finding.toned("good" if more else "bad", abs(row.chosen_phi)))
        return found
