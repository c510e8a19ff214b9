"""RFM classes as paired bars: the share of buyers against the share of the money."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from analysis.charts.look import Look, finish, neutral
from analysis.segments.classes import LAPSING
from analysis.segments.rfm import RFMAnswer
from analysis.words import Words


def draw(answer: RFMAnswer, words: Words, look: Look) -> Any:
    """Two bars a class with their intervals; classes that brought much and went quiet in the colour for bad."""
    table = answer.table
    names = [words(segment) for segment in table["segment"]]
    parts, lapsing = (words("Buyers"), words("Money")), LAPSING[answer.question.scheme]
    rows = [
        (name, segment, part, row[column], row[f"{column}_low"], row[f"{column}_high"])
        for name, segment, (_, row) in zip(names, table["segment"], table.iterrows(), strict=True)
        for part, column in zip(parts, ("users_share", "money_share"), strict=True)
    ]
    data = neutral(
        **dict(zip(("name", "segment", "part", "share", "low", "high"), zip(*rows, strict=True), strict=True)),
        said=[words.rate(r[3]) for r in rows],
        interval=[f"{words.rate(r[4])} – {words.rate(r[5])}" for r in rows],
        users=np.repeat([words.number(float(n)) for n in table["users"]], 2),
        money=np.repeat([words.money(m) for m in table["money_total"]], 2),
        tone=["buyers" if r[2] == parts[0] else "lapsing" if r[1] in lapsing else "money" for r in rows],
        place=[np.nanmax([r[3], r[5], 0.0]) for r in rows],
    )
    tip = [
        alt.Tooltip("name:N", title=words("Class")),
        alt.Tooltip("part:N", title=words("Share of")),
        alt.Tooltip("said:N", title=words("Share of all")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("users:N", title=words("Buyers")),
        alt.Tooltip("money:N", title=words("Money")),
    ]
    axis = alt.Axis(ticks=False, domain=False, labelColor=look.ink, labelPadding=8)
    y = alt.Y("name:N", sort=names, title=None, scale=alt.Scale(paddingInner=0.3), axis=axis)
    offset = alt.YOffset("part:N", sort=list(parts), scale=alt.Scale(paddingInner=0.08))
    most = max(float(data["place"].max()), 0.01) * 1.2
    scale = alt.Scale(domain=[min(0.0, float(np.nan_to_num(data["low"]).min())), most], nice=False)
    title = words("Grey: share of buyers. Colour: share of the money. With 95% interval")
    x = alt.X("share:Q", title=title, axis=alt.Axis(format="%", tickCount=5), scale=scale)
    tones = alt.Scale(domain=["buyers", "money", "lapsing"], range=[look.grey, look.accent, look.bad])
    base = alt.Chart(data).encode(y=y, yOffset=offset, tooltip=tip)
    colour = alt.Color("tone:N", legend=None, scale=tones)
    bars = base.mark_bar(cornerRadiusEnd=2).encode(x=x, color=colour)
    whisker = base.mark_rule(color=look.ink, strokeWidth=1.2).encode(x=alt.X("low:Q", title=""), x2=alt.X2("high:Q"))
    label = base.mark_text(align="left", dx=6, fontSize=look.size(), color=look.ink)
    label = label.encode(x=alt.X("place:Q", title=""), text=alt.Text("said:N"))
    return finish(bars + whisker + label, look, height=50 * len(table) + 20)
