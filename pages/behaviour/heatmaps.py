"""Heat-maps: when in the week, on which element, where on the screen, and where in anger."""

from __future__ import annotations

import streamlit as st

from analysis import WeekdayHour, suggest
from analysis.charts import weekday_hour as chart
from pages.behaviour import clicks
from pages.behaviour.two_sides import two_sides
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _, words


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Users of each hour of the week, the busiest first."""
    names = chart.weekdays(words())
    table = answer.table[answer.table["users"] > 0].sort_values("average", ascending=False)
    return [
        Group(f"{names[d - 1]} {h:02d}:00", lambda d=d, h=h: answer.people(d, h), f"{d}:{h}")
        for d, h in zip(table["iso_weekday"], table["hour"], strict=True)
    ]


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    measures = {"users": _("Users"), "events": _("Events")}
    return form.build(
        event=form.event("event", _("Counted is"), log, anything=_("any event")),
        measure=form.choice("measure", _("Measure"), list(measures), measures.get),
        **two_sides(form, log),
    )


@st.fragment
def week() -> None:
    """When users are there."""
    log = session.whole_log()
    with cell("heatmaps", ask=_("When in the week are they here?")) as c:
        with c.controls:
            question = controls(Controls(WeekdayHour, session.suggested(suggest.weekday_hour)), log)
        c.show(question, chart.draw, people=people)


week()
st.divider()
clicks.elements()
st.divider()
clicks.screen()
st.divider()
clicks.rage()
