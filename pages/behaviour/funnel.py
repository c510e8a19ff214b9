"""Where users drop out."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from analysis import Exclusion, Funnel, Step, stats, suggest
from analysis.behaviour.funnels import suggested
from analysis.charts import funnel as chart
from analysis.events import properties
from pages.notebook import session
from pages.notebook.cell import Group, People, cell
from pages.notebook.controls import Controls, events
from pages.notebook.language import _, language, plain, words


def tiles(answer):  # type: ignore[no-untyped-def]
    """The few numbers a meeting asks for first."""
    last, say = answer.table.iloc[-1], words()
    median, low, high, _first, _third = stats.quartiles(answer.convert_hours())
    rates = f"{say.rate(last['total_rate_low'])} – {say.rate(last['total_rate_high'])}"
    open_ = int(answer.table["still_open"].iloc[0])
    return [
        (_("Reach the end"), say.rate(last["total_rate"]), _("95% interval: {span}", span=rates)),
        (
            _("Median time"),
            say.span(median),
            _("From the first step to the last; 95% interval: {span}", span=f"{say.span(low)} – {say.span(high)}"),
        ),
        (_("Still open"), say.number(open_), _("Their window has not closed, so they are in no rate.")),
    ]


def people(answer) -> People:  # type: ignore[no-untyped-def]
    """Who reached each step, and who left before it."""
    groups = []
    for k, name in enumerate(answer.names, start=1):
        reached = _("{number}. Reached {step}", number=k, step=name)
        groups.append(Group(reached, lambda k=k: answer.people(k), f"{k}"))
        if k > 1:
            left = _("{number}. Left before {step}", number=k, step=name)
            if answer.question.steps[k - 1].optional:
                left = _("{number}. Skipped {step}", number=k, step=name)
            groups.append(Group(left, lambda k=k: answer.people(k, reached=False), f"{k}:left"))
    if len(answer.removed):
        groups.append(Group(_("Left out by an excluded event"), lambda: answer.removed, "removed"))
    return groups


@st.cache_data(max_entries=64, show_spinner=False)
def ways(fingerprint: str, scope: session.Scope, goal: str) -> list[suggested.Way]:
    """The ways most taken to a goal."""
    return suggest.ways(session.viewed(fingerprint, scope), goal)


def suggestions(form, log) -> None:  # type: ignore[no-untyped-def]
    """The ways most taken to a goal; a click makes one the funnel."""
    names = events(log)
    default = form.default.steps[-1].events[0]
    now = tuple(s.events[0] for s in form.current.steps)
    with st.popover(_("Suggested funnels"), icon=":material/route:", width="stretch", key=f"{form.key}-ways"):
        goal = st.selectbox(_("Most taken ways to"), names, names.index(default), key=f"{form.key}-goal@{language()}")
        found = ways(log.fingerprint, session.scope(), goal)
        for k, way in enumerate(found):
            taken = _("{share} of {reach} users", share=words().rate(way.users / way.reach), reach=way.reach)
            st.button(
                f"{plain(' → '.join(way.events))} · {plain(taken)}",
                key=f"{form.key}-way{k}",
                type="primary" if way.events == now else "secondary",
                on_click=form.take,
                args=(replace(form.current, steps=way.funnel.steps, exclude=(), split_at="first"),),
            )
        if found:
            st.caption(
                plain(_("Their events before the first {event}, in this order, with others between.", event=goal))
            )
        else:
            st.caption(plain(_("Nobody did anything before their first {event}.", event=goal)))


def exclusions(form, steps, log):  # type: ignore[no-untyped-def]
    """Events that must not lie between steps; the conditions of those that a link brought are kept."""
    now = {e.step.events[0]: e for e in form.current.exclude}
    names = form.several("exclude", _("Must not happen in between"), events(log), list(now))
    if not names:
        return ()
    firm = [k for k, step in enumerate(steps, start=1) if not step.optional]
    places = [0, *firm[:-1]]
    said = {
        0: _("any two steps"),
        **{k: _("{number}. {step} and the next", number=k, step=steps[k - 1].name) for k in firm},
    }
    first = next(iter(now.values()), None)
    start = first.after if first is not None and first.after in places else 0
    key = f"{form.key}:between:{len(steps)}@{language()}"
    after = st.selectbox(_("Between"), places, places.index(start), format_func=said.get, key=key) or None
    kept = {name: e for name, e in now.items() if e.after == after}
    made = (Exclusion(now[name].step if name in now else Step(name), after) for name in names)
    return tuple(kept.get(name, e) for name, e in zip(names, made, strict=True))


def more_controls(form, steps, log):  # type: ignore[no-untyped-def]
    """The fields that few questions need."""
    chosen = {"exclude": exclusions(form, steps, log)}
    if chosen["exclude"]:
        told = {"stop": _("stop at the step before"), "remove": _("leave the user out")}
        chosen["on_exclusion"] = form.choice("on_exclusion", _("Then"), list(told), told.get)
    note = _("All steps must carry the same value, such as the same item. Each user then counts once a value.")
    held = properties(log, most=len(log.time))
    chosen["hold"] = tuple(form.several("hold", _("Hold constant"), held, form.current.hold, help=note))
    told = {"users": _("Users"), "sessions": _("Sessions")}
    chosen["unit"] = form.choice("unit", _("Counted are"), list(told), told.get)
    if chosen["unit"] == "sessions":
        chosen["session_minutes"] = form.number("session_minutes", _("Minutes of rest that end a session"), 5, 120, 5)
    return chosen


def controls(form, log):  # type: ignore[no-untyped-def]
    """Every field of the question."""
    orders = {"this": _("This order"), "exact": _("Exactly so, nothing between"), "any": _("Any order")}
    attempts = {"best": _("Best attempt"), "first": _("First attempt"), "all": _("All attempts")}
    chosen = {"steps": form.steps("steps", _("Steps"), log, limits=True)}
    limited = st.toggle(_("Time limit"), value=form.current.window_days is not None, key=f"{form.key}:limit")
    chosen["window_days"] = form.number("window_days", _("Within days"), 1, 90) if limited else None
    chosen["attempt"] = form.choice("attempt", _("Which attempt counts"), list(attempts), attempts.get)
    chosen["order"] = form.choice("order", _("Order"), list(orders), orders.get)
    chosen["split"] = form.choice("split", _("Compare by"), [None, *properties(log)], lambda c: "–" if c is None else c)
    if chosen["split"] is not None:
        places = ["first", "last", "all", *range(1, len(chosen["steps"]) + 1)]
        said = {"first": _("first given value"), "last": _("last given value"), "all": _("the same at every step")}
        chosen["split_at"] = form.choice(
            "split_at", _("Value taken"), places, lambda p: said[p] if p in said else _("at step {number}", number=p)
        )
    elif not isinstance(form.current.split_at, str):
        chosen["split_at"] = "first"
    chosen["include_open"] = form.switch("include_open", _("Count open entries"))
    with st.expander(_("More")):
        chosen |= more_controls(form, chosen["steps"], log)
    return form.build(**chosen)


@st.fragment
def page() -> None:
    log = session.whole_log()
    with cell("funnel", ask=_("Where do users drop out?")) as c:
        with c.controls:
            form = Controls(Funnel, session.suggested(suggest.funnel))
            suggestions(form, log)
            question = controls(form, log)
        more = lambda a: {_("By value"): a.by_value}  # noqa: E731
        c.show(question, chart.draw, tiles=tiles, more=more, people=people)


page()
