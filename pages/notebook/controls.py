"""Controls: each shows one field of a question and gives its new value.

The question itself is what the URL and the session keep (`?q=` and its JSON), so a link, a pin
and a reload carry every parameter, those without a control included. A widget's key carries the
language: Streamlit keeps the *label* of a translated option, and would give it back as a value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Generic, TypeVar, cast

import streamlit as st

from analysis import AnalysisError, EventLog, Question, Step, Where
from analysis.events import EVENT, Categories, properties
from pages.notebook import session
from pages.notebook.language import _, language, words

NOTHING = ""
"""Stands for None in a list of options: Streamlit takes None for "nothing chosen yet"."""

Q = TypeVar("Q", bound=Question)


class Controls(Generic[Q]):
    """The controls of one cell."""

    def __init__(self, kind: type[Q], default: Q, param: str = "q") -> None:
        """Starts from what the session knows, else from the link, else from `default`."""
        self.kind, self.default, self.param = kind, default, param
        self.key = f"{st.session_state.get('ds')}:{kind.__name__}:{param}"
        if self.key not in st.session_state:
            st.session_state[self.key] = self._linked() or default
        self.current = cast(Q, st.session_state[self.key])

    def _linked(self) -> Q | None:
        asked = st.query_params.get(self.param)
        if asked is None:
            return None
        try:
            found = Question.from_dict({**self.default.to_dict(), **json.loads(asked)})
        except (AnalysisError, ValueError, TypeError, KeyError):
            st.toast(_("The link's settings could not be read; the usual ones are shown."))
            return None
        return found if isinstance(found, self.kind) else None

    def build(self, **chosen: Any) -> Q:
        """The question with the fields chosen; kept in the session and in the URL. Refusals are shown."""
        try:
            question = replace(self.current, **chosen)
        except AnalysisError as error:
            st.error(words().error(error), icon=":material/info:")
            st.stop()
        st.session_state[self.key] = question
        said = question.to_dict()
        said.pop("question")
        same = question == self.default
        session.in_url(self.param, None if same else json.dumps(said, ensure_ascii=False, separators=(",", ":")))
        return question

    def _widget(self, field: str, value: Any) -> str:
        """The widget's key, its value set when it is new in this language."""
        key = f"{self.key}:{field}@{language()}"
        if key not in st.session_state:
            st.session_state[key] = value
        return key

    def take(self, question: Q) -> None:
        """Goes on with another question, as if it had been chosen widget by widget; called by a button's `on_click`."""
        for key in [k for k in st.session_state if str(k).startswith(f"{self.key}:")]:
            del st.session_state[key]
        st.session_state[self.key] = question

    def choice(
        self, field: str, label: str, options: Sequence[Any], said: Callable[[Any], str] = str, help: str | None = None
    ) -> Any:
        """One of some options, None among them if need be."""
        now = getattr(self.current, field)
        key = self._widget(field, _open(now if now in options else options[0]))
        shown = [_open(o) for o in options]
        return _closed(st.selectbox(label, shown, format_func=lambda o: said(_closed(o)), key=key, help=help))

    def several(
        self, field: str, label: str, options: Sequence[str], now: Sequence[str], help: str | None = None
    ) -> list[str]:
        """Some of some options, in the order chosen."""
        key = self._widget(field, [o for o in now if o in options])
        return st.multiselect(label, options, key=key, placeholder=_("Choose"), help=help)

    def number(
        self, field: str, label: str, low: float, high: float, step: float = 1, help: str | None = None
    ) -> float:
        """A number on a slider; whole where the step is whole."""
        whole = float(step).is_integer()
        now = getattr(self.current, field)
        value = min(max(now if now is not None else low, low), high)
        key = self._widget(field, int(value) if whole else float(value))
        kind: Any = int if whole else float
        return st.slider(label, kind(low), kind(high), step=kind(step), key=key, help=help)

    def typed(self, field: str, label: str, low: float, high: float, step: float, help: str | None = None) -> float:
        """A number to type."""
        key = self._widget(field, float(getattr(self.current, field)))
        return st.number_input(label, float(low), float(high), step=float(step), key=key, help=help)

    def optional(self, field: str, label: str, learned: str, low: float, high: float, help: str | None = None) -> Any:
        """A number that may stay empty: then it is learned from the data, and `learned` is shown in its place."""
        key = self._widget(field, getattr(self.current, field))
        return st.number_input(label, low, high, value=None, step=1.0, key=key, placeholder=learned, help=help)

    def switch(self, field: str, label: str, help: str | None = None) -> bool:
        """Yes or no."""
        return st.toggle(label, key=self._widget(field, bool(getattr(self.current, field))), help=help)

    def event(self, field: str, label: str, log: EventLog, *, anything: str | None = None) -> Step | None:
        """One event; `anything` is the name of the choice "any event", where there is one. Filters are kept."""
        now: Step | None = getattr(self.current, field)
        options: list[str | Step | None] = [*([None] if anything else []), *events(log)]
        shown: str | Step | None = now.events[0] if now is not None else None
        many = next((s for s in (now, getattr(self.default, field)) if s is not None and len(s.events) > 1), None)
        if many is not None:
            options.insert(0, many)
            shown = now if now is not None and len(now.events) > 1 else shown
        key = self._widget(field, _open(shown if shown in options else options[0]))

        def said(option: Any) -> str:
            if isinstance(option, Step):
                return _("any of {count} events", count=len(option.events))
            return str(anything) if option == NOTHING else str(option)

        found = _closed(st.selectbox(label, [_open(o) for o in options], format_func=said, key=key))
        if found is None or isinstance(found, Step):
            return found
        return now if now is not None and now.events == (found,) else Step(found)

    def steps(self, field: str, label: str, log: EventLog, *, limits: bool = False) -> tuple[Step, ...]:
        """The steps of a journey, in the order chosen, each open to more events and to conditions.

        `limits`: a step may also be optional and have a window of its own.
        """
        now: tuple[Step, ...] = getattr(self.current, field)
        count_key = self._widget(f"{field}:count", len(now))
        count = st.number_input(label, 1, 8, key=count_key, help=_("How many steps the journey has."))
        found = []
        for k in range(count):
            given = now[k] if k < len(now) else Step(events(log)[min(k, len(events(log)) - 1)])
            inner = 0 < k < count - 1
            step = self._step(f"{field}:{k}", given, k, log, (limits and k > 0, limits and inner))
            optional, within = step.optional and inner, step.within_hours if k else None
            found.append(Step(*step.events, where=step.where, optional=optional, within_hours=within))
        return tuple(found)

    def _step(self, field: str, given: Step, k: int, log: EventLog, limits: tuple[bool, bool] = (False, False)) -> Step:
        """One step: its event, and behind a popover more events, one condition, and which `limits` it may have."""
        options = events(log)
        left, right = st.columns([3, 1], gap="xsmall", vertical_alignment="bottom")
        key = self._widget(field, given.events[0] if given.events[0] in options else options[0])
        label = _("Step {number}", number=k + 1)
        first = left.selectbox(label, options, key=key, label_visibility="collapsed")
        filtered = not given.bare
        icon = ":material/filter_alt:" if filtered else ":material/tune:"
        with right.popover("", icon=icon, help=_("More events, or a condition"), key=f"{self.key}:{field}:more"):
            more_key = self._widget(f"{field}:or", [e for e in given.events[1:] if e in options and e != first])
            others = [e for e in options if e != first]
            st.session_state[more_key] = [e for e in st.session_state[more_key] if e in others]
            more = st.multiselect(_("Or any of"), others, key=more_key, placeholder=_("Choose"))
            where = self._condition(field, given, log)
            within, optional = given.within_hours, given.optional
            if limits[0]:
                hours_key = self._widget(f"{field}:within", within)
                note = _("Hours since the last step that is not optional. Empty: only the time limit of all steps.")
                within = st.number_input(
                    _("Within hours"), 0.01, 87840.0, value=None, step=1.0, key=hours_key, placeholder="–", help=note
                )
            if limits[1]:
                skip_key = self._widget(f"{field}:optional", optional)
                optional = st.toggle(_("Optional"), key=skip_key, help=_("Who skips this step goes on all the same."))
        return Step(first, *more, where=where, optional=optional, within_hours=within)

    def _condition(self, field: str, given: Step, log: EventLog) -> tuple[Where, ...]:
        now = given.where[0] if given.where else None
        columns = [NOTHING, *properties(log), *numeric(log)]
        key = self._widget(f"{field}:column", now.column if now and now.column in columns else NOTHING)
        column = st.selectbox(_("Only where"), columns, format_func=lambda c: "–" if c == NOTHING else c, key=key)
        if column == NOTHING:
            return ()
        if isinstance(log.columns[column], Categories):
            known = log.words(column).values[1:]
            before = now.value if now is not None and now.column == column and now.op == "in" else ()
            wanted = [v for v in (before if isinstance(before, tuple) else ()) if v in known]
            value_key = self._widget(f"{field}:{column}:in", wanted)
            chosen = st.multiselect(_("is any of"), known, key=value_key, placeholder=_("Choose"))
            return (Where(column, tuple(chosen), "in"),) if chosen else ()
        kept = now is not None and now.column == column
        op_key = self._widget(f"{field}:{column}:op", now.op if kept and now is not None else ">=")
        op = st.selectbox(_("is"), [">=", ">", "<=", "<"], key=op_key)
        start = float(now.value) if kept and now is not None and not isinstance(now.value, tuple) else 0.0
        return (Where(column, st.number_input(_("value"), key=self._widget(f"{field}:{column}:value", start)), op),)


def events(log: EventLog) -> list[str]:
    """Names of the events that occur, the most frequent first."""
    return _events(log.fingerprint, log)


@st.cache_data(max_entries=32, show_spinner=False)
def _events(fingerprint: str, _log: EventLog) -> list[str]:
    import numpy as np

    counts = np.bincount(_log.events.codes, minlength=len(_log.events.values))
    order = np.argsort(-counts, kind="stable")
    return [_log.events.values[c] for c in order if c and counts[c]]


def numeric(log: EventLog) -> list[str]:
    """Columns of numbers."""
    return [n for n, c in log.columns.items() if n != EVENT and not isinstance(c, Categories)]


def _open(option: Any) -> Any:
    return NOTHING if option is None else option


def _closed(option: Any) -> Any:
    return None if isinstance(option, str) and option == NOTHING else option
