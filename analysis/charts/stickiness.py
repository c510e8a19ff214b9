"""Active days as bars, at least so many, with whiskers; and their average period by period."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from analysis.behaviour.returning.stickiness import StickinessAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

TOLD = 0.0005
"""Shares below this are not drawn: their bars would be lines on the axis."""


def draw(answer: StickinessAnswer, words: Words, look: Look) -> Any:
    """The share of active users with at least n active days."""
    table = answer.table[(answer.table["at_least_share"] >= TOLD) | (answer.table["days"] <= 7)]
    if not answer.table["at_least"].any():
        return None
    interval = zip(table["at_least_share_low"], table["at_least_share_high"], strict=True)
    data = neutral(
        days=table["days"],
        share=table["at_least_share"],
        low=table["at_least_share_low"],
        high=table["at_least_share_high"],
        said=[words.rate(v) for v in table["at_least_share"]],
        interval=[f"{words.rate(a)} – {words.rate(b)}" for a, b in interval],
        exact=[words.rate(v) for v in table["exactly_share"]],
        who=[str(d) for d in table["days"]],
    )
    title = {
        "week": words("At least so many active days in the week"),
        "month": words("At least so many active days in the month"),
    }[answer.question.period]
    x = alt.X("days:O", title=title, axis=alt.Axis(labelAngle=0, domain=False, ticks=False))
    y = alt.Y("share:Q", title=None, axis=alt.Axis(format="%", tickCount=4), scale=alt.Scale(domain=[0, 1.08]))
    tip = [
        alt.Tooltip("days:O", title=words("Days")),
        alt.Tooltip("said:N", title=words("At least")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("exact:N", title=words("Exactly")),
    ]
    base = alt.Chart(data).encode(x=x, tooltip=tip)
    bars = base.mark_bar(color=look.accent, cornerRadius=2).encode(y=y).add_params(pick())
    whisker = base.mark_rule(color=look.ink, strokeWidth=1.5).encode(y=alt.Y("low:Q", title=None), y2=alt.Y2("high:Q"))
    text = base.mark_text(dy=-10, fontSize=look.size(14 if len(data) <= 12 else 11), color=look.ink)
    told = text.encode(y=alt.Y("high:Q", title=None), text=alt.Text("said:N"))
    return finish(bars + whisker + told, look, height=250)


def draw_periods(answer: StickinessAnswer, words: Words, look: Look) -> Any:
    """Active days a user, period by period, with the 95 % band."""
    table = answer.by_period[np.isfinite(answer.by_period["active_days_low"])]
    if len(table) < 3:
        return None
    interval = zip(table["active_days_low"], table["active_days_high"], strict=True)
    data = neutral(
        at=[v.strftime("%Y-%m-%d") for v in table["period"]],
        days=table["active_days"],
        low=table["active_days_low"],
        high=table["active_days_high"],
        day=[words.day(v) for v in table["period"]],
        said=[words.number(v) for v in table["active_days"]],
        interval=[f"{words.number(a)} – {words.number(b)}" for a, b in interval],
        base=[words.number(float(n)) for n in table["users"]],
    )
    tip = [
        alt.Tooltip("day:N", title=words("Period from")),
        alt.Tooltip("said:N", title=words("Active days a user")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("base:N", title=words("Users")),
    ]
    low, high = float(data["low"].quantile(0.05)), float(data["high"].quantile(0.95))
    scale = alt.Scale(domain=[max(low - (high - low) * 0.25, 0), high + (high - low) * 0.25], nice=True, clamp=True)
    x = alt.X("at:T", title=None, axis=alt.Axis(grid=False, format="%Y-%m", tickCount=8, labelOverlap=True))
    y = alt.Y("days:Q", title=words("Active days a user"), axis=alt.Axis(tickCount=4), scale=scale)
    base = alt.Chart(data).encode(x=x, tooltip=tip)
    band = base.mark_area(opacity=0.2, color=look.accent).encode(y=alt.Y("low:Q", scale=scale), y2=alt.Y2("high:Q"))
    line = base.mark_line(color=look.accent, strokeWidth=2).encode(y=y)
    dots = base.mark_point(color=look.accent, filled=True, size=36, opacity=1).encode(y=y)
    return finish(band + line + dots, look, height=180)
