"""What was pinned for the meeting: each pin asks its question again, so its numbers are today's."""

from __future__ import annotations

from html import escape

import streamlit as st

from analysis import AnalysisError, Question
from analysis.store import Pin
from pages.notebook import places, session
from pages.notebook.language import _, words


def say(pin: Pin) -> tuple[str, str]:
    """The pin's finding, asked again in the scope it was pinned in."""
    question = Question.from_dict(pin.question)
    scope = session.Scope(*(pin.scope.get(k) for k in ("from", "to", "by", "who")))
    findings = session.answered(pin.fingerprint, scope, question).findings()
    return words().finding(findings[0]) if findings else (_("Nothing stands out"), "")


def show(pin: Pin, name: str) -> None:
    """One pin, with its way back to the cell."""
    try:
        head, detail = say(pin)
    except AnalysisError as error:
        head, detail = words().error(error), ""
    with st.container(border=True):
        left, middle, right = st.columns([8, 1.2, 0.8], vertical_alignment="center")
        left.html(
            f'<p class="fp-ask">{escape(name)}</p><p class="fp-also"><b>{escape(head)}</b></p>'
            f'<p class="fp-detail">{escape(detail)}</p>'
        )
        if middle.button(_("Look"), key=f"look:{pin.id}", icon=":material/arrow_forward:"):
            session.use(pin.fingerprint)
            st.session_state["scope"] = session.Scope(*(pin.scope.get(k) for k in ("from", "to", "by", "who")))
            st.session_state.pop(f"days:{pin.fingerprint}", None)
            places.go(pin.fingerprint, Question.from_dict(pin.question))
        if right.button("", key=f"drop:{pin.id}", icon=":material/delete:", help=_("Take this pin away")):
            session.workspace().remove_pin(pin.id)
            st.rerun()


def page() -> None:
    st.title(_("Findings"))
    pins = session.workspace().pins()
    if not pins:
        st.write(_("Nothing is pinned yet. Every answer has a pin at its top right; what you pin waits here."))
        return
    names = {d.fingerprint: d.name for d in session.workspace().datasets()}
    for pin in pins:
        show(pin, names.get(pin.fingerprint, "–"))


page()
