"""The walk: what happens here, and the way in. With data loaded, the headline of every area."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from analysis import AnalysisError, EventLog, suggest
from pages.notebook import session
from pages.notebook.language import _, words

SAMPLES = Path(__file__).parents[2] / "sample_data"


def sample(name: str, walk: str) -> None:
    """Loads one of the samples and walks on to its first answer."""
    with st.status(_("Reading the sample"), expanded=False), (SAMPLES / name).open("rb") as file:
        upload = session.workspace().receive(file, name)
        loaded = session.workspace().add(upload, time_zone="Asia/Shanghai", name=name)
    session.use(loaded.fingerprint)
    st.switch_page(walk)


def steps() -> None:
    """The four areas, in the order in which they are walked."""
    walk = [
        (_("1. Behaviour"), _("Where users leave, and who comes back."), "behaviour/funnel.py", _("Funnel")),
        (_("2. Segments"), _("Who they are: how recent, how often, how much."), "segments/rfm.py", _("RFM")),
        (_("3. Lifecycle"), _("Who is new, who is settled, who is about to go."), "lifecycle/stages.py", _("Stages")),
        (
            _("4. Campaigns"),
            _("Whether the last campaign really changed anything."),
            "campaigns/effect.py",
            _("Effect"),
        ),
    ]
    with st.grid(4, gap="small", min_column_width=160):
        for title, text, file, name in walk:
            with st.container(border=True, height="stretch"):
                st.markdown(f"**{title}**")
                st.write(text)
                st.page_link(file, label=name, icon=":material/arrow_forward:")


def headlines(log: EventLog) -> None:
    """One finding an area, each with its way to the cell."""
    asked = [
        (_("Funnel"), "behaviour/funnel.py", lambda: suggest.funnel(log)),
        (_("Retention"), "behaviour/retention.py", lambda: suggest.retention(log)),
        (_("RFM"), "segments/rfm.py", lambda: suggest.rfm(log)),
        (_("New and returning"), "lifecycle/periods.py", lambda: suggest.periods(log)),
        (_("Stages"), "lifecycle/stages.py", lambda: suggest.stages(log)),
        (_("Effect"), "campaigns/effect.py", lambda: suggest.effect(log)),
    ]
    for title, file, question in asked:
        try:
            findings = session.answer(question()).findings()
            head, detail = words().finding(findings[0]) if findings else (_("Nothing stands out"), "")
        except AnalysisError as error:
            head, detail = words().error(error), ""
        with st.container(border=True):
            left, right = st.columns([6, 1], vertical_alignment="center")
            small = f'<p class="fp-ask">{escape(title)}</p>'
            left.html(f'{small}<p class="fp-also"><b>{escape(head)}</b></p><p class="fp-detail">{escape(detail)}</p>')
            right.page_link(file, label=_("Look"), icon=":material/arrow_forward:")


def page() -> None:
    current = session.dataset()
    st.title(_("Where do users leave, who are they, and did the campaign work?"))
    st.write(
        _(
            "Drop a spreadsheet of events or orders; a minute later the meeting looks at the answers. "
            "Nothing leaves this machine."
        )
    )
    left, middle, right, _rest = st.columns([1.5, 1.4, 1.3, 0.8])
    kind = "secondary" if current else "primary"
    if left.button(_("Walk through the sample shop"), type=kind, icon=":material/play_arrow:", width="stretch"):
        sample("shop.csv", "behaviour/funnel.py")
    if middle.button(_("Open the sample clicks"), icon=":material/touch_app:", width="stretch"):
        sample("clicks.csv", "behaviour/heatmaps.py")
    if right.button(_("Load your spreadsheet"), icon=":material/upload:", width="stretch"):
        st.switch_page("start/data.py")
    steps()
    if current is not None:
        st.subheader(_("At a glance: {name}", name=session.described(current)))
        headlines(session.whole_log())


page()
