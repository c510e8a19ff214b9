"""Where users drop out."""

from __future__ import annotations

import streamlit as st

from analysis import Funnel, stats, suggest
from analysis.charts import funnel as chart
from analysis.events import properties
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _, words


def tiles(answer):  # type: ignore[no-untyped-def]
    """The few numbers a meeting asks for first."""
    last, say = answer.table.iloc[-1], words()
    median, low, high, _first, _third = stats.quartiles(answer.convert_hours())
    rates = f"{say.rate(last['total_rate_low'])} – {say.rate(last['total_rate_high'])}"
    open_ = int(answer.table["still_open"].iloc[0])
    return [
        (_("Reach the end"), say.rate(last["total_rate"]), _("95% interval: {span}", span=rates)),
        (
            _("Median time"),
            say.span(median),
            _("From the first step to the last; 95% interval: {span}", span=f"{say.span(low)} – {say.span(high)}"),
        ),
        (_("Still open"), say.number(open_), _("Their window has not closed, so they are in no rate.")),
    ]


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Who reached each step, and who left before it."""
    groups = []
    for k, name in enumerate(answer.names, start=1):
        reached = _("{number}. Reached {step}", number=k, step=name)
        groups.append(Group(reached, lambda k=k: answer.people(k), f"{k}"))
        if k > 1:
            left = _("{number}. Left before {step}", number=k, step=name)
            groups.append(Group(left, lambda k=k: answer.people(k, reached=False), f"{k}:left"))
    return groups


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    orders = {"this": _("This order"), "exact": _("Exactly so, nothing between"), "any": _("Any order")}
    attempts = {"best": _("Best attempt"), "first": _("First attempt"), "all": _("All attempts")}
    chosen = {"steps": form.steps("steps", _("Steps"), log)}
    limited = st.toggle(_("Time limit"), value=form.current.window_days is not None, key=f"{form.key}:limit")
    chosen["window_days"] = form.number("window_days", _("Within days"), 1, 90) if limited else None
    chosen["attempt"] = form.choice("attempt", _("Which attempt counts"), list(attempts), attempts.get)
    chosen["order"] = form.choice("order", _("Order"), list(orders), orders.get)
    chosen["split"] = form.choice("split", _("Compare by"), [None, *properties(log)], lambda c: "–" if c is None else c)
    if chosen["split"] is not None:
        places = ["first", "last", "all", *range(1, len(chosen["steps"]) + 1)]
        said = {"first": _("first given value"), "last": _("last given value"), "all": _("the same at every step")}
        chosen["split_at"] = form.choice(
            "split_at", _("Value taken"), places, lambda p: said[p] if p in said else _("at step {number}", number=p)
        )
    elif not isinstance(form.current.split_at, str):
        chosen["split_at"] = "first"
    chosen["include_open"] = form.switch("include_open", _("Count open entries"))
    return form.build(**chosen)


@st.fragment
def page() -> None:
    log = session.whole_log()
    with cell("funnel", ask=_("Where do users drop out?")) as c:
        with c.controls:
            question = controls(Controls(Funnel, suggest.funnel(log)), log)
        more = lambda a: {_("By value"): a.by_value}  # noqa: E731
        c.show(question, chart.draw, tiles=tiles, more=more, people=people)


page()
