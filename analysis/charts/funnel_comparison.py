"""Two funnels side by side: per step a pair of bars with their intervals, and the difference in words."""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.behaviour.funnels.funnel_comparison import FunnelComparisonAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

NARROW = 500
"""So many px the bars and their labels have at least; the labels take of it what they need."""


def draw(answer: FunnelComparisonAnswer, words: Words, look: Look) -> Any:
    """Rates of the step before; the difference is coloured where it stands after adjustment."""
    table = answer.table[answer.table["p"].notna()]
    if not len(table):
        return None
    names = answer.question.names
    rows = []
    for place, row in table.iterrows():
        tone = "same" if not row["p_adjusted"] <= 0.05 else "worse" if row["difference_points"] < 0 else "better"
        for side, name in zip("ab", names, strict=True):
            interval = f"{words.rate(row[f'rate_{side}_low'])} – {words.rate(row[f'rate_{side}_high'])}"
            label = f"{name}  {words.rate(row[f'rate_{side}'])}"
            said = label if side == "b" else f"{label}   {words.points(row['difference_points'])}"
            bounds = row[f"rate_{side}"], row[f"rate_{side}_low"], row[f"rate_{side}_high"]
            shown = tone if side == "a" else "same"
            rows.append((row["step"], side, *bounds, said, interval, shown, f"{int(str(place)) + 1}:{side}"))
    fields = ("step", "side", "rate", "low", "high", "said", "interval", "tone", "who")
    data = neutral(**dict(zip(fields, zip(*rows, strict=True), strict=True)))
    steps = list(dict.fromkeys(data["step"]))
    tip = [alt.Tooltip("said:N", title=words("Rate")), alt.Tooltip("interval:N", title=words("95% interval"))]
    axis = alt.Axis(
        ticks=False, domain=False, labelColor=look.ink, labelFontWeight="bold", labelPadding=8, labelLimit=170
    )
    y = alt.Y("step:N", sort=steps, title=None, axis=axis, scale=alt.Scale(paddingInner=0.22))
    base = alt.Chart(data).encode(y=y, yOffset=alt.YOffset("side:N", sort=["a", "b"]), tooltip=tip)
    title = words("Of the step before, with 95% interval; coloured where the two differ")
    room = min(max(len(s) for s in data["said"]) * look.size() * 0.5 / NARROW, 0.65)
    scale = alt.Scale(domain=[0, max(float(data["high"].max()), 0.01) / (1 - room)])
    x = alt.X("rate:Q", axis=alt.Axis(format="%", values=[0, 0.2, 0.4, 0.6, 0.8, 1]), title=title, scale=scale)
    tones = alt.Scale(domain=["same", "worse", "better"], range=[look.grey, look.bad, look.good])
    bars = base.mark_bar(cornerRadiusEnd=3).encode(x=x, color=alt.Color("tone:N", legend=None, scale=tones))
    bars = bars.add_params(pick())
    whisker = base.mark_rule(color=look.ink, strokeWidth=1.5).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    label = base.mark_text(align="left", dx=7, fontSize=look.size(), color=look.ink)
    label = label.encode(x=alt.X("high:Q"), text=alt.Text("said:N"))
    return finish(bars + whisker + label, look, height=30 * len(data) + 60)
