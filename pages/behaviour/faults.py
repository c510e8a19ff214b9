"""What broke, for whom, and in which weeks."""

from __future__ import annotations

import streamlit as st

from analysis import Faults, suggest
from analysis.behaviour.funnels.faults import MOST_VALUES
from analysis.charts import faults as chart
from analysis.events import properties
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _

MOST_GROUPS = 20


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Who was stuck in the weeks of a row."""
    groups = []
    for row in answer.table.head(MOST_GROUPS).itertuples():
        step = answer.funnel.names.index(row.step) + 1
        label = _(
            "{value}: stuck at {step}, {first} to {last}",
            value=row.value,
            step=row.step,
            first=row.first_day,
            last=row.last_day,
        )
        who = lambda r=row, k=step: answer.people(k, r.column, r.value, r.first_day, r.last_day)  # noqa: E731
        groups.append(Group(label, who, f"{row.step}|{row.column}|{row.value}"))
    return groups


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    chosen = {"steps": form.steps("steps", _("Steps"), log)}
    limited = st.toggle(_("Time limit"), value=form.current.window_days is not None, key=f"{form.key}:limit")
    chosen["window_days"] = form.number("window_days", _("Within days"), 1, 90) if limited else None
    known = properties(log, MOST_VALUES)
    now = form.current.columns or ()
    columns = form.several("columns", _("Only these properties"), known, [c for c in now if c in known])
    chosen["columns"] = tuple(columns) or None
    chosen["most_weeks"] = int(form.number("most_weeks", _("At most so many weeks"), 1, 26))
    return form.build(**chosen)


@st.fragment
def page() -> None:
    log = session.whole_log()
    with cell("faults", ask=_("What broke, for whom, and when?")) as c:
        with c.controls:
            question = controls(Controls(Faults, session.suggested(suggest.faults)), log)
        c.show(question, chart.draw, people=people)


page()
