"""A campaign's assignment file: who was treated, who was held out, and when."""

from __future__ import annotations

from datetime import date

import streamlit as st

from analysis import AnalysisError
from analysis.intake.assignments import with_assignments
from analysis.store import Upload
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
                "One row a user: who they are, and whether they were treated or held out. "
                "Those who never came back count too."
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
        roles = {
            "user": first.selectbox(
                _("User"), columns, index=_place(columns, guess.get("user")), key=f"a:user:{found.id}"
            ),
            "arm": second.selectbox(
                _("Arm"), columns, index=_place(columns, guess.get("arm"), 1), key=f"a:arm:{found.id}"
            ),
        }
        day = None
        if "time" in guess:
            roles["time"] = third.selectbox(
                _("Assigned at"), columns, index=_place(columns, guess["time"]), key=f"a:time:{found.id}"
            )
        else:
            low, high = session.span(session.opened(current.fingerprint))
            key = f"a:day:{found.id}"
            day = third.date_input(
                _("Assigned on"), value=low, min_value=low, max_value=high, key=key, format="YYYY-MM-DD"
            )
        left, right, _rest = st.columns([1.4, 1, 3])
        if left.button(_("Add to the data set"), type="primary", width="stretch"):
            add(found, roles, day)
        if right.button(_("Another file"), key="a:other", width="stretch"):
            upload.done(KEY)
            st.rerun()


def add(found: Upload, roles: dict[str, str], day: date | None) -> None:
    """Puts the assignments among the events, as events of their own."""
    current, space = session.dataset(), session.workspace()
    assert current is not None
    try:
        aside = space.add(found, roles=roles, time_zone=current.zone)
        table = space.open(aside.fingerprint)
        arms = table.words(table.column_of("arm", "Effect"))
        told = [arms.values[c] for c in arms.codes[table.starts]]
        at = day.isoformat() if day is not None else [int(t) for t in table.time[table.starts]]
        log = session.opened(current.fingerprint)
        log = with_assignments(log, table.ids(table.users), told, at, arm_column=f"arm: {found.name}")
        loaded = space.add_derived(log, name=f"{current.name} + {found.name}")
        if not aside.already_there:
            space.remove(aside.fingerprint)
    except AnalysisError as error:
        st.error(words().error(error), icon=":material/info:")
        return
    upload.done(KEY)
    session.use(loaded.fingerprint)
    st.rerun()


def _place(columns: list[str], name: str | None, otherwise: int = 0) -> int:
    return columns.index(name) if name in columns else min(otherwise, len(columns) - 1)
