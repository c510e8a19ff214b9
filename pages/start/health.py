"""How healthy the data are: what to be careful with first, each with what it means and who is behind it."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from analysis import calendar
from analysis.charts import health as chart
from analysis.charts.look import Look
from analysis.health import Fact, Health
from analysis.health import health as examined
from analysis.health.facts import NAMES
from analysis.health.names import counts
from analysis.store import Dataset
from pages.notebook import session
from pages.notebook.language import _, language, words
from pages.start import listing

TILES = 3


@st.cache_resource(max_entries=16, show_spinner=False)
def facts(fingerprint: str) -> Health:
    """The health of a data set, found once for all sessions."""
    return examined(session.opened(fingerprint))


@st.fragment
def card(current: Dataset) -> None:
    """The headline, events and users a day, what to be careful with, and what is fine."""
    st.subheader(_("How healthy the data are"))
    with st.spinner(_("Looking at the data")):
        found = facts(current.fingerprint)
    if not found.facts:
        st.caption(_("The data set holds no events."))
        return
    st.html(f'<p class="fp-detail">{escape(headline(found))}</p>')
    if len(found.days) > 1:
        drawn = chart.draw(found, words(), session.look())
        for place, panel, name in zip(st.columns(2), drawn, ("events", "users"), strict=True):
            place.altair_chart(panel, theme=None, width="stretch", key=f"health:{name}")
    tiles(current, found, found.of("careful") + found.of("look"))
    fine = found.of("fine")
    with st.expander(_("What is fine: {count}", count=len(fine))):
        tiles(current, found, fine)


def headline(found: Health) -> str:
    """How many facts want care, in a sentence."""
    careful, look = len(found.of("careful")), len(found.of("look"))
    if careful:
        return _("To be careful with: {careful}. To look at: {look}.", careful=careful, look=look)
    if look:
        return _("To look at: {look}. Nothing makes answers wrong by itself.", look=look)
    return _("Nothing stands in the way of good answers.")


def tiles(current: Dataset, found: Health, shown: list[Fact]) -> None:
    """The facts in a grid, each with a button that opens who or what is behind it."""
    if not shown:
        return
    with st.grid(TILES, gap="small", min_column_width=270):
        for fact in shown:
            with st.container(border=True, height="stretch"):
                st.html(tile(fact, session.look()))
                if fact.behind is None:
                    continue
                label = _("Show who") if fact.behind.kind == "users" else _("Show which")
                key = f"behind:{current.fingerprint}:{fact.name}@{language()}"
                if st.button(label, key=key, type="tertiary", icon=":material/list:"):
                    st.dialog(_(NAMES[fact.name]), width="large")(behind)(current, found, fact)


def tile(fact: Fact, look: Look) -> str:
    """Severity and label small, the value large, what was found, and what it means; a sign beside each colour."""
    ink, sign, severity = {
        "careful": (look.bad, "▲", _("careful")),
        "look": (look.accent, "◆", _("look")),
        "fine": (look.good, "●", _("fine")),
    }[fact.severity]
    message, detail = words().finding(fact.told)
    number, unit = value(fact)
    big = f'<span style="font-size:1.6rem;font-weight:650">{escape(number)}</span>' if number else ""
    return (
        f'<p style="margin:0;font-size:.95rem"><span style="color:{ink};font-weight:600">{sign} {escape(severity)}'
        f'</span> <span style="opacity:.72">· {escape(_(NAMES[fact.name]))}</span></p>'
        f'<p style="margin:.1rem 0">{big}<span style="opacity:.72">{escape(unit)}</span></p>'
        f'<p class="fp-also"><b>{escape(message)}</b></p>'
        f'<p class="fp-note" style="opacity:.72;margin:0">{escape(detail)}</p>'
    )


def value(fact: Fact) -> tuple[str, str]:
    """The number in large type, and its unit."""
    say, one = words(), fact.value == 1
    if fact.unit == "hours":
        return f"{fact.told.facts['start']} – {fact.told.facts['stop']}", ""
    if fact.unit == "date":
        return say.day(fact.told.facts["last"]), ""
    if fact.unit == "width":
        return width_name(int(fact.value)), ""
    if fact.unit == "share":
        return say.rate(fact.value), ""
    units = {
        "users": _(" user") if one else _(" users"),
        "rows": _(" row") if one else _(" rows"),
        "days": _(" day") if one else _(" days"),
        "names": _(" name") if one else _(" names"),
        "arms": _(" arm") if one else _(" arms"),
        "number": "",
        "none": "",
    }
    return ("" if fact.unit == "none" else say.number(fact.value)), units[fact.unit]


def width_name(width: int) -> str:
    """The width of a stamp."""
    units = {
        calendar.DAY_US: _("one day"),
        calendar.HOUR_US: _("one hour"),
        60 * calendar.SECOND_US: _("one minute"),
        calendar.SECOND_US: _("one second"),
    }
    return units.get(width, _("below a second"))


def behind(current: Dataset, found: Health, fact: Fact) -> None:
    """Who or what is behind a fact: as many as its number says, with a file of all."""
    log, source = session.opened(current.fingerprint), fact.behind
    assert source is not None
    st.html(f'<p class="fp-note">{escape(" ".join(words().finding(fact.told)))}</p>')
    if source.kind in ("users", "rows"):
        listing.opened(f"{current.name}-{fact.name}", log, source)
        return
    places = source.find(log)
    table: dict[str, Any]
    if source.kind == "days":
        days = found.days.iloc[places]
        table = {_("day"): days["day"], _("events"): days["events"], _("users"): days["users"]}
    else:
        table = {_("event"): [log.events.values[c] for c in places], _("events"): counts(log)[places]}
    frame = pd.DataFrame(table)
    listing.listed(frame, len(frame), lambda: frame, f"{current.name}-{fact.name}")
