"""Active users a day, a week and a month as three lines; and the share of a month's users who come on a day."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np

from analysis.behaviour.returning.active_users import MEASURES, ActiveUsersAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

MOST_DAYS = 800
"""Days drawn, the latest: more are closer than a pixel. The table has them all."""


def draw(answer: ActiveUsersAnswer, words: Words, look: Look) -> Any:
    """Three lines, each with its name at its end."""
    said = {"daily": words("a day"), "weekly": words("a week"), "monthly": words("a month")}
    if answer.question.rolling:
        said = {"daily": words("1 day"), "weekly": words("7 days"), "monthly": words("30 days")}
    rows: list[Any] = [
        row for m in MEASURES for row in answer.table[answer.table["measure"] == m].tail(MOST_DAYS).itertuples()
    ]
    if not rows:
        return None
    data = neutral(
        at=[row.period.strftime("%Y-%m-%d") for row in rows],
        line=[said[row.measure] for row in rows],
        users=[int(row.users) for row in rows],
        told=[words.number(float(row.users)) for row in rows],
        day=[words.day(row.period) for row in rows],
        last=[a.measure != b.measure for a, b in pairwise(rows)] + [True],
        who=[f"{row.measure}:{row.period:%Y-%m-%d}" for row in rows],
    )
    data["name"] = data["line"] + "  " + data["told"]
    first, end = min(row.period for row in rows), max(row.period for row in rows)
    scale = alt.Scale(domain=[f"{first:%Y-%m-%d}", f"{end + (end - first) * 0.16:%Y-%m-%d}"])
    axis = alt.Axis(grid=False, format="%Y-%m", tickCount=7, labelOverlap=True)
    x = alt.X("at:T", title=None, axis=axis, scale=scale)
    y = alt.Y("users:Q", title=words("Active users"), axis=alt.Axis(format=",~r", tickCount=5))
    names = [said[m] for m in MEASURES]
    colour = alt.Color("line:N", legend=None, scale=alt.Scale(domain=names, range=[look.grey, look.good, look.accent]))
    tip = [
        alt.Tooltip("day:N", title=words("To") if answer.question.rolling else words("Period from")),
        alt.Tooltip("line:N", title=words("Active users")),
        alt.Tooltip("told:N", title=words("Users")),
    ]
    base = alt.Chart(data).encode(x=x, y=y, color=colour, tooltip=tip)
    line = base.mark_line(strokeWidth=2)
    dots = base.mark_point(filled=True, opacity=1, size=30 if len(data) < 300 else 8).add_params(pick())
    ends = base.transform_filter("datum.last").mark_text(align="left", dx=8, fontSize=look.size(), fontWeight=600)
    ink = alt.Color("line:N", legend=None, scale=alt.Scale(domain=names, range=[look.soft, look.good, look.accent]))
    return finish(
        alt.layer(line, dots, ends.encode(text=alt.Text("name:N"), color=ink)).resolve_scale(color="independent"),
        look,
        height=280,
    )


def draw_ratio(answer: ActiveUsersAnswer, words: Words, look: Look) -> Any:
    """Daily over monthly users, with its 95 % band."""
    table = answer.ratio[np.isfinite(answer.ratio["daily_share_low"])].tail(MOST_DAYS)
    if len(table) < 2:
        return None
    interval = zip(table["daily_share_low"], table["daily_share_high"], strict=True)
    data = neutral(
        at=[v.strftime("%Y-%m-%d") for v in table["period"]],
        share=table["daily_share"],
        low=table["daily_share_low"],
        high=table["daily_share_high"],
        day=[words.day(v) for v in table["period"]],
        said=[words.rate(v) for v in table["daily_share"]],
        interval=[f"{words.rate(a)} – {words.rate(b)}" for a, b in interval],
    )
    tip = [
        alt.Tooltip("day:N", title=words("To") if answer.question.rolling else words("Period from")),
        alt.Tooltip("said:N", title=words("Daily over monthly")),
        alt.Tooltip("interval:N", title=words("95% interval")),
    ]
    scale = alt.Scale(domain=[0, float(data["high"].max()) * 1.2])
    axis = alt.Axis(grid=False, format="%Y-%m", tickCount=7, labelOverlap=True)
    base = alt.Chart(data).encode(x=alt.X("at:T", title=None, axis=axis, scale=alt.Scale(padding=24)), tooltip=tip)
    y = alt.Y("share:Q", title=words("Daily over monthly"), axis=alt.Axis(format="%", tickCount=3), scale=scale)
    band = base.mark_area(opacity=0.2, color=look.accent).encode(y=alt.Y("low:Q", scale=scale), y2=alt.Y2("high:Q"))
    line = base.mark_line(color=look.accent, strokeWidth=2).encode(y=y)
    layers = [band, line]
    if len(data) <= 24:
        layers.append(base.mark_point(color=look.accent, filled=True, size=50, opacity=1).encode(y=y))
        layers.append(base.mark_text(dy=-14, fontSize=look.size(), color=look.ink).encode(y=y, text=alt.Text("said:N")))
    return finish(alt.layer(*layers), look, height=170)
