"""Clicks on elements: what people click on a page, and whether it is what the page wants.

A page usually wants one thing to be clicked. Whether it gets it is a question about people, not about clicks:
somebody who taps the small print five times is one person who was drawn away. So the element a page intends is
set against every other element by the users who clicked only the one or only the other.

Shares of clicks, and clicks per page view, stand beside it; their intervals are over users as well, because the
clicks of one person are not independent of each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numba as nb
import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import stats
from analysis.behaviour.clicks import clicking, element_findings, sides, tally
from analysis.behaviour.clicks.tally import Tally
from analysis.engine import over_users
from analysis.errors import SchemaError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, needs_time, step_bits

FEW = 30

WANTED = (
    *(
        "buy",
        "购买",
        "pay",
        "支付",
        "付款",
        "submit",
        "提交",
        "checkout",
        "结算",
        "place order",
        "下单",
        "order",
        "订单",
    ),
    *("subscribe", "订阅", "sign up", "signup", "sign_up", "register", "注册", "book", "预订", "start", "开始"),
)
"""Words by which an element is taken for the one its page intends, the surest first."""

ASIDE = (
    *("help", "terms", "history", "rule", "my ", "note", "guide", "why", "cancel", "说明", "规则", "记录", "我的"),
    *("帮助", "须知", "取消"),
)
"""Words that say an element is about the thing, and not the thing itself."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ElementClicks(Question):
    """What people click on a page, and whether it is what the page wants.

    **Definition.** A click counts on the page its own row names, for the element its row names; clicks without an
    element are left out and counted apart. Share of clicks: of all clicks on the page that name an element. Clicks
    per view: per page view of this page. The reach of an element is the share of the users who clicked anything
    named on the page; two elements are compared by the users who clicked only one of them (McNemar, exact), and
    the p-values are adjusted over all elements.

    Attributes:
        page: Page looked at; None: the one with the most clicks.
        click: Events that are clicks; None: those whose names say so.
        view: Events that are page views; None: those whose names say so.
        intended: Element the page wants clicked; None: the one whose name says so, if any.
        compare: Column whose two values are compared by their shares of clicks; None: no comparison.
        sides: The two values, A and B; None: the two most frequent ones.

    Use with care: a large or early element is clicked more for its place alone, and a click says nothing of what
    was wanted. Elements that are not always on the page are held against all who clicked there. Shares sum to
    the whole: where one rises, the others fall.
    """

    page: str | None = None
    click: Step | None = None
    view: Step | None = None
    intended: str | None = None
    compare: str | None = None
    sides: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        for name in ("click", "view"):
            given = getattr(self, name)
            self._set(name, None if given is None else Step.of(given))
        self._set("sides", sides.checked(self.compare, self.sides))

    def ask(self, log: EventLog, progress: Progress = None) -> ElementClicksAnswer:
        """The clicks of a log on one page."""
        needs_time(log)
        column = _columns(log)
        click, view = clicking.clicks(log, self.click), clicking.views(log, self.view)
        marked = clicking.marks(log, click, view)
        pages = clicking.clicks_by_page(log, marked)
        page = self.page if self.page is not None else next(iter(pages), None)
        if page is None:
            raise SchemaError(
                "no_clicks", "There is no click on any page in this part of the data. Choose another part."
            )
        words = log.words(column)
        cells = np.empty(len(log.time), dtype=np.int32)
        n = len(words.values)
        element = words.codes.astype(np.int32, copy=False)
        unnamed = int(
            over_users(log, _place, clicking.on_page(log, marked, page), element, n, cells, merge=("sum",))[0][0]
        )
        names = words.values
        first = tally.count(log, cells, n)
        pivot = names.index(self.intended) if self.intended in names[1:] else -1
        if self.intended is not None and pivot < 0:
            words.code(self.intended, column)  # refuses, naming the nearest
        if self.intended is None:
            pivot = intended(names, first.counts)
        whole = tally.count(log, cells, n, pivot) if pivot >= 0 else first
        sided, pair = None, (None, None)
        if self.compare is not None:
            sided, *halves = sides.split(log, self.compare, self.sides)
            pair = tuple(tally.count(half, cells, n) for half in halves)  # type: ignore[assignment]
        said: dict[str, Any] = {"names": names, "page": page, "pages": pages, "unnamed": unnamed, "pivot": pivot}
        return ElementClicksAnswer(question=self, log=log, cells=cells, whole=whole, sided=sided, pair=pair, **said)


def _columns(log: EventLog) -> str:
    """The column of elements; refuses, saying how to get it, where it or that of pages is missing."""
    if "page" not in log.roles:
        raise SchemaError(
            "no_page",
            "No column says on which page a click was. Record the page's name or address with every event, and set "
            "that column as 'page' on the Data page.",
        )
    if "element" not in log.roles:
        raise SchemaError(
            "no_element",
            "No column says which element was clicked. Record the name of the button or link with every click, and "
            "set that column as 'element' on the Data page.",
        )
    return log.roles["element"]


def intended(names: tuple[str, ...], counts: np.ndarray) -> int:
    """The place of the element that its name gives away as the one intended, of those clicked; -1: none does."""
    hits = [
        (place, -counts[code], code)
        for code, name in enumerate(names)
        for place, word in enumerate(WANTED)
        if counts[code] and word in name.lower() and not any(a in name.lower() for a in ASIDE)
    ]
    return int(min(hits)[2]) if hits else -1


def likely_page(log: EventLog) -> str | None:
    """The page on which an element's name says most surely that it is wanted, else None: the most clicked one."""
    if not {"page", "element"} <= set(log.roles) or not any(
        clicking.CLICKS.search(n.lower()) for n in log.events.values
    ):
        return None
    pages, elements = log.words(log.roles["page"]), log.words(log.roles["element"])
    if len(pages.values) * len(elements.values) > 1_000_000:
        return None
    by_event, _by_row = step_bits(log, (clicking.clicks(log, None),))
    rows = by_event[log.events.codes] > 0
    place = pages.codes[rows].astype(np.int64) * len(elements.values) + elements.codes[rows]
    shape = (len(pages.values), len(elements.values))
    counts = np.bincount(place, minlength=shape[0] * shape[1]).reshape(shape)
    found = [
        (_surest(elements.values[e]), -counts[p, e], p)
        for p in range(1, shape[0])
        if (e := intended(elements.values, counts[p])) > 0
    ]
    return pages.values[min(found)[2]] if found else None


def _surest(name: str) -> int:
    return next(place for place, word in enumerate(WANTED) if word in name.lower())


@dataclass(frozen=True, eq=False)
class ElementClicksAnswer(Answer):
    """The clicks on one page.

    Attributes:
        page: The page. pages: Clicks by page, most first. unnamed: Clicks on the page that name no element.
        intended: The element it wants clicked, given or told by its name; None: none.
        sided: What A and B are called; None without a comparison.
        table: One row an element that was clicked, most users first: `rank`, `element`, `is_intended`, `clicks`,
            `users`, `reach_rate` (of the page's clicking users, Wilson), `share` of clicks and `clicks_per_view`,
            nan without views, each with its interval; `against_points`: its reach less that of the intended element
            with its interval (Agresti-Min) and `against_p` (McNemar, exact), nan for that itself; the comparison's
            columns, nan without one.
    """

    question: ElementClicks
    log: EventLog
    names: tuple[str, ...]
    cells: np.ndarray
    page: str
    pages: dict[str, int]
    unnamed: int
    pivot: int
    whole: Tally
    sided: tuple[str, str] | None
    pair: tuple[Tally | None, Tally | None]
    table: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = [
        *("rank", "element", "is_intended", "clicks", "users", "reach_rate", "reach_rate_low", "reach_rate_high"),
        *("share", "share_low", "share_high", "clicks_per_view", "clicks_per_view_low", "clicks_per_view_high"),
        *("against_points", "against_low_points", "against_high_points", "against_p"),
        *sides.COLUMNS,
    ]

    @property
    def intended(self) -> str | None:
        """The element the page wants clicked."""
        return self.names[self.pivot] if self.pivot >= 0 else None

    @property
    def clickers(self) -> int:
        """Users who clicked an element of the page."""
        return int(self.whole.whole[2])

    def __post_init__(self) -> None:
        users, n = self.whole.users, len(self.names)
        shown = np.flatnonzero((users > 0) | (np.arange(n) == self.pivot))
        shown = shown[np.lexsort((-self.whole.counts[shown], -users[shown]))]
        data = {"element": np.array(self.names, dtype=object), "is_intended": np.arange(n) == self.pivot}
        data |= {"clicks": self.whole.counts, "users": users}
        data |= _named("reach_rate", stats.rate(users, np.full(n, self.clickers)), *self._wilson())
        data |= _named("share", self.whole.shares, *self.whole.share_interval())
        data |= _named("clicks_per_view", *self.whole.per_view())
        data |= self._against()
        data |= sides.differences(*self.pair, n)
        frame = pd.DataFrame(data).iloc[shown].reset_index(drop=True)
        frame.insert(0, "rank", frame["users"].rank(method="min", ascending=False).astype(int))
        frame["element"] = frame["element"].astype("str")
        object.__setattr__(self, "table", frame[self.COLUMNS])

    def _wilson(self) -> tuple[np.ndarray, np.ndarray]:
        low, high = stats.wilson(self.whole.users, np.full(len(self.names), self.clickers))
        return np.asarray(low), np.asarray(high)

    def _against(self) -> dict[str, np.ndarray]:
        """Every element against the intended one, by the users who clicked only one of the two.

        References:
            Test: McNemar (1947), exact. Interval: Agresti and Min (2005), Statistics in Medicine 24.
        """
        found = np.full((4, len(self.names)), np.nan)
        if self.pivot >= 0:
            both, users = self.whole.cells[:, 5], self.whole.users
            only, missed = users - both, users[self.pivot] - both
            m = self.clickers + 2
            middle = (only - missed) / m
            half = 1.96 * np.sqrt(np.maximum(only + missed + 1 - (only - missed) ** 2 / m, 0)) / m
            p = np.minimum(2 * sps.binom.cdf(np.minimum(only, missed), only + missed, 0.5), 1)
            found[:] = stats.rate(only - missed, np.full(len(only), self.clickers)), middle - half, middle + half, p
            found[:, (users == 0) | (np.arange(len(users)) == self.pivot)] = np.nan
        return dict(
            zip(("against_points", "against_low_points", "against_high_points", "against_p"), found, strict=True)
        )

    def people(self, element: str) -> np.ndarray:
        """Users who clicked an element; as many as the table says."""
        return tally.having(self.log, self.cells, self.names.index(element))

    def findings(self) -> list[Finding]:
        """What is clicked most, what is clicked more than the intended element, and where the sides differ."""
        if self.clickers < FEW:
            message = "Too few to judge: {users} users clicked on {page}"
            detail = "At least {enough} are needed. Choose another page or a longer range."
            facts = {"users": self.clickers, "page": self.page, "enough": FEW}
            return [Finding(message, facts, detail, n=self.clickers, tone="caution")]
        told = adjusted(self.tested())
        return [element_findings.head(self), *[f for f in told if f.tone != "good"]]

    def tested(self) -> list[Finding]:
        """Every other element against the intended one, and every element's share on side A against side B."""
        against = [
            element_findings.rival(self, row) for _, row in self.table[self.table["against_p"].notna()].iterrows()
        ]
        return against + [
            element_findings.moved(self, row) for _, row in self.table[self.table["p"].notna()].iterrows()
        ]


def _named(name: str, value: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, np.ndarray]:
    return {name: value, f"{name}_low": low, f"{name}_high": high}


@nb.njit(nogil=True, cache=True)
def _place(users, starts, ends, marked, element, n_elements, cells):  # type: ignore[no-untyped-def]
    """Writes the element of every click on the page, and `n_elements` for its views; gives the clicks without one."""
    unnamed = np.zeros(1, np.int64)
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            bits = marked[row]
            cell = np.int32(-1)
            if bits & 1:
                cell = element[row]
                if cell == 0:
                    unnamed[0] += 1
                    cell = np.int32(-1)
            elif bits & 2:
                cell = np.int32(n_elements)
            cells[row] = cell
    return (unnamed,)
