"""Clicks: on elements, on the screen, and again and again on one spot."""

from __future__ import annotations

import streamlit as st

from analysis import AnalysisError, ClickMap, ElementClicks, RageClicks, suggest
from analysis.charts import click_map as screen_chart
from analysis.charts import element_clicks as elements_chart
from analysis.charts import rage_clicks as rage_chart
from analysis.charts.picture import Picture
from analysis.events import properties
from pages.behaviour.two_sides import two_sides
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls
from pages.notebook.language import _, words


def values(log, role: str) -> list[str]:  # type: ignore[no-untyped-def]
    """The first values of a role's column: a list to choose from has an end."""
    return sorted(log.words(log.roles[role]).values[1:])[:500] if role in log.roles else []


def page_of(form, log, nothing: str):  # type: ignore[no-untyped-def]
    """The page looked at."""
    options = [None, *values(log, "page")]
    if form.current.page not in options:
        options.append(form.current.page)
    return form.choice("page", _("Page"), options, lambda p: nothing if p is None else p)


def click_of(form, log):  # type: ignore[no-untyped-def]
    """What is a click."""
    return form.event("click", _("A click is"), log, anything=_("told by its name"))


def missing(answer: object) -> None:
    """Where the answer can't be had, the way to what it needs."""
    if answer is None:
        st.page_link("start/data.py", label=_("Set the columns on the Data page"), icon=":material/table:")


def element_people(answer) -> People:  # type: ignore[no-untyped-def]
    """Users of each element."""
    label = lambda e: _("Clicked {element}", element=e)  # noqa: E731
    return [Group(label(e), lambda e=e: answer.people(e), e) for e in answer.table["element"]]


@st.fragment
def elements() -> None:
    """What is clicked on a page."""
    log = session.whole_log()
    with cell("elements", ask=_("Do people click what the page wants?")) as c:
        question = session.suggested(suggest.element_clicks)
        if {"page", "element"} <= set(log.roles):
            with c.controls:
                form = Controls(ElementClicks, question, param="q2")
                wanted = [None, *values(log, "element")]
                if form.current.intended not in wanted:
                    wanted.append(form.current.intended)
                by_name = _("told by its name")
                question = form.build(
                    page=page_of(form, log, _("the most clicked one")),
                    intended=form.choice(
                        "intended", _("The page wants"), wanted, lambda e: by_name if e is None else e
                    ),
                    click=click_of(form, log),
                    view=form.event("view", _("A page view is"), log, anything=by_name),
                    **two_sides(form, log),
                )
        missing(c.show(question, elements_chart.draw, people=element_people))


def screen_people(answer) -> People:  # type: ignore[no-untyped-def]
    """Users of the busiest cells."""
    found = []
    for _index, row in answer.table.sort_values("clicks", ascending=False).head(300).iterrows():
        at, place = answer.middle(row), (int(row["column"]), int(row["row"]))
        label = _("{x_share} from the left, {y_share} from the top", **at)
        found.append(Group(label, lambda p=place: answer.people(*p), f"{place[0]}:{place[1]}"))
    return found


def picture() -> Picture | None:
    """A screenshot to lay under the map; it stays in this session's memory."""
    note = _("PNG or JPEG, at most 10 MB. It is only shown under the map, and kept nowhere.")
    label, kinds = _("Screenshot of the page"), ["png", "jpg", "jpeg"]
    given = st.file_uploader(label, type=kinds, key="screenshot", help=note, max_upload_size=10)
    if given is None:
        return None
    try:
        return Picture.read(given.getvalue())
    except AnalysisError as error:
        st.warning(words().error(error), icon=":material/info:")
        return None


@st.fragment
def screen() -> None:
    """Where on the screen."""
    log = session.whole_log()
    with cell("screen", ask=_("Where on the screen do they click?")) as c:
        question, under = session.suggested(suggest.click_map), None
        if {"x", "y"} <= set(log.roles):
            with c.controls:
                form = Controls(ClickMap, question, param="q3")
                question = form.build(
                    page=page_of(form, log, _("the most clicked one")),
                    click=click_of(form, log),
                    across=int(form.number("across", _("Cells across"), 8, 80)),
                    down=int(form.number("down", _("Cells down"), 8, 80)),
                    **two_sides(form, log),
                )
                under = picture()
        answer = c.show(question, lambda *a: screen_chart.draw(*a, under), people=screen_people)
        missing(answer)
        if answer is not None and answer.sided is not None:  # type: ignore[attr-defined]
            st.caption(_("Blank: within the noise floor. Pale: beyond it, but not after correction for all cells."))
        lost = answer.outside + answer.missing if answer is not None else 0  # type: ignore[attr-defined]
        if lost:
            text = _("{count} clicks are not on the map: outside the viewport, or without a position.", count=lost)
            st.caption(text)


def rage_people(answer) -> People:  # type: ignore[no-untyped-def]
    """Users with a burst, place by place."""
    return [
        Group(rage_chart.place(p, e), lambda p=p, e=e: answer.people(p, e), f"{p}\x1f{e}")
        for p, e in zip(answer.table["page"], answer.table["element"], strict=True)
    ]


@st.fragment
def rage() -> None:
    """Where they click in anger."""
    log = session.whole_log()
    with cell("rage", ask=_("Where do they click again and again?")) as c:
        question = session.suggested(suggest.rage_clicks)
        if {"x", "y"} <= set(log.roles) or "element" in log.roles:
            with c.controls:
                form = Controls(RageClicks, question, param="q4")
                columns = [None, *properties(log, most=20)]
                question = form.build(
                    page=page_of(form, log, _("all pages")),
                    click=click_of(form, log),
                    times=int(form.number("times", _("Clicks, at least"), 2, 10)),
                    seconds=form.number("seconds", _("Within seconds"), 0.5, 10, 0.5),
                    pixels=float(form.number("pixels", _("Within pixels"), 0, 200, 5)),
                    compare=form.choice("compare", _("Compare"), columns, lambda c: _("nothing") if c is None else c),
                )
        more = lambda a: {_("By value"): a.by_value}  # noqa: E731
        missing(c.show(question, rage_chart.draw, more=more, people=rage_people))
