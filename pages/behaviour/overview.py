"""What stands out in the whole section, and the answers each page opens with."""

from __future__ import annotations

from html import escape

import streamlit as st

from analysis import Overview, Question
from analysis.behaviour.overview import OverviewAnswer
from analysis.findings import Finding
from pages.notebook import places, session
from pages.notebook.language import _, words

SHOWN = 2
"""Findings of one question that are shown at once; the rest is a click away."""


def told(question: Question, finding: Finding, key: str) -> None:
    """A finding, with the way to its cell."""
    head, detail = words().finding(finding)
    with st.container(border=True):
        left, right = st.columns([9, 1.4], vertical_alignment="center")
        left.html(f'<p class="fp-also"><b>{escape(head)}</b></p><p class="fp-detail">{escape(detail)}</p>')
        if right.button(_("Look"), key=key, icon=":material/arrow_forward:"):
            places.go(session.whole_log().fingerprint, question)


def grouped(standing: list[tuple[Question, Finding]]) -> list[tuple[Question, list[Finding]]]:
    """The findings by question, in the order of each question's first."""
    groups: dict[Question, list[Finding]] = {}
    for question, finding in standing:
        groups.setdefault(question, []).append(finding)
    return list(groups.items())


def ready(answer: OverviewAnswer) -> list[tuple[Question, Finding]]:
    """The headline of each kind of question, as its page opens with it."""
    found: dict[type, tuple[Question, Finding]] = {}
    for part in answer.asked:
        plain = [finding for finding in part.findings if finding.p != finding.p]  # what was tested stands above
        if plain:
            found.setdefault(type(part.question), (part.question, plain[0]))
    return list(found.values())


def page() -> None:
    log = session.whole_log()
    st.html(f'<p class="fp-ask">{escape(_("What stands out in what users do?"))}</p>')
    asking = _("Asking every question of the section")
    question = session.scope().question(Overview())
    view, waiting = session.viewed(log.fingerprint, session.scope().view(question)), st.empty()
    answer = question.ask(view, lambda share: waiting.progress(share, asking), one=session.answer)
    waiting.empty()
    head, *_standing = answer.findings()
    said, detail = words().finding(head)
    st.html(f'<h2 class="fp-head">{escape(said)}</h2><p class="fp-detail">{escape(detail)}</p>')
    for k, (asked, found) in enumerate(grouped(answer.standing)):
        for n, finding in enumerate(found[:SHOWN]):
            told(asked, finding, f"standing:{k}:{n}")
        if len(found) > SHOWN:
            with st.expander(_("{count} more of the same question", count=len(found) - SHOWN)):
                for n, finding in enumerate(found[SHOWN:]):
                    told(asked, finding, f"more:{k}:{n}")
    st.subheader(_("Ready answers"))
    for k, (question, finding) in enumerate(ready(answer)):
        told(question, finding, f"ready:{k}")
    if answer.refused:
        with st.expander(_("{count} questions these data can't answer", count=len(answer.refused))):
            for _question, error in answer.refused:
                st.caption(words().error(error))


page()
