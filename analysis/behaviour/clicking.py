"""Which events are clicks and views, and which columns say where they happened.

Names decide where nobody chose: an event called click, tap or 点击 is a click, one called page_view, view or
浏览 a view. A column has a part to play once it is set on the Data page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numba as nb
import numpy as np

from analysis.engine import over_users
from analysis.errors import SchemaError
from analysis.events import EventLog, Numbers
from analysis.questions import Step, step_bits

CLICKS = re.compile(r"click|(?<![a-z])tap(?![a-z])|tapped|点击|单击|轻触")
VIEWS = re.compile(r"page.?view|screen.?view|(?<![a-z])view|pv$|浏览|页面访问|曝光页")


def clicks(log: EventLog, given: Step | None) -> Step:
    """The events that are clicks: the ones given, else those whose names say so."""
    named = [n for n in log.events.values[1:] if CLICKS.search(n.lower())]
    if given is None and not named:
        raise SchemaError(
            "no_click",
            "No event is called a click, tap or 点击. Record an event for every click, or choose which event is one.",
        )
    return given if given is not None else Step(*named)


def views(log: EventLog, given: Step | None) -> Step | None:
    """The events that are page views: the ones given, else those whose names say so, else None."""
    named = [n for n in log.events.values[1:] if VIEWS.search(n.lower()) and not CLICKS.search(n.lower())]
    return given if given is not None or not named else Step(*named)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What kernels need to tell clicks and views: event codes, bits by event, bits by row, and which rows are on
    the page (empty: all are)."""

    event: np.ndarray
    by_event: np.ndarray
    by_row: np.ndarray
    on_page: np.ndarray

    @classmethod
    def of(cls, log: EventLog, click: Step, view: Step | None, page: str | None) -> Rows:
        """Clicks are bit 0, views bit 1."""
        by_event, by_row = step_bits(log, (click,) if view is None else (click, view))
        on_page = np.empty(0, dtype=np.bool_)
        if page is not None:
            column = log.roles["page"]
            words = log.words(column)
            on_page = words.codes == words.code(page, column)
        return cls(log.events.codes, by_event, by_row, on_page)

    @property
    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """As a kernel takes them."""
        return self.event, self.by_event, self.by_row, self.on_page


@nb.njit(nogil=True, cache=True, inline="always")
def bits_at(row, event, by_event, by_row, on_page):  # type: ignore[no-untyped-def]
    """Bit 0: the row is a click on the page; bit 1: it is a view of the page."""
    # No branch on what is chance: the processor would guess it wrong.
    bits = np.int64(by_event[event[row]])
    if len(by_row):
        bits &= np.int64(by_row[row])
    if len(on_page):
        bits &= -np.int64(on_page[row])
    return bits


def clicks_by_page(log: EventLog, click: Step, column: str) -> dict[str, int]:
    """Clicks of the view on each page, the most clicked first; pages without clicks are left out."""
    words = log.words(column)
    rows = Rows.of(log, click, None, None)
    args = (words.codes.astype(np.int32, copy=False), len(words.values))
    counts = over_users(log, _by_page, rows.arrays, *args, merge=("sum",))[0]
    return {words.values[c]: int(counts[c]) for c in np.argsort(-counts, kind="stable") if c and counts[c]}


def size_columns(log: EventLog) -> tuple[str, str] | None:
    """Columns of the viewport's width and height, by their names; None where there are none."""
    found = []
    for pattern in (
        r"(viewport|screen|window|视口|屏幕|窗口).*(width|_w$|宽)",
        r"(viewport|screen|window|视口|屏幕|窗口).*(height|_h$|高)",
    ):
        names = [n for n, c in log.columns.items() if isinstance(c, Numbers) and re.search(pattern, n.lower())]
        found += sorted(names, key=lambda n: "viewport" not in n.lower() and "视口" not in n)[:1]
    return (found[0], found[1]) if len(found) == 2 else None


@nb.njit(nogil=True, cache=True)
def _by_page(users, starts, ends, rows, page, n_pages):  # type: ignore[no-untyped-def]
    event, by_event, by_row, on_page = rows
    counts = np.zeros(n_pages, np.int64)
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            if bits_at(row, event, by_event, by_row, on_page) & 1:
                counts[page[row]] += 1
    return (counts,)
