"""Why they leave: at a step of the funnel, and for good."""

from __future__ import annotations

from functools import partial

import streamlit as st

from analysis import Drivers, Leavers, suggest
from analysis.behaviour.leaving import seen
from analysis.charts import drivers as chart
from analysis.charts import leavers as silent_chart
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _, words


def people(names, answer) -> People:  # type: ignore[no-untyped-def]
    """Of each feature those who left with it, and those who did not."""
    groups = []
    for k, name in enumerate(names(answer, words())):
        gone = _("{number}. {feature}: left", number=k + 1, feature=name)
        kept = _("{number}. {feature}: did not leave", number=k + 1, feature=name)
        groups.append(Group(gone, lambda k=k: answer.people(k), f"{k}"))
        groups.append(Group(kept, lambda k=k: answer.people(k, left=False)))
    return groups


def coverage(form, log):  # type: ignore[no-untyped-def]
    """What is looked at: columns, and how common a thing must be."""
    chosen = {}
    columns = seen.looked_at(log, None)
    with st.popover(_("What is looked at"), width="stretch"):
        now = form.current.properties or columns
        found = form.several("properties", _("Columns"), columns, now) if columns else []
        chosen["properties"] = None if set(found) == set(columns) else tuple(found)
        help = _("Share of the users who have seen it: what nearly nobody or nearly everybody has seen is left out.")
        chosen["coverage_low"] = form.number("coverage_low", _("Seen by at least"), 0.01, 0.45, 0.01, help=help)
        chosen["coverage_high"] = form.number("coverage_high", _("Seen by at most"), 0.55, 0.99, 0.01)
    return chosen


def drop_controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question after a drop."""
    chosen = {"steps": form.steps("steps", _("Steps"), log)}
    steps = chosen["steps"]
    drops = [None, *range(1, len(steps))]
    chosen["step"] = form.choice(
        "step",
        _("Which drop"),
        drops,
        lambda k: _("where most are lost") if k is None else f"{steps[k - 1].name} → {steps[k].name}",
    )
    chosen["window_days"] = form.number("window_days", _("Within days"), 1, 90)
    chosen["before_days"] = form.number("before_days", _("Days before the step"), 1, 90)
    chosen["after_hours"] = form.optional(
        "after_hours",
        _("Hours after the step"),
        _("learned"),
        0.0,
        chosen["window_days"] * 24 - 1.0,
        help=_("Looked at among those who have not gone on by then. Empty: the median time to the next step."),
    )
    return form.build(**chosen, **coverage(form, log))


def silence_controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question after leavers."""
    chosen = {"event": form.event("event", _("Activity"), log, anything=_("any event"))}
    silent = form.optional("silent_days", _("Days of silence"), _("learned"), 1.0, 365.0)
    chosen["silent_days"] = None if silent is None else int(silent)
    chosen["last_days"] = int(form.number("last_days", _("Last days looked at"), 1, 30))
    rows = form.optional("last_events", _("Or last events"), "–", 1.0, 100.0)
    chosen["last_events"] = None if rows is None else int(rows)
    return form.build(**chosen, **coverage(form, log))


@st.fragment
def drop() -> None:
    """Who goes no further at a step."""
    log = session.whole_log()
    with cell("drivers", ask=_("What goes with leaving at a step?")) as c:
        with c.controls:
            question = drop_controls(Controls(Drivers, session.suggested(suggest.drivers)), log)
        more = lambda a: {_("At the step, and after the look ahead"): a.base}  # noqa: E731
        c.show(question, chart.draw, more=more, people=partial(people, chart.names))


@st.fragment
def silence() -> None:
    """Who falls silent."""
    log = session.whole_log()
    with cell("leavers", ask=_("What did those who fell silent do last?")) as c:
        with c.controls:
            question = silence_controls(Controls(Leavers, session.suggested(suggest.leavers), param="q2"), log)
        more = lambda a: {_("Who was compared"): a.base}  # noqa: E731
        c.show(question, silent_chart.draw, more=more, people=partial(people, silent_chart.names))


drop()
st.divider()
silence()
