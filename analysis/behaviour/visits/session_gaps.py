"""Gaps between events: where does one visit end and the next begin?

Between two events of the same user lies a gap. Inside a visit gaps are seconds or minutes; between visits they are
hours or days. Where both are frequent and what lies between is rare, the gaps have two humps with a valley, and the
valley is where a timeout cuts the fewest visits in two. Not every file has one: then the usual 30 minutes is a
habit and no finding, and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numba as nb
import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import calendar, stats
from analysis.engine import over_users
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.questions import Answer, Progress, Question, Step, as_day, needs_time
from analysis.users import activity, is_active

MINUTE_US = 60 * calendar.SECOND_US
LOWEST, HIGHEST, BINS = calendar.SECOND_US, 30 * calendar.DAY_US, 60
"""Bins of the histogram, log-spaced from a second to 30 days, with one below and one above."""

EDGES = np.unique(np.round(np.geomspace(LOWEST, HIGHEST, BINS + 1)).astype(np.int64))

FINE, COARSE = 20, 30
"""Bits of a gap, µs, left out when its bin is looked up: about a second, and about 18 minutes for long gaps."""

NEAR = np.searchsorted(EDGES, np.arange(1 << (32 - FINE)) << FINE)
FAR = np.searchsorted(EDGES, np.arange((int(EDGES[-1]) >> COARSE) + 1) << COARSE)
"""The bin at the start of each stretch; the gap's own is that or one of the next."""

NICE = (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720)
"""Timeouts, in minutes, a person would say."""

FEW = 30
FIRST_HUMP_US = 2 * calendar.HOUR_US
"""The hump of gaps inside visits has its top below this: two humps of days are weekdays and weeks, not visits."""

DEPTH = 0.7
"""A valley holds at most this part of the lower hump; bins that vary by chance do not get so low beside a hump."""

WIDTH = 3
"""Bins on each side over which counts are averaged before humps are looked for."""


@dataclass(frozen=True, kw_only=True, repr=False)
class SessionGaps(Question):
    """The gaps between a user's events, and how many sessions each timeout would make.

    **Definition.** A gap is the time from one event that counts to the same user's next, midnight or not. A gap
    strictly longer than the timeout cuts. Sessions at a timeout are the users' first events plus the gaps longer
    than it, as many as the question Sessions counts. The valley is the lowest place between a hump below two hours
    and a later one, after averaging neighbouring bins; it counts when it holds at most 70 % of the lower hump and
    the difference is beyond chance.

    Attributes:
        event: Events that count, an event's name or a `Step`; None for all.
        timeout_minutes: The timeout that is judged, minutes, above 0 and at most 1,440.
        first_day, last_day: Days in which the event after the gap must lie, ISO text; None: open.

    Use with care: events that a machine sends at set times make humps of their own. Gaps shorter than eight
    times the width of a stamp are left out of the search for a valley, because they can only have a few lengths.

    References:
        Humps of gaps: Halfaker et al. (2015), User Session Identification Based on Strong Regularities, WWW.
    """

    event: Step | None = None
    timeout_minutes: float = 30
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        self._set("event", None if self.event is None else Step.of(self.event))
        if not 0 < self.timeout_minutes <= 1440:
            raise ParameterError.outside("timeout_minutes", self.timeout_minutes, "above 0 and at most 1,440")
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def ask(self, log: EventLog, progress: Progress = None) -> SessionGapsAnswer:
        """The gaps of a log."""
        needs_time(log)
        if log.resolution_us >= calendar.DAY_US:
            message = "These stamps are plain days, so the gaps inside a day are not known and sessions can't be told."
            raise SchemaError("no_clock", message)
        span = (*calendar.entry_range(self.first_day, self.last_day, log.zone), log.ends_at)
        timeout, bins = int(self.timeout_minutes * MINUTE_US), (EDGES, NEAR, FAR)
        counts, sums = over_users(
            log, _count, activity(log, self.event), span, timeout, bins, merge=("sum", "sum"), progress=progress
        )
        return SessionGapsAnswer(question=self, log=log, counts=counts, sums=sums)


@dataclass(frozen=True, eq=False)
class SessionGapsAnswer(Answer):
    """The histogram of gaps.

    Attributes:
        counts: Gaps per bin; the first up to a second, the last above 30 days.
        sums: Σ over users of cut gaps, gaps, their squares and product; users with a gap; users whose
            first event lies in the days.
        table: One row a bin: gaps longer than `from_hours` and up to `to_hours` (nan: no upper end), how many, their
            share of all, and `sessions` with a timeout of `to_hours`.
        valley_hours: Where the valley between the two humps lies, hours; nan where there is none.
        suggested_minutes: The nearest timeout a person would say; None without a valley.
    """

    question: SessionGaps
    log: EventLog
    counts: np.ndarray
    sums: np.ndarray
    table: pd.DataFrame = field(init=False)
    valley_hours: float = field(init=False)
    suggested_minutes: int | None = field(init=False)

    COLUMNS: ClassVar = ["from_hours", "to_hours", "gaps", "gap_share", "sessions"]

    def __post_init__(self) -> None:
        hours = EDGES / calendar.HOUR_US
        total = self.counts.sum()
        data = {
            "from_hours": np.append(0.0, hours),
            "to_hours": np.append(hours, np.nan),
            "gaps": self.counts,
            "gap_share": stats.rate(self.counts, np.full(len(self.counts), total)),
            "sessions": int(self.sums[6]) + total - np.cumsum(self.counts),
        }
        object.__setattr__(self, "table", pd.DataFrame(data, columns=self.COLUMNS))
        place = valley(self.counts[1:-1], 8 * self.log.resolution_us)
        found = float("nan") if place is None else float(np.sqrt(hours[place] * hours[place + 1]))
        object.__setattr__(self, "valley_hours", found)
        near = None if place is None else min(NICE, key=lambda m: abs(np.log(m / 60 / found)))
        object.__setattr__(self, "suggested_minutes", near)

    @property
    def cut(self) -> tuple[float, float, float]:
        """Share of gaps that the timeout cuts, with its interval clustered by user; nan without a gap."""
        x, n, xx, xn, nn, users = self.sums[:6]
        low, high = stats.ratio_interval(x, n, xx, xn, nn, users)
        return float(stats.rate(x, n)), float(low), float(high)

    @property
    def sessions(self) -> int:
        """Sessions at the timeout chosen."""
        return int(self.sums[6] + self.sums[0])

    def findings(self) -> list[Finding]:
        """What share of gaps the timeout cuts, and whether the gaps themselves suggest one."""
        gaps, users = int(self.sums[1]), int(self.sums[5])
        if users < FEW:
            message = "Too few to judge: {users} users have more than one event"
            facts: dict[str, Any] = {"users": users, "enough": FEW}
            detail = "At least {enough} are needed. Choose a longer range."
            return [Finding(message, facts, detail, n=users, tone="caution")]
        share, low, high = self.cut
        facts = {"timeout": self.question.timeout_minutes, "cut_share": share, "low_share": low, "high_share": high}
        facts |= {"gaps": gaps, "sessions": self.sessions, "users": users}
        message = "A timeout of {timeout} minutes cuts {cut_share} of the gaps and makes {sessions} sessions"
        detail = "{low_share} – {high_share}, of {gaps} gaps of {users} users"
        head = Finding(message, facts, detail, share, low, high, n=users, weight=1e9)
        if self.suggested_minutes is None:
            message = "The gaps suggest no timeout: there are no two humps with a valley between them"
            return [head, Finding(message, {}, weight=1.0)]
        message = "The gaps suggest a timeout near {minutes} minutes: there lies the valley between the two humps"
        return [head, Finding(message, {"minutes": self.suggested_minutes}, weight=1.0)]


def valley(counts: np.ndarray, shortest_us: int = 0) -> int | None:
    """Place of the bin at the valley between the hump inside visits and a later one; None where there is none.

    Args:
        counts: Gaps per bin of `EDGES`.
        shortest_us: Bins that begin below are not looked at.
    """
    first, early = np.searchsorted(EDGES, [shortest_us, FIRST_HUMP_US])
    width = 2 * WIDTH + 1
    # The last bins have no neighbours on one side, and a file's length cuts them off.
    smooth = np.convolve(counts, np.full(width, 1 / width), mode="valid")
    centre = np.arange(WIDTH, len(counts) - WIDTH)
    known = centre >= first + WIDTH
    smooth, centre = smooth[known], centre[known]
    beyond = float(sps.norm.isf(0.001 / max(len(smooth), 1)))
    deepest, found = 0.0, None
    for k in range(1, len(smooth) - 1):
        left, right = smooth[:k][centre[:k] < early], smooth[k + 1 :]
        if not len(left):
            continue
        hump, here = min(float(left.max()), float(right.max())), float(smooth[k])
        clear = hump - here > beyond * np.sqrt((hump + here) / width)
        if clear and here <= DEPTH * hump and hump - here > deepest:
            deepest, found = hump - here, int(centre[k])
    return found


@nb.njit(nogil=True, cache=True)
def _count(users, starts, ends, rows, span, timeout, bins):  # type: ignore[no-untyped-def]
    """Kernel: gaps per bin (bin k: up to edges[k]), and the sums over users of gaps and of those cut."""
    (time, event, by_event, by_row), (low, high, until), (edges, near, far) = rows, span, bins
    counts, sums = np.zeros(len(edges) + 1, np.int64), np.zeros(7, np.float64)
    longest = edges[-1]
    for i in range(len(users)):
        cut, n, last, seen = 0, 0, np.int64(0), False
        for row in range(starts[i], ends[i]):
            now = time[row]
            if now >= until:
                break
            if not is_active(row, event, by_event, by_row):
                continue
            inside = now >= low and now < high
            if inside and not seen:
                sums[6] += 1
            if inside and seen:
                gap = now - last
                place = len(edges)
                if gap <= longest:
                    place = near[gap >> FINE] if gap >> FINE < len(near) else far[gap >> COARSE]
                    while gap > edges[place]:
                        place += 1
                counts[place] += 1
                n += 1
                cut += gap > timeout
            last, seen = now, True
        if n:
            sums[0] += cut
            sums[1] += n
            sums[2] += cut * cut
            sums[3] += cut * n
            sums[4] += n * n
            sums[5] += 1
    return counts, sums
