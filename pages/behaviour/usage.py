"""Usage: how it changes with tenure, on how many days people come, and how many come at all."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analysis import ActiveUsers, AnalysisError, Stickiness, Tenure, suggest
from analysis.charts import active_users as active_chart
from analysis.charts import stickiness as sticky_chart
from analysis.charts import tenure as chart
from analysis.findings import Finding, adjusted
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _, words

MOST_PERIODS = 60


def tenure_people(answer) -> People:  # type: ignore[no-untyped-def]
    """Who was active, and who bought, in each month, and who was not."""
    kinds = {"active": (_("Month {period}: active"), _("Month {period}: not active"))}
    if answer.question.buying is not None:
        kinds["buying"] = (_("Month {period}: bought again"), _("Month {period}: did not buy"))
    groups = []
    for period in answer.table.loc[answer.table["users"] > 0, "period"].tolist():
        for kind, said in kinds.items():
            for did, label in zip((True, False), said, strict=True):
                key = f"{kind}:{period}" if did else ""
                groups.append(
                    Group(
                        label.format(period=period),
                        lambda p=period, k=kind, d=did: answer.people(p, k, did=d),
                        key,
                    )
                )
    return groups


def scan(questions: list[Tenure]) -> tuple[Tenure, list[Finding]]:
    """The question with the strongest sudden fall, and all falls, after adjustment over everything looked at."""
    tested: list[tuple[Tenure, Finding]] = []
    for question in questions:
        try:
            tested += [(question, f) for f in session.answer(question).tested()]
        except AnalysisError:
            continue
    found = adjusted(f for _question, f in tested)
    by_place = {(f.facts["event"], f.facts["kind"], f.facts["period"], f.n): q for q, f in tested}
    if not found:
        return questions[0], []
    first = found[0]
    return by_place[first.facts["event"], first.facts["kind"], first.facts["period"], first.n], found


def which(questions: list[Tenure], first: Tenure) -> Tenure:
    """The selector: all that users do, or one event; it opens with the one that falls."""
    names = [_("All that users do"), *[q.active.events[0] for q in questions[1:] if q.active is not None]]
    at = questions.index(first)
    key = f"{st.session_state.get('ds')}:tenures"
    chosen = st.selectbox(_("Use of"), range(len(names)), index=at, format_func=names.__getitem__, key=key)
    return questions[chosen]


def tenure_controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    return form.build(
        start=form.event("start", _("Start with"), log, anything=_("the first event")),
        active=form.event("active", _("Active means"), log, anything=_("any event")),
        buying=form.event("buying", _("Buying means"), log, anything="–"),
        period_days=int(form.number("period_days", _("Days in a month"), 7, 60)),
        periods=int(form.number("periods", _("Months shown"), 2, 36)),
        new_only=form.switch(
            "new_only",
            _("New users only"),
            help=_("Leaves out users who start where the file begins: their true start may be earlier."),
        ),
    )


@st.fragment
def page() -> None:
    """Use by tenure, of the event whose use falls suddenly if there is one."""
    log = session.whole_log()
    with cell("usage", ask=_("What happens to use, month by month after the start?")) as c:
        with c.controls:
            found: list[Finding] = []
            questions = session.suggested(suggest.tenures) if log.shape != "results" else [Tenure()]
            first, found = scan(questions)
            picked = which(questions, first) if len(questions) > 1 else first
            key = f"{st.session_state.get('ds')}:tenure:picked"
            default = picked
            form = Controls(Tenure, default)
            if st.session_state.get(key, first) != picked:
                forget(form.key)
                st.session_state[form.key] = picked
                form = Controls(Tenure, default)
            st.session_state[key] = picked
            question = tenure_controls(form, log)
        answer: Any = c.show(question, chart.draw, people=tenure_people)
        if answer is not None and len(questions) > 1:
            said(found, len(questions) - 1)


def forget(key: str) -> None:
    """Forgets the widgets of a cell, so that they show the question it now asks."""
    for name in [k for k in st.session_state if str(k).startswith(f"{key}:")]:
        del st.session_state[name]


def said(found: list[Finding], events: int) -> None:
    """What the look at all events gave."""
    if not found:
        st.caption(_("Use of {count} events was looked at: no month falls suddenly.", count=events))
        return
    st.caption(_("Use of {count} events was looked at. What falls suddenly, after adjustment over all:", count=events))
    first = {(f.facts["event"], f.facts["period"]): f for f in found[::-1]}
    for finding in [f for f in found if f in first.values()][:5]:
        st.caption("· " + words().finding(finding)[0])


@st.fragment
def stickiness() -> None:
    """Active days a week or a month."""
    log = session.whole_log()
    with cell("stickiness", ask=_("On how many days do active users come?")) as c:
        with c.controls:
            form = Controls(Stickiness, session.suggested(suggest.stickiness), param="q2")
            periods = {"week": _("Weeks"), "month": _("Months")}
            question = form.build(
                period=form.choice("period", _("Period"), list(periods), periods.get),
                event=form.event("event", _("Active means"), log, anything=_("any event")),
            )
        more = lambda a: {_("By period"): a.by_period}  # noqa: E731
        c.show(question, sticky_chart.draw, sticky_chart.draw_periods, more=more, people=sticky_people)


def sticky_people(answer) -> People:  # type: ignore[no-untyped-def]
    """Users of the last whole period by their active days."""
    return [
        Group(
            _("At least {days} active days in the last whole period", days=days),
            lambda d=days: answer.people(d),
            str(days),
        )
        for days in answer.table.loc[answer.table["at_least"] > 0, "days"].tolist()
    ]


@st.fragment
def active_users() -> None:
    """Daily, weekly and monthly users."""
    log = session.whole_log()
    with cell("active_users", ask=_("How many people come?")) as c:
        with c.controls:
            form = Controls(ActiveUsers, session.suggested(suggest.active_users), param="q3")
            question = form.build(
                event=form.event("event", _("Active means"), log, anything=_("any event")),
                rolling=form.switch(
                    "rolling", _("Rolling windows"), help=_("The last 1, 7 and 30 days in place of calendar periods.")
                ),
            )
        more = lambda a: {_("Daily over monthly"): a.ratio}  # noqa: E731
        c.show(question, active_chart.draw, active_chart.draw_ratio, more=more, people=active_people)


def active_people(answer) -> People:  # type: ignore[no-untyped-def]
    """Users of the latest months, weeks and days."""
    labels = {
        "monthly": _("Active in the month of {day}"),
        "weekly": _("Active in the week of {day}"),
        "daily": _("Active on {day}"),
    }
    groups = []
    for measure, label in labels.items():
        for period in answer.table.loc[answer.table["measure"] == measure, "period"].tolist()[::-1][:MOST_PERIODS]:
            day = f"{period:%Y-%m-%d}"
            who = lambda m=measure, d=day: answer.people(m, d)  # noqa: E731
            groups.append(Group(label.format(day=day), who, f"{measure}:{day}"))
    return groups


page()
st.divider()
stickiness()
st.divider()
active_users()
