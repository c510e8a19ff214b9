"""Which way users go: their paths, and what follows each event."""

from __future__ import annotations

import streamlit as st

from analysis import Paths, Transitions, suggest
from analysis.charts import paths as chart
from analysis.charts import transitions as grid
from analysis.events import properties
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls, events
from pages.notebook.language import _, words

MOST_GROUPS = 300


def path_people(answer) -> People:  # type: ignore[no-untyped-def]
    """Who went each way, and who came to each event; the most first."""
    ways = []
    for row, (place, near, far, count) in zip(answer.table.to_dict("records"), answer.tree.edges, strict=True):
        level, start, to = row["level"], row["from"], row["to"]
        facts = {"start": chart.said(start, words()), "to": chart.said(to, words()), "number": abs(level)}
        label = _("{start} → {to}, step {number}", **facts)
        who = lambda level=level, start=start, to=to: answer.people(level, start, to)  # noqa: E731
        ways.append((int(count), Group(label, who, f"{place}:{near}:{far}")))
    for place, codes in enumerate(answer.tree.codes):
        for node, code in enumerate(codes):
            name, level = answer.name(code), answer.level(place)
            label = _("At {event}, step {number}", event=chart.said(name, words()), number=place)
            who = lambda level=level, name=name: answer.visitors(level, name)  # noqa: E731
            ways.append((int(answer.tree.users[place][node]), Group(label, who, f"{place}:{node}")))
    return [group for _count, group in sorted(ways, key=lambda w: -w[0])]


def anchors(form, log):  # type: ignore[no-untyped-def]
    """Where paths hang, and on which events."""
    kinds = {"start": _("From a start"), "end": _("Before an end"), "both": _("From a start to an end")}
    kind = form.choice("anchor", _("Follow paths"), list(kinds), kinds.get)
    start = end = None
    if kind != "end":
        anything = _("the first event") if kind == "start" else None
        start = form.event("start", _("Start with"), log, anything=anything)
    if kind != "start":
        end = form.event("end", _("End with"), log)
    chosen = {"start": start, "end": end}
    if kind == "end":
        which = {"last": _("the last time"), "first": _("the first time")}
        chosen["end_at"] = form.choice("end_at", _("Which end counts"), list(which), which.get)
    chosen["steps"] = int(form.number("steps", _("Steps shown"), 2 if kind == "both" else 1, 8))
    return chosen


def groups(form, log):  # type: ignore[no-untyped-def]
    """Two groups to compare."""
    chosen = {
        "compare": form.choice("compare", _("Compare by"), [None, *properties(log)], lambda c: "–" if c is None else c),
        "values": None,
    }
    if chosen["compare"] is not None:
        known = list(log.words(chosen["compare"]).values[1:])
        now = form.current.values if form.current.compare == chosen["compare"] else None
        picked = form.several(f"values:{chosen['compare']}", _("The two groups"), known, now or ())
        chosen["values"] = tuple(picked[:2]) if len(picked) >= 2 else None
    return chosen


def path_controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the paths."""
    chosen = anchors(form, log)
    limited = st.toggle(_("Time limit"), value=form.current.window_days is not None, key=f"{form.key}:limit")
    chosen["window_days"] = form.number("window_days", _("Within days"), 1, 90) if limited else None
    chosen |= groups(form, log)
    chosen["collapse"] = form.switch("collapse", _("Take repeats as one"))
    with st.popover(_("More settings"), width="stretch"):
        names = events(log)
        found = form.several("events", _("Events on the way"), names, form.current.events or names)
        chosen["events"] = None if not found or set(found) == set(names) else tuple(found)
        help = _("Smaller events at a step are one: (other).")
        chosen["min_share"] = form.number("min_share", _("Smallest share shown"), 0.0, 0.2, 0.01, help=help)
        chosen["most_nodes"] = int(form.number("most_nodes", _("Most events at a step"), 2, 20))
        chosen["include_open"] = form.switch("include_open", _("Count open paths"))
    return form.build(**chosen)


def transition_people(answer) -> People:  # type: ignore[no-untyped-def]
    """Who made each transition; the most frequent ones."""
    out = []
    for start, to in answer.table[["from", "to"]].head(MOST_GROUPS).itertuples(index=False):
        label = f"{chart.said(start, words())} → {chart.said(to, words())}"
        out.append(Group(label, lambda start=start, to=to: answer.people(start, to), f"{start}:{to}"))
    return out


def transition_controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the transitions."""
    limited = st.toggle(
        _("A pause ends a visit"), value=form.current.within_minutes is not None, key=f"{form.key}:limit"
    )
    chosen = {"within_minutes": form.number("within_minutes", _("Pause in minutes"), 5, 240, 5) if limited else None}
    chosen["collapse"] = form.switch("collapse", _("Take repeats as one"))
    names = events(log)
    with st.popover(_("More settings"), width="stretch"):
        found = form.several("events", _("Events"), names, form.current.events or names)
        chosen["events"] = None if not found or set(found) == set(names) else tuple(found)
        chosen["most_events"] = int(form.number("most_events", _("Events told apart"), 2, 100))
    return form.build(**chosen)


@st.fragment
def way() -> None:
    log = session.whole_log()
    with cell("paths", ask=_("Which way do users go?")) as c:
        with c.controls:
            question = path_controls(Controls(Paths, session.suggested(suggest.paths)), log)
        more = lambda a: {_("Whole paths"): a.paths, _("The two groups, way by way"): a.compared}  # noqa: E731
        answer = c.show(question, chart.draw, more=more, people=path_people)
        if answer is not None:
            facts = {"users": len(answer.who), "open": answer.still_open, "left_out": answer.left_out}  # type: ignore[attr-defined]
            if facts["left_out"]:
                st.caption(
                    _("{users} paths, one a user; {open} still open; {left_out} users of neither group.", **facts)
                )
            else:
                st.caption(_("{users} paths, one a user; {open} still open, and in no number.", **facts))


@st.fragment
def next_event() -> None:
    log = session.whole_log()
    with cell("transitions", ask=_("What follows each event?")) as c:
        with c.controls:
            question = transition_controls(
                Controls(Transitions, session.suggested(suggest.transitions), param="q2"), log
            )
        answer = c.show(question, grid.draw, people=transition_people)
        if answer is not None and len(answer.names) > grid.MOST_EVENTS + 1:  # type: ignore[attr-defined]
            st.caption(
                _("The grid shows the {count} most frequent events; the table holds all.", count=grid.MOST_EVENTS)
            )


way()
st.divider()
next_event()
