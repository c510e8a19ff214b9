"""How it goes, and what moved it."""

from __future__ import annotations

from datetime import date, timedelta

import streamlit as st

from analysis import AnalysisError, ExplainChange, Trend, suggest
from analysis.behaviour.trends import marks
from analysis.behaviour.trends.groups import REST
from analysis.charts import explain_change as parts_chart
from analysis.charts import trend as chart
from analysis.events import properties
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _, language, plain, words

AROUND = 28
"""Days before and after a shift that are compared."""


def holidays_of(question: Trend, log) -> list[marks.Holiday]:  # type: ignore[no-untyped-def]
    """The public holidays that the question asks for."""
    country = marks.country_of(log.zone) if question.holidays == "zone" else question.holidays
    return [] if country in (None, "none") else marks.between(country, *session.span(log))  # type: ignore[arg-type]


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Users of what stands out, of the first day on a new level, and of the last days."""
    out, full = answer.outside(), answer.table[answer.table["complete"]]
    rows = [*zip(out["series"], out["day"], strict=True)]
    rows += [*zip(answer.shifts["series"], answer.shifts["day"], strict=True)]
    rows += [*zip(full["series"], full["day"], strict=True)][::-1][:200]
    groups = []
    for series, day in dict.fromkeys(rows):
        label = f"{plain(series)} {words().day(day)}".strip()
        groups.append(Group(label, lambda s=series, d=day: answer.people(d, s), f"{series}:{day}"))
    return groups


def controls(form, log) -> Trend:  # type: ignore[no-untyped-def]
    """Every field of the trend."""
    measures = {
        "users": _("Users"), "events": _("Events"), "orders": _("Orders"), "money": _("Money"), "rate": _("Rate"),
    }  # fmt: skip
    periods = {"day": _("Days"), "week": _("Weeks"), "month": _("Months")}
    known = [m for m in measures if m != "money" or "amount" in log.roles]
    measure = form.choice("measure", _("Measure"), known, measures.get)
    any_event = None if measure == "rate" else _("any event")
    chosen = {"measure": measure, "event": form.event("event", _("Event"), log, anything=any_event), "base": None}
    if measure == "rate":
        chosen["base"] = form.event("base", _("Of users with"), log, anything=_("any event"))
    if measure in ("events", "orders", "money"):
        chosen["per_user"] = form.switch("per_user", _("For each user"))
    else:
        chosen["per_user"] = False
    chosen["period"] = form.choice("period", _("Period"), list(periods), periods.get)
    chosen["split"] = form.choice("split", _("Split by"), [None, *properties(log)], lambda c: "–" if c is None else c)
    countries = {"zone": _("of the time zone"), "CN": _("China"), "US": _("United States"), "none": _("none")}
    chosen["holidays"] = form.choice("holidays", _("Public holidays"), list(countries), countries.get)
    return form.build(**chosen)


def notes(log) -> None:  # type: ignore[no-untyped-def]
    """Adding and removing what happened on a day."""
    space = session.workspace()
    first, last = session.span(log)
    with st.form("note", clear_on_submit=True, border=False):
        left, middle, right = st.columns([1, 3, 1], vertical_alignment="bottom")
        day = left.date_input(_("Day"), last, min_value=first, max_value=last, format="YYYY-MM-DD")
        text = middle.text_input(_("What happened"), max_chars=200)
        if right.form_submit_button(_("Add note")) and text.strip():
            space.add_note(log.fingerprint, day, text)
            st.rerun(scope="fragment")
    for note in space.notes(log.fingerprint):
        left, middle, right = st.columns([1, 3, 1], vertical_alignment="center")
        left.write(words().day(note.day))
        middle.text(note.text)
        if right.button(_("Remove"), key=f"note:{note.id}", type="tertiary"):
            space.remove_note(note.id)
            st.rerun(scope="fragment")


@st.fragment
def trend_cell() -> None:
    log = session.whole_log()
    with cell("trends", ask=_("How does it go, and what stands out?")) as c:
        with c.controls:
            question = controls(Controls(Trend, session.suggested(suggest.trend)), log)
        shown = [(h.first, "holiday", h.name(language())) for h in holidays_of(question, log)]
        shown += [(n.day, "note", n.text) for n in session.workspace().notes(log.fingerprint)]

        def draw(answer, words, look):  # type: ignore[no-untyped-def]
            return chart.draw(answer, words, look, sorted(shown))

        c.show(question, draw, more=lambda a: {_("Level shifts"): a.shifts}, people=people)
        with st.expander(_("Notes"), icon=":material/edit_note:"):
            notes(log)


def parts_people(answer) -> People:  # type: ignore[no-untyped-def]
    """Users of each group in both periods, those who did it and those who did not."""
    groups = []
    for name in answer.groups.names:
        said = _("All others") if name == REST else plain(name) or _("Not given")
        for period, when in ((1, _("After")), (0, _("Before"))):
            for did in (True, False):
                label = f"{said}, {when}: {_('did it') if did else _('did not')}"
                key = name if period and not did else ""
                groups.append(Group(label, lambda v=name, p=period, d=did: answer.people(v, p, converted=d), key))
    return groups


def periods(form, log) -> dict[str, str | None]:  # type: ignore[no-untyped-def]
    """The four days: the last full weeks, around a day, or those of the link."""
    names = ("first_from", "first_to", "second_from", "second_to")
    now = {n: getattr(form.current, n) for n in names}
    key = f"{form.key}:periods@{language()}"
    st.session_state.setdefault(key, "around" if now["second_from"] else "last")
    said = {"last": _("the last full weeks"), "around": _("before and after a day")}
    chosen = st.selectbox(_("Compare"), list(said), key=key, format_func=said.get)
    if chosen == "last":
        return dict.fromkeys(names)
    first, last = session.span(log)
    low, high = first + timedelta(1), last
    middle = date.fromisoformat(now["second_from"]) if now["second_from"] else first + (last - first) / 2
    day_key = f"{form.key}:day@{language()}"
    st.session_state.setdefault(day_key, min(max(middle, low), high))
    day = st.date_input(_("From this day on"), min_value=low, max_value=high, key=day_key, format="YYYY-MM-DD")
    if now["second_from"] == day.isoformat():
        return now
    length = min(AROUND, (day - first).days, (last - day).days + 1)
    days = (day - timedelta(length), day - timedelta(1), day, day + timedelta(length - 1))
    return dict(zip(names, (d.isoformat() for d in days), strict=True))


@st.fragment
def parts_cell() -> None:
    log = session.whole_log()
    with cell("explain-change", ask=_("What moved it?")) as c:
        try:
            default = session.suggested(suggest.explain_change)
        except AnalysisError as error:
            c.refuse(error)
            return
        with c.controls:
            form = Controls(ExplainChange, default, "q2")
            measures = {"rate": _("Rate"), "money": _("Money")}
            known = [m for m in measures if m != "money" or "amount" in log.roles]
            measure = form.choice("measure", _("Measure"), known, measures.get)
            chosen = {"measure": measure, "event": form.event("event", _("Event"), log)}
            chosen["base"] = form.event("base", _("Of users with"), log, anything=_("any event"))
            within = None
            if measure == "rate":
                windows = [None, 1, 3, 7, 14, 30]
                within = form.current.window_days
                windows += [within] if within not in windows else []
                said = lambda d: _("in the same period") if d is None else _("{days} days", days=d)  # noqa: E731
                within = form.choice("window_days", _("Counted when it comes"), windows, said)
            chosen |= {"window_days": within, **periods(form, log)}
            columns = [None, *properties(log, most=60)]
            best = _("the clearest one")
            chosen["by"] = form.choice("by", _("Groups by"), columns, lambda v: best if v is None else v)
            question = form.build(**chosen)
        more = lambda a: {_("Parts of the whole"): a.parts, _("Which column explains most"): a.scan}  # noqa: E731
        c.show(question, parts_chart.draw, more=more, people=parts_people)


trend_cell()
st.divider()
parts_cell()
