"""What a session looks at: the workspace, the data set, the scope, and how charts look.

Everything a person chose is in the URL and in the session, so that a reload, a colleague's link
and a change of page find it again. What is heavy is on disk and shared by all sessions.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, TypeVar, cast

import numpy as np
import streamlit as st

from analysis import EventLog, Question, calendar, compose
from analysis.charts.look import Look
from analysis.errors import ParameterError
from analysis.events import properties
from analysis.export.tables import to_csv as to_csv
from analysis.questions import Answer
from analysis.reshape import with_segment
from analysis.store import Dataset, Workspace
from pages.notebook.language import _, plain

Made = TypeVar("Made")

ANSWERS_KEPT = 64
"""Answers hold an entry a user, some MB at 10 M events; the oldest give way."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What part of a data set is looked at.

    Attributes:
        first_day, last_day: Days, ISO text; None: the file's own.
        column, value: A segment: users whose last given value in `column` is `value`.
    """

    first_day: str | None = None
    last_day: str | None = None
    column: str | None = None
    value: str | None = None

    def question(self, question: Question) -> Question:
        """The question with the days put where they act: on its entries, where it has any."""
        names = {f.name for f in fields(question)}
        if {"first_day", "last_day"} <= names:
            return replace(question, first_day=self.first_day, last_day=self.last_day)  # type: ignore[call-arg]
        return question

    def view(self, question: Question) -> Scope:
        """What is left for the log: not the days, where the question bounds its entries itself."""
        bounded = {"first_day", "last_day"} <= {f.name for f in fields(question)}
        return replace(self, first_day=None, last_day=None) if bounded else self

    def log(self, log: EventLog) -> EventLog:
        """The log with the segment and the days."""
        if self.column is not None and self.value is not None:
            log = log.where(self.column, self.value)
        if (self.first_day or self.last_day) and log.shape != "results":
            log = log.between(self.first_day, self.last_day)
        return log


@st.cache_resource(show_spinner=False)
def workspace() -> Workspace:
    """The workspace on disk, opened once for all sessions."""
    return Workspace()


def opened(fingerprint: str) -> EventLog:
    """A data set's log, by memory map, with its saved segments as columns; shared by all sessions."""
    return _opened(fingerprint, segments(fingerprint))


def segments(fingerprint: str) -> tuple[tuple[int, str], ...]:
    """Numbers and names of the segments saved of a data set."""
    space = workspace()
    return tuple((s.id, s.name) for s in space.segments(space.dataset(fingerprint).base))


@st.cache_resource(max_entries=8, show_spinner=False)
def _opened(fingerprint: str, saved: tuple[tuple[int, str], ...]) -> EventLog:
    log = workspace().open(fingerprint)
    for number, name in saved:
        log = with_segment(log, name, workspace().segment_ids(number))
    return log


def dataset() -> Dataset | None:
    """The data set looked at: the one chosen, else the one the link names, else the newest."""
    known = {d.fingerprint: d for d in workspace().datasets()}
    wanted = st.session_state.get("ds") or st.query_params.get("ds")
    if wanted not in known:
        wanted = next(iter(known), None)
    st.session_state["ds"] = wanted
    return known.get(wanted) if wanted else None


def use(fingerprint: str) -> None:
    """Looks at another data set; its scope starts fresh."""
    st.session_state["ds"] = fingerprint
    st.session_state.pop("scope", None)


def scope() -> Scope:
    """The scope chosen for the data set, else the one in the link."""
    if "scope" not in st.session_state:
        st.session_state["scope"] = _linked()
    found: Scope = st.session_state["scope"]
    return found


def _linked() -> Scope:
    """The scope a link asks for; what does not fit the data is left out."""
    asked, current = st.query_params, dataset()
    if current is None:
        return Scope()
    log = opened(current.fingerprint)
    days = []
    for name in ("from", "to"):
        try:
            days.append(date.fromisoformat(asked[name]).isoformat() if name in asked else None)
        except ValueError:
            days.append(None)
    column, value = asked.get("by"), asked.get("who")
    if column not in properties(log) or value not in log.words(column).values[1:]:
        column = value = None
    if days[0] and days[1] and days[0] > days[1]:
        days = [None, None]
    return Scope(days[0], days[1], column, value)


def whole_log() -> EventLog:
    """The log looked at, unscoped; where nothing is loaded, a friendly card and the end of the page."""
    current = dataset()
    if current is None:
        with st.container(border=True):
            st.subheader(_("Nothing is loaded yet"))
            st.write(_("Start with the sample shop, or load your own spreadsheet."))
            left, right, _rest = st.columns([1, 1, 2])
            left.page_link("start/home.py", label=_("To the start"), icon=":material/home:")
            right.page_link("start/data.py", label=_("Load a spreadsheet"), icon=":material/upload:")
        st.stop()
    return opened(current.fingerprint)


def suggested(make: Callable[[EventLog], Made]) -> Made:
    """What a page opens with, by a function of `suggest`; worked out once, as it reads the whole log."""
    fingerprint = whole_log().fingerprint
    return cast(Made, _suggested(fingerprint, segments(fingerprint), make.__name__, make))


@st.cache_resource(max_entries=4 * ANSWERS_KEPT, show_spinner=False)
def _suggested(
    fingerprint: str, saved: tuple[tuple[int, str], ...], name: str, _make: Callable[[EventLog], Any]
) -> Any:
    return _make(_opened(fingerprint, saved))


@st.cache_resource(max_entries=ANSWERS_KEPT, show_spinner=False)
def _answer(fingerprint: str, saved: object, scope: Scope, said: str, _question: Question) -> Answer:
    return _question.ask(viewed(fingerprint, scope.view(_question)))


def viewed(fingerprint: str, scope: Scope) -> EventLog:
    """A view of a data set, shared by all questions asked of it."""
    return _viewed(fingerprint, segments(fingerprint), scope)


@st.cache_resource(max_entries=16, show_spinner=False)
def _viewed(fingerprint: str, saved: tuple[tuple[int, str], ...], scope: Scope) -> EventLog:
    return scope.log(_opened(fingerprint, saved))


def answer(question: Question) -> Answer:
    """The answer to a question in the scope looked at, computed once for all sessions."""
    return answered(whole_log().fingerprint, scope(), question)


def answered(fingerprint: str, scope: Scope, question: Question) -> Answer:
    """The answer to a question of a data set in a scope."""
    placed = scope.question(question)
    return _answer(fingerprint, segments(fingerprint), scope, repr(placed), placed)


def code(question: Question) -> str:
    """The Python that gives the same answer outside the app."""
    current, view = dataset(), scope()
    assert current is not None
    placed = view.question(question)
    parts = {d.fingerprint: d for d in workspace().datasets(listed=False)}
    made = compose.code(current, parts)
    views = "".join(viewed(current.fingerprint, view.view(placed)).scope)
    made += _segment_code(current.fingerprint, f"{placed!r}{views}")
    if views:
        made.append(f"log = log{views}" if len(made) > 1 else f"{made.pop()}{views}")
    lines = [*made, f"answer = {placed!r}.ask(log)", "answer.table"]
    pandas = ["import pandas as pd", ""] if any("pd." in line for line in lines) else []
    return "\n".join([*pandas, *compose.imports("\n".join(lines)), "", *lines])


def _segment_code(fingerprint: str, said: str) -> list[str]:
    """The Python that makes the segments a question or a view speaks of: their lists are downloaded from Segments."""
    named = [name for _number, name in segments(fingerprint) if repr(name) in said]
    return [f"log = with_segment(log, {n!r}, pd.read_csv({f'{n}.csv'!r}, dtype=str)['user'])" for n in named]


def save_segment(name: str, who: np.ndarray, said: dict[str, Any]) -> None:
    """Keeps some users as a segment of the data set looked at; refuses a name that a column has."""
    current = dataset()
    assert current is not None
    log = opened(current.fingerprint)
    if " ".join(name.split()) in log.columns:
        raise ParameterError.outside("name", name, "a name no column or segment has")
    workspace().save_segment(current.base, name, log.ids(np.unique(who)), said)


@st.cache_resource(max_entries=4, show_spinner=False)
def unedited(fingerprint: str) -> EventLog:
    """A data set's log before its recipe, shared by all sessions."""
    return compose.unedited(workspace(), fingerprint)


def look() -> Look:
    """Colours of the theme in use, and the larger text of the meeting mode."""
    return Look(dark=st.context.theme.type == "dark", scale=1.25 if presenting() else 1.0)


@st.cache_resource(show_spinner=False)
def _settled() -> set[int]:
    """Numbers of modules loaded when the collector was last told to leave them alone."""
    return set()


def settle() -> None:
    """Takes what modules hold out of the collector's sight, whenever a page has loaded more of them.

    Streamlit collects after every run of a script. With the hundreds of thousands of objects of the libraries
    that takes longer than an answer, and all sessions wait for it.
    """
    if len(sys.modules) not in _settled():
        _settled().add(len(sys.modules))
        gc.collect()
        gc.freeze()


def presenting() -> bool:
    """Whether the meeting mode is on: no menus, larger text."""
    if "present" not in st.session_state:
        st.session_state["present"] = st.query_params.get("present") == "1"
    return bool(st.session_state["present"])


def in_url(name: str, value: str | None) -> None:
    """Keeps one thing in the URL; None takes it out."""
    if value is None:
        if name in st.query_params:
            del st.query_params[name]
    elif st.query_params.get(name) != value:
        st.query_params[name] = value


def span(log: EventLog) -> tuple[date, date]:
    """First and last day of a log."""
    return calendar.day_of(log.starts_at, log.zone), calendar.day_of(max(log.ends_at - 1, log.starts_at), log.zone)


def described(current: Dataset) -> str:
    """A data set in a line, safe inside a label."""
    return plain(current.name)
