"""How fast they convert, when they started, and two journeys side by side."""

from __future__ import annotations

from datetime import date

import streamlit as st

from analysis import AnalysisError, ConversionByDay, FunnelComparison, TimeToConvert, suggest
from analysis.charts import conversion_by_day as by_day_chart
from analysis.charts import funnel_comparison as comparison_chart
from analysis.charts import time_to_convert as time_chart
from analysis.events import properties
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _


def journey(form, log):  # type: ignore[no-untyped-def]
    """Steps, window and attempt, as in every funnel."""
    chosen = {"steps": form.steps("steps", _("Steps"), log)}
    limited = st.toggle(_("Time limit"), value=form.current.window_days is not None, key=f"{form.key}:limit")
    chosen["window_days"] = form.number("window_days", _("Within days"), 1, 90) if limited else None
    attempts = {"best": _("Best attempt"), "first": _("First attempt")}
    chosen["attempt"] = form.choice("attempt", _("Which attempt counts"), list(attempts), attempts.get)
    return chosen


def time_people(answer) -> People:  # type: ignore[no-untyped-def]
    """Who converted, and who did not (yet)."""
    return [
        Group(_("Converted"), lambda: answer.people(), "yes"),
        Group(_("Not converted, or not yet"), lambda: answer.people(converted=False), "no"),
    ]


@st.fragment
def time() -> None:
    log = session.whole_log()
    with cell("conversion", ask=_("How long do they take?")) as c:
        with c.controls:
            form = Controls(TimeToConvert, session.suggested(suggest.time_to_convert))
            question = form.build(**journey(form, log))
        more = lambda a: {_("By when so many have converted"): a.quantiles}  # noqa: E731
        c.show(question, time_chart.draw, more=more, people=time_people)


def day_people(answer) -> People:  # type: ignore[no-untyped-def]
    """The entries of each period, the latest first."""
    groups = []
    for start in list(answer.table["start"])[::-1]:
        yes, no = _("Started {start}: converted", start=start), _("Started {start}: not converted", start=start)
        groups.append(Group(no, lambda d=start: answer.people(d, converted=False), f"{start}"))
        groups.append(Group(yes, lambda d=start: answer.people(d)))
    return groups


@st.fragment
def by_day() -> None:
    log = session.whole_log()
    with cell("conversion_by_day", ask=_("When did those who convert start?")) as c:
        with c.controls:
            form = Controls(ConversionByDay, session.suggested(suggest.conversion_by_day), "q2")
            chosen = journey(form, log)
            periods = {"day": _("Days"), "week": _("Weeks"), "month": _("Months")}
            chosen["period"] = form.choice("period", _("Period"), list(periods), periods.get)
            question = form.build(**chosen)
        c.show(question, by_day_chart.draw, people=day_people)


def sides(answer) -> People:  # type: ignore[no-untyped-def]
    """Who reached each step on either side."""
    groups = []
    for side, name in zip("ab", answer.question.names, strict=True):
        for k, step in enumerate(answer.first.names, start=1):
            label = _("{name}: reached {step}", name=name, step=step)
            groups.append(Group(label, lambda k=k, s=side: answer.people(k, s), f"{k}:{side}"))
            if k > 1:
                label = _("{name}: left before {step}", name=name, step=step)
                groups.append(Group(label, lambda k=k, s=side: answer.people(k, s, reached=False)))
    return groups


def days(form, log, side: str):  # type: ignore[no-untyped-def]
    """A period of one side."""
    first, last = session.span(log)
    given = [getattr(form.current, f"{side}_{end}_day") for end in ("first", "last")]
    now = tuple(date.fromisoformat(g) if g else d for g, d in zip(given, (first, last), strict=True))
    key = f"{form.key}:{side}:days"
    if key not in st.session_state:
        st.session_state[key] = tuple(min(max(d, first), last) for d in now)
    label = {"a": _("Period A"), "b": _("Period B")}[side]
    chosen = st.date_input(label, min_value=first, max_value=last, key=key, format="YYYY-MM-DD")
    chosen = chosen if isinstance(chosen, tuple) and len(chosen) == 2 else now
    return {f"{side}_first_day": chosen[0].isoformat(), f"{side}_last_day": chosen[1].isoformat()}


@st.fragment
def comparison() -> None:
    log = session.whole_log()
    with cell("funnel_comparison", ask=_("Where do two groups, or two periods, part?")) as c:
        try:
            first = session.suggested(suggest.funnel_comparison)
        except AnalysisError as error:
            c.refuse(error)
            return
        with c.controls:
            form = Controls(FunnelComparison, first, "q3")
            chosen = journey(form, log)
            chosen["column"] = form.choice(
                "column", _("Compare"), [None, *properties(log)], lambda v: _("two periods") if v is None else v
            )
            if chosen["column"] is None:
                chosen |= {"a": None, "b": None, **days(form, log, "a"), **days(form, log, "b")}
            else:
                values = list(log.words(chosen["column"]).values[1:])
                chosen["a"] = form.choice("a", "A", values)
                chosen["b"] = form.choice("b", "B", [v for v in values if v != chosen["a"]])
                chosen |= dict.fromkeys(("a_first_day", "a_last_day", "b_first_day", "b_last_day"))
            question = form.build(**chosen)
        c.show(question, comparison_chart.draw, people=sides)


time()
by_day()
comparison()
