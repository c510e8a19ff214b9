"""Growing: next month's file, what is known of users, ids of one person, a catalogue, spend.

Each file is told by its headers and its values; by which key it fits and how well is shown before it
is added, and everything can be chosen otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from analysis import AnalysisError, compose
from analysis.events import EventLog
from analysis.intake.clean import Progress
from analysis.intake.reading import Reading
from analysis.joins import Join, Key, TableRead, guess_key
from analysis.joins.keys import USER
from analysis.store import Dataset, Upload
from pages.notebook import importing, session, upload
from pages.notebook.controls import NOTHING
from pages.notebook.language import _, language, plain, words
from pages.start import understanding

KEY = "grow"
ROWS = ("events", "orders", "milestones")


def kind_name(kind: str) -> str:
    """What a file is to the data set it is added to."""
    return {
        "append": _("More events or orders: its rows are added, those that are there already left out"),
        "attributes": _("What is known of users: becomes properties of users"),
        "identities": _("Ids of one person: their users become one"),
        "catalogue": _("What is known of products or pages: becomes properties of events"),
        "spend": _("What channels or campaigns cost: kept beside the events"),
    }[kind]


def told(step: Join) -> str:
    """A step that was taken, in a line that is safe in a label."""
    return f"**{plain(step.name)}** · {kind_name(step.kind)}"


def waiting(current: Dataset) -> None:
    """The files that wait to be added."""
    found: list[Upload] = st.session_state.get("waiting", [])
    if found:
        st.subheader(_("Waiting to be added"))
        for file in found:
            one(current, file)


def card(current: Dataset) -> None:
    """A place for further files."""
    with st.expander(_("Add to this data set")):
        arrived = upload.received_all(KEY, _("Next month's file, a table of users, ids, products or spend"))
        if arrived:
            st.session_state["waiting"] = [*st.session_state.get("waiting", []), *arrived]
            st.session_state.pop(KEY, None)
            st.rerun()


def one(current: Dataset, found: Upload) -> None:
    """One file: what it is, how it fits, and "add"."""
    with st.container(border=True):
        reading = understanding.inspected(found, understanding.layout_of(found))
        st.markdown(f"**{plain(found.name)}**")
        if reading is None:
            if st.button(_("Leave it out"), key=f"out:{found.id}"):
                settled(found)
                st.rerun()
            return
        if "layout" in reading.asks:
            understanding.ask_layout(found, reading)
            return
        kinds = ["append", "attributes", "identities", "catalogue", "spend"]
        kind = st.selectbox(
            _("What it is"),
            kinds,
            index=kinds.index(kind_of(current, reading)),
            format_func=kind_name,
            key=f"kind:{found.id}@{language()}",
        )
        ready = append(current, found, reading) if kind == "append" else joined(current, found, kind)
        left, right, _rest = st.columns([1, 1, 4])
        if left.button(_("Add it"), type="primary", disabled=ready is None, key=f"add:{found.id}", width="stretch"):
            add(current, found, kind, ready or {})
        if right.button(_("Leave it out"), key=f"out:{found.id}", width="stretch"):
            settled(found)
            st.rerun()


def kind_of(current: Dataset, reading: Reading) -> str:
    """What a file most likely is: rows with the headers the data set has are more of the same."""
    space = session.workspace()
    base = space.dataset((current.made_of or {}).get("base", current.fingerprint))
    if reading.header_key == base.header_key or reading.kind in ROWS:
        return "append"
    return "attributes" if reading.kind == "results" else reading.kind


def append(current: Dataset, found: Upload, reading: Reading) -> dict[str, Any] | None:
    """Settings of rows to be appended: the roles of the first file where the headers are the same."""
    base = session.workspace().dataset((current.made_of or {}).get("base", current.fingerprint))
    same = reading.header_key == base.header_key
    settings: dict[str, Any] = dict(base.load_args) if same else {"roles": reading.roles}
    settings.pop("time_zone", None)
    if not same:
        with st.expander(_("What was understood"), expanded=True):
            settings["roles"] = understanding.choose_roles(found, reading)
            st.dataframe(reading.head.slice(0, 5).to_pandas(), hide_index=True, width="stretch")
    settings["layout"] = understanding.layout_of(found) or settings.get("layout")
    if "day_first" in reading.asks and settings.get("day_first") is None:
        settings["day_first"] = understanding.ask_order(st, found)
        if settings["day_first"] is None:
            return None
    return settings


@st.cache_resource(max_entries=16, show_spinner=False)
def table(number: str, said: str, _found: Upload, _layout: dict[str, Any] | None) -> TableRead:
    """A file as plain rows, read once."""
    return session.workspace().read_table(_found, _layout)


@st.cache_resource(max_entries=16, show_spinner=False)
def keys(fingerprint: str, number: str, said: str, _log: EventLog, _table: pa.Table) -> tuple[Key, ...]:
    """By which columns a table fits a data set, looked up once."""
    return guess_key(_log, _table)


def joined(current: Dataset, found: Upload, kind: str) -> dict[str, Any] | None:
    """Settings of a table to be joined; None as long as it fits nowhere."""
    layout = understanding.layout_of(found)
    log = session.opened(current.fingerprint)
    try:
        with st.spinner(_("Looking for the key")):
            read = table(found.id, repr(layout), found, layout)
            fits = keys(current.fingerprint, found.id, repr(layout), log, read.table)
    except AnalysisError as error:
        st.error(words().error(error), icon=":material/info:")
        return None
    names = [name for name in read.table.column_names if name != "line"]
    if read.ledger.dropped:
        st.caption(_("{count} rows can't be read as rows of the table.", count=sum(read.ledger.dropped.values())))
    shape = {"attributes": by_user, "catalogue": by_column, "identities": by_ids, "spend": by_day}[kind]
    settings = shape(found, names, fits, log)
    return None if settings is None else {**settings, "layout": layout}


def by_user(found: Upload, names: Sequence[str], fits: Sequence[Key], log: EventLog) -> dict[str, Any] | None:
    """The column that holds the user's id."""
    known = {key.column: key for key in reversed([k for k in fits if k.of == USER])}
    best = next((k.column for k in fits if k.of == USER), None)
    column = picked(found, "key", _("The user's id"), names, best)
    return fitting(known.get(column), {"key_column": column})


def by_column(found: Upload, names: Sequence[str], fits: Sequence[Key], log: EventLog) -> dict[str, Any] | None:
    """The column of the table, and the column of the data that holds the same."""
    best = next((k for k in fits if k.of != USER), None)
    left, right = st.columns(2)
    with left:
        column = picked(found, "key", _("Its key"), names, best.column if best else None)
    with right:
        of = picked(found, "of", _("The same in the data"), list(log.columns), best.of if best else None)
    known = next((k for k in fits if k.column == column and k.of == of), None)
    return fitting(known, {"key_column": column, "of_column": of})


def by_ids(found: Upload, names: Sequence[str], fits: Sequence[Key], log: EventLog) -> dict[str, Any] | None:
    """The two columns of ids."""
    if len(names) < 2:
        st.caption(_("A table of ids needs two columns at least."))
        return None
    left, right = st.columns(2)
    with left:
        one = picked(found, "left", _("One id"), names, names[0])
    with right:
        other = picked(found, "right", _("The other id"), names, names[1])
    best = max((k for k in fits if k.of == USER and k.column in (one, other)), key=lambda k: k.match_rate, default=None)
    return fitting(best, {"left": one, "right": other}) if one != other else None


def by_day(found: Upload, names: Sequence[str], fits: Sequence[Key], log: EventLog) -> dict[str, Any] | None:
    """Day, cost, and channel or campaign."""
    reading = understanding.inspected(found, understanding.layout_of(found))
    roles = reading.roles if reading is not None else {}
    said = {"day": _("Day"), "cost": _("Cost"), "channel": _("Channel"), "campaign": _("Campaign")}
    role = {"day": "time"}
    settings: dict[str, Any] = {}
    for place, name in zip(st.columns(4), said, strict=True):
        with place:
            guess = roles.get(role.get(name, name))
            options = names if name in ("day", "cost") else [NOTHING, *names]
            settings[name] = picked(found, name, said[name], options, guess if isinstance(guess, str) else None) or None
    return settings


def picked(found: Upload, part: str, label: str, names: Sequence[str], best: str | None) -> str:
    """One of some columns."""
    index = list(names).index(best) if best in names else 0
    return str(
        st.selectbox(
            label,
            names,
            index=index,
            key=f"{part}:{found.id}",
            format_func=lambda name: name or "–",
        )
    )


def fitting(key: Key | None, settings: dict[str, Any]) -> dict[str, Any] | None:
    """How well a table fits, said; settings that take a loose key as such."""
    if key is None:
        st.warning(_("No value of this column occurs in the data, so nothing can be joined by it."))
        return None
    say = words()
    text = _(
        "{rate} of its values occur in the data; {covered} of the events belong to them.",
        rate=say.rate(key.match_rate),
        covered=say.rate(key.covered_share),
    )
    if key.by == "loose":
        text += " " + _("They match when case and zeros in front are set aside.")
    st.caption(text)
    return {**settings, "loose": True} if key.by == "loose" and "key_column" in settings else settings


def add(current: Dataset, found: Upload, kind: str, settings: dict[str, Any]) -> None:
    """Adds a file; what is refused is said, and the data set stays as it was."""
    space, fingerprint = session.workspace(), current.fingerprint
    if kind == "append":

        def work(progress: Progress) -> Dataset:
            return compose.append(space, fingerprint, found, progress, **settings)

        st.session_state["waiting"] = [w for w in st.session_state.get("waiting", []) if w.id != found.id]
        importing.start(understanding.KEY, work, found.name)
        st.rerun()
    try:
        with st.spinner(_("Adding {name}", name=plain(found.name))):
            read = table(found.id, repr(settings.get("layout")), found, settings.get("layout"))
            made = compose.join(space, fingerprint, Join(kind, found.name, settings), read.table)  # type: ignore[arg-type]
    except AnalysisError as error:
        st.error(words().error(error), icon=":material/info:")
        return
    settled(found)
    session.use(made.fingerprint)
    st.session_state["just_loaded"] = (made.fingerprint, False)
    st.rerun()


def settled(found: Upload) -> None:
    """A file no longer waits."""
    st.session_state["waiting"] = [w for w in st.session_state.get("waiting", []) if w.id != found.id]
    session.workspace().discard(found)
