"""Whether the campaign changed anything, against those held out."""

from __future__ import annotations

import streamlit as st

from analysis import AnalysisError, Effect, suggest
from analysis.charts import effect as chart
from analysis.events import properties
from pages.campaigns import assignments
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls, events, numeric
from pages.notebook.language import _


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Every arm, and those of it who converted."""
    groups = []
    for arm in answer.arms:
        groups.append(Group(_("{arm}: all", arm=arm), lambda a=arm: answer.people(a)))
        groups.append(Group(_("{arm}: converted", arm=arm), lambda a=arm: answer.people(a, converted=True)))
        groups.append(Group(_("{arm}: not converted", arm=arm), lambda a=arm: answer.people(a, converted=False)))
    return groups


def arms_of(log, column: str) -> list[str]:  # type: ignore[no-untyped-def]
    """The arms that occur in a column."""
    return list(log.words(column).values[1:])


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    columns = properties(log, most=20)
    arm = form.choice("arm", _("Who got what is in"), columns)
    arms = arms_of(log, arm)
    current = form.current.control if form.current.control in arms else arms[0]
    key = form._widget(f"control:{arm}", current)
    control = st.selectbox(_("Held out"), arms, key=key)
    chosen = {"arm": arm, "control": control, "treatments": None}
    if log.shape == "results":
        numbers = numeric(log)
        chosen["conversion"] = form.choice("conversion", _("Converted is"), numbers)
        chosen["money"] = form.choice("money", _("Money is"), [None, *numbers], lambda c: "–" if c is None else c)
    else:
        chosen["conversion"] = conversion(form, log)
        chosen["horizon_days"] = form.number("horizon_days", _("Counted for days"), 1, 120)
    chosen["planned_shares"] = planned(form, len(arms))
    chosen["contact_cost"] = form.typed("contact_cost", _("Cost of a contact"), 0, 1e6, 0.1)
    chosen["margin"] = form.number("margin", _("Margin"), 0, 1, 0.05)
    return form.build(**chosen)


def conversion(form, log):  # type: ignore[no-untyped-def]
    """The event that counts as converting; a step with more events or conditions stays as it is."""
    step, known = form.current.conversion, events(log)
    now = step if step is None or isinstance(step, str) else step.events[0]
    key = form._widget("conversion", now if now in known else known[0])
    found = st.selectbox(_("Converted is"), known, key=key)
    return step if found == now else found


def planned(form, n_arms: int):  # type: ignore[no-untyped-def]
    """The plan of the split, without which a broken assignment can't be noticed."""
    share = form.current.planned_shares
    start = 0.0 if share is None else round(100 * share[0] / sum(share), 1)
    key = form._widget("planned_shares", start)
    help_ = _("The share that was meant to be held out. 0: not stated, so the split is not checked.")
    percent = st.number_input(_("Planned held out, %"), 0.0, 90.0, step=5.0, key=key, help=help_)
    if not percent:
        return None
    if share is not None and round(100 * share[0] / sum(share), 1) == percent:
        return share
    rest = (1 - percent / 100) / (n_arms - 1)
    return (percent / 100, *[rest] * (n_arms - 1))


@st.fragment
def page() -> None:
    log = session.whole_log()
    with cell("effect", ask=_("Did the campaign change anything?")) as c:
        try:
            default = suggest.effect(log)
        except AnalysisError as error:
            c.refuse(error)
            return
        with c.controls:
            question = controls(Controls(Effect, default), log)
        c.show(question, chart.draw, more=lambda a: {_("Before the assignment"): a.balance}, people=people)


page()
assignments.card()
