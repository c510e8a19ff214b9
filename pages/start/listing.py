"""Who or what is behind a number: a table of the first, and a file of all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from analysis import EventLog
from analysis.health import rows as footprints
from analysis.health.facts import Behind
from analysis.words import NONE
from pages.notebook import session, tables
from pages.notebook.cell import roster
from pages.notebook.language import _, words

SHOWN = 500
MOST = 1_000_000
"""Rows that a download holds: more would not open in a spreadsheet either."""

NAMES = {
    "active_days": "active days",
    "events_a_day": "events an active day",
    "unevenness": "unevenness of gaps",
    "busiest_hour": "most events in an hour",
}
"""Header of each number that is found about people behind a fact."""


def opened(name: str, log: EventLog, behind: Behind | None) -> None:
    """The users or rows behind a number."""
    if behind is None:
        st.caption(_("The rows themselves were not kept."))
        return
    found = behind.find(log)
    count, found = len(found), found[:MOST].copy()  # the download keeps what it holds as long as the session lives

    def people(who: np.ndarray) -> pd.DataFrame:
        numbers = behind.numbers(log, who) if behind.numbers is not None else {}
        return roster(log, who).assign(**numbers).rename(columns=NAMES)

    if behind.kind == "users":
        listed(people(found[:SHOWN]), count, lambda: people(found), name)
    else:
        first = footprints.shown(log, found[:SHOWN])
        listed(first, count, lambda: footprints.shown(log, found), name, ("user", "time", "event"))


def listed(
    first: pd.DataFrame, count: int, everything: Callable[[], pd.DataFrame], name: str, ours: tuple[str, ...] = ()
) -> None:
    """A table of the first rows and a download of all.

    Args:
        first: What is shown.
        count: How many there are.
        everything: Makes the table that is downloaded, when somebody asks for it.
        name: Of the file.
        ours: Columns whose headers are our words; () says that all are, and that their cells want formatting.
    """
    say = words()
    if ours:
        heads = {c: head(c) for c in ours if c in first.columns}
        size = height(first)
        st.dataframe(first, hide_index=True, width="stretch", height=size, column_config=heads, placeholder=NONE)
    else:
        st.dataframe(tables.shown(first, say), hide_index=True, width="stretch", height=height(first))
    left, right = st.columns([1, 4], vertical_alignment="center")
    left.download_button(
        _("Download"),
        lambda: session.to_csv(everything()),
        f"{name}.csv",
        "text/csv",
        on_click="ignore",
        key=f"listed:{name}",
        icon=":material/download:",
    )
    with right:
        if count > MOST:
            said = _(
                "The first {shown} of {count} are shown; the download holds the first {most}.",
                shown=len(first),
                count=count,
                most=MOST,
            )
        elif count > len(first):
            said = _("The first {shown} of {count} are shown; the download holds all.", shown=len(first), count=count)
        else:
            said = _("All {count} are shown.", count=count)
        st.caption(said)


def head(column: str) -> Any:
    """How a column that is ours is headed; the time is the file's own clock, so its offset goes without saying."""
    names = {"line": _("line"), "reason": _("reason"), "user": _("user"), "time": _("time"), "event": _("event")}
    if column == "time":
        return st.column_config.DatetimeColumn(names[column], format="YYYY-MM-DD HH:mm:ss")
    return st.column_config.Column(names[column])


def height(frame: pd.DataFrame) -> int | str:
    """Of a table: no higher than its rows, no higher than a third of a screen."""
    return "content" if len(frame) <= 8 else 320
