"""How often people come, how long they stay, where they come in and where they leave."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import streamlit as st

from analysis import SessionGaps, Sessions, suggest
from analysis.charts import session_gaps as gaps_chart
from analysis.charts import sessions as chart
from analysis.events import EVENT, properties
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _, words

MOST_GROUPS = 40


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Users of each group: all with a session in it, those who bounced, those who left from there."""
    if answer.question.group is None:
        users = Group(_("Users with a session"), lambda: answer.people())
        return [users, Group(_("Users who bounced"), lambda: answer.people(None, "bounce"), "bounce:")]
    groups = []
    for value in answer.table["group"].head(MOST_GROUPS):
        said = {
            "any": _("Users with a session that begins with {value}", value=value or "–"),
            "bounce": _("Users who bounced in a session that begins with {value}", value=value or "–"),
            "exit": _("Users with a session that ends with {value}", value=value or "–"),
        }
        groups += [Group(t, lambda v=value, k=kind: answer.people(v, k), f"{kind}:{value}") for kind, t in said.items()]
    return groups


def tiles(answer) -> list[tuple[str, str, str]]:  # type: ignore[no-untyped-def]
    """The four numbers a meeting asks for first."""
    row: Any = next(answer.total.itertuples())
    w = words()
    low, high = row.median_duration_hours_low, row.median_duration_hours_high
    several = w.span(row.several_events_median_hours)
    median = _(
        "{low} – {high}; of sessions with several events: {several}",
        low=w.span(low),
        high=w.span(high),
        several=several,
    )
    bounce = f"{w.rate(row.bounce_rate_low)} – {w.rate(row.bounce_rate_high)}"
    note = _("{users} users; {open} sessions may still be going on", users=row.users, open=row.still_open)
    return [
        (_("Sessions"), w.number(row.sessions), note),
        (_("Median duration"), w.span(row.median_duration_hours), median),
        (_("Bounce rate"), w.rate(row.bounce_rate), bounce),
        (_("Sessions per user"), w.number(row.sessions_per_user), ""),
    ]


def groups_of(log) -> list[str | None]:  # type: ignore[no-untyped-def]
    """What sessions can be grouped by: roles first, then the file's other columns."""
    roles = [r for r in ("channel", "page") if r in log.roles or r in log.columns]
    named = {log.roles.get(r, r) for r in roles}
    return [*roles, EVENT, *[c for c in properties(log) if c not in named]]


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    ways = {"idle": _("a pause"), "column": _("the file's session column")}
    bounces = {"one_event": _("one event only"), "short": _("a short stay"), "no_goal": _("no goal reached")}
    said = {"channel": _("Channel"), "page": _("Page"), EVENT: _("First event")}
    chosen: dict[str, Any] = {}
    options = [None, *groups_of(log)]
    if form.current.group not in options:
        options.append(form.current.group)
    chosen["group"] = form.choice(
        "group", _("By what it begins with"), options, lambda g: _("All sessions") if g is None else said.get(g, g)
    )
    if "session" in log.roles:
        chosen["by"] = form.choice("by", _("A session ends with"), list(ways), ways.get)
    chosen["timeout_minutes"] = form.number("timeout_minutes", _("Timeout, minutes"), 1, 240)
    chosen["bounce"] = form.choice("bounce", _("A bounce is"), list(bounces), bounces.get)
    if chosen["bounce"] == "short":
        chosen["bounce_seconds"] = form.number("bounce_seconds", _("Under seconds"), 1, 300)
    if chosen["bounce"] == "no_goal":
        chosen["goal"] = form.event("goal", _("Goal"), log)
    chosen["event"] = form.event("event", _("Events that count"), log, anything=_("any event"))
    return form.build(**chosen)


def pages_controls(asked, log):  # type: ignore[no-untyped-def]
    """The same sessions, by page; only the column is chosen here."""
    said = {"channel": _("Channel"), "page": _("Page"), EVENT: _("Event")}
    options = [g for g in groups_of(log) if g != "channel"]
    options.sort(key=lambda g: (g != "page", g != EVENT))
    form = Controls(Sessions, replace(asked, group=options[0]), param="q2")
    group = form.choice("group", _("Pages are in"), options, lambda g: said.get(g, g))
    return form.build(**{**{f.name: getattr(asked, f.name) for f in fields(asked)}, "group": group})


@st.fragment
def page() -> None:
    log = session.whole_log()
    with cell("sessions", ask=_("How do people visit, and which visits come to nothing?")) as c:
        with c.controls:
            question = controls(Controls(Sessions, session.suggested(suggest.sessions)), log)
        c.show(question, chart.draw, tiles=tiles, more=lambda a: {_("All sessions"): a.total}, people=people)
    st.divider()
    with cell("session_gaps", ask=_("Where does one visit end and the next begin?")) as c:
        with c.controls:
            said = _("The timeout is set above: {minutes} minutes.", minutes=question.timeout_minutes)
            st.caption(said)
        c.show(SessionGaps(event=question.event, timeout_minutes=question.timeout_minutes), gaps_chart.draw)
    st.divider()
    with cell("session_pages", ask=_("Where do visits begin, and where do they end?")) as c:
        with c.controls:
            asked = pages_controls(question, log)
        c.show(asked, chart.draw_pages, people=people)


page()
