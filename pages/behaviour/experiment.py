"""Whether another version is better; and how long an experiment must run."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analysis import AnalysisError, Experiment, ExperimentPlan, Metric, Step, suggest
from analysis.behaviour.experiments.experiment_first import arm_columns, arms_in, likely_plan
from analysis.charts import experiment as chart
from analysis.charts import experiment_plan as plan_chart
from analysis.events import properties
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls, events, numeric
from pages.notebook.language import _

CUTS = {None: "–", 0.99: "99%", 0.999: "99.9%", 0.95: "95%"}


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Every arm, those of it with the first metric's outcome, those still open; and those in two arms."""
    groups = []
    for arm in answer.arms:
        groups.append(Group(_("{arm}: all", arm=arm), lambda a=arm: answer.people(a), arm))
        groups.append(Group(_("{arm}: with the outcome", arm=arm), lambda a=arm: answer.people(a, metric=0)))
        without = lambda a=arm: answer.people(a, metric=0, reached=False)  # noqa: E731
        groups.append(Group(_("{arm}: without the outcome", arm=arm), without))
        groups.append(Group(_("{arm}: still open", arm=arm), lambda a=arm: answer.people(a, state="still_open")))
    return [*groups, Group(_("In two arms"), lambda: answer.crossed)]


def metric(form, log, field: str, current: Metric, label: str) -> Metric:  # type: ignore[no-untyped-def]
    """One metric: what kind, of which event or column, which way is better."""
    timed = log.shape != "results"
    kinds = {"conversion": _("Share who do it"), "count": _("How often, a user")}
    if numeric(log):
        kinds |= {"money": _("Money a user"), "mean": _("Sum of a column, a user")}
    kind_key = form._widget(f"{field}:kind", current.kind if current.kind in kinds else "conversion")
    kind = st.selectbox(label, list(kinds), format_func=kinds.get, key=kind_key)
    found = {"kind": kind, "event": current.event, "column": None}
    if timed:
        known = [*([""] if kind in ("money", "mean") else []), *events(log)]
        now = current.event.events[0] if current.event is not None else known[0]
        key = form._widget(f"{field}:event:{'' in known}", now if now in known else known[0])
        said = lambda e: e or _("any event")  # noqa: E731
        event = st.selectbox(_("Of the event"), known, format_func=said, key=key)
        kept = current.event is not None and current.event.events[0] == event
        found["event"] = current.event if kept else Step(event) if event else None
    if kind in ("money", "mean") or not timed:
        columns = numeric(log)
        start = current.column or log.roles.get("amount")
        key = form._widget(f"{field}:column", start if start in columns else columns[0])
        found["column"] = st.selectbox(_("Of the column"), columns, key=key)
    ways = {"higher": _("More is better"), "lower": _("Less is better")}
    way_key = form._widget(f"{field}:better", current.better)
    way = st.selectbox(_("Direction"), list(ways), format_func=ways.get, key=way_key)
    return replace(current, **found, better=way)


def metrics(form, log):  # type: ignore[no-untyped-def]
    """The metric that decides, and further ones behind a popover."""
    now = form.current.metrics
    found = [metric(form, log, "m0", now[0], _("What decides"))]
    with st.popover(_("Further metrics"), width="stretch"):
        count = st.number_input(_("How many"), 0, 5, key=form._widget("more", min(len(now) - 1, 5)))
        for k in range(1, count + 1):
            given = now[k] if k < len(now) else Metric("count", event=now[0].event, column=now[0].column)
            found.append(metric(form, log, f"m{k}", given, _("Metric {number}", number=k + 1)))
    return tuple(found)


def arms(form, log):  # type: ignore[no-untyped-def]
    """Column of arms, control, and the plan of the split."""
    columns = arm_columns(log)
    arm = form.choice("arm", _("Who saw what is in"), columns)
    sizes = arms_in(log, arm)
    now = form.current.control if form.current.control in sizes else next(iter(sizes))
    control = st.selectbox(_("Control"), list(sizes), key=form._widget(f"control:{arm}", now))
    ordered = [sizes[control], *[n for a, n in sizes.items() if a != control]]
    kept = form.current.arm == arm and form.current.control == control
    share = form.current.planned_shares if kept else likely_plan(ordered)
    start = 0.0 if share is None else round(100 * share[0] / sum(share), 1)
    help_ = _("The share that was meant to be the control. 0: not stated, so the split is not checked.")
    key = form._widget(f"planned:{arm}:{control}", start)
    percent = st.number_input(_("Planned control, %"), 0.0, 99.0, step=5.0, key=key, help=help_)
    plan = share
    if percent != start:
        rest = (100 - percent) / max(1, len(sizes) - 1)
        plan = (percent, *[rest] * (len(sizes) - 1)) if percent else None
    return {"arm": arm, "control": control, "treatments": None, "planned_shares": plan}


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    chosen = arms(form, log)
    timed = log.shape != "results"
    chosen["metrics"] = metrics(form, log)
    if timed:
        chosen["horizon_days"] = form.number("horizon_days", _("Counted for days"), 1, 90)
        chosen["exposure"] = form.event("exposure", _("Exposed by"), log, anything=_("the first row with an arm"))
    looks = {"fixed": _("once, at the end"), "always_valid": _("as often as I like")}
    chosen["interval"] = form.choice("interval", _("I look"), list(looks), looks.get)
    segments = [c for c in properties(log, most=50) if c != chosen["arm"]]
    chosen["segments"] = tuple(form.several("segments", _("Also by"), segments, form.current.segments))
    with st.popover(_("More settings"), width="stretch"):
        chosen["worth"] = form.number("worth", _("Change worth having"), 0.01, 0.5, 0.01)
        if timed or any(m.covariate for m in chosen["metrics"]):
            chosen["cuped"] = form.switch("cuped", _("Take out what users did before"))
        if timed and chosen["cuped"]:
            chosen["pre_days"] = form.number("pre_days", _("Days before"), 1, 90)
        chosen["winsorise"] = form.choice("winsorise", _("Cut large values at"), list(CUTS), CUTS.get)
        chosen["bootstrap"] = form.switch("bootstrap", _("Bootstrap for money"))
        if chosen["interval"] == "always_valid":
            help_ = _("Users of two arms at which the interval is tightest. Choose it before you look.")
            chosen["tightest_users"] = form.typed("tightest_users", _("Tightest at users"), 100, 1e7, 1000, help_)
    return form.build(**chosen)


@st.fragment
def experiment() -> None:
    log = session.whole_log()
    with cell("experiment", ask=_("Is the other version better?")) as c:
        try:
            default = session.suggested(suggest.experiment)
        except AnalysisError as error:
            c.refuse(error)
            return
        with c.controls:
            question = controls(Controls(Experiment, default), log)
        more = lambda a: {_("By segment"): a.by_segment, _("Day by day"): a.by_day}  # noqa: E731
        c.show(question, chart.draw, more=more, people=people)


def plan_controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the plan."""
    chosen = {"metric": metric(form, log, "metric", form.current.metric, _("What decides"))}
    chosen["exposure"] = form.event("exposure", _("Let in by"), log, anything=_("any event"))
    chosen["change"] = form.number("change", _("Change to be found"), 0.01, 1, 0.01)
    chosen["n_arms"] = int(form.number("n_arms", _("Arms, with the control"), 2, 8))
    chosen["horizon_days"] = form.number("horizon_days", _("Counted for days"), 1, 90)
    with st.popover(_("More settings"), width="stretch"):
        chosen["traffic_share"] = form.number("traffic_share", _("Share of users who take part"), 0.05, 1, 0.05)
        chosen["power"] = form.number("power", _("Chance to find it"), 0.5, 0.99, 0.01)
        chosen["alpha"] = form.number("alpha", _("False alarms"), 0.01, 0.2, 0.01)
        chosen["sample_days"] = int(form.number("sample_days", _("Learned from days"), 7, 180))
        if chosen["metric"].rate:
            key = form._widget("base_rate", 100 * form.current.base_rate if form.current.base_rate else None)
            given = st.number_input(_("Usual rate, %"), 0.01, 99.9, value=None, key=key, placeholder=_("from the data"))
            chosen["base_rate"] = given / 100 if given else None
        else:
            chosen["base_rate"] = None
        users = _("New users a day")
        chosen["users_a_day"] = form.optional("users_a_day", users, _("from the data"), 1.0, 1e8)
    return form.build(**chosen)


@st.fragment
def plan() -> None:
    log = session.whole_log()
    if log.shape == "results":
        return
    with cell("experiment_plan", ask=_("How long must an experiment run?")) as c:
        with c.controls:
            question = plan_controls(
                Controls(ExperimentPlan, session.suggested(suggest.experiment_plan), param="q2"), log
            )
        c.show(question, plan_chart.draw, people=lambda a: [Group(_("Learned from"), a.people)])


experiment()
st.divider()
plan()
