"""Two sides to compare: a column, and which of its values are A and B."""

from __future__ import annotations

from typing import Any

import streamlit as st

from analysis.behaviour.clicks import sides
from analysis.events import properties
from pages.notebook.language import _


def two_sides(form, log) -> dict[str, Any]:  # type: ignore[no-untyped-def]
    """The fields `compare` and `sides` of a question."""
    columns = [None, *properties(log, most=20)]
    if form.current.compare not in columns:
        columns.append(form.current.compare)
    column = form.choice("compare", _("Compare"), columns, lambda c: _("nothing") if c is None else c)
    if column is None:
        return {"compare": None, "sides": None}
    values, usual = list(log.words(column).values[1:]), sides.usual(log, column)
    now = form.current.sides if form.current.compare == column and form.current.sides else usual
    first, second = st.columns(2)
    a = first.selectbox("A", values, key=form._widget(f"a:{column}", now[0]))
    rest = [v for v in values if v != a]
    key = form._widget(f"b:{column}", now[1])
    if st.session_state[key] not in rest:
        st.session_state[key] = rest[0]
    b = second.selectbox("B", rest, key=key)
    return {"compare": column, "sides": None if (a, b) == usual else (a, b)}
