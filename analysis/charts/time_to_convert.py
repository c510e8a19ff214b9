"""Time to convert as a rising curve with its band; the median of those who convert told on it."""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.behaviour.funnels.time_to_convert import TimeToConvertAnswer
from analysis.charts.look import Look, finish, neutral
from analysis.words import Words


def draw(answer: TimeToConvertAnswer, words: Words, look: Look) -> Any:
    """Share converted by hours, or by days where the last conversion is more than three days away."""
    table = answer.table
    if not len(table):
        return None
    days = float(table["hours"].iloc[-1]) > 72
    unit = 24.0 if days else 1.0
    told = [
        f"{words.rate(r)} ({words.rate(a)} – {words.rate(b)})"
        for r, a, b in zip(
            table["converted_rate"], table["converted_rate_low"], table["converted_rate_high"], strict=True
        )
    ]
    data = neutral(
        at=table["hours"] / unit,
        rate=table["converted_rate"],
        low=table["converted_rate_low"],
        high=table["converted_rate_high"],
        said=told,
        span=[words.span(h) for h in table["hours"]],
        watched=[words.number(float(n)) for n in table["at_risk"]],
    )
    title = words("Days since the first step") if days else words("Hours since the first step")
    x = alt.X("at:Q", title=title, axis=alt.Axis(grid=False, tickCount=8), scale=alt.Scale(zero=True, nice=False))
    top = min(float(table["converted_rate_high"].fillna(table["converted_rate"]).max()) * 1.08, 1.0)
    y = alt.Y("rate:Q", title=None, axis=alt.Axis(format="%", tickCount=5), scale=alt.Scale(domain=[0, top]))
    tip = [
        alt.Tooltip("span:N", title=words("Within")),
        alt.Tooltip("said:N", title=words("Converted")),
        alt.Tooltip("watched:N", title=words("Still watched")),
    ]
    base = alt.Chart(data).encode(x=x)
    step: Any = "step-after"
    band = base.mark_area(opacity=0.2, color=look.accent, interpolate=step).encode(
        y=alt.Y("low:Q", title=None), y2=alt.Y2("high:Q")
    )
    line = base.mark_line(color=look.accent, strokeWidth=2.5, interpolate=step).encode(y=y)
    dots = base.mark_circle(color=look.accent, size=60, opacity=0.01).encode(y=y, tooltip=tip)
    return finish(band + line + dots, look, height=320)
