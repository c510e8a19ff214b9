"""In which stage of its life every user is, and who is about to go."""

from __future__ import annotations

import streamlit as st

from analysis import AnalysisError, Stages, suggest
from analysis.charts import stages as chart
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _, words


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """The members of every stage, those about to go first."""
    shown = answer.table[answer.table["users"] > 0]["stage"].tolist()
    shown.sort(key=lambda stage: stage != "churn warning")
    return [Group(_(stage), lambda stage=stage: answer.people(stage), stage) for stage in shown]


def learned(form) -> dict[str, str]:  # type: ignore[no-untyped-def]
    """The thresholds in force, to be shown where none is given."""
    try:
        rules = session.answer(form.current).rules  # type: ignore[attr-defined]
    except AnalysisError:
        return {}
    return {name: words().number(float(value)) for name, value in zip(rules["rule"], rules["value"], strict=True)}


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question; an empty threshold is learned from the data."""
    known = learned(form)
    labels = {
        "activation_days": _("Activation ends after days"),
        "mature_days": _("Mature from days"),
        "warning_gaps": _("Warning from own gaps"),
        "churned_days": _("Churned from silent days"),
    }
    chosen = {"event": form.event("event", _("Active means"), log, anything=_("any event"))}
    note = _("Empty: learned from the data, the value shown in grey.")
    for name, label in labels.items():
        chosen[name] = form.optional(name, label, known.get(name, "–"), 0.1, 3660.0, help=note)
    chosen["trend_days"] = int(form.number("trend_days", _("Trend over days"), 7, 90))
    chosen["horizon_days"] = int(form.number("horizon_days", _("Comes back within days"), 7, 180))
    return form.build(**chosen)


@st.fragment
def page() -> None:
    log = session.whole_log()
    with cell("stages", ask=_("Who is settled, and who is about to go?")) as c:
        with c.controls:
            question = controls(Controls(Stages, session.suggested(suggest.stages)), log)
        c.show(question, chart.draw, more=lambda a: {_("The rules in force"): a.rules}, people=people)


page()
