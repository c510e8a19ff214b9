"""What was understood of a file, changeable; then "use this"."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from analysis import AnalysisError
from analysis.intake.clean import Progress
from analysis.intake.ledger import FLAGS
from analysis.intake.reading import ROLES, Reading, columns_of
from analysis.store import Dataset, Upload
from pages.notebook import importing, session, upload
from pages.notebook.controls import NOTHING
from pages.notebook.language import _, language, plain, words

KEY = "upload"
SHOWN_ROLES = [r for r in ROLES if r != "milestone"]
ALWAYS = ("user", "time", "event", "amount")
LOGS = ("events", "orders", "milestones", "results")
"""Kinds of table that a data set begins with."""

ZONES = [
    "Asia/Shanghai",
    "UTC",
    "Asia/Hong_Kong",
    "Asia/Tokyo",
    "Asia/Singapore",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
]


def role_name(role: str) -> str:
    """A role in a marketer's words."""
    names = {
        "user": _("user"),
        "time": _("time"),
        "clock": _("time of day"),
        "event": _("event"),
        "amount": _("amount"),
        "quantity": _("quantity"),
        "price": _("unit price"),
        "order": _("order id"),
        "channel": _("channel"),
        "campaign": _("campaign"),
        "arm": _("arm: treated or held out"),
        "cost": _("cost"),
        "page": _("page"),
        "element": _("element: what was clicked"),
        "x": _("x position"),
        "y": _("y position"),
        "session": _("session"),
        "consent": _("consent"),
        "milestone": _("milestone time"),
    }
    return names[role]


def kind_name(kind: str) -> str:
    """What kind of table a file is, said so that a marketer can disagree."""
    return {
        "events": _("Events: each row is something a user did."),
        "orders": _("Orders: each row is a purchase or a line of one."),
        "milestones": _("Milestones: one row a user, a column for each time something happened."),
        "results": _("Results: one row a user, without time. It serves the Effect page only."),
        "attributes": _("Attributes: one row a user, what is known of them."),
        "identities": _("Identities: each row holds ids of one person."),
        "catalogue": _("Catalogue: one row a product, what is known of it."),
        "spend": _("Spend: what campaigns or channels cost, by day."),
    }[kind]


def inspected(found: Upload, layout: dict[str, Any] | None = None) -> Reading | None:
    """The reading of an upload; None, and the reason said, where it can't be read."""
    try:
        with st.spinner(_("Looking at the file")):
            return session.workspace().inspect(found, layout)
    except AnalysisError as error:
        st.error(f"**{plain(found.name)}**  \n{words().error(error)}", icon=":material/info:")
        return None


def card(found: list[Upload]) -> None:
    """Files that arrived: the one a data set begins with; the others wait to be joined to it."""
    readings = [(file, reading) for file in found if (reading := inspected(file, layout_of(file))) is not None]
    if not readings:
        if st.button(_("Another file")):
            upload.done(KEY)
            st.rerun()
        return
    first, reading = beginning(readings)
    others = [file for file in found if file is not first]
    if others:
        names = ", ".join(plain(file.name) for file in others)
        st.info(_("First {first}. These wait to be added to it: {names}.", first=plain(first.name), names=names))
    confirm(first, reading, others)


def beginning(readings: list[tuple[Upload, Reading]]) -> tuple[Upload, Reading]:
    """The file a data set begins with: of those that can, the first with the headers that hold the most rows."""
    rows: dict[tuple[bool, str], int] = {}
    for _file, reading in readings:
        key = (reading.kind in LOGS, reading.header_key)
        rows[key] = rows.get(key, 0) + reading.rows
    most = max(rows, key=lambda key: (key[0], rows[key]))
    return next(r for r in readings if (r[1].kind in LOGS, r[1].header_key) == most)


def layout_of(found: Upload) -> dict[str, Any] | None:
    """The layout a person chose for a file; None lets it decide."""
    chosen: dict[str, Any] | None = st.session_state.get(f"layout:{found.id}")
    return chosen


def confirm(found: Upload, reading: Reading, others: list[Upload]) -> None:
    """What was understood of the file that a data set begins with; then "use this"."""
    st.subheader(_("What was understood"))
    st.write(f"**{plain(found.name)}**  \n{kind_name(reading.kind if reading.kind in LOGS else reading.shape)}")
    if reading.kind not in LOGS:
        st.warning(
            _(
                "This looks like something that belongs to events, not like events: {kind} Load a file of events "
                "first, then add this one to it.",
                kind=kind_name(reading.kind),
            ),
            icon=":material/info:",
        )
    sheets(found, reading)
    if "layout" in reading.asks:
        ask_layout(found, reading)
        return
    roles = choose_roles(found, reading)
    left, middle, right = st.columns(3)
    zones = list(dict.fromkeys([st.context.timezone or "UTC", *ZONES]))
    zone = left.selectbox(
        _("Time zone of the file"), zones, key=f"zone:{found.id}", disabled=reading.shape == "results"
    )
    said = {"drop": _("Leave out exact repeats"), "keep": _("Keep every row")}
    twice = middle.selectbox(_("Repeated rows"), list(said), format_func=said.get, key=f"twice:{found.id}@{language()}")
    day_first = ask_order(right, found) if "day_first" in reading.asks else None
    noted(reading)
    with st.expander(_("The first rows, as they were read"), expanded=True):
        st.dataframe(reading.head.to_pandas(), hide_index=True, width="stretch", height=245)
    left, right, _rest = st.columns([1, 1, 4])
    ready = "day_first" not in reading.asks or day_first is not None
    if left.button(_("Use this"), type="primary", disabled=not ready, width="stretch"):
        settings = {"roles": roles, "time_zone": zone, "duplicates": twice, "day_first": day_first}
        keep(found, others, reading, {**settings, "layout": layout_of(found)})
    if right.button(_("Another file"), width="stretch"):
        upload.done(KEY)
        st.rerun()


def noted(reading: Reading) -> None:
    """What was noticed already, before the import."""
    for note, count in reading.notes.items():
        st.html(f'<p class="fp-also"><b>{words().number(count)}</b> <span>{escape(_(FLAGS[note]))}</span></p>')


def sheets(found: Upload, reading: Reading) -> None:
    """The tables of a workbook or an archive: which one it is about."""
    if len(reading.sheets) < 2:
        return
    part = "member" if "member" in reading.layout else "sheet"
    names = [name for name, _rows in reading.sheets]
    said = {n: _("{name}, {rows} rows", name=n, rows=rows) if rows >= 0 else n for n, rows in reading.sheets}
    now = reading.layout.get(part)
    chosen = st.selectbox(
        _("Sheet or table"),
        names,
        index=names.index(now) if now in names else 0,
        format_func=said.get,
        key=f"sheet:{found.id}",
    )
    if chosen != now:
        st.session_state[f"layout:{found.id}"] = {part: chosen}
        st.rerun()
    others = [name for name in names if name != now]
    also = st.multiselect(_("Add these tables too"), others, key=f"sheets:{found.id}", placeholder=_("None"))
    st.session_state[f"also:{found.id}"] = [{part: name} for name in also]


def ask_layout(found: Upload, reading: Reading) -> None:
    """Two readings that are nearly as good: the rows where they part, and which one is right."""
    st.warning(
        _("{name} can be read in two ways. Which one is right? Here is where they part.", name=plain(found.name)),
        icon=":material/help:",
    )
    readings = (
        (reading.layout, reading.rows, reading.notes, reading.doubt[0]),
        (reading.other or {}, reading.other_rows, reading.other_notes, reading.doubt[1]),
    )
    for place, column in enumerate(st.columns(2, gap="large")):
        layout, rows, notes, part = readings[place]
        with column:
            st.markdown(f"**{_('{rows} rows', rows=rows)}**")
            for note, count in notes.items():
                st.caption(f"{words().number(count)} · {_(FLAGS[note])}")
            st.dataframe(part.to_pandas(), hide_index=True, width="stretch")
            if st.button(_("This one"), key=f"layout:{found.id}:{place}", width="stretch"):
                st.session_state[f"layout:{found.id}"] = dict(layout)
                st.rerun()


def ask_order(place, found: Upload) -> bool | None:  # type: ignore[no-untyped-def]
    """Dates that read both ways are asked about, never guessed."""
    said = {True: _("day / month: 01/02 is 1 February"), False: _("month / day: 01/02 is 2 January")}
    key = f"order:{found.id}@{language()}"
    return place.radio(_("Which way round are the dates?"), [True, False], format_func=said.get, index=None, key=key)


def choose_roles(found: Upload, reading: Reading) -> dict[str, str | tuple[str, ...]]:
    """A row a role, with the confidence and the reason; one click changes it."""
    chosen: dict[str, str | tuple[str, ...]] = {}
    best = {(g.role, g.column): g for g in sorted(reading.guesses, key=lambda g: g.confidence)}
    arm = ("arm",) if reading.shape == "results" else ()
    wanted = [r for r in SHOWN_ROLES if r in reading.roles or r in (*ALWAYS, *arm)]
    with st.grid(3, gap="small"):
        for role in wanted:
            with st.container(border=True, height="stretch"):
                columns = columns_of(reading.roles, role)
                options = [NOTHING, *reading.columns]
                key = f"role:{found.id}:{role}@{language()}"
                index = options.index(columns[0]) if columns and columns[0] in options else 0
                column = st.selectbox(
                    role_name(role), options, index=index, format_func=lambda c: "–" if c == NOTHING else c, key=key
                )
                guess = best.get((role, column))
                if column != NOTHING:  # further columns of the guess stay only as long as the first one does
                    chosen[role] = reading.roles[role] if column == next(iter(columns), None) else column
                if guess is not None:
                    because = words()(guess.evidence, column=guess.column)
                    st.caption(escape(_("{sure} sure: {because}", sure=f"{guess.confidence:.0%}", because=because)))
    stones = columns_of(reading.roles, "milestone")
    if stones:
        key = f"role:{found.id}:milestone"
        chosen["milestone"] = tuple(
            st.multiselect(role_name("milestone"), reading.columns, default=list(stones), key=key)
        )
    with st.expander(_("More roles")):
        more_roles(found, reading, [r for r in SHOWN_ROLES if r not in wanted], chosen)
    return chosen


def more_roles(found: Upload, reading: Reading, further: list[str], chosen: dict[str, str | tuple[str, ...]]) -> None:
    """Roles that nothing speaks for, and further ids of the user; puts what is chosen into `chosen`."""
    with st.grid(3, gap="small"):
        for role in further:
            key = f"role:{found.id}:{role}@{language()}"
            column = st.selectbox(
                role_name(role), [NOTHING, *reading.columns], format_func=lambda c: "–" if c == NOTHING else c, key=key
            )
            if column != NOTHING:
                chosen[role] = column
    if "user" in chosen:
        first, *others = columns_of(chosen, "user")
        ids = st.multiselect(
            _("Further ids of the same person"),
            [c for c in reading.columns if c != first],
            default=others,
            key=f"ids:{found.id}:{first}",
            placeholder=_("None"),
            help=_("Where the first id is missing, the next one counts; ids that stand in one row are one person's."),
        )
        chosen["user"] = (first, *ids) if ids else first


def keep(found: Upload, others: list[Upload], reading: Reading, settings: dict[str, Any]) -> None:
    """Begins the import; the files and tables that wait are kept for the data set it makes."""
    space = session.workspace()
    changed = {r: c for r, c in settings["roles"].items() if reading.roles.get(r) != c}
    waiting = list(others)
    for layout in st.session_state.get(f"also:{found.id}", []):
        more = space.again(found)
        st.session_state[f"layout:{more.id}"] = layout
        waiting.append(more)
    st.session_state["waiting"] = waiting

    def work(progress: Progress) -> Dataset:
        made = space.add(found, progress=progress, **settings)
        if changed:
            space.remember_roles(reading.header_key, settings["roles"])
        return made

    importing.start(KEY, work, found.name)
    st.rerun()


def taken(key: str) -> None:
    """Forgets the uploads of a zone whose first file was imported; those that wait are kept on disk."""
    waiting = st.session_state.get("waiting", [])
    known = {file.id for file in waiting}
    for file in st.session_state.pop(key, []):
        if file.id not in known:
            session.workspace().discard(file)
