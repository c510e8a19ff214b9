"""Explain a change: of what a rate or the money moved between two periods, to the last digit.

A rate falls for two reasons that ask for different answers. Either people in a group do it less often (rate), or the
groups with a low rate have become a larger part of all (mix). Both are worked out for every group of a column, and
together they are the whole change, with nothing left over. Where the whole moves one way while the groups move the
other, it is the mix that speaks, and that is said.

A part is not a cause: it says where the change sits, not why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.behaviour.trends import flags, spoken
from analysis.behaviour.trends.groups import SCAN, Groups, scan_table
from analysis.behaviour.trends.trend import Trend, rows_of
from analysis.engine import over_users
from analysis.errors import NotEnoughDataError, ParameterError
from analysis.events import EventLog, properties
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time

MEASURES = ("users", "mix", "rate", "value", "new or gone")
"""The parts of a change: a rate has mix and rate, money all of them."""

DAYS = ("first_from", "first_to", "second_from", "second_to")
WEEKS = 4
MOST_COLUMNS, MOST_VALUES = 12, 60


@dataclass(frozen=True, kw_only=True, repr=False)
class ExplainChange(Question):
    """What moved a rate, or the money, between two periods.

    **Definition.** Rate: of the users with a `base` event in a period, those with an `event` in the same period
    (`window_days=None`), or within the window after their first base event in it; users whose window is still open
    at the end of the data are left out. Money: the amounts of the `event` rows of the same users in the period; its
    rate is the share of users with such a row, its value the money of each of them. A user's group is the first value
    of the column that is given in the period. Groups of under 30 users in either period are joined to one, and so are
    all beyond the eight largest. Mix of a group: change of its share of users times how far its rate, mean of both
    periods, lies from the whole's. Rate of a group: change of its rate times its share, mean of both periods
    (Kitagawa). Money is split with the logarithmic mean; a group without money in one period is "new or gone".

    Attributes:
        event: What is done.
        base: Of whom the rate is; None for users with any event.
        measure: "rate" or "money".
        window_days: Days from the first base event within which the event counts, up to 90; None: the same period.
        by: Column whose values are the groups; None: of all that fit, the one in which a group stands out most.
        first_from, first_to: Days of the first period, both included, ISO text; None for all four: the last four full
            weeks against the four before, or less where the data are shorter.
        second_from, second_to: Days of the second period.

    Use with care: a part says where a change sits, not what caused it. The finer the groups, the more of the change
    becomes mix. Users may be in both periods; intervals allow for that, as whole users are left out in turn.
    """

    event: Step
    base: Step | None = None
    measure: Literal["rate", "money"] = "rate"
    window_days: float | None = None
    by: str | None = None
    first_from: str | None = None
    first_to: str | None = None
    second_from: str | None = None
    second_to: str | None = None

    def __post_init__(self) -> None:
        self._set("event", Step.of(self.event))
        self._set("base", None if self.base is None else Step.of(self.base))
        if self.measure not in ("rate", "money"):
            raise ParameterError.outside("measure", self.measure, "one of rate, money")
        if self.window_days is not None and not 0 < self.window_days <= 90:
            raise ParameterError.outside("window_days", self.window_days, "above 0 and up to 90")
        if self.window_days is not None and self.measure == "money":
            raise ParameterError.outside("window_days", self.window_days, "left out for money")
        for name in DAYS:
            self._set(name, as_day(name, getattr(self, name)))
        given = [getattr(self, name) for name in DAYS]
        if any(given) and not all(given):
            raise ParameterError.outside("periods", given, "all four days, or none")
        if all(given) and not given[0] <= given[1] < given[2] <= given[3]:
            raise ParameterError.outside("periods", given, "a first period that ends before the second begins")

    def ask(self, log: EventLog, progress: Progress = None) -> ExplainChangeAnswer:
        """The parts of the change in a log."""
        needs_time(log)
        days = self._days(log)
        rows = rows_of(Trend(measure="rate", event=self.event, base=self.base), log)
        window = -1 if self.window_days is None else int(self.window_days * calendar.DAY_US)
        amount = np.empty(0)
        if self.measure == "money":
            amount = log.numbers(log.column_of("amount", "Explain a change")).astype(float, copy=False)
        spans = tuple(calendar.entry_range(*pair, log.zone) for pair in (days[:2], days[2:]))
        did = tuple(
            over_users(
                log, flags.of_users, rows, *span, log.ends_at, window, amount, merge=("join",) * 3, progress=progress
            )
            for span in spans
        )
        columns = [self.by] if self.by is not None else properties(log, most=MOST_VALUES)[:MOST_COLUMNS]
        looked = [Groups.by(log, column, spans, did, self.measure) for column in columns]
        looked = [g for g in looked if self.by is not None or len(g.names) > 1]
        scan = scan_table(looked) if self.measure == "rate" else scan_table([])
        place = _chosen(looked, scan)
        groups = looked[place] if looked else Groups.by(log, "", spans, did, self.measure)
        opened = sum(int(np.count_nonzero(state == 2)) for state, _converted, _money in did)
        return ExplainChangeAnswer(
            question=self, log=log, days=days, groups=groups, looked=looked, scan=scan, did=did, still_open=opened
        )

    def _days(self, log: EventLog) -> tuple[str, str, str, str]:
        """The four days: those given, or the last full weeks."""
        if self.first_from is not None:
            return tuple(getattr(self, name) for name in DAYS)
        limit = log.ends_at - int((self.window_days or 0) * calendar.DAY_US)
        end = calendar.day_of(limit, log.zone)
        begin = calendar.day_of(log.starts_at, log.zone)
        monday = calendar.first_day(end, "week")
        weeks = min(WEEKS, ((monday - begin).days // 7) // 2)
        length, end = (7 * weeks, monday) if weeks else ((end - begin).days // 2, end)
        if length < 1:
            raise NotEnoughDataError(
                "two_periods",
                "A change needs two periods, but these data hold {count} full days. Two days would be enough.",
                count=max(0, (end - begin).days),
            )
        cuts = [end - timedelta(2 * length), end - timedelta(length + 1), end - timedelta(length), end - timedelta(1)]
        return tuple(c.isoformat() for c in cuts)  # type: ignore[return-value]


def _chosen(looked: list[Groups], scan: pd.DataFrame) -> int:
    """The column that explains most: its strongest group the clearest; for money the one whose mix is largest."""
    if not looked:
        return 0
    if scan["p"].notna().any():
        return int(np.nanargmin(scan["p"].to_numpy(float)))
    return int(np.argmax([abs(float(g.total[1])) if len(g.total) > 2 else 0.0 for g in looked]))


@dataclass(frozen=True, eq=False)
class ExplainChangeAnswer(Answer):
    """A change and its parts.

    Attributes:
        days: First and last day of both periods.
        groups: The groups of the column used. looked: Those of all columns looked at.
        scan: Which column explains most (rates only): `column`, `values` (groups), `mix_points` with interval,
            `strongest` (the group that moved most unlike all others), its `difference_points` to them with interval,
            `p` (over the column's groups, Bonferroni), `p_adjusted` (over columns, Benjamini-Hochberg).
        still_open: Users left out because their window is not over.
        parts: One row a part: `measure` (mix, rate, …), `change_points` or `change_money` with interval, `p`.
        table: One row a group: `value`, `first_users`, `second_users`, `first_rate` and `second_rate` (Wilson), then
            for a rate `mix_points`, `rate_effect_points`, `difference_points` (to the change of all others), each with
            interval, `p`, `p_adjusted`; for money `first_money`, `second_money` and the money of each part. nan where
            undefined.
    """

    question: ExplainChange
    log: EventLog
    days: tuple[str, str, str, str]
    groups: Groups
    looked: list[Groups]
    scan: pd.DataFrame
    did: tuple[Any, ...]
    still_open: int
    table: pd.DataFrame = field(init=False)
    parts: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        assert list(self.scan.columns) == SCAN
        object.__setattr__(self, "table", spoken.table(self))
        object.__setattr__(self, "parts", spoken.parts_table(self))

    @property
    def users(self) -> tuple[int, int]:
        """Users of both periods."""
        return int(self.groups.sums[:, 0].sum()), int(self.groups.sums[:, 3].sum())

    @property
    def level(self) -> tuple[float, float]:
        """The rate, or the money, of both periods."""
        sums = self.groups.sums.sum(axis=0)
        if self.question.measure == "money":
            return float(sums[2]), float(sums[5])
        return float(stats.rate(sums[1], sums[0])), float(stats.rate(sums[4], sums[3]))

    @property
    def names(self) -> list[str]:
        """The parts, in the order of `groups.total`."""
        return list(MEASURES) if self.question.measure == "money" else ["mix", "rate"]

    def people(self, value: str, period: int, *, converted: bool = True) -> np.ndarray:
        """Users of a group in the first (0) or second (1) period who did it (or did not), by user index."""
        there = self.groups.of[period] == self.groups.names.index(value)
        return np.asarray(self.log.users[there & (self.did[period][1] == converted)])

    def findings(self) -> list[Finding]:
        """The whole change with its parts, a reversal where there is one, and the groups that moved unlike the rest."""
        return spoken.too_few(self) or [spoken.headline(self), *adjusted(self.tested())]

    def tested(self) -> list[Finding]:
        """The parts, the reversals, and every group of every column looked at against all others."""
        return [] if spoken.too_few(self) else spoken.tested(self)


def spans_of(days: tuple[str, str, str, str]) -> tuple[date, date, date, date]:
    """The four days as dates."""
    return tuple(date.fromisoformat(d) for d in days)  # type: ignore[return-value]
