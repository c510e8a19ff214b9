"""Who comes back."""

from __future__ import annotations

import streamlit as st

from analysis import Retention, suggest
from analysis.charts import retention as chart
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Members of the complete cells of the latest cohorts."""
    table = answer.table[answer.table["complete"] & (answer.table["period"] > 0)]
    groups = []
    for cohort, period in list(zip(table["cohort"], table["period"], strict=True))[::-1][:300]:
        back = _("Started {cohort}: back in period {period}", cohort=cohort, period=period)
        gone = _("Started {cohort}: not back in period {period}", cohort=cohort, period=period)
        groups.append(Group(back, lambda c=cohort, p=period: answer.people(c, p), f"{cohort}:{period}"))
        groups.append(Group(gone, lambda c=cohort, p=period: answer.people(c, p, retained=False)))
    return groups


BRACKETS = {"": None, "0, 1–3, 4–7, 8–14, 15–30": (0, 1, 4, 8, 15, 31), "0, 1, 2–3, 4–7, 8–12": (0, 1, 2, 4, 8, 13)}


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    periods = {"day": _("Days"), "week": _("Weeks"), "month": _("Months")}
    modes = {
        "on": _("in that period"),
        "on_or_after": _("in that period or later"),
        "on_or_before": _("by that period"),
    }
    chosen = {
        "start": form.event("start", _("Start with"), log, anything=_("the first event")),
        "returning": form.event("returning", _("Come back with"), log, anything=_("any event")),
        "period": form.choice("period", _("Period"), list(periods), periods.get),
        "mode": form.choice("mode", _("Counted when back"), list(modes), modes.get),
    }
    if chosen["mode"] == "on":
        options = [None, *[b for b in BRACKETS.values() if b]]
        if form.current.brackets not in options:
            options.append(form.current.brackets)
        names = {b: n for n, b in BRACKETS.items()}
        chosen["brackets"] = form.choice(
            "brackets", _("Joined periods"), options, lambda b: "–" if b is None else names.get(b, str(b))
        )
    else:
        chosen["brackets"] = None
    if chosen["brackets"] is None:
        chosen["periods"] = int(form.number("periods", _("Periods shown"), 1, 60))
    chosen["rolling"] = form.switch(
        "rolling", _("Rolling periods"), help=_("Counted from each user's own start, not by the calendar.")
    )
    starts = {"first": _("First start only"), "each": _("Each start")}
    chosen["starts"] = form.choice("starts", _("Starts"), list(starts), starts.get)
    return form.build(**chosen)


@st.fragment
def page() -> None:
    log = session.whole_log()
    with cell("retention", ask=_("Who comes back?")) as c:
        with c.controls:
            question = controls(Controls(Retention, suggest.retention(log)), log)
        more = lambda a: {_("All cohorts together"): a.total}  # noqa: E731
        answer = c.show(question, chart.draw_curve, chart.draw_grid, more=more, people=people)
        if answer is not None:
            edge = answer.table["left_edge"].any()  # type: ignore[attr-defined]
            if edge:
                st.caption(_("* The file begins here: these cohorts may hold users who are older than the file."))
            if len(answer.table["cohort"].unique()) > chart.MOST_COHORTS:
                st.caption(
                    _("The grid shows the latest {count} cohorts; the table holds all.", count=chart.MOST_COHORTS)
                )


page()
