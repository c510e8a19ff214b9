"""A campaign's assignment file: who was treated, who was held out, and when."""

from __future__ import annotations

import streamlit as st

from analysis import AnalysisError
from analysis.intake import with_assignments
from pages.notebook import session, upload
from pages.notebook.language import _, words

KEY = "assignments"


def card() -> None:
    """Adds an assignment file to the data set: a new data set, the old one stays."""
    current = session.dataset()
    if current is None or current.shape == "results":
        return
    with st.expander(_("Add a campaign's assignment file")):
        st.write(
            _(
                "One row a user: who they are, and whether they were treated or held out. Those who never came back count too."
            )
        )
        found = upload.received(KEY, _("Assignment file"))
        if found is None:
            return
        try:
            reading = session.workspace().inspect(found)
        except AnalysisError as error:
            st.error(words().error(error), icon=":material/info:")
            upload.done(KEY)
            return
        columns = list(reading.columns)
        first, second, third = st.columns(3)
        guess = {r: c for r, c in reading.roles.items() if isinstance(c, str)}
        user = first.selectbox(_("User"), columns, index=_place(columns, guess.get("user")), key=f"a:user:{found.id}")
        arm = second.selectbox(_("Arm"), columns, index=_place(columns, guess.get("arm"), 1), key=f"a:arm:{found.id}")
        low, high = session.span(session.opened(current.fingerprint))
        day = third.date_input(
            _("Assigned on"), value=low, min_value=low, max_value=high, key=f"a:day:{found.id}", format="YYYY-MM-DD"
        )
        if st.button(_("Add to the data set"), type="primary"):
            add(found, user, arm, day)


def add(found, user: str, arm: str, day) -> None:  # type: ignore[no-untyped-def]
    """Puts the assignments among the events, as events of their own."""
    current = session.dataset()
    assert current is not None
    space = session.workspace()
    try:
        table = space.rows(found, [user, arm])
        log = with_assignments(
            session.opened(current.fingerprint), table[user].to_pylist(), table[arm].to_pylist(), day
        )
        loaded = space.add_derived(log, name=f"{current.name} + {found.name}")
    except AnalysisError as error:
        st.error(words().error(error), icon=":material/info:")
        return
    upload.done(KEY)
    session.use(loaded.fingerprint)
    st.rerun()


def _place(columns: list[str], name: str | None, otherwise: int = 0) -> int:
    return columns.index(name) if name in columns else min(otherwise, len(columns) - 1)
