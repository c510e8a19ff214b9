"""One edit, as a person writes it: forms to rename, hide, group and derive, counted before anything is done."""

from __future__ import annotations

from html import escape

import streamlit as st

from analysis import AnalysisError
from analysis.columns import Categories
from analysis.edits import (
    After,
    DeriveEvent,
    Edit,
    First,
    Group,
    GroupEvents,
    HideEvents,
    Nth,
    RenameEvents,
    RenameValues,
    Repeated,
    Rule,
    Silent,
    Without,
    suggest_groups,
)
from analysis.edits.edit import counts_of
from analysis.edits.sentences import sentence, short_name
from analysis.events import EVENT
from analysis.reshape import DERIVED
from pages.notebook.controls import NOTHING
from pages.notebook.language import _, language, plain, words
from pages.start.draft import Draft, Outcome

MOST_OPTIONS = 1000
"""Values to choose from; the rarer ones are reached by a pattern."""

MOST_SUGGESTIONS = 4


def propose(now: Outcome, draft: Draft) -> None:
    """One edit, counted while it is written; then into the recipe."""
    said = {
        "rename": _("Rename or merge"),
        "hide": _("Hide"),
        "group": _("Group by pattern"),
        "derive": _("Derived event"),
    }
    key = f"{draft.key}:action@{language()}"
    label = _("What to change")
    action = st.segmented_control(label, list(said), default="rename", required=True, format_func=said.get, key=key)
    form = {"rename": renaming, "hide": hiding, "group": grouping, "derive": deriving}[action or "rename"]
    edit = None
    try:
        edit = form(now, draft)
        if edit is not None:
            count = edit.count(now.log)
            if isinstance(edit, HideEvents) and count == now.log.n_events:
                edit.apply(now.log)  # refuses, and says why
            st.html(f'<p class="fp-also">{escape(sentence(edit, words()))}</p>')
            st.caption(affects(edit, count))
    except AnalysisError as error:
        edit = None
        st.warning(plain(words().error(error)), icon=":material/info:")
    chosen = (*draft.edits, edit) if edit is not None else draft.edits
    st.button(
        _("Add to the recipe"),
        icon=":material/add:",
        disabled=edit is None or now.refused is not None,
        on_click=draft.set,
        args=(chosen,),
        key=draft.field("add"),
    )


def affects(edit: Edit, count: int) -> str:
    """How many events an edit touches, said for its kind."""
    if isinstance(edit, HideEvents):
        return _("{count} events are left out.", count=count)
    if isinstance(edit, DeriveEvent):
        return _("{count} events are derived.", count=count)
    return _("{count} events change.", count=count)


def column_choice(now: Outcome, draft: Draft, name: str) -> str:
    """The events, or a property of words."""
    columns = [n for n, c in now.log.columns.items() if isinstance(c, Categories) and n not in (EVENT, DERIVED)]
    label, everything = _("In"), _("the events")
    key = draft.field(f"{name}:column")
    if name == "group" and key not in st.session_state and now.log.roles.get("page") in columns:
        st.session_state[key] = now.log.roles["page"]  # addresses are what is grouped most
    return st.selectbox(label, [EVENT, *columns], format_func=lambda c: everything if c == EVENT else c, key=key)


def values_of(now: Outcome, column: str) -> dict[str, int]:
    """Values of a column with the events that have them."""
    if column == EVENT:
        return now.events
    return counts_of(now.log.words(column))


def renaming(now: Outcome, draft: Draft) -> Edit | None:
    """Events or values, and their new name."""
    column = column_choice(now, draft, "rename")
    options = list(values_of(now, column))[:MOST_OPTIONS]
    label, key = _("Rename or merge these"), draft.field(f"rename:{column}")
    old = st.multiselect(label, options, key=key, placeholder=_("Choose"), select_all=False)
    new = st.text_input(_("New name"), key=draft.field("rename:name"), live=True)
    if not old or not (new or "").strip():
        st.caption(_("Choose one to rename it, or several to merge them under one name."))
        return None
    names = dict.fromkeys(old, str(new))
    return RenameEvents(names) if column == EVENT else RenameValues(column, names)


def hiding(now: Outcome, draft: Draft) -> Edit | None:
    """Events to leave out."""
    label, key = _("Hide these"), draft.field("hide")
    events = st.multiselect(label, list(now.events), key=key, placeholder=_("Choose"), select_all=False)
    if not events:
        st.caption(
            _("Hidden events are not counted anywhere. They stay in the file, and come back when this is removed.")
        )
        return None
    return HideEvents(tuple(events))


def grouping(now: Outcome, draft: Draft) -> Edit | None:
    """A pattern and a name, or one of the suggestions."""
    column = column_choice(now, draft, "group")
    values = values_of(now, column)
    suggest(values, draft)
    left, right = st.columns(2)
    asked = _("* is any characters, ? is one character, and a part of a path can be :id, a part with a digit.")
    pattern = left.text_input(_("Pattern"), key=draft.field("pattern"), placeholder="/product/*", help=asked, live=True)
    name = right.text_input(_("Name of the group"), key=draft.field("group"), live=True)
    query = st.toggle(_("Leave out what follows ? or # in an address"), value=True, key=draft.field("query"))
    if not (pattern or "").strip():
        st.caption(_("Values that fit the pattern become one value, of the name given."))
        return None
    edit = GroupEvents(str(pattern), (name or "").strip() or str(pattern), column, query)
    fitting = [v for v, fits in zip(values, edit.fits(values), strict=True) if fits]
    few = ", ".join(fitting[:5]) + (" …" if len(fitting) > 5 else "")
    fit = _("{values} of {known} different values fit: {few}", values=len(fitting), known=len(values), few=few or "–")
    st.html(f'<p class="fp-also"><span>{escape(fit)}</span></p>')
    if not fitting or not (name or "").strip():
        st.caption(_("Values that fit the pattern become one value, of the name given."))
        return None
    return edit


def suggest(values: dict[str, int], draft: Draft) -> None:
    """Groups found in the data; one click fills the fields."""

    def use(group: Group) -> None:
        st.session_state[draft.field("pattern")], st.session_state[draft.field("group")] = group.pattern, group.name

    for place, group in enumerate(suggest_groups(values, MOST_SUGGESTIONS)):
        facts = {"values": len(group.values), "events": group.events}
        said = _("{values} values that differ in ids only, {events} events", **facts)
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.html(f'<p class="fp-also"><b>{escape(group.name)}</b> <span>{escape(said)}</span></p>')
        right.button(_("Use"), on_click=use, args=(group,), key=draft.field(f"use:{place}"), width="stretch")


def deriving(now: Outcome, draft: Draft) -> Edit | None:
    """A template in words, its fields, and a name."""
    said = {
        "first": _("The first time of an event"),
        "nth": _("The n-th time of an event"),
        "repeated": _("Several times within some days"),
        "without": _("Several times without another event"),
        "after": _("One event soon after another"),
        "silent": _("Silent for some days"),
    }
    kind = st.selectbox(_("When"), list(said), format_func=said.get, key=draft.field("when"))
    with st.container(horizontal=True):
        rule = rule_of(kind, list(now.events), draft)
    if rule is None:
        return None
    given = st.text_input(_("Name"), key=draft.field("derive:name"), placeholder=short_name(rule, words()), live=True)
    if kind == "first":
        st.caption(_("Who did it before the file begins did it earlier than shown here."))
    return DeriveEvent((given or "").strip() or short_name(rule, words()), rule)


def rule_of(kind: str, events: list[str], draft: Draft) -> Rule | None:
    """The fields of a template; None where there are too few events for it."""

    def event(name: str, label: str, options: list[str] = events) -> str:
        return st.selectbox(label, options, key=draft.field(f"{name}:{kind}"), width=220)

    def number(name: str, label: str, low: int, value: int) -> int:
        return st.number_input(label, low, 1000, value, key=draft.field(f"{name}:{kind}"), width=140)

    if kind == "silent":
        anything = _("any event")
        options = [NOTHING, *events]
        key = draft.field("silent:event")
        broken = st.selectbox(
            _("Without"), options, format_func=lambda e: anything if e == NOTHING else e, key=key, width=220
        )
        return Silent(number("days", _("Number of days"), 1, 30), broken or None)
    first = event("event", _("Event"))
    others = [e for e in events if e != first]
    if kind == "first":
        return First(first)
    if kind == "nth":
        return Nth(first, number("n", _("Which time"), 1, 2))
    if kind == "repeated":
        return Repeated(first, number("times", _("Times"), 2, 3), number("days", _("Number of days"), 1, 7))
    if not others:
        return None
    if kind == "without":
        times = number("times", _("Times"), 1, 3)
        return Without(first, times, event("other", _("Without"), others), number("days", _("Number of days"), 1, 7))
    return After(first, event("other", _("then"), others), number("days", _("Number of days"), 1, 7))
