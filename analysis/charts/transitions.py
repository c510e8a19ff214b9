"""Transitions as a grid: a row an event, a column what follows it, the colour its share of the exits."""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.behaviour.journeys.transitions import END, OTHER, START, TransitionsAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

MOST_EVENTS = 12
"""The most frequent events that are drawn; the table holds all."""


def draw(answer: TransitionsAnswer, words: Words, look: Look) -> Any:
    """Rows are left, columns are come to; start on top, end at the right."""
    names = answer.names[1 : MOST_EVENTS + 1]
    table = answer.table[answer.table["from"].isin([START, *names]) & answer.table["to"].isin([*names, END])]
    if not len(table):
        return None
    ours = {START: words("(start)"), END: words("(end)"), OTHER: words("(other)")}
    rows, columns = [ours[START], *(ours.get(n, n) for n in names)], [*(ours.get(n, n) for n in names), ours[END]]
    data = neutral(
        row=[ours.get(n, n) for n in table["from"]],
        column=[ours.get(n, n) for n in table["to"]],
        share=table["share"],
        said=[words.rate(s, 1) if s >= 0.01 else "" for s in table["share"]],
        full=[
            f"{words.rate(s)} ({words.rate(a)} – {words.rate(b)})"
            for s, a, b in table[["share", "share_low", "share_high"]].itertuples(index=False)
        ],
        count=[words.number(n) for n in table["transitions"]],
        users=[words.number(n) for n in table["users"]],
        who=[f"{a}:{b}" for a, b in zip(table["from"], table["to"], strict=True)],
    )
    tip = [
        alt.Tooltip("row:N", title=words("From")),
        alt.Tooltip("column:N", title=words("To")),
        alt.Tooltip("full:N", title=words("Share of what follows")),
        alt.Tooltip("count:N", title=words("Times")),
        alt.Tooltip("users:N", title=words("Users")),
    ]
    wide = len(columns) > 7
    across = alt.Axis(
        orient="top", labelAngle=-40 if wide else 0, labelLimit=130, domain=False, ticks=False, labelColor=look.ink
    )
    x = alt.X("column:N", sort=columns, title=words("What follows"), axis=across, scale=alt.Scale(domain=columns))
    down = alt.Axis(domain=False, ticks=False, labelColor=look.ink, labelLimit=170)
    y = alt.Y("row:N", sort=rows, title=None, axis=down, scale=alt.Scale(domain=rows))
    top = float(data["share"].max())
    fill = alt.Color("share:Q", legend=None, scale=alt.Scale(domain=[0, top], range=look.ramp))
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tip)
    cells = base.mark_rect(stroke=look.paper, strokeWidth=2).encode(color=fill).add_params(pick())
    bright = look.paper if not look.dark else "#0b1020"
    ink = alt.condition(f"datum.share > {top * 0.55}", alt.value(bright), alt.value(look.ink))
    text = base.mark_text(fontSize=look.size()).encode(text=alt.Text("said:N"), color=ink)
    return finish(cells + text, look, height=30 * len(rows) + 20)
