"""Which events are clicks and views, and which columns say where they happened.

Names decide where nobody chose: an event called click, tap or 点击 is a click, one called page_view, view or
浏览 a view. A column has a part to play once it is set on the Data page.
"""

from __future__ import annotations

import re

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


def marks(log: EventLog, click: Step, view: Step | None = None) -> np.ndarray:
    """What each row is, uint8: bit 0 a click, bit 1 a view. Rows outside the view are not told."""
    by_event, by_row = step_bits(log, (click,) if view is None else (click, view))
    found = np.empty(len(log.time), dtype=np.uint8)
    over_users(log, _mark, log.events.codes, by_event.astype(np.uint8), by_row, found, merge=())
    return found


def on_page(log: EventLog, marked: np.ndarray, page: str | None) -> np.ndarray:
    """The marks of the rows on a page, and 0 elsewhere; None: all pages."""
    if page is None:
        return marked
    column = log.roles["page"]
    words = log.words(column)
    return marked * (words.codes == words.code(page, column))


def clicks_by_page(log: EventLog, marked: np.ndarray) -> dict[str, int]:
    """Clicks of the view on each page, the most clicked first; pages without clicks are left out."""
    words = log.words(log.roles["page"])
    args = (words.codes.astype(np.int32, copy=False), len(words.values))
    counts = over_users(log, _by_page, marked, *args, merge=("sum",))[0]
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
def _mark(users, starts, ends, event, by_event, by_row, found):  # type: ignore[no-untyped-def]
    filtered = len(by_row) > 0
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            bits = by_event[event[row]]
            if filtered:
                bits &= by_row[row]
            found[row] = bits
    return ()


@nb.njit(nogil=True, cache=True)
def _by_page(users, starts, ends, marked, page, n_pages):  # type: ignore[no-untyped-def]
    counts = np.zeros(n_pages, np.int64)
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            counts[page[row]] += marked[row] & 1
    return (counts,)
