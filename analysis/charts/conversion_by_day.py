"""Conversion by entry period as a line with its band; periods with open entries are hollow."""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.behaviour.funnels.conversion_by_day import ConversionByDayAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words


def draw(answer: ConversionByDayAnswer, words: Words, look: Look) -> Any:
    """One dot a period, its entries as bars below."""
    table = answer.table
    if not len(table):
        return None
    counts = table[answer.funnel.unit]
    told = [
        f"{words.rate(r)} ({words.rate(a)} – {words.rate(b)})"
        for r, a, b in zip(table["rate"], table["rate_low"], table["rate_high"], strict=True)
    ]
    data = neutral(
        start=[str(d) for d in table["start"]],
        rate=table["rate"],
        low=table["rate_low"],
        high=table["rate_high"],
        said=told,
        count=counts,
        entries=[words.number(float(n)) for n in counts],
        open=[words.number(float(n)) for n in table["still_open"]],
        part=[bool(n) for n in table["still_open"]],
        who=[f"{d}" for d in table["start"]],
    )
    tip = [
        alt.Tooltip("start:T", title=words("Started"), format="%Y-%m-%d"),
        alt.Tooltip("said:N", title=words("Converted")),
        alt.Tooltip("entries:N", title=words("Entries")),
        alt.Tooltip("open:N", title=words("Still open")),
    ]
    x = alt.X("start:T", title=None, axis=alt.Axis(format="%Y-%m-%d", tickCount=6, grid=False))
    top = min(float(table["rate_high"].max()) * 1.05 if table["rate_high"].notna().any() else 1.0, 1.0)
    y = alt.Y("rate:Q", title=None, axis=alt.Axis(format="%", tickCount=5), scale=alt.Scale(domain=[0, top or 1.0]))
    base = alt.Chart(data).encode(x=x)
    band = base.mark_area(opacity=0.2, color=look.accent).encode(y=alt.Y("low:Q", title=None), y2=alt.Y2("high:Q"))
    line = base.mark_line(color=look.accent, strokeWidth=2.5).encode(y=y)
    fill = alt.condition("datum.part", alt.value(look.paper), alt.value(look.accent))
    dots = base.mark_point(filled=True, size=70 * look.scale, stroke=look.accent, opacity=1)
    dots = dots.encode(y=y, tooltip=tip, fill=fill).add_params(pick())
    volume = base.mark_bar(color=look.grey, size=max(2, min(18, 620 / len(table))))
    bars = volume.encode(y=alt.Y("count:Q", title=words("Entries"), axis=alt.Axis(tickCount=2)), tooltip=tip)
    upper = (band + line + dots).properties(height=260 * look.scale, width="container")
    lower = bars.properties(height=70 * look.scale, width="container")
    return [finish(upper, look), finish(lower, look)]
