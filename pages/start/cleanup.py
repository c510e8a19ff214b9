"""Clean up events: rename, merge, hide, group and derive, as a recipe that can be taken back.

Nothing acts before "Apply": the draft lives in the session, and every edit is counted and shown first. The file
and the log as it was read are never changed.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import pandas as pd
import streamlit as st

from analysis import EventLog
from analysis.edits.edit import counts_of
from analysis.edits.sentences import sentence as sentence
from pages.notebook.language import _, plain, words
from pages.start.draft import Draft, Outcome, Recipe, outcome
from pages.start.proposals import affects, propose


def card(log: EventLog, edits: Recipe, save: Callable[[Recipe], None]) -> None:
    """The card.

    Args:
        log: The log as it was read, before any edit.
        edits: The recipe in use.
        save: Called with the new recipe when a person applies it.
    """
    if log.shape == "results":
        return
    key = f"cleanup:{log.fingerprint}:open"
    title = _("Clean up events")
    box = st.expander(title, key=key, on_change="rerun")
    if not box.open:
        return
    with box:
        draft = Draft(log, edits)
        with st.spinner(_("Counting")):
            now = outcome(log, draft.edits)
        left, right = st.columns([4, 5], gap="large")
        with left:
            listed(now, draft)
        with right:
            propose(now, draft)
        recipe(now, draft)
        compare(log, now)
        finish(now, draft, save)


def listed(now: Outcome, draft: Draft) -> None:
    """The events with counts and shares, as the draft leaves them."""
    sought = st.text_input(_("Find an event"), key=draft.field("find"), type="search", placeholder=" ", live=True)
    total, say = sum(now.events.values()), words()
    found = [(e, n) for e, n in now.events.items() if (sought or "").strip().casefold() in e.casefold()]
    table = {
        _("event"): [e for e, _n in found],
        _("events"): [say.number(n) for _e, n in found],
        _("share"): [say.rate(n / total) for _e, n in found],
    }
    counted(table, 10)
    caption = _(
        "{shown} of {known} different events, the most frequent first.", shown=len(found), known=len(now.events)
    )
    st.caption(caption)


def counted(table: dict[str, list[str]], most: int) -> None:
    """A table of names and numbers; more than `most` rows scroll."""
    first, *others = table
    shown = {first: st.column_config.TextColumn(width="medium")}
    shown |= {name: st.column_config.TextColumn(width="small", alignment="right") for name in others}
    height = "content" if len(table[first]) <= most else 36 * (most + 1)
    st.dataframe(pd.DataFrame(table), hide_index=True, width="stretch", height=height, column_config=shown)


def recipe(now: Outcome, draft: Draft) -> None:
    """The edits as sentences, in their order, each with its count; each can be taken back."""
    edits = draft.edits
    st.html(f"<b>{escape(_('The recipe'))}</b>")
    if not edits:
        st.caption(_("Nothing is changed yet: the events are as the file has them."))
    for place, edit in enumerate(edits):
        text, tally, up, out = st.columns([12, 4, 1, 1], vertical_alignment="center", gap="small")
        text.html(f'<p class="fp-also">{place + 1}. {escape(sentence(edit, words()))}</p>')
        done = place < len(now.counts)
        tally.caption(affects(edit, now.counts[place]) if done else "–")
        earlier = draft.moved(place) if place else edits
        up.button(
            "",
            icon=":material/arrow_upward:",
            help=_("Earlier"),
            disabled=not place,
            on_click=draft.set,
            args=(earlier,),
            key=draft.field(f"up:{place}"),
        )
        rest = (*edits[:place], *edits[place + 1 :])
        out.button(
            "",
            icon=":material/close:",
            help=_("Remove"),
            on_click=draft.set,
            args=(rest,),
            key=draft.field(f"remove:{place}"),
        )
        if now.refused is not None and place == len(now.counts):
            st.error(plain(words().error(now.refused)), icon=":material/info:")


def compare(log: EventLog, now: Outcome) -> None:
    """Before and after, of the events whose numbers differ."""
    before = counts_of(log.events)
    moved = [e for e in {**before, **now.events} if before.get(e, 0) != now.events.get(e, 0)]
    if not moved:
        return
    say = words()
    table = {
        _("event"): [_("all events"), *moved],
        _("before"): [say.number(n) for n in (log.n_events, *(before.get(e, 0) for e in moved))],
        _("after"): [say.number(n) for n in (now.log.n_events, *(now.events.get(e, 0) for e in moved))],
    }
    st.html(f"<b>{escape(_('Before and after'))}</b>")
    counted(table, 8)
    lost = log.n_users - now.log.n_users
    if lost:
        st.caption(_("{lost} users have no event left and are no longer counted.", lost=lost))


def finish(now: Outcome, draft: Draft, save: Callable[[Recipe], None]) -> None:
    """Apply, or drop the draft."""
    same = draft.edits == draft.saved
    left, right, _rest = st.columns([1, 1, 3])
    blocked = same or now.refused is not None
    if left.button(_("Apply"), type="primary", disabled=blocked, key=draft.field("apply"), width="stretch"):
        save(draft.edits)
    drop = _("Drop the changes")
    right.button(drop, disabled=same, on_click=draft.set, args=(draft.saved,), key=draft.field("drop"), width="stretch")
