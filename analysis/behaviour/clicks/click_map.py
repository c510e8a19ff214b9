"""Click map: where on the screen people click.

A screen is laid out in cells, the same for every size of screen: a click counts by its place as a share of the
viewport's width and height, so that phones and desktops lie on one another. Where the file does not say how
large the viewport was, the far edge of the clicks on the page takes its place.

Two sides are compared by the share of their own clicks in each cell. Most cells of two like screens differ by
chance; those within the noise floor stay blank.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numba as nb
import numpy as np
import pandas as pd

from analysis.behaviour.clicks import clicking, sides, tally
from analysis.behaviour.clicks.tally import Tally
from analysis.engine import over_users
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step, needs_time

FEW = 30

MOST_TOLD = 3
"""Cells told in words; the map shows them all."""

EDGE = 0.995
"""Of the clicks on the page, the share that the far edge holds where no viewport is given: the rest are strays."""


@dataclass(frozen=True, kw_only=True, repr=False)
class ClickMap(Question):
    """Where on the screen people click, cell by cell.

    **Definition.** A click lies in the cell of x / width and y / height, the viewport being that of its own row;
    without columns for it, positions that are all between 0 and 1 are taken as shares, and others are divided by
    the 99.5th percentile of the page's clicks. Clicks outside the viewport, or without a position, are left out
    and counted. The share of a cell is of all clicks inside; its interval is over users. With `compare`, each
    side's shares are of its own clicks; a difference within 1.96 standard errors is under the noise floor.

    Attributes:
        page: Page looked at; None: the one with the most clicks, or everything where no column names pages.
        click: Events that are clicks; None: those whose names say so.
        width, height: Columns of the viewport's size; None: those whose names say so.
        across, down: Cells from left to right, and from top to bottom.
        compare: Column whose two values are compared; None: no comparison.
        sides: The two values, A and B; None: the two most frequent ones.

    Use with care: one layout on all screens is assumed; where a phone shows another layout than a desktop, look
    at one platform at a time. A position in the page, which grows as one scrolls, is no position in the viewport.
    """

    page: str | None = None
    click: Step | None = None
    width: str | None = None
    height: str | None = None
    across: int = 48
    down: int = 30
    compare: str | None = None
    sides: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        self._set("click", None if self.click is None else Step.of(self.click))
        if (self.width is None) != (self.height is None):
            raise ParameterError.outside("width, height", (self.width, self.height), "both given, or neither")
        for name in ("across", "down"):
            if not 2 <= getattr(self, name) <= 100:
                raise ParameterError.outside(name, getattr(self, name), "2 to 100")
        self._set("sides", sides.checked(self.compare, self.sides))

    def ask(self, log: EventLog, progress: Progress = None) -> ClickMapAnswer:
        """The clicks of a log on the screen of one page."""
        needs_time(log)
        x, y = _positions(log)
        click, page = clicking.clicks(log, self.click), self.page
        marked = clicking.marks(log, click)
        pages = clicking.clicks_by_page(log, marked) if "page" in log.roles else {}
        page = page if page is not None else next(iter(pages), None)
        if page is not None and "page" not in log.roles:
            raise ParameterError.outside("page", page, "left open, because no column is set as 'page'")
        marked = clicking.on_page(log, marked, page)
        size, known = self._size(log, x, y, marked)
        cells = np.empty(len(log.time), dtype=np.int32)
        grid = (self.across, self.down)
        lost = over_users(log, _place, marked, (x, y, *size), grid, cells, merge=("sum",))[0]
        n = self.across * self.down
        sided, pair = None, (None, None)
        if self.compare is not None:
            sided, *halves = sides.split(log, self.compare, self.sides)
            pair = tuple(tally.count(half, cells, n) for half in halves)  # type: ignore[assignment]
        said: dict[str, Any] = {"page": page, "pages": pages, "outside": int(lost[0]), "missing": int(lost[1])}
        said |= {"aspect": known, "sided": sided, "pair": pair}
        return ClickMapAnswer(question=self, log=log, cells=cells, whole=tally.count(log, cells, n), **said)

    def _size(
        self, log: EventLog, x: np.ndarray, y: np.ndarray, marked: np.ndarray
    ) -> tuple[tuple[np.ndarray, ...], float]:
        """Widths and heights, one for all or one a row, and how high the usual viewport is for its width."""
        named = (self.width, self.height) if self.width and self.height else clicking.size_columns(log)
        if named is not None:
            size = (log.numbers(named[0]), log.numbers(named[1]))
            inside = over_users(log, _on_page, marked, *size, merge=("join", "join"))
            wide, high = (float(np.nanmedian(v)) if len(v) and not np.isnan(v).all() else 1.0 for v in inside)
            return size, high / wide if wide > 0 else 0.625
        mine = over_users(log, _on_page, marked, x, y, merge=("join", "join"))
        given = [v[~np.isnan(v)] for v in mine]
        if not len(given[0]) or not len(given[1]) or all(v.min() >= 0 and v.max() <= 1 for v in given):
            return (np.ones(1), np.ones(1)), 0.625
        edges = [np.array([max(float(np.quantile(v, EDGE)) * (1 + 1e-9), 1e-9)]) for v in given]
        return (edges[0], edges[1]), float(edges[1][0] / edges[0][0])


def _positions(log: EventLog) -> tuple[np.ndarray, np.ndarray]:
    """The columns of x and y; refuses, saying how to get them, where they are missing."""
    if "x" not in log.roles or "y" not in log.roles:
        raise SchemaError(
            "no_position",
            "No columns say where on the screen a click was. Record x and y in the viewport with every click, with "
            "the viewport's width and height, and set them as 'x' and 'y' on the Data page.",
        )
    return log.numbers(log.roles["x"]), log.numbers(log.roles["y"])


@dataclass(frozen=True, eq=False)
class ClickMapAnswer(Answer):
    """The clicks on one screen.

    Attributes:
        page: The page; None: everything. pages: Clicks by page. outside, missing: Clicks left out because they lie
            outside the viewport, or have no position. aspect: Height of the usual viewport for its width.
        sided: What A and B are called; None without a comparison.
        table: One row a cell with clicks: `column`, `row` (from 0, left and top), `clicks`, `users`, `share` with its
            interval, and the comparison's columns, nan without one.
    """

    question: ClickMap
    log: EventLog
    cells: np.ndarray
    page: str | None
    pages: dict[str, int]
    outside: int
    missing: int
    aspect: float
    whole: Tally
    sided: tuple[str, str] | None
    pair: tuple[Tally | None, Tally | None]
    table: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = ["column", "row", "clicks", "users", "share", "share_low", "share_high", *sides.COLUMNS]

    def __post_init__(self) -> None:
        cell = np.arange(len(self.whole.cells))
        low, high = self.whole.share_interval()
        data = {"column": cell % self.question.across, "row": cell // self.question.across}
        data |= {"clicks": self.whole.counts, "users": self.whole.users}
        data |= {"share": self.whole.shares, "share_low": low, "share_high": high}
        data |= sides.differences(*self.pair, len(cell))
        shown = pd.DataFrame(data, columns=self.COLUMNS)
        object.__setattr__(self, "table", shown[shown["clicks"] > 0].reset_index(drop=True))

    @property
    def standing(self) -> pd.DataFrame:
        """The cells whose difference stands after Benjamini-Hochberg over all that were tested."""
        return self.table[self.table["p_adjusted"] <= 0.05]

    def people(self, column: int, row: int) -> np.ndarray:
        """Users who clicked in a cell; as many as it says."""
        return tally.having(self.log, self.cells, row * self.question.across + column)

    def middle(self, row: pd.Series) -> dict[str, float]:
        """Where a cell's middle is, as shares of the width and the height."""
        question = self.question
        return {"x_share": (row["column"] + 0.5) / question.across, "y_share": (row["row"] + 0.5) / question.down}

    def findings(self) -> list[Finding]:
        """How much of the screen holds half of the clicks, and how many cells differ between the sides."""
        users, clicks = int(self.whole.whole[2]), int(self.whole.whole[0])
        if users < FEW:
            message = "Too few to judge: {users} users clicked at a known place"
            detail = "At least {enough} are needed. Choose another page or a longer range."
            return [Finding(message, {"users": users, "enough": FEW}, detail, n=users, tone="caution")]
        ordered = np.sort(self.whole.counts)[::-1]
        half = int(np.searchsorted(np.cumsum(ordered), clicks / 2)) + 1
        top = self.table.iloc[int(np.argmax(self.table["clicks"]))]
        facts = {"page": self.page, "area_share": half / len(ordered), "clicks": clicks, "users": users}
        facts |= self.middle(top) | {"top_share": top["share"]}
        facts |= {"low_share": top["share_low"], "high_share": top["share_high"]}
        message = "Half of the clicks on {page} fall on {area_share} of the screen"
        if self.page is None:
            message = "Half of the clicks fall on {area_share} of the screen"
        detail = (
            "The busiest cell, {x_share} from the left and {y_share} from the top, holds {top_share} "
            "({low_share} – {high_share}) of {clicks} clicks by {users} users"
        )
        size = (float(top["share"]), float(top["share_low"]), float(top["share_high"]))
        head = Finding(message, facts, detail, *size, n=users, weight=1e9)
        return [head, *self._apart(), *adjusted(self.tested())[:MOST_TOLD]]

    def _apart(self) -> list[Finding]:
        if self.sided is None:
            return []
        looks, n = int(self.table["p"].notna().sum()), int(self.whole.whole[2])
        facts = {"cells": len(self.standing), "tested": looks, "a": self.sided[0], "b": self.sided[1]}
        message = "{cells} of {tested} cells differ between {a} and {b}"
        detail = "after correction for all {tested}; only cells with enough users are tested"
        return [Finding(message, facts, detail, n=n, looks=looks, weight=1e8)]

    def tested(self) -> list[Finding]:
        """Every cell in which enough users clicked, A against B."""
        found = []
        for _, row in self.table[self.table["p"].notna()].iterrows():
            assert self.sided is not None
            size = sides.size(row)
            facts = {**self.middle(row), "a": self.sided[0], "b": self.sided[1], "difference_points": size[0]}
            facts |= {"low_points": size[1], "high_points": size[2], "users": int(row["users"])}
            message = "{a} clicks less than {b} at {x_share} from the left, {y_share} from the top: {difference_points}"
            if size[0] > 0:
                message = (
                    "{a} clicks more than {b} at {x_share} from the left, {y_share} from the top: {difference_points}"
                )
            detail = "{low_points} to {high_points} of the clicks; {users} users; {looks} cells looked at"
            finding = Finding(message, facts, detail, *size, float(row["p"]), int(row["users"]))
            found.append(finding.toned("neutral", min(abs(size[1]), abs(size[2]))))
        return found


@nb.njit(nogil=True, cache=True)
def _place(users, starts, ends, marked, positions, grid, cells):  # type: ignore[no-untyped-def]
    """Writes the cell of every click; gives the clicks outside the viewport and those without a position."""
    x, y, width, height = positions
    n_columns, n_rows = grid
    one, lost = len(width) == 1 and len(x) != 1, np.zeros(2, np.int64)
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            cells[row] = -1
            if not marked[row] & 1:
                continue
            at = 0 if one else row
            across, down = x[row] / width[at], y[row] / height[at]
            if across >= 0 and across <= 1 and down >= 0 and down <= 1:
                column = min(int(across * n_columns), n_columns - 1)
                cells[row] = min(int(down * n_rows), n_rows - 1) * n_columns + column
            else:
                lost[int(np.isnan(across) or np.isnan(down))] += 1
    return (lost,)


@nb.njit(nogil=True, cache=True)
def _on_page(users, starts, ends, marked, first, second):  # type: ignore[no-untyped-def]
    """Two columns at the clicks on the page."""
    most = 0
    for i in range(len(users)):
        most += ends[i] - starts[i]
    one, two, many = np.empty(most), np.empty(most), 0
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            if marked[row] & 1:
                one[many], two[many] = first[row], second[row]
                many += 1
    return one[:many].copy(), two[:many].copy()
