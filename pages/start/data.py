"""Data: upload, what was understood, what became of every row, and how healthy it is."""

from __future__ import annotations

from html import escape

import pandas as pd
import streamlit as st

from analysis import AnalysisError, calendar
from analysis.intake.ledger import FLAGS, REASONS
from analysis.intake.reading import ROLES, Reading
from analysis.store import Dataset, Upload
from analysis.users import left_edge_days
from pages.notebook import session, upload
from pages.notebook.controls import NOTHING
from pages.notebook.language import _, language, words

KEY = "upload"
SHOWN_ROLES = [r for r in ROLES if r != "milestone"]
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
        "x": _("x position"),
        "y": _("y position"),
        "session": _("session"),
        "consent": _("consent"),
        "milestone": _("milestone time"),
    }
    return names[role]


def shape_name(shape: str) -> str:
    """What kind of table a file is, said so that a marketer can disagree."""
    return {
        "events": _("Events: each row is something a user did."),
        "orders": _("Orders: each row is a purchase or a line of one."),
        "milestones": _("Milestones: one row a user, a column for each time something happened."),
        "results": _("Results: one row a user, without time. It serves the Effect page only."),
    }[shape]


def inspected(found: Upload) -> Reading | None:
    """The reading of an upload, made once a session."""
    key = f"reading:{found.id}"
    if key not in st.session_state:
        with st.spinner(_("Looking at the file")):
            try:
                st.session_state[key] = session.workspace().inspect(found)
            except AnalysisError as error:
                st.error(words().error(error), icon=":material/info:")
                upload.done(KEY)
                return None
    reading: Reading = st.session_state[key]
    return reading


def confirm(found: Upload) -> None:
    """What was understood, changeable; then "use this"."""
    reading = inspected(found)
    if reading is None:
        return
    st.subheader(_("What was understood"))
    st.write(shape_name(reading.shape))
    roles = choose_roles(found, reading)
    left, middle, right = st.columns(3)
    browser = st.context.timezone or "UTC"
    zones = list(dict.fromkeys([browser, *ZONES]))
    zone = left.selectbox(
        _("Time zone of the file"), zones, key=f"zone:{found.id}", disabled=reading.shape == "results"
    )
    said = {"drop": _("Leave out exact repeats"), "keep": _("Keep every row")}
    twice = middle.selectbox(_("Repeated rows"), list(said), format_func=said.get, key=f"twice:{found.id}@{language()}")
    day_first = ask_order(right, found) if "day_first" in reading.asks else None
    with st.expander(_("The first rows, as they were read"), expanded=True):
        st.dataframe(reading.head.to_pandas(), hide_index=True, width="stretch", height=245)
    left, right, _rest = st.columns([1, 1, 4])
    ready = "day_first" not in reading.asks or day_first is not None
    if left.button(_("Use this"), type="primary", disabled=not ready, width="stretch"):
        keep(found, roles, zone, twice, day_first)
    if right.button(_("Another file"), width="stretch"):
        upload.done(KEY)
        st.rerun()


def ask_order(place, found: Upload) -> bool | None:  # type: ignore[no-untyped-def]
    """Dates that read both ways are asked about, never guessed."""
    said = {True: _("day / month: 01/02 is 1 February"), False: _("month / day: 01/02 is 2 January")}
    key = f"order:{found.id}@{language()}"
    return place.radio(_("Which way round are the dates?"), [True, False], format_func=said.get, index=None, key=key)


def choose_roles(found: Upload, reading: Reading) -> dict[str, str | tuple[str, ...]]:
    """A row a role, with the confidence and the reason; one click changes it."""
    chosen: dict[str, str | tuple[str, ...]] = {}
    best = {g.role: g for g in sorted(reading.guesses, key=lambda g: g.confidence)}
    wanted = [r for r in SHOWN_ROLES if r in reading.roles or r in ("user", "time", "event", "amount", "arm")]
    with st.grid(3, gap="small"):
        for role in wanted:
            with st.container(border=True, height="stretch"):
                now = reading.roles.get(role)
                options = [NOTHING, *reading.columns]
                key = f"role:{found.id}:{role}@{language()}"
                index = options.index(now) if now in options else 0
                column = st.selectbox(
                    role_name(role), options, index=index, format_func=lambda c: "–" if c == NOTHING else c, key=key
                )
                guess = best.get(role)
                if column != NOTHING:
                    chosen[role] = column
                if guess is not None and guess.column == column:
                    because = words()(guess.evidence, column=guess.column)
                    st.caption(escape(_("{sure} sure: {because}", sure=f"{guess.confidence:.0%}", because=because)))
    if "milestone" in reading.roles:
        key = f"role:{found.id}:milestone"
        given = reading.roles["milestone"]
        times = st.multiselect(
            role_name("milestone"), reading.columns, default=[given] if isinstance(given, str) else list(given), key=key
        )
        chosen["milestone"] = tuple(times)
    return chosen


def keep(found: Upload, roles, zone: str, twice: str, day_first: bool | None) -> None:  # type: ignore[no-untyped-def]
    """Imports, with progress; what is refused is said."""
    bar = st.progress(0.0, text=_("Reading {name}", name=found.name))
    try:
        loaded = session.workspace().add(
            found,
            roles=roles,
            time_zone=zone,
            duplicates=twice,
            day_first=day_first,
            progress=lambda part: bar.progress(min(1.0, part), text=_("Reading {name}", name=found.name)),
        )
    except AnalysisError as error:
        bar.empty()
        st.error(words().error(error), icon=":material/info:")
        return
    upload.done(KEY)
    session.use(loaded.fingerprint)
    st.session_state["just_loaded"] = (loaded.fingerprint, loaded.already_there)
    st.rerun()


def strip(parts: list[tuple[str, int, str]], total: int) -> str:
    """The ledger as one bar whose parts add up to the file."""
    bars = "".join(
        f'<div title="{escape(label)}" '
        f'style="flex:{max(count, total * 0.006):.0f};background:{colour};height:14px"></div>'
        for label, count, colour in parts
        if count
    )
    return f'<div style="display:flex;gap:2px;border-radius:4px;overflow:hidden">{bars}</div>'


def ledger(current: Dataset) -> None:
    """Rows in the file = rows used + rows dropped, by reason; dropped rows can be had."""
    log = session.opened(current.fingerprint)
    account = log.ledger
    st.subheader(_("What became of every row"))
    if account is None:
        st.caption(_("This data set was made here, from rows that were accounted for before."))
        return
    say, look = words(), session.look()
    sentence = _("{rows} rows in the file = {used} used", rows=account.rows, used=account.used)
    sentence += "".join(
        f" + {say.number(n)} {_(REASONS[reason]).rstrip('.。').lower()}" for reason, n in account.dropped.items()
    )
    colours = [look.bad, look.grey, look.soft, look.line]
    parts = [(_("used"), account.used, look.accent)]
    parts += [(_(REASONS[r]), n, colours[k % 4]) for k, (r, n) in enumerate(account.dropped.items())]
    st.html(strip(parts, account.rows) + f'<p class="fp-detail">{escape(sentence)}</p>')
    for flag, count in account.flagged.items():
        st.html(f'<p class="fp-also"><b>{say.number(count)}</b> <span>{escape(_(FLAGS[flag]))}</span></p>')
    if not account.dropped:
        st.caption(_("No row was dropped."))
        return
    path = session.workspace().dropped_path(current.fingerprint)
    dropped = pd.read_parquet(path)
    with st.expander(_("The {count} dropped rows, with line and reason", count=len(dropped))):
        st.dataframe(dropped.head(500), hide_index=True, width="stretch", height=280)
    st.download_button(
        _("Download the dropped rows"),
        lambda: session.to_csv(dropped),
        f"{current.name}-dropped.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def health(current: Dataset) -> None:
    """What the data can and can't tell."""
    log = session.opened(current.fingerprint)
    st.subheader(_("How healthy the data are"))
    if log.shape == "results":
        st.write(_("A result table: {users} users, one row each. Only the Effect page can use it.", users=log.n_users))
        return
    first, last = session.span(log)
    say = words()
    units = {
        calendar.DAY_US: _("one day"),
        calendar.HOUR_US: _("one hour"),
        60 * calendar.SECOND_US: _("one minute"),
        calendar.SECOND_US: _("one second"),
    }
    width = units.get(log.resolution_us, _("below a second"))
    edge = left_edge_days(log)
    facts = [
        (
            _("Events"),
            say.number(log.n_events),
            _("From {first} to {last}, days of {zone}.", first=say.day(first), last=say.day(last), zone=log.zone),
        ),
        (
            _("Users"),
            say.number(log.n_users),
            _("{each} events a user on average.", each=log.n_events / max(1, log.n_users)),
        ),
        (_("Stamps"), width, _("Rows with the same stamp are taken in either order.")),
        (
            _("Left edge"),
            say(" {edge_days} d", edge_days=edge).strip(),
            _("Users first seen in these first days may be old ones; new is not claimed for them."),
        ),
    ]
    with st.grid(4, gap="small", min_column_width=200):
        for label, value, note in facts:
            with st.container(border=True, height="stretch"):
                st.metric(label, value)
                st.caption(note)


def manage(current: Dataset) -> None:
    """The name, and the way out."""
    with st.expander(_("Rename or remove")):
        name = st.text_input(_("Name"), current.name, key=f"name:{current.fingerprint}")
        left, right, _rest = st.columns([1, 1, 3])
        if left.button(_("Rename"), disabled=not name.strip() or name == current.name):
            session.workspace().rename(current.fingerprint, name.strip())
            st.rerun()
        sure = _rest.checkbox(_("I am sure"), key=f"sure:{current.fingerprint}")
        if right.button(_("Remove"), disabled=not sure):
            session.workspace().remove(current.fingerprint)
            st.session_state.pop("ds", None)
            st.session_state.pop("scope", None)
            st.rerun()


def page() -> None:
    st.title(_("Data"))
    found = upload.received(KEY, _("Drop a spreadsheet here"))
    if found is not None:
        confirm(found)
        return
    current = session.dataset()
    if current is None:
        return
    fresh, twice = st.session_state.pop("just_loaded", (None, False))
    if fresh == current.fingerprint:
        text = _("{name} was here already; it is one data set.") if twice else _("{name} is loaded.")
        st.success(text.format(name=session.described(current)), icon=":material/check:")
    st.header(session.described(current))
    ledger(current)
    health(current)
    manage(current)


page()
