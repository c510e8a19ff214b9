"""The cell: how a page shows one question.

The answer is the headline: the question small, the finding large, the chart; the controls stand
beside it. Below, what a meeting asks next: the table, the people behind each number, the code
that repeats it, and the definition. A cell is a fragment: moving one control recomputes this
cell and nothing else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from analysis import AnalysisError, EventLog, Question
from analysis.charts.look import Look
from analysis.export.tables import to_csv, to_xlsx
from analysis.findings import Finding
from analysis.questions import Answer
from analysis.words import Words
from pages.notebook import session, tables
from pages.notebook.language import _, language, plain, words

ABOVE, MOST_FINDINGS = 2, 8
"""Findings above the chart beside the headline, so that the chart is on the first screen; and all that are told."""

MOST_PEOPLE = 1_000

Draw = Callable[[Any, Words, Look], Any]


class Group(NamedTuple):
    """People behind a number: what they are called, who they are, and the key by which a chart's mark names them."""

    label: str
    who: Callable[[], np.ndarray]
    key: str = ""


People = Sequence[Group]


class Cell:
    """One question on a page: `with cell.controls:` the widgets, then `cell.show(…)`."""

    def __init__(self, name: str, ask: str) -> None:
        self.name = name
        self.later: list[tuple[str, str]] = []
        self.picked = ""
        self.question: Question
        st.html(f'<p class="fp-ask">{escape(ask)}</p>')
        if session.presenting():
            self.answer: Any = st.container()
            self.controls: Any = st.expander(_("Settings"))
        else:
            self.answer, self.controls = st.columns([3.4, 1], gap="large")

    def show(
        self,
        question: Question,
        *draws: Draw,
        tiles: Callable[[Any], Sequence[tuple[str, str, str]]] | None = None,
        more: Callable[[Any], Mapping[str, pd.DataFrame]] | None = None,
        people: Callable[[Any], People] | None = None,
    ) -> Answer | None:
        """Shows the answer: finding, chart, tiles, table, people, code, definition, pin.

        Args:
            question: What is asked.
            draws: Draw the answer, one below the other: a chart, or a list or tuple of charts (see `_chart`).
            tiles: Label, value and note of the few numbers beside the headline.
            more: Further tables by their (translated) names.
            people: The groups of people behind the numbers, by name.
        """
        self.question = question
        with self.answer:
            try:
                answer = session.answer(question)
            except AnalysisError as error:
                self.refuse(error)
                return None
            findings = answer.findings()
            self._headline(question, findings)
            for k, draw in enumerate(draws):
                self._chart(draw(answer, words(), session.look()), f"{self.name}:chart{k}")
            groups = people(answer) if people is not None else []
            self._picked(groups)
            self._also(self.later)
            if tiles is not None:
                shown = tiles(answer)
                with st.grid(len(shown), gap="small", min_column_width=150):
                    for label, value, note in shown:
                        st.metric(label, value, border=True, help=note or None, height="stretch")
            self._details(question, answer, more, groups)
        return answer

    def refuse(self, error: AnalysisError) -> None:
        """Says why there is no answer, and what to do."""
        self.answer.warning(plain(words().error(error)), icon=":material/info:")

    def _chart(self, drawn: Any, key: str) -> None:
        """A chart; those of a tuple side by side, those of a list one below the other."""
        if isinstance(drawn, list):
            for k, part in enumerate(drawn):
                self._chart(part, f"{key}.{k}")
        elif isinstance(drawn, tuple):
            for k, (place, part) in enumerate(zip(st.columns(len(drawn)), drawn, strict=True)):
                with place:
                    self._chart(part, f"{key}.{k}")
        elif drawn is not None:
            if not _pickable(drawn):
                st.altair_chart(drawn, theme=None, width="stretch", key=key)
                return
            event: Any = st.altair_chart(
                drawn, theme=None, width="stretch", key=key, on_select="rerun", selection_mode="who"
            )
            marks = event.get("selection", {}).get("who") or []
            self.picked = str(marks[0].get("who", "")) if marks else self.picked

    def _headline(self, question: Question, findings: list[Finding]) -> None:
        said = [words().finding(f) for f in findings[:MOST_FINDINGS]]
        head, detail = said[0] if said else (_("Nothing stands out"), _("No comparison is beyond chance."))
        left, right = st.columns([12, 1], vertical_alignment="top")
        with left:
            st.html(f'<h2 class="fp-head">{escape(head)}</h2><p class="fp-detail">{escape(detail)}</p>')
        if right.button("", icon=":material/keep:", key=f"{self.name}:pin", help=_("Pin this finding for the meeting")):
            placed = session.scope().question(question)
            log = session.whole_log()
            view = session.scope()
            scope = {"from": view.first_day, "to": view.last_day, "by": view.column, "who": view.value}
            session.workspace().add_pin(log.fingerprint, placed.to_dict(), scope, head)
            st.toast(_("Pinned. It waits under Share, Findings."))
        self._also(said[1 : 1 + ABOVE])
        self.later = said[1 + ABOVE :]

    @staticmethod
    def _also(said: list[tuple[str, str]]) -> None:
        """Further findings, smaller."""
        for head, detail in said:
            text = f"<b>{escape(head)}</b> <span>{escape(detail)}</span>"
            st.html(f'<p class="fp-also">{text}</p>')

    def _details(self, question: Question, answer: Answer, more: Any, groups: People) -> None:
        names = [_("Table"), _("People"), _("Code"), _("Definition")]
        tabs = st.tabs(names, on_change="rerun", key=f"{self.name}:tabs@{language()}")
        if tabs[0].open:
            with tabs[0]:
                self._table(answer.table, "table")
                for name, frame in (more(answer) if more is not None else {}).items():
                    if len(frame):
                        st.markdown(f"**{name}**")
                        self._table(frame, name)
        if tabs[1].open:
            with tabs[1]:
                self._people(groups)
        if tabs[2].open:
            with tabs[2]:
                st.code(session.code(question), language="python", wrap_lines=True)
                st.caption(_("Run this where the package is installed: it gives the same numbers, to the digit."))
        if tabs[3].open:
            with tabs[3]:
                for paragraph in definition(type(question)):
                    st.html(f'<p class="fp-note">{escape(_(paragraph))}</p>')

    def _table(self, frame: pd.DataFrame, name: str) -> None:
        st.dataframe(
            tables.shown(frame, words()),
            hide_index=True,
            width="stretch",
            height="content" if len(frame) <= 15 else 560,
        )
        self._downloads(frame, name)

    def _downloads(self, frame: pd.DataFrame, name: str) -> None:
        left, right, _rest = st.columns([1, 1, 5])
        file = f"{self.name}-{name}"
        left.download_button(
            "CSV",
            lambda: to_csv(frame),
            f"{file}.csv",
            "text/csv",
            on_click="ignore",
            key=f"{file}:csv",
            icon=":material/download:",
        )
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        right.download_button(
            "XLSX",
            lambda: to_xlsx(frame),
            f"{file}.xlsx",
            kind,
            on_click="ignore",
            key=f"{file}:xlsx",
            icon=":material/download:",
        )

    def _people(self, groups: People) -> None:
        if not groups:
            st.caption(_("This answer has no single people behind it."))
            return
        labels = [group.label for group in groups]
        key = f"{self.name}:group@{language()}"
        if st.session_state.get(key) not in labels:
            st.session_state.pop(key, None)
        chosen = st.selectbox(_("Who"), labels, key=key)
        self._group(next(group for group in groups if group.label == chosen), "people")

    def _picked(self, groups: People) -> None:
        """The people behind the mark that was clicked."""
        found = [group for group in groups if group.key and group.key == self.picked]
        if found:
            with st.container(border=True):
                st.markdown(f"**{plain(found[0].label)}**")
                self._group(found[0], "picked")

    def _group(self, group: Group, place: str) -> None:
        """One group: how many, who, and the list to take away."""
        who = group.who()
        log = session.whole_log()
        st.markdown(_("**{count}** in this group, as many as the number shown.", count=len(who)))
        frame = roster(log, who)
        st.dataframe(tables.shown(frame.head(MOST_PEOPLE), words()), hide_index=True, width="stretch", height=300)
        if len(frame) > MOST_PEOPLE:
            st.caption(_("The first {count} are shown; the download holds all.", count=MOST_PEOPLE))
        self._downloads(frame, place)
        self._save(group, who, place)

    def _save(self, group: Group, who: np.ndarray, place: str) -> None:
        """Keeps the group as a segment: from then on it is a property like any other."""
        if session.whole_log().shape == "results" or not len(who):
            return
        with st.popover(_("Save as segment"), icon=":material/bookmark_add:", key=f"{self.name}:{place}:segment"):
            key = f"{self.name}:{place}:segment-name"
            name = st.text_input(_("Name of the segment"), key=key, placeholder=group.label[:60], max_chars=60)
            if st.button(_("Save {count} users", count=len(np.unique(who))), key=f"{key}:save"):
                question = session.scope().question(self.question)
                said = {"question": question.to_dict(), "group": group.label, "cell": self.name}
                try:
                    session.save_segment(name or group.label[:60], who, said)
                except AnalysisError as error:
                    st.warning(words().error(error))
                    return
                st.toast(_("Saved. It can now be chosen wherever a property can, and under Segments, Saved."))


def _pickable(drawn: Any) -> bool:
    """Whether a click on the chart's marks opens people."""
    params = getattr(drawn, "params", None)
    return isinstance(params, list) and any(getattr(p, "name", None) == "who" for p in params)


@contextmanager
def cell(name: str, ask: str) -> Iterator[Cell]:
    """A cell with a name of its own on its page, and the question it answers in a person's words."""
    with st.container(key=f"cell-{name}"):
        yield Cell(name, ask)


def roster(log: EventLog, who: np.ndarray) -> pd.DataFrame:
    """A list of people: `user`, and, where the log has time, first and last seen and number of events."""
    place = np.full(len(log.user_ids), -1, dtype=np.int64)
    place[log.users] = np.arange(log.n_users)
    at = place[who]
    frame = pd.DataFrame({"user": log.ids(who)})
    if log.shape == "results":
        return frame
    starts, ends = log.starts[at], log.ends[at]
    for name, rows in (("first_seen_at", starts), ("last_seen_at", ends - 1)):
        stamps = log.time[np.minimum(rows, len(log.time) - 1)]
        frame[name] = pd.to_datetime(stamps, unit="us", utc=True).tz_convert(log.zone)
    frame["events"] = ends - starts
    return frame


def definition(kind: type[Question]) -> list[str]:
    """The paragraphs of a question's definition: its module's, then its own, up to the attributes."""
    module = inspect.getdoc(inspect.getmodule(kind)) or ""
    own = (inspect.getdoc(kind) or "").split("Attributes:")[0]
    care = [p for p in (inspect.getdoc(kind) or "").split("\n\n") if p.startswith("Use with care")]
    text = [*module.split("\n\n"), *own.split("\n\n")[1:], *care]
    return [" ".join(p.split()).replace("**", "").replace("`", "").replace("*", "") for p in text if p.strip()]
