"""Weekday and hour: when in the week users are there.

What is shown is the average of such hours, not the sum: a range with five Mondays and four Sundays would make
every Monday look busier. Each cell is divided by the time for which that hour of that weekday was really
observed, daylight saving included: the hour that is skipped in spring is not observed, the one that occurs
twice in autumn is observed twice.

Users are counted once an hour, so somebody who clicks a hundred times between nine and ten is one user there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numba as nb
import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import calendar
from analysis.behaviour.clicks import offsets, sides, tally
from analysis.behaviour.clicks.tally import Tally
from analysis.engine import over_users
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time
from analysis.users import activity

CELLS = 168
FEW = 30


@dataclass(frozen=True, kw_only=True, repr=False)
class WeekdayHour(Question):
    """When in the week users are there: 7 weekdays by 24 hours.

    **Definition.** An hour is one of the log's zone. The average of a cell is the users seen in such an hour
    (`measure="users"`, each once an hour), or the events in it, divided by the hours observed: from the first
    moment of the first event's day to the end of the data, both bounded by `first_day` and `last_day`. The
    interval is one over users (Poisson, with as many independent counts as have the same spread); differences
    between weeks are not in it. With `compare`, each side's share of its own total is compared cell by cell.

    Attributes:
        event: What is counted; None for any event of the user's own.
        measure: "users" or "events".
        compare: Column whose two values are compared; None: no comparison.
        sides: The two values, A and B; None: the two most frequent ones.
        first_day, last_day: Days between which the events must lie, ISO text; None: open.

    Use with care: a holiday week or a campaign moves its weekdays; compare two ranges before a rota is made of
    it. Users in several time zones are all read by the clock of the file's zone.
    """

    event: Step | None = None
    measure: Literal["users", "events"] = "users"
    compare: str | None = None
    sides: tuple[str, str] | None = None
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        self._set("event", None if self.event is None else Step.of(self.event))
        if self.measure not in ("users", "events"):
            raise ParameterError.outside("measure", self.measure, "one of users, events")
        self._set("sides", sides.checked(self.compare, self.sides))
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def ask(self, log: EventLog, progress: Progress = None) -> WeekdayHourAnswer:
        """The week of a log."""
        needs_time(log)
        if log.resolution_us > calendar.HOUR_US:
            raise SchemaError(
                "no_hours",
                "The times of these data are plain days, so nothing is known of their hours. "
                "Load the column that holds the time of day as well.",
            )
        low, high = calendar.entry_range(self.first_day, self.last_day, log.zone)
        begins = calendar.instant(calendar.day_of(log.starts_at, log.zone), log.zone)
        low, high = max(low, begins), min(high, log.ends_at)
        grid = offsets.hours(low, max(high, low), log.zone)
        cells = self._cells(log, grid, low, high)
        whole = tally.count(log, cells, CELLS)
        names, pair = None, (None, None)
        if self.compare is not None:
            names, *views = sides.split(log, self.compare, self.sides)
            pair = tuple(tally.count(view, cells, CELLS) for view in views)  # type: ignore[assignment]
        return WeekdayHourAnswer(
            question=self, log=log, cells=cells, observed=grid.observed, whole=whole, names=names, pair=pair
        )

    def _cells(self, log: EventLog, grid: offsets.Hours, low: int, high: int) -> np.ndarray:
        cells = np.empty(len(log.time), dtype=np.int16)
        once = self.measure == "users"
        over_users(log, _place, activity(log, self.event), grid.segments, grid.week, (low, high, once), cells, merge=())
        return cells


@dataclass(frozen=True, eq=False)
class WeekdayHourAnswer(Answer):
    """The week of a log.

    Attributes:
        cells: Cell of each row of the log. observed: Hours observed per cell. whole: The counts; pair: those of
            A and B. names: What A and B are called; None without a comparison.
        table: One row a cell: `iso_weekday` (1 is Monday), `hour`, `hours_observed`, `times` (events, or users each
            once an hour), `users` (different ones), `average` a such hour with its interval, nan where the hour was
            never observed, `share` of all `times` with its interval, and the comparison's columns, nan without one.
    """

    question: WeekdayHour
    log: EventLog
    cells: np.ndarray
    observed: np.ndarray
    whole: Tally
    names: tuple[str, str] | None
    pair: tuple[Tally | None, Tally | None]
    table: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = [
        *("iso_weekday", "hour", "hours_observed", "times", "users", "average", "average_low", "average_high"),
        *("share", "share_low", "share_high"),
        *sides.COLUMNS,
    ]

    def __post_init__(self) -> None:
        cell = np.arange(CELLS)
        times, hours = self.whole.counts, self.observed
        low, high = _poisson(times, self.whole.cells[:, 1])
        share_low, share_high = self.whole.share_interval()
        per_hour = np.where(hours > 0, 1 / np.where(hours > 0, hours, 1), np.nan)
        data = {
            "iso_weekday": cell // 24 + 1,
            "hour": cell % 24,
            "hours_observed": hours,
            "times": times,
            "users": self.whole.users,
            "average": times * per_hour,
            "average_low": low * per_hour,
            "average_high": high * per_hour,
            "share": self.whole.shares,
            "share_low": share_low,
            "share_high": share_high,
        }
        data |= sides.differences(*self.pair, CELLS)
        object.__setattr__(self, "table", pd.DataFrame(data, columns=self.COLUMNS))

    def people(self, iso_weekday: int, hour: int) -> np.ndarray:
        """Users seen in such an hour; as many as the cell says."""
        return tally.having(self.log, self.cells, (iso_weekday - 1) * 24 + hour)

    def findings(self) -> list[Finding]:
        """The busiest hour, and where the two sides differ."""
        users = int(self.whole.whole[2])
        if users < FEW:
            message = "Too few to judge: {users} users are seen"
            detail = "At least {enough} are needed. Choose another event or a longer range."
            return [Finding(message, {"users": users, "enough": FEW}, detail, n=users, tone="caution")]
        return [self._peak(users), *self._apart(), *adjusted(self.tested())]

    def _peak(self, users: int) -> Finding:
        place = int(np.nanargmax(self.table["average"]))
        top = self.table.iloc[place]
        users_counted = self.question.measure == "users"
        message = (PEAK_USERS if users_counted else PEAK_EVENTS)[int(top["iso_weekday"]) - 1]
        if not self._stands(place):
            message = "No hour of the week stands out: the busiest has {average} events an hour"
            if users_counted:
                message = "No hour of the week stands out: the busiest has {average} users an hour"
        facts = {
            "hour": int(top["hour"]),
            "average": top["average"],
            "low": top["average_low"],
            "high": top["average_high"],
            "share": top["share"],
            "hours": round(float(top["hours_observed"]), 1),
            "users": users,
        }
        detail = "{low} to {high} in such an hour, {hours} of them observed; {share} of the week; {users} users in all"
        size = (float(top["average"]), float(top["average_low"]), float(top["average_high"]))
        return Finding(message, facts, detail, *size, n=users, weight=1e9)

    def _stands(self, cell: int) -> bool:
        """Whether an hour holds more than an even week would give it, after correction for all hours (Bonferroni)."""
        times, hours = float(self.whole.counts[cell]), self.observed / self.observed.sum()
        size = float(self.whole.cells[cell, 1]) / times if times else 1.0
        even = float(self.whole.counts.sum()) * float(hours[cell])
        return times > 0 and float(sps.chi2.cdf(2 * even / size, 2 * times / size)) * CELLS <= 0.05

    def _apart(self) -> list[Finding]:
        if self.names is None:
            return []
        looks, n = int(self.table["p"].notna().sum()), int(self.whole.whole[2])
        stand = int((self.table["p_adjusted"] <= 0.05).sum())
        facts = {"hours": stand, "tested": looks, "a": self.names[0], "b": self.names[1]}
        message = "{hours} of {tested} hours of the week differ between {a} and {b}"
        detail = "after correction for all {tested}; only hours with enough users are tested"
        return [Finding(message, facts, detail, n=n, looks=looks, weight=1e8)]

    def tested(self) -> list[Finding]:
        """Every hour of the week in which enough users were, A against B."""
        found = []
        for _, row in self.table[self.table["p"].notna()].iterrows():
            assert self.names is not None
            size = sides.size(row)
            facts = {
                "a": self.names[0],
                "b": self.names[1],
                "hour": int(row["hour"]),
                "a_share": row["a_share"],
                "b_share": row["b_share"],
                "difference_points": size[0],
                "low_points": size[1],
                "high_points": size[2],
            }
            message = DIFFERS[int(row["iso_weekday"]) - 1]
            detail = (
                "{a_share} of the week of {a}, {b_share} of {b}; {low_points} to {high_points}; {looks} hours looked at"
            )
            finding = Finding(message, facts, detail, *size, float(row["p"]), int(row["users"]))
            found.append(finding.toned("neutral", min(abs(size[1]), abs(size[2]))))
        return found


PEAK_USERS = (
    "Mondays at {hour}:00 are busiest: {average} users an hour",
    "Tuesdays at {hour}:00 are busiest: {average} users an hour",
    "Wednesdays at {hour}:00 are busiest: {average} users an hour",
    "Thursdays at {hour}:00 are busiest: {average} users an hour",
    "Fridays at {hour}:00 are busiest: {average} users an hour",
    "Saturdays at {hour}:00 are busiest: {average} users an hour",
    "Sundays at {hour}:00 are busiest: {average} users an hour",
)
PEAK_EVENTS = (
    "Mondays at {hour}:00 are busiest: {average} events an hour",
    "Tuesdays at {hour}:00 are busiest: {average} events an hour",
    "Wednesdays at {hour}:00 are busiest: {average} events an hour",
    "Thursdays at {hour}:00 are busiest: {average} events an hour",
    "Fridays at {hour}:00 are busiest: {average} events an hour",
    "Saturdays at {hour}:00 are busiest: {average} events an hour",
    "Sundays at {hour}:00 are busiest: {average} events an hour",
)
DIFFERS = (
    "Mondays at {hour}:00: {difference_points}, {a} against {b}",
    "Tuesdays at {hour}:00: {difference_points}, {a} against {b}",
    "Wednesdays at {hour}:00: {difference_points}, {a} against {b}",
    "Thursdays at {hour}:00: {difference_points}, {a} against {b}",
    "Fridays at {hour}:00: {difference_points}, {a} against {b}",
    "Saturdays at {hour}:00: {difference_points}, {a} against {b}",
    "Sundays at {hour}:00: {difference_points}, {a} against {b}",
)


def _poisson(times: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a count whose users give several each: Poisson with Σx²/Σx for the size of one.

    References:
        Garwood (1936), Biometrika 28, for the Poisson; Fay and Feuer (1997), Statistics in Medicine 16, for weights.
    """
    size = np.where(times > 0, squares / np.where(times > 0, times, 1), 1.0)
    same = times / size
    low = np.where(times > 0, sps.chi2.ppf(0.025, 2 * np.maximum(same, 1e-9)) / 2, 0.0)
    return size * low, size * sps.chi2.ppf(0.975, 2 * same + 2) / 2


@nb.njit(nogil=True, cache=True)
def _place(users, starts, ends, rows, segments, week, span, cells):  # type: ignore[no-untyped-def]
    """Writes the cell of every row; -1 for what is not counted."""
    time, event, by_event, by_row = rows
    begins, bases, places = segments
    low, high, once = span
    last_segment, filtered = len(begins) - 1, len(by_row) > 0
    for i in range(len(users)):
        segment, before = 0, np.int64(-1)
        for row in range(starts[i], ends[i]):
            now = time[row]
            bits = by_event[event[row]]
            if filtered:
                bits &= by_row[row]
            cells[row] = -1
            if bits == 0 or now < low or now >= high:
                continue
            while segment < last_segment and now >= begins[segment + 1]:
                segment += 1
            hour = np.int64(np.uint64(now - bases[segment]) // np.uint64(3_600_000_000)) + places[segment]
            if hour != before or not once:
                cells[row] = week[hour]
            before = hour
    return ()
