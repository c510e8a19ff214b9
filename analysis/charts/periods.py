"""The period lifecycle as bars: who is active above zero, who fell dormant below."""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.charts.look import Look, finish, neutral
from analysis.lifecycle.periods import STATES, PeriodLifecycleAnswer
from analysis.words import Words

MOST = 60
"""Periods drawn, the latest: more become hairlines. The table has them all."""


def draw(answer: PeriodLifecycleAnswer, words: Words, look: Look) -> Any:
    """Stacked bars; periods that are unfinished or within the left edge are paler."""
    table = answer.table.tail(MOST)
    said = {
        "new": words("New"),
        "returning": words("Returning"),
        "resurrected": words("Resurrected"),
        "dormant": words("Dormant"),
    }
    periods: list[Any] = list(table.itertuples())
    rows = [(row, state, getattr(row, state)) for row in periods for state in STATES]
    data = neutral(
        at=[row.period.strftime("%Y-%m-%d") for row, *_ in rows],
        day=[words.day(row.period) for row, *_ in rows],
        state=[said[state] for _, state, _ in rows],
        key=[state for _, state, _ in rows],
        order=[("returning", "resurrected", "new", "dormant").index(state) for _, state, _ in rows],
        count=[float(-n if state == "dormant" else n) for _, state, n in rows],
        told=[words.number(float(n)) for *_, n in rows],
        active=[words.number(float(row.active)) for row, *_ in rows],
        growth=[_growth(row, words) for row, *_ in rows],
        note=[_note(row, words) for row, *_ in rows],
        sure=[bool(row.complete and not row.left_edge) for row, *_ in rows],
    )
    tip = [
        alt.Tooltip("day:N", title=words("Period from")),
        alt.Tooltip("state:N", title=words("State")),
        alt.Tooltip("told:N", title=words("Users")),
        alt.Tooltip("active:N", title=words("Active users")),
        alt.Tooltip("growth:N", title=words("Growth index")),
        alt.Tooltip("note:N", title=words("Note")),
    ]
    colours = {"new": look.accent, "returning": look.grey, "resurrected": look.good, "dormant": look.bad}
    scale = alt.Scale(domain=[said[s] for s in colours], range=list(colours.values()))
    legend = alt.Legend(orient="top", title=None, symbolType="square", labelFontSize=look.size())
    labels = {row.period.strftime("%Y-%m-%d"): words.day(row.period) for row in periods}
    plain = alt.Axis(labelExpr="format(abs(datum.value), '~s')", tickCount=6)
    bars = alt.Chart(data).mark_bar().encode(
        x=alt.X("at:O", title=words("Period from"), axis=_axis(labels)),
        y=alt.Y("count:Q", title=words("Users; dormant below zero"), axis=plain),
        color=alt.Color("state:N", scale=scale, legend=legend),
        opacity=alt.condition("datum.sure", alt.value(1), alt.value(0.45)),
        order=alt.Order("order:Q"),
        tooltip=tip,
    )  # fmt: skip
    zero = alt.Chart(neutral(zero=[0])).mark_rule(color=look.soft).encode(y=alt.Y("zero:Q"))
    return finish(bars + zero, look, height=360)


def _growth(row: Any, words: Words) -> str:
    index, low, high = (words.number(v) for v in (row.growth_index, row.growth_index_low, row.growth_index_high))
    return f"{index} ({low} – {high})"


def _note(row: Any, words: Words) -> str:
    if not row.complete:
        return words("Not finished yet")
    return words("Left edge: new users may be old ones") if row.left_edge else ""


def _axis(labels: dict[str, str]) -> alt.Axis:
    """About eight labels, in the words of the language."""
    names = list(labels)
    kept = names[:: max(1, -(-len(names) // 8))]
    text = "{" + ",".join(f"'{k}':'{v}'" for k, v in labels.items()) + "}[datum.value]"
    return alt.Axis(values=kept, labelExpr=text, labelAngle=0, labelOverlap=True)
