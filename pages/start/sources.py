"""From where data live: the places that the operator offers, and one item of them as an upload."""

from __future__ import annotations

import streamlit as st

from analysis import AnalysisError
from analysis.intake import sources
from analysis.intake.sources import Item, Place, Source
from analysis.intake.sources.query import LONGEST
from analysis.store import Upload
from pages.notebook import session
from pages.notebook.language import _, plain, words

LOOK_SECONDS = 15
"""How long a list of files or tables is taken for current: a page is drawn at each click."""


def card(key: str) -> Upload | None:
    """The choice of a place and of what to read there; gives the upload once, in the run that read it.

    Nothing is shown where nothing is offered. A place is not asked for what it holds until the card is opened.
    """
    try:
        places = sources.offered()
    except AnalysisError as error:
        st.error(plain(words().error(error)), icon=":material/info:")
        return None
    if not places:
        return None
    box = st.expander(_("From a folder or database"), key=f"{key}:open", on_change="rerun", icon=":material/database:")
    if not box.open:
        return None
    with box:
        source = _chosen(key, places)
        if st.button(_("Read it"), key=f"{key}:read", type="primary", disabled=source is None) and source is not None:
            return _read(key, source)
    return None


def _chosen(key: str, places: tuple[Place, ...]) -> Source | None:
    """The place, then one of its items, or a query where they are allowed."""
    known = {place.name: place for place in places}
    place = known[st.selectbox(_("Place"), list(known), key=f"{key}:place")]
    if place.queries and st.toggle(_("Write a query"), key=f"{key}:by query"):
        text = st.text_area(_("One SELECT"), max_chars=LONGEST, height=160, key=f"{key}:query:{place.name}")
        return Source(place.name, place.kind, query=text) if text.strip() else None
    try:
        with st.spinner(_("Looking at what is there")):
            items = {item.name: item for item in _items(place.name)}
    except AnalysisError as error:
        st.error(plain(words().error(error)), icon=":material/info:")
        return None
    if not items:
        st.caption(_("There is nothing to read in this place now."))
        return None
    label = _("Table") if place.kind == "database" else _("File")
    item = items[st.selectbox(label, list(items), key=f"{key}:item:{place.name}")]
    if item.size is not None and item.modified_at is not None:
        st.caption(_described(item))
    return Source(place.name, place.kind, item.name)


def _described(item: Item) -> str:
    """Size and last change, for people to see that it is the file they mean."""
    size, day = item.size or 0, item.modified_at
    if size < 1_000_000:
        return _("{size} KB, changed on {day}", size=max(1, round(size / 1_000)), day=day)
    return _("{size} MB, changed on {day}", size=size / 1_000_000, day=day)


@st.cache_resource(ttl=LOOK_SECONDS, max_entries=32, show_spinner=False)
def _items(place: str) -> tuple[Item, ...]:
    return tuple(sources.browse(place))


def _read(key: str, source: Source) -> Upload | None:
    """Reads with a bar; any click on the page ends it, as the bar is then not drawn any more."""
    said = _("Reading {name}", name=plain(source.item or source.place))
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, text=said)
        # It does nothing but be clicked: that begins a new run of the page, and the bar of this one ends the reading.
        st.button(_("Cancel"), key=f"{key}:cancel")

    def progress(share: float, rows: int) -> None:
        text = f"{said} · {_('{rows} rows', rows=rows)}" if rows else said
        bar.progress(min(1.0, share), text=text)

    try:
        return session.workspace().receive_from(source, progress)
    except AnalysisError as error:
        st.error(plain(words().error(error)), icon=":material/info:")
        return None
    finally:
        place.empty()
