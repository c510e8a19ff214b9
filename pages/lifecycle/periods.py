"""New, returning, resurrected, dormant: does the shop grow or leak?"""

from __future__ import annotations

import streamlit as st

from analysis import PeriodLifecycle, suggest
from analysis.charts import periods as chart
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """The four groups of the latest periods."""
    states = {"new": _("new"), "returning": _("returning"), "resurrected": _("resurrected"), "dormant": _("dormant")}
    groups = []
    for period in answer.table["period"].tolist()[::-1][:60]:
        for state, said in states.items():
            label = _("{period}: {state}", period=str(period)[:10], state=said)
            groups.append(Group(label, lambda p=period, s=state: answer.people(p, s)))
    return groups


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    periods = {"day": _("Days"), "week": _("Weeks"), "month": _("Months")}
    return form.build(
        period=form.choice("period", _("Period"), list(periods), periods.get),
        event=form.event("event", _("Active means"), log, anything=_("any event")),
    )


@st.fragment
def page() -> None:
    log = session.whole_log()
    with cell("periods", ask=_("Do more come than go?")) as c:
        with c.controls:
            question = controls(Controls(PeriodLifecycle, session.suggested(suggest.periods)), log)
        c.show(question, chart.draw, people=people)


page()
