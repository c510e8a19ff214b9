"""Who buys: how recently, how often, for how much."""

from __future__ import annotations

import streamlit as st

from analysis import RFM, AnalysisError, Step, suggest
from analysis.charts import rfm as chart
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _, words


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """The members of every class."""
    shown = answer.table[answer.table["users"] > 0]["segment"]
    return [Group(_(name), lambda name=name: answer.people(name), name) for name in shown]


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    schemes = {"value": _("8 value classes"), "names": _("11 named classes")}
    frequencies = {"days": _("days with a purchase")} | ({"orders": _("orders")} if "order" in log.roles else {})
    moneys = {"sum": _("the sum"), "mean": _("a purchase's mean")}
    middles = {"mean": _("the mean"), "median": _("the median")}
    chosen = {
        "purchase": form.event("purchase", _("Purchase"), log),
        "refund": form.event("refund", _("Refund"), log, anything="–"),
        "scheme": form.choice("scheme", _("Classes"), list(schemes), schemes.get),
    }
    if chosen["scheme"] == "value":
        chosen["middle"] = form.choice("middle", _("High is above"), list(middles), middles.get)
    chosen["frequency"] = form.choice("frequency", _("Frequency counts"), list(frequencies), frequencies.get)
    chosen["money"] = form.choice("money", _("Money is"), list(moneys), moneys.get)
    # The eleven names are told by five classes.
    five = chosen["scheme"] == "names"
    chosen["classes"] = 5 if five else int(form.number("classes", _("Scores from 1 to"), 2, 10))
    return form.build(**chosen)


def default(log) -> RFM:  # type: ignore[no-untyped-def]
    """The suggestion; where no event looks like a sale, the most frequent one is shown to start from."""
    try:
        return suggest.rfm(log)
    except AnalysisError as error:
        if error.code != "no_sale":
            st.warning(words().error(error), icon=":material/info:")
            st.stop()
        return RFM(purchase=Step(log.events.values[1]))


@st.fragment
def page() -> None:
    log = session.whole_log()
    with cell("rfm", ask=_("Who are our buyers?")) as c:
        with c.controls:
            question = controls(Controls(RFM, default(log)), log)
        more = lambda a: {_("Thresholds of the scores"): a.thresholds, _("What high and low mean"): a.middles}  # noqa: E731
        c.show(question, chart.draw, more=more, people=people)


page()
