"""The segments that were saved: who they are, where they came from, and the list to take away."""

from __future__ import annotations

from html import escape

import numpy as np
import pandas as pd
import streamlit as st

from analysis.export.tables import to_csv
from analysis.store import Segment
from pages.notebook import session
from pages.notebook.language import _


def ids(number: int) -> bytes:
    """The users of a segment as a CSV, formula-safe, made when it is asked for."""
    users = session.workspace().segment_ids(number)
    return to_csv(pd.DataFrame({"user": np.asarray(users.to_pandas())}))


def show(segment: Segment) -> None:
    """One segment."""
    with st.container(border=True):
        left, middle, right = st.columns([8, 1.2, 0.8], vertical_alignment="center")
        when = segment.created_at.date()
        came = _("{users} users, saved on {day}: {group}", users=segment.users, day=when, group=segment.said["group"])
        left.html(f'<p class="fp-also"><b>{escape(segment.name)}</b></p><p class="fp-detail">{escape(came)}</p>')
        middle.download_button(
            "CSV",
            lambda: ids(segment.id),
            f"{segment.name}.csv",
            "text/csv",
            on_click="ignore",
            key=f"segment:{segment.id}:csv",
            icon=":material/download:",
        )
        if right.button("", key=f"segment:{segment.id}:drop", icon=":material/delete:", help=_("Remove this segment")):
            session.workspace().remove_segment(segment.id)
            st.rerun()


def page() -> None:
    log = session.whole_log()
    st.title(_("Saved segments"))
    current = session.dataset()
    assert current is not None
    kept = session.workspace().segments(current.base)
    st.caption(
        _(
            "A saved segment keeps its users. It can be chosen under Who, in every Compare by, and in the "
            "conditions of a step: ✓ are its users, ✗ all others."
        )
    )
    if not kept:
        st.write(_("Nothing is saved yet. Click a bar of a chart, or open People under an answer, and save the group."))
    for segment in kept:
        if segment.name in log.columns:
            show(segment)


page()
