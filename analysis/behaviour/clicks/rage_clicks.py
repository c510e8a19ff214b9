"""Rage clicks: several clicks in a moment on one spot, as people do when nothing happens.

A burst is counted once, however long it goes on: ten clicks in three seconds are one burst of one angry person,
not eight. The number to act on is the share of a page's users who had one, and on which element.

Not every burst is anger. Steppers, carousels and games are clicked fast on purpose; the element tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import stats
from analysis.behaviour.clicks import bursts, clicking, sides
from analysis.calendar import SECOND_US
from analysis.engine import over_users
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, needs_time

FEW = 30

LEAST_BURSTS = 5
"""A page or element with fewer users in bursts is not compared."""


@dataclass(frozen=True, kw_only=True, repr=False)
class RageClicks(Question):
    """Who clicks again and again on one spot, and where.

    **Definition.** A burst begins at a click after which the same user clicks at least `times` − 1 times more on
    the same page, within `seconds` (edge included) and within `pixels` (edge included) of the first, or, where
    no positions are known, on the same element. A beginning that lies before the end of an earlier burst of the
    user on that page belongs to that burst. A burst counts for the element of its first click. The rate is of
    the users with any event on the page. With `compare`, each value's rate is set against that of all other
    users (Fisher's exact test); a user has the last value given.

    Attributes:
        click: Events that are clicks; None: those whose names say so.
        page: Page looked at; None: all pages.
        times: Clicks that make a burst, at least.
        seconds: Time in which they must lie, seconds.
        pixels: Distance from the first click within which they must lie, pixels.
        compare: Column whose values are compared; None: no comparison.

    Use with care: stamps to the second make a burst of up to two seconds; controls that are meant to be clicked
    fast have bursts without anger. A file that logs one click twice makes two of it.
    """

    click: Step | None = None
    page: str | None = None
    times: int = 3
    seconds: float = 1.0
    pixels: float = 30.0
    compare: str | None = None

    def __post_init__(self) -> None:
        self._set("click", None if self.click is None else Step.of(self.click))
        if not 2 <= self.times <= 50:
            raise ParameterError.outside("times", self.times, "2 to 50")
        if not 0 < self.seconds <= 60:
            raise ParameterError.outside("seconds", self.seconds, "more than 0 and at most 60")
        if not 0 <= self.pixels <= 10_000:
            raise ParameterError.outside("pixels", self.pixels, "0 to 10000")

    def ask(self, log: EventLog, progress: Progress = None) -> RageClicksAnswer:
        """The bursts of a log."""
        needs_time(log)
        if log.resolution_us > SECOND_US:
            raise SchemaError(
                "no_seconds",
                "The times of these data are not kept to the second, so fast clicks can't be told from slow ones. "
                "Record the second, better the millisecond, of every click.",
            )
        placed = "x" in log.roles and "y" in log.roles
        if not placed and "element" not in log.roles:
            raise SchemaError(
                "no_place",
                "No column says where a click was. Record x and y in pixels, or the name of the element, with every "
                "click, and set them as 'x' and 'y', or 'element', on the Data page.",
            )
        marked = clicking.marks(log, clicking.clicks(log, self.click))
        page, element = _codes(log, "page"), _codes(log, "element")
        wanted = -1
        if self.page is not None:
            column = log.column_of("page", "RageClicks")
            wanted = log.words(column).code(self.page, column)
        spot = (log.numbers(log.roles["x"]), log.numbers(log.roles["y"])) if placed else (np.empty(0), np.empty(0))
        window = (self.times, round(self.seconds * SECOND_US), float(self.pixels) ** 2, wanted)
        n_pages = _many(log, "page")
        data = (log.time, page, element, *spot)
        who, at = over_users(log, bursts.bursts, marked, data, window, n_pages, merge=("join", "join"))
        seen = over_users(log, bursts.seen_on, page, n_pages, merge=("join", "join"))
        return RageClicksAnswer(question=self, log=log, who=who, page=page[at], element=element[at], seen=seen)


def _codes(log: EventLog, role: str) -> np.ndarray:
    if role not in log.roles:
        return np.zeros(len(log.time), dtype=np.int32)
    return log.words(log.roles[role]).codes.astype(np.int32, copy=False)


def _many(log: EventLog, role: str) -> int:
    return len(_names(log, role))


def _names(log: EventLog, role: str) -> tuple[str, ...]:
    return log.words(log.roles[role]).values if role in log.roles else ("",)


@dataclass(frozen=True, eq=False)
class RageClicksAnswer(Answer):
    """The bursts of a log.

    Attributes:
        who: User of each burst. page, element: Their codes. seen: Users and the pages they were on.
        table: One row a page and element with bursts, most users first: `page`, `element` ("" where not given),
            `bursts`, `users`, `page_users` (users with any event on the page), `rate` of those with its interval.
        by_value: One row a page, element and value compared: `page`, `element`, `value`, `users`, `page_users`,
            `rate` with its interval, `difference_points` to all other users with its interval (Newcombe), `p`
            (Fisher), `p_adjusted`; empty without a comparison.
    """

    question: RageClicks
    log: EventLog
    who: np.ndarray
    page: np.ndarray
    element: np.ndarray
    seen: tuple[np.ndarray, ...]
    table: pd.DataFrame = field(init=False)
    by_value: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = ["page", "element", "bursts", "users", "page_users", "rate", "rate_low", "rate_high"]
    VALUES: ClassVar = [
        *("page", "element", "value", "users", "page_users", "rate", "rate_low", "rate_high"),
        *("difference_points", "difference_low_points", "difference_high_points", "p", "p_adjusted"),
    ]

    def __post_init__(self) -> None:
        pages, elements = _names(self.log, "page"), _names(self.log, "element")
        each = pd.DataFrame({"user": self.who, "page": self.page, "element": self.element})
        found = each.groupby(["page", "element"])["user"].agg(["size", "nunique"]).reset_index()
        base = np.bincount(self.seen[1], minlength=len(pages))[found["page"].to_numpy(np.int64)]
        users = found["nunique"].to_numpy(np.int64)
        low, high = stats.wilson(users, base) if len(found) else (np.empty(0), np.empty(0))
        data = {
            "page": pd.Series([pages[c] for c in found["page"]], dtype="str"),
            "element": pd.Series([elements[c] for c in found["element"]], dtype="str"),
            "bursts": found["size"].to_numpy(np.int64),
            "users": users,
            "page_users": base,
            "rate": np.atleast_1d(stats.rate(users, base)),
            "rate_low": low,
            "rate_high": high,
        }
        frame = pd.DataFrame(data, columns=self.COLUMNS)
        order = np.lexsort((-frame["bursts"], -frame["users"]))
        object.__setattr__(self, "table", frame.iloc[order].reset_index(drop=True))
        object.__setattr__(self, "by_value", self._by_value(pages))

    def _by_value(self, pages: tuple[str, ...]) -> pd.DataFrame:
        """Every value against all other users, for each page and element with enough bursts."""
        column = self.question.compare
        if column is None:
            return pd.DataFrame(columns=self.VALUES)
        words = self.log.words(column)
        value = np.zeros(len(self.log.user_ids), dtype=np.int64)
        for name in words.values[1:]:
            value[self.log.where(column, name).users] = words.code(name, column)
        records: list[list[Any]] = []
        for row in self.table[self.table["users"] >= LEAST_BURSTS].itertuples():
            here = self.seen[0][self.seen[1] == pages.index(str(row.page))]
            base = np.bincount(value[here], minlength=len(words.values))
            angry = self.people(str(row.page), str(row.element))
            hit = np.bincount(value[angry], minlength=len(words.values))
            base[0] = hit[0] = 0
            for code in np.flatnonzero((base >= FEW) & (base.sum() - base >= FEW)):
                a, n, b, m = (int(v) for v in (hit[code], base[code], hit.sum() - hit[code], base.sum() - base[code]))
                p = float(sps.fisher_exact([[a, n - a], [b, m - b]]).pvalue)
                size = [a, n, a / n, *stats.wilson(a, n), *stats.newcombe(a, n, b, m)[:3], p]
                records.append([row.page, row.element, words.values[code], *size])
        frame = pd.DataFrame(records, columns=self.VALUES[:-1])
        frame["p_adjusted"] = stats.benjamini_hochberg(frame["p"].to_numpy(float))
        return frame

    def people(self, page: str, element: str) -> np.ndarray:
        """Users with a burst on an element of a page; as many as the table says."""
        places = _names(self.log, "page").index(page), _names(self.log, "element").index(element)
        return np.unique(self.who[(self.page == places[0]) & (self.element == places[1])])

    @property
    def users(self) -> int:
        """Users who were on a page that was looked at."""
        if self.question.page is None:
            return self.log.n_users
        return int((self.seen[1] == _names(self.log, "page").index(self.question.page)).sum())

    def findings(self) -> list[Finding]:
        """How many users had a burst, where most, and for whom more than for others."""
        angry, users = len(np.unique(self.who)), self.users
        if users < FEW:
            message = "Too few to judge: {users} users are seen"
            detail = "At least {enough} are needed. Choose another page or a longer range."
            return [Finding(message, {"users": users, "enough": FEW}, detail, n=users, tone="caution")]
        low, high = stats.wilson(angry, users)
        facts: dict[str, Any] = {"rate": angry / users, "low_rate": low, "high_rate": high, "users": users}
        facts |= {"bursts": len(self.who), "times": self.question.times, "seconds": self.question.seconds}
        message = "No user clicks {times} times within {seconds} s on one spot"
        detail = "{low_rate} – {high_rate} of {users} users"
        if len(self.table):
            top = self.table.iloc[0]
            facts |= {"page": top["page"] or "–", "element": top["element"] or "–", "page_rate": top["rate"]}
            facts |= {"page_users": int(top["page_users"])}
            message = "{rate} of users click again and again on one spot, most often on {element} ({page})"
            detail = (
                "{low_rate} – {high_rate} of {users} users, in {bursts} bursts; there {page_rate} of the page's "
                "{page_users} users"
            )
        size = (angry / users, float(low), float(high))
        told = [f for f in adjusted(self.tested()) if f.tone == "bad"]  # that the others have fewer goes without saying
        return [Finding(message, facts, detail, *size, n=users, weight=1e9), *told]

    def tested(self) -> list[Finding]:
        """Every value against all other users, for each page and element with enough bursts."""
        found = []
        for _, row in self.by_value.iterrows():
            size = sides.size(row)
            facts = {"page": row["page"] or "–", "element": row["element"] or "–", "value": row["value"]}
            facts |= {"rate": row["rate"], "difference_points": size[0], "low_points": size[1], "high_points": size[2]}
            facts["users"] = int(row["page_users"])
            message = "{value}: fewer bursts on {element} ({page}), {rate}, {difference_points} against the rest"
            if size[0] > 0:
                message = "{value}: more bursts on {element} ({page}), {rate}, {difference_points} against the rest"
            detail = "{low_points} to {high_points}; {users} users of the page; {looks} comparisons looked at"
            finding = Finding(message, facts, detail, *size, float(row["p"]), int(row["page_users"]))
            found.append(finding.toned("bad" if size[0] > 0 else "neutral", min(abs(size[1]), abs(size[2]))))
        return found
