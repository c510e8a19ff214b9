"""The frame of every page: language, data set, scope, navigation. It is the main script."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import streamlit as st

from analysis.events import properties
from analysis.words import LANGUAGES
from pages.notebook import session
from pages.notebook.controls import NOTHING
from pages.notebook.language import _, language, words

HERE = Path(__file__).parent

STYLE = """
<style>
.fp-ask {font-size: 1rem; opacity: .72; margin: 0 0 .2rem 0}
.fp-head {font-size: 1.75rem; line-height: 1.25; font-weight: 650; margin: 0; padding: 0; overflow-wrap: anywhere}
.fp-detail {font-size: 1.05rem; opacity: .75; margin: .35rem 0 .4rem 0; overflow-wrap: anywhere}
.fp-also {font-size: 1.05rem; margin: .1rem 0; overflow-wrap: anywhere}
.fp-also b {font-weight: 600}
.fp-also span {opacity: .72}
.fp-note {font-size: 1rem; line-height: 1.55; max-width: 46rem; margin: 0 0 .6rem 0}
.fp-brand {font-size: 1.15rem; font-weight: 700; margin: 0}
.fp-data {font-size: .95rem; opacity: .78; margin: 0; overflow-wrap: anywhere}
.stMainBlockContainer {max-width: 1500px}
[data-testid="stMetricValue"] {font-size: 1.5rem}
@media (max-width: 1150px) {
  [class*="st-key-cell-"] > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"]
    > [data-testid="stColumn"] {min-width: 100%}
}
@media print {[data-testid="stElementContainer"] {break-inside: avoid}}
</style>
"""
PRESENT = """
<style>
[data-testid="stHeader"], [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] {display: none}
html {font-size: 120%}
.stMainBlockContainer {max-width: 1700px; padding-top: 1rem}
</style>
"""


def pages() -> dict[str, list[st.Page]]:
    """The walk: every page, by area. Paths stay the same in every language."""

    def page(file: str, title: str, icon: str, *, default: bool = False) -> st.Page:
        path = "" if default else Path(file).stem
        return st.Page(HERE / file, title=title, icon=f":material/{icon}:", url_path=path or None, default=default)

    return {
        _("Start"): [
            page("start/home.py", _("Start"), "home", default=True),
            page("start/data.py", _("Data"), "table"),
        ],
        _("Behaviour"): [
            page("behaviour/overview.py", _("What stands out"), "lightbulb"),
            page("behaviour/funnel.py", _("Funnel"), "filter_alt"),
            page("behaviour/conversion.py", _("Conversion"), "speed"),
            page("behaviour/faults.py", _("What broke"), "build"),
            page("behaviour/drivers.py", _("Why they leave"), "logout"),
            page("behaviour/paths.py", _("Paths"), "account_tree"),
            page("behaviour/retention.py", _("Retention"), "calendar_month"),
            page("behaviour/usage.py", _("Usage"), "repeat"),
            page("behaviour/heatmaps.py", _("Heat-maps"), "grid_on"),
            page("behaviour/trends.py", _("Trends"), "show_chart"),
            page("behaviour/sessions.py", _("Sessions and pages"), "schedule"),
            page("behaviour/experiment.py", _("Experiment"), "science"),
            page("behaviour/aha.py", _("Aha moments"), "lightbulb"),
        ],
        _("Segments"): [
            page("segments/rfm.py", _("RFM"), "group"),
            page("segments/saved.py", _("Saved"), "bookmark"),
        ],
        _("Lifecycle"): [
            page("lifecycle/periods.py", _("New and returning"), "stacked_bar_chart"),
            page("lifecycle/stages.py", _("Stages"), "timeline"),
        ],
        _("Campaigns"): [page("campaigns/effect.py", _("Effect"), "science")],
        _("Share"): [page("share/findings.py", _("Findings"), "keep")],
    }


def switch_language() -> None:
    """Language names are written alike in both languages, so the widget may keep them."""
    names = {name: code for code, name in LANGUAGES.items()}
    chosen = st.segmented_control(
        _("Language"),
        list(names),
        default=LANGUAGES[language()],
        key="language",
        label_visibility="collapsed",
        required=True,
    )
    if chosen and names[chosen] != language():
        st.session_state["lang"] = names[chosen]
        st.rerun()


def choose_data() -> None:
    """Which data set, which days, who; and the zone all days belong to."""
    current = session.dataset()
    if current is None:
        st.caption(_("Nothing is loaded yet."))
        return
    known = {d.fingerprint: d for d in session.workspace().datasets()}
    key = f"dataset:{len(known)}"
    if st.session_state.get(key) != current.fingerprint:
        st.session_state[key] = current.fingerprint
    chosen = st.selectbox(_("Data"), list(known), key=key, format_func=lambda f: known[f].name)
    if chosen != current.fingerprint:
        session.use(chosen)
        st.rerun()
    log = session.opened(chosen)
    facts = {"events": log.n_events, "users": log.n_users, "zone": log.zone}
    if log.shape == "results":
        st.caption(_("{users} users, a result table without time", users=log.n_users))
        st.session_state["scope"] = session.Scope()
        return
    st.caption(_("{events} events, {users} users, days of {zone}", **facts))
    choose_scope(chosen)


def choose_scope(fingerprint: str) -> None:
    """Days and segment."""
    log, scope = session.opened(fingerprint), session.scope()
    first, last = session.span(log)
    given = (
        max(date.fromisoformat(scope.first_day) if scope.first_day else first, first),
        min(date.fromisoformat(scope.last_day) if scope.last_day else last, last),
    )
    key = f"days:{fingerprint}"
    if key not in st.session_state:
        st.session_state[key] = given if given[0] <= given[1] else (first, last)
    days = st.date_input(_("Dates"), min_value=first, max_value=last, key=key, format="YYYY-MM-DD")
    if not isinstance(days, tuple) or len(days) != 2:
        days = given  # the second day is not chosen yet
    columns = properties(log, most=60)
    column = value = None
    if columns:
        column, value = choose_segment(log, scope, columns, fingerprint)
    low = days[0].isoformat() if days[0] != first else None
    high = days[1].isoformat() if days[1] != last else None
    st.session_state["scope"] = session.Scope(low, high, column, value)


def choose_segment(log, scope, columns, fingerprint):  # type: ignore[no-untyped-def]
    """A property, then its value; both user data, shown as they are."""
    everyone = _("Everyone")
    key = f"by:{fingerprint}@{language()}"
    if key not in st.session_state:
        st.session_state[key] = scope.column or NOTHING
    column = st.selectbox(_("Who"), [NOTHING, *columns], key=key, format_func=lambda c: everyone if c == NOTHING else c)
    if column == NOTHING:
        return None, None
    values = list(log.words(column).values[1:])
    key = f"who:{fingerprint}:{column}"
    if key not in st.session_state:
        st.session_state[key] = scope.value if scope.column == column and scope.value in values else values[0]
    return column, st.selectbox(_("whose last {column} is", column=column), values, key=key)


def keep_url() -> None:
    """A change of page empties the URL; what the whole session shares is written back."""
    scope, current = session.scope(), st.session_state.get("ds")
    session.in_url("lang", language())
    session.in_url("ds", current)
    session.in_url("present", "1" if session.presenting() else None)
    for name, value in (("from", scope.first_day), ("to", scope.last_day), ("by", scope.column), ("who", scope.value)):
        session.in_url(name, value)


def present() -> None:
    """The meeting mode: no menus, larger text; Escape's place is a small button."""
    st.session_state["present"] = not session.presenting()


presenting = session.presenting()
st.set_page_config(
    page_title=_("Footprints"),
    page_icon="👣",
    layout="wide",
    initial_sidebar_state="collapsed" if presenting else "expanded",
)
st.html(STYLE + (PRESENT if presenting else ""))
current_page = st.navigation(pages(), position="hidden" if presenting else "top")
with st.sidebar:
    st.html(f'<p class="fp-brand">{words()("Footprints")}</p>')
    choose_data()
    st.divider()
    switch_language()
    st.button(_("Meeting mode"), icon=":material/slideshow:", on_click=present, key="present-on", width="stretch")
keep_url()
if presenting:
    st.button(
        _("Leave meeting mode"),
        icon=":material/close_fullscreen:",
        on_click=present,
        key="present-off",
        type="tertiary",
    )
current_page.run()
session.settle()
