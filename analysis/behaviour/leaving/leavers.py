"""What leavers did last: the last days of those who fell silent, against the same days of those who stayed.

A leaver is a user who has done nothing for so long that hardly anybody ever came back after it. Their last active
day is looked at, with the days before. To look at leavers alone tells nothing: everybody's last page is often the
home page. So they are compared with users who stayed, at a day on which these were alike: the same calendar week,
as long since the first visit, as much done in the days looked at, and as often here in the four weeks before. A
stayer is taken at one day only, drawn without regard to what was done on it, in proportion to the leavers who are
alike; after that day they came back in time.

Only like is compared with like (Mantel-Haenszel over all strata). The rates are therefore those among matched
users, and their size depends on how many stayers there are; the ratio is the finding. It tells what leavers did
more often or less often than others before the silence. It does not say that doing it made them leave.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.leaving import seen, silence
from analysis.engine import Merge, over_users
from analysis.errors import ParameterError
from analysis.events import EVENT, EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time
from analysis.users import activity, day_bounds, gaps, percentile

LEARNED = 0.95
"""Of all gaps between a user's active days, the share that is at most as long as the silence that counts as gone."""

LEAST_DAYS = 7
"""The learned silence is at least this, so that a weekend is no leaving."""

MOST_SHARE = 1 / 3
"""The learned silence is at most this part of the range: else nobody could be judged."""

USUAL_DAYS = 30
"""The silence that counts as gone where nobody ever came back, so that nothing can be learned."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Leavers(Question):
    """What the users who fell silent did last, against users alike who stayed.

    **Definition.** A leaver has no activity in the `silent_days` days after the last active day, nor any later. A
    stayer is a user who is not silent at the end; the day taken is one after which they were active again within
    `silent_days`. Both days lie between `first_day` and `last_day` and at least `silent_days` before the end of the
    data. Looked at are the rows from `last_days` days up to the last activity of that day (or the last
    `last_events` rows): the events and the values of the properties that occur at least once, and the very last
    event. Alike: same calendar week; days since the first active day (0, 1–6, 7–27, 28–89, 90–179, 180 and
    more); events in those days (1, 2, 3, 4–5, 6–9, 10–19, 20 and more); active days in the 28 days before them (0,
    1–3, 4 and more). Strata without both kinds are left out. Risk ratio by Mantel-Haenszel with the interval of
    Greenland and Robins; p by the Cochran-Mantel-Haenszel test, exact where counts are small, adjusted over all.

    Attributes:
        silent_days: Days without activity that count as gone; None: the 95th percentile of the gaps between active
            days, at least 7 days and at most a third of the range.
        last_days: Days looked at, the last one included.
        last_events: Rows looked at instead, however many days they take; None for days.
        event: What counts as activity; None for any event.
        coverage_low, coverage_high: Least and greatest share of the matched users that may have a feature.
        properties: Columns whose values are looked at; None for all with 2 to 60 words.
        first_day, last_day: Days between which the last active day must lie, ISO text in the log's zone; None: open.

    Use with care: somebody silent may yet come back. With `last_events` activity is matched over 28 days instead of
    the days looked at. What ends a visit by its nature, such as signing off, goes with leaving without causing it.

    References:
        Mantel and Haenszel (1959), JNCI 22. Greenland and Robins (1985), Biometrics 41.
    """

    silent_days: int | None = None
    last_days: int = 7
    last_events: int | None = None
    event: Step | None = None
    coverage_low: float = 0.10
    coverage_high: float = 0.80
    properties: tuple[str, ...] | None = None
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        self._set("event", None if self.event is None else Step.of(self.event))
        if self.silent_days is not None and not 1 <= self.silent_days <= 3660:
            raise ParameterError.outside("silent_days", self.silent_days, "1 to 3660, or None")
        if not 1 <= self.last_days <= 90:
            raise ParameterError.outside("last_days", self.last_days, "1 to 90")
        if self.last_events is not None and not 1 <= self.last_events <= 1000:
            raise ParameterError.outside("last_events", self.last_events, "1 to 1000, or None")
        seen.check_coverage(self.coverage_low, self.coverage_high)
        if self.properties is not None:
            self._set("properties", tuple(self.properties))
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def ask(self, log: EventLog, progress: Progress = None) -> LeaversAnswer:
        """The leavers of a log, and what they did last."""
        needs_time(log)
        silent = self.silent_days or self._learned(log)
        judged, units = self._units(log, silent)
        sizes = [np.bincount(units.stratum[units.left == kind], minlength=1) for kind in (True, False)]
        n = min(len(counts) for counts in sizes)
        both = (sizes[0][:n] > 0) & (sizes[1][:n] > 0)
        matched = units.pick((units.stratum < n) & both[np.minimum(units.stratum, n - 1)])
        columns, bounds = [EVENT, *seen.looked_at(log, self.properties)], (self.coverage_low, self.coverage_high)
        parts, enough = [], matched.enough()
        for last in (False, True):
            group = replace(matched, low=matched.high - 1) if last else matched
            found = seen.look(log, group, (columns[:1] if last else columns) if enough else [], bounds)
            found.insert(2, "very_last", np.full(len(found), last))
            parts.append(found)
        return LeaversAnswer(self, log, silent, judged, int(units.left.sum()), matched, seen.ranked(parts))

    def _learned(self, log: EventLog) -> int:
        """Days of silence after which hardly anybody comes back."""
        closed, _ = gaps(log, self.event)
        found, days = percentile(closed[0], LEARNED), closed.shape[1]
        return max(1, round(min(USUAL_DAYS if np.isnan(found) else max(found, LEAST_DAYS), days * MOST_SHARE)))

    def _units(self, log: EventLog, silent: int) -> tuple[int, seen.Units]:
        """How many users could have left, and all leavers and stayers at their clocks."""
        bounds = day_bounds(log)
        begins = bounds[:-1]
        first, until = calendar.entry_range(self.first_day, self.last_day, log.zone)
        weeks = calendar.bounds(log.starts_at, log.ends_at, log.zone, "week")[0]
        week_of = np.searchsorted(weeks, begins, side="right") - 1
        last = min(int(np.searchsorted(begins, until)), len(begins) - silent) - 1
        days = (bounds, week_of, log.ends_at, int(np.searchsorted(begins, first)), last)
        rule = (silent, 0 if self.last_events else self.last_days, self.last_events or 0)
        edges = (silence.TENURE, silence.EVENTS, silence.HABIT, silence.HABIT_DAYS)
        rows = activity(log, self.event)
        arguments = (rows, days, rule, edges)
        how: tuple[Merge, ...] = ("join",) * 4
        strata, low, high, active = over_users(log, silence.clocks, *arguments, np.empty(0), merge=how)
        left = strata >= 0
        weights = np.bincount(strata[left], minlength=len(weeks) * silence.STRATA_A_WEEK).astype(float)
        kept = over_users(log, silence.clocks, *arguments, weights, merge=how)
        keep = left | (kept[0] >= 0)
        strata, low, high = (np.where(left, a, b)[keep] for a, b in zip((strata, low, high), kept[:3], strict=True))
        units = seen.Units(log.users[keep], low, high, left[keep], strata)
        return int(np.count_nonzero(active | kept[3])), units


@dataclass(frozen=True, eq=False)
class LeaversAnswer(Answer):
    """What goes with falling silent.

    Attributes:
        silent_days: Days of silence that count as gone, given or learned.
        judged: Users active on a day on which a leaver's last day may lie.
        leavers: Users of these who left.
        matched: Leavers and stayers of the strata that hold both.
        table: One row a feature, the clearest first: `column` and `value` ("event" and its name, or a property);
            `very_last`: it is the last event itself, else it was seen in the days looked at; `users_with`,
            `users_without` it among the matched, of them `left_with`, `left_without`; the `leave_rate` of both, like
            against like; their `risk_ratio` with its interval, nan where one has no leaver; `coverage_share` of the
            matched users who have it; `p`, and `p_adjusted` over all rows.
    """

    question: Leavers
    log: EventLog
    silent_days: int
    judged: int
    leavers: int
    matched: seen.Units
    table: pd.DataFrame
    base: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        low, high = stats.wilson(self.leavers, self.judged)
        data = {
            "users": self.judged,
            "left": self.leavers,
            "leave_rate": stats.rate(self.leavers, self.judged),
            "leave_rate_low": low,
            "leave_rate_high": high,
            "leavers_compared": np.count_nonzero(self.matched.left),
            "stayers_compared": np.count_nonzero(~self.matched.left),
        }
        object.__setattr__(self, "base", pd.DataFrame([data]))

    def people(self, feature: int, *, left: bool = True, having: bool = True) -> np.ndarray:
        """User indices behind a row of the table: those with the feature (or without) who left (or stayed)."""
        row = self.table.iloc[feature]
        units = replace(self.matched, low=self.matched.high - 1) if row["very_last"] else self.matched
        has = seen.having(self.log, units, row["column"], row["value"])
        return units.who[(has == having) & (units.left == left)]

    def findings(self) -> list[Finding]:
        """How many left; then what goes with it, after BH over all that was looked at."""
        base = self.base.iloc[0]
        size = (base["leave_rate"], base["leave_rate_low"], base["leave_rate_high"])
        facts = {
            "leave_rate": size[0],
            "low_rate": size[1],
            "high_rate": size[2],
            "users": self.judged,
            "silent_days": self.silent_days,
            "leavers": int(base["leavers_compared"]),
            "stayers": int(base["stayers_compared"]),
            "enough": seen.FEW,
        }
        if not self.matched.enough():
            message = "Too few to compare: {leavers} leavers and {stayers} stayers alike"
            detail = "At least {enough} of each are needed. Widen the period, or count a shorter silence as leaving."
            return [Finding(message, facts, detail, n=self.judged, tone="caution")]
        message = "{leave_rate} have left: silent for {silent_days} days or more"
        detail = "{low_rate} – {high_rate} of {users} users; {leavers} leavers compared with {stayers} stayers alike"
        head = Finding(message, facts, detail, *size, n=self.judged, weight=1e9)
        found = seen.told_once(adjusted(self.tested()))
        if not found:
            message = "Nothing the leavers did last sets them apart"
            detail = "{looks} events and values looked at, none beyond chance"
            found = [Finding(message, facts | {"looks": len(self.table)}, detail, looks=len(self.table))]
        return [head, *found]

    def tested(self) -> list[Finding]:
        """Every feature, with against without it."""
        return [self._tested(row) for _, row in self.table.iterrows()]

    def _tested(self, row: pd.Series) -> Finding:
        kind = "last" if row["very_last"] else "event" if row["column"] == EVENT else "value"
        message = {
            "event": "After {value}, {with_rate} leave; of those alike without it, {without_rate}",
            "value": "With {column} {value}, {with_rate} leave; of those alike without it, {without_rate}",
            "last": "With {value} as the last event, {with_rate} leave; of those alike without it, {without_rate}",
        }[kind]
        detail = "{ratio} times as often ({ratio_low} – {ratio_high}); {users_with} users with it; {looks} looked at"
        return seen.finding(row, message, detail, {})
