"""What users who stay do in their first days."""

from __future__ import annotations

import streamlit as st

from analysis import Aha, suggest
from analysis.charts import aha as chart
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _

MOST_GROUPS = 20


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Who did the best candidate of each event, and who did not."""
    groups = []
    for row in answer.best().head(MOST_GROUPS).itertuples():
        facts = {"event": row.event, "times": row.times, "days": row.within_days}
        said = (
            (_("Did not: {event} ({times}+ in {days} d)", **facts), False),
            (_("Did: {event} ({times}+ in {days} d)", **facts), True),
        )
        for label, did in said[::-1]:
            who = lambda r=row, d=did: answer.people(r.event, r.times, r.within_days, did=d)  # noqa: E731
            groups.append(Group(label, who, f"{row.event}|{row.times}|{row.within_days}|{int(did)}"))
    return groups


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field a person chooses."""
    return form.build(
        goal=form.event("goal", _("Staying means"), log, anything=_("coming back at all")),
        first_days=int(form.number("first_days", _("First days"), 1, 30)),
        horizon_days=int(form.number("horizon_days", _("Days after them"), 1, 120)),
        event=form.event("event", _("Events that count"), log, anything=_("any event")),
    )


@st.fragment
def page() -> None:
    log = session.whole_log()
    with cell("aha", ask=_("What do users who stay do in their first days?")) as c:
        with c.controls:
            question = controls(Controls(Aha, session.suggested(suggest.aha)), log)
        answer = c.show(question, chart.draw, people=people)
        if answer is not None and len(answer.table):
            counted, edge, new, already = answer.fates  # type: ignore[attr-defined]
            said = _(
                "{counted} users counted; left out: {edge} at the left edge of the file, {new} too new to judge, "
                "{already} who had the goal in their first days.",
                counted=int(counted),
                edge=int(edge),
                new=int(new),
                already=int(already),
            )
            st.caption(said)
            st.caption(
                _("Going together is no cause: people who mean to stay do more of everything. Try it as an A/B test.")
            )


page()
