"""Who comes back, and how many will still be there later."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analysis import Retention, RetentionCurve, suggest
from analysis.charts import retention as chart
from analysis.charts import retention_curve as curve_chart
from analysis.events import properties
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _

MOST_CELLS = 300


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Members of the complete cells: of all cohorts together, of each value of a split, of the latest cohorts."""
    groups = []
    for period in answer.total.loc[(answer.total["period"] > 0) & (answer.total["users"] > 0), "period"].tolist():
        said = {True: _("All: back in period {period}", period=period)}
        said[False] = _("All: not back in period {period}", period=period)
        for back, label in said.items():
            key = f"value::{period}" if back else ""
            groups.append(Group(label, lambda p=period, b=back: answer.people_of(None, p, retained=b), key))
    by = answer.by_value[(answer.by_value["period"] > 0) & (answer.by_value["users"] > 0)]
    for value, period in zip(by["value"], by["period"], strict=True):
        said = {True: _("{value}: back in period {period}", value=value, period=period)}
        said[False] = _("{value}: not back in period {period}", value=value, period=period)
        for back, label in said.items():
            key = f"value:{value}:{period}" if back else ""
            groups.append(Group(label, lambda v=value, p=period, b=back: answer.people_of(v, p, retained=b), key))
    table = answer.table[answer.table["complete"] & (answer.table["period"] > 0)]
    for cohort, period in list(zip(table["cohort"], table["period"], strict=True))[::-1][:MOST_CELLS]:
        back = _("Started {cohort}: back in period {period}", cohort=cohort, period=period)
        gone = _("Started {cohort}: not back in period {period}", cohort=cohort, period=period)
        groups.append(Group(back, lambda c=cohort, p=period: answer.people(c, p), f"{cohort}:{period}"))
        groups.append(Group(gone, lambda c=cohort, p=period: answer.people(c, p, retained=False)))
    return groups


BRACKETS = {"": None, "0, 1–3, 4–7, 8–14, 15–30": (0, 1, 4, 8, 15, 31), "0, 1, 2–3, 4–7, 8–12": (0, 1, 2, 4, 8, 13)}


def events(form, log) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    """Start, return and length of a period: what both cells ask first."""
    periods = {"day": _("Days"), "week": _("Weeks"), "month": _("Months")}
    return {
        "start": form.event("start", _("Start with"), log, anything=_("the first event")),
        "returning": form.event("returning", _("Come back with"), log, anything=_("any event")),
        "period": form.choice("period", _("Period"), list(periods), periods.get),
    }


def measure(form, log) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    """What is counted, and when."""
    measures = {"users": _("users who come back"), "times": _("users who come back several times")}
    if "amount" in log.roles:
        measures["money"] = _("money a user")
    chosen: dict[str, Any] = {"measure": form.choice("measure", _("Counted"), list(measures), measures.get)}
    if chosen["measure"] == "times":
        chosen |= {"times": int(form.number("times", _("Times at least"), 1, 20)), "mode": "on"}
        return chosen
    modes = {
        "on": _("in that period"),
        "on_or_after": _("in that period or later"),
        "on_or_before": _("by that period"),
    }
    if chosen["measure"] == "money":
        modes = {"on": _("in that period"), "on_or_before": _("summed up to that period")}
    chosen["mode"] = form.choice("mode", _("Counted when back"), list(modes), modes.get)
    return chosen


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    chosen = {**events(form, log), **measure(form, log)}
    columns = [None, *properties(log)]
    chosen["split"] = form.choice("split", _("Compare by"), columns, lambda c: "–" if c is None else c)
    chosen["brackets"] = None
    if chosen["mode"] == "on":
        options = [None, *[b for b in BRACKETS.values() if b]]
        if form.current.brackets not in options:
            options.append(form.current.brackets)
        names = {b: n for n, b in BRACKETS.items()}
        chosen["brackets"] = form.choice(
            "brackets", _("Joined periods"), options, lambda b: "–" if b is None else names.get(b, str(b))
        )
    if chosen["brackets"] is None:
        chosen["periods"] = int(form.number("periods", _("Periods shown"), 1, 60))
    chosen["split_period"] = None
    if chosen["split"] is not None:
        edges = chosen["brackets"] or range(chosen["periods"] + 2)
        tests = [None, *list(edges)[1:-1]]
        said = _("the middle one")
        chosen["split_period"] = form.choice(
            "split_period", _("Compared in period"), tests, lambda p: said if p is None else str(p)
        )
    chosen["rolling"] = form.switch(
        "rolling", _("Rolling periods"), help=_("Counted from each user's own start, not by the calendar.")
    )
    starts = {"first": _("First start only"), "each": _("Each start")}
    if chosen["split"] is None:
        chosen["starts"] = form.choice("starts", _("Starts"), list(starts), starts.get)
    else:
        chosen["starts"] = "first"
    return form.build(**chosen)


@st.fragment
def page() -> None:
    """The grid and its curve."""
    log = session.whole_log()
    with cell("retention", ask=_("Who comes back?")) as c:
        with c.controls:
            question = controls(Controls(Retention, session.suggested(suggest.retention)), log)
        more = lambda a: {_("All cohorts together"): a.total, _("By value"): a.by_value}  # noqa: E731
        answer: Any = c.show(question, chart.draw_curve, chart.draw_grid, more=more, people=people)
        if answer is not None:
            drawn = answer.table["cohort"].unique()[-chart.MOST_COHORTS :]
            if answer.table.loc[answer.table["cohort"].isin(drawn), "left_edge"].any():
                st.caption(_("With a star: the file begins there, so these cohorts may hold users who are older."))
            if len(answer.table["cohort"].unique()) > chart.MOST_COHORTS:
                st.caption(
                    _("The grid shows the latest {count} cohorts; the table holds all.", count=chart.MOST_COHORTS)
                )
            if answer.by_value["value"].nunique() > chart.MOST_LINES:
                st.caption(
                    _("The chart shows the {count} most frequent values; the table holds more.", count=chart.MOST_LINES)
                )


@st.fragment
def curve() -> None:
    """The fitted curve, beyond the data."""
    log = session.whole_log()
    with cell("retention_curve", ask=_("How many will still be there later?")) as c:
        with c.controls:
            form = Controls(RetentionCurve, session.suggested(suggest.retention_curve), param="q2")
            chosen = events(form, log)
            chosen["horizon_periods"] = int(form.number("horizon_periods", _("Look ahead to period"), 2, 120))
            learned = _("learned")
            chosen["waiting_periods"] = form.choice(
                "waiting_periods",
                _("Periods of waiting"),
                [None, *range(61)],
                lambda n: learned if n is None else str(n),
                help=_("Who was seen in the last so many periods of the file is taken to be still there."),
            )
            chosen["rolling"] = form.switch(
                "rolling", _("Rolling periods"), help=_("Counted from each user's own start, not by the calendar.")
            )
            question = form.build(**chosen)
        c.show(question, curve_chart.draw)


page()
st.divider()
curve()
