"""Data: where it comes from, what was understood, what became of every row, and how healthy it is."""

from __future__ import annotations

import streamlit as st

from analysis import AnalysisError, compose
from analysis.edits import Edit
from analysis.intake.clean import Progress
from analysis.store import Dataset
from pages.notebook import importing, session, upload
from pages.notebook.language import _, words
from pages.start import account, cleanup, grow, health, sources, understanding

KEY = "upload"


def come() -> bool:
    """Files on their way in; says whether the page is about them, and not about a data set."""
    if importing.running(KEY):
        loaded(importing.shown(KEY))
        return True
    fetched = sources.card(f"{KEY}:source")
    found = upload.received_all(KEY, _("Drop a spreadsheet here, or several that belong together"))
    if fetched is not None:
        found = [*found, fetched]
        st.session_state[KEY] = found
    if not found:
        return False
    understanding.card(found)
    return True


def loaded(result: Dataset | AnalysisError | None) -> None:
    """What became of an import; None while it runs."""
    if isinstance(result, AnalysisError):
        st.session_state["refused"] = words().error(result)
    elif result is not None:
        understanding.taken(KEY)
        session.use(result.fingerprint)
        st.session_state["just_loaded"] = (result.fingerprint, result.already_there)
    if result is not None:
        st.rerun()


def clean_up(current: Dataset) -> None:
    """The recipe of a data set, which makes another one of it."""

    def save(recipe: tuple[Edit, ...]) -> None:
        made = compose.edit(session.workspace(), current.fingerprint, recipe)
        session.use(made.fingerprint)
        st.rerun()

    cleanup.card(session.unedited(current.fingerprint), compose.edits_of(current), save)


def made_of(current: Dataset) -> None:
    """Refresh, and the files that were joined, each of which can be taken out."""
    space = session.workspace()
    base = space.dataset((current.made_of or {}).get("base", current.fingerprint))
    if base.source is not None and st.button(_("Read the source again"), icon=":material/refresh:"):
        fingerprint = current.fingerprint

        def work(progress: Progress) -> Dataset:
            return compose.refresh(space, fingerprint, progress)

        importing.start(KEY, work, base.name)
        st.rerun()
    for place, step in enumerate(compose.joins_of(current)):
        left, right = st.columns([6, 1], vertical_alignment="center")
        left.markdown(grow.told(step))
        if right.button(_("Take out"), key=f"out:{current.fingerprint}:{place}", width="stretch"):
            session.use(compose.without(space, current.fingerprint, place).fingerprint)
            st.rerun()


def manage(current: Dataset) -> None:
    """The name, and the way out."""
    with st.expander(_("Rename or remove")):
        name = st.text_input(_("Name"), current.name, key=f"name:{current.fingerprint}")
        left, right, rest = st.columns([1, 1, 3])
        if left.button(_("Rename"), disabled=not name.strip() or name == current.name):
            session.workspace().rename(current.fingerprint, name.strip())
            st.rerun()
        sure = rest.checkbox(_("I am sure"), key=f"sure:{current.fingerprint}")
        if right.button(_("Remove"), disabled=not sure):
            session.workspace().remove(current.fingerprint)
            st.session_state.pop("ds", None)
            st.session_state.pop("scope", None)
            st.rerun()


def page() -> None:
    st.title(_("Data"))
    refused = st.session_state.pop("refused", None)
    if refused:
        st.error(refused, icon=":material/info:")
    if come():
        return
    current = session.dataset()
    if current is None:
        return
    fresh, twice = st.session_state.pop("just_loaded", (None, False))
    if fresh == current.fingerprint:
        text = _("{name} was here already; it is one data set.") if twice else _("{name} is loaded.")
        st.success(text.format(name=session.described(current)), icon=":material/check:")
    st.header(session.described(current))
    if current.shape != "results":
        grow.waiting(current)
    account.card(current)
    health.card(current)
    made_of(current)
    if current.shape != "results":
        grow.card(current)
        clean_up(current)
    manage(current)


page()
