"""Importing: a file is read while the page stays alive.

The work is done in a thread; the page looks in on it once a second, and only the part with the bar
is drawn anew. So other sessions are never waited for, a rerun or a change of page does no harm, and a click
on Cancel ends the reading at its next sign of life.

An import belongs to the session that began it. After a reload of the page, which is a new session, it
goes on, and the data set stands in the list when it is done.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

from analysis import AnalysisError
from analysis.errors import IntakeError
from analysis.store import Dataset
from pages.notebook.language import _, plain

LOOK_SECONDS = 1.0
"""How often the page looks in: often enough for a bar, seldom enough for a hundred sessions."""
AT_ONCE_SECONDS = 1.5
"""A small file is done by then; so long the page waits, and shows the answer without a look in between."""
STEP_SECONDS = 0.15

Progress = Callable[..., None]
"""Told the share done, from 0 to 1, and the rows read so far where they are known."""


class CancelledError(Exception):
    """The person cancelled; raised from within `progress`, which ends the child."""


@dataclass(slots=True, eq=False)
class _Run:
    """One import, as the thread and the page both see it."""

    name: str
    share: float = 0.0
    rows: int | None = None
    seen: bool = False
    found: Dataset | AnalysisError | None = None
    fault: BaseException | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def progress(self, share: float, rows: int | None = None) -> None:
        """Notes how far it is, and is the place where a cancelled import ends."""
        if self.cancelled.is_set():
            raise CancelledError
        self.share, self.rows = min(1.0, max(0.0, share)), rows

    def do(self, work: Callable[[Progress], Dataset]) -> None:
        """Does the work; whatever becomes of it is kept for the page."""
        try:
            self.found = work(self.progress)
        except CancelledError:
            self.found = IntakeError(
                "cancelled", "Reading was cancelled. Nothing was loaded, and the file is still here."
            )
        except AnalysisError as error:
            self.found = error
        except BaseException as fault:
            self.fault = fault
        finally:
            self.over.set()


def start(key: str, work: Callable[[Progress], Dataset], name: str = "") -> None:
    """Begins an import, unless one of that key is running in this session.

    Args:
        key: One import at a time for each.
        work: Gets `progress`, gives the data set or raises an AnalysisError. It runs outside of the session: it
            must not call Streamlit, so what it needs of the session is fetched before.
        name: Of the file, for display.
    """
    if running(key):
        return
    run = _Run(name)
    st.session_state[_place(key)] = run
    threading.Thread(target=run.do, args=(work,), name="import", daemon=True).start()


def running(key: str) -> bool:
    """Whether an import of that key was begun and its result not yet fetched."""
    return _place(key) in st.session_state


def shown(key: str) -> Dataset | AnalysisError | None:
    """Draws the bar of a running import; gives its result, once, when it is done.

    Raises:
        Exception: Whatever the work met that is not an AnalysisError: it is a fault of ours.
    """
    run: _Run | None = st.session_state.get(_place(key))
    if run is None:
        return None
    if not run.over.is_set():
        _watch(key)
        return None
    del st.session_state[_place(key)]
    if run.fault is not None:
        raise run.fault
    return run.found


@st.fragment(run_every=LOOK_SECONDS)
def _watch(key: str) -> None:
    """The bar and the way out; when the import is over, the whole page is drawn anew."""
    run: _Run | None = st.session_state.get(_place(key))
    if run is None:
        return
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    bar = left.progress(run.share, text=_said(run))
    asked = right.button(_("Cancel"), key=f"{key}:cancel", disabled=run.cancelled.is_set(), width="stretch")
    if asked:
        run.cancelled.set()
    until = time.monotonic() + (0.0 if run.seen and not asked else AT_ONCE_SECONDS)
    run.seen = True
    while not run.over.wait(STEP_SECONDS) and time.monotonic() < until:
        bar.progress(run.share, text=_said(run))  # the place where Streamlit lets a click through
    if run.over.is_set():
        st.rerun()


def _said(run: _Run) -> str:
    name, share = plain(run.name), f"{run.share:.0%}"
    if run.cancelled.is_set():
        return _("Cancelling {name}", name=name)
    if run.rows is None:
        return _("Reading {name}: {share}", name=name, share=share)
    return _("Reading {name}: {share}, {rows} rows read", name=name, share=share, rows=run.rows)


def _place(key: str) -> str:
    return f"importing:{key}"
