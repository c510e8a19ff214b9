"""Faults as lines: a group's rate week by week with its interval, the others' beside it, the broken weeks shaded."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from analysis.behaviour.funnels.faults import FaultsAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

DAYS_SAID = 20
"""With fewer weeks the axis says days: its months would repeat."""

ROOM, NAME_PX = 0.28, 150
"""Share of the weeks' width that is kept free for the lines' names, and the longest name shown whole, px."""


def draw(answer: FaultsAnswer, words: Words, look: Look) -> Any:
    """The most extreme row of the table; shaded in colour where it stands after adjustment, else in grey."""
    if not len(answer.table):
        return None
    row, weekly = answer.table.iloc[0], answer.weekly()
    stands = row["p_adjusted"] <= 0.05
    tone = look.grey if not stands else look.bad if row["difference_points"] < 0 else look.good
    stamps = [str(w) for w in weekly["week"]]
    told = [
        f"{words.rate(r)} ({words.rate(a)} – {words.rate(b)})"
        for r, a, b in zip(weekly["rate"], weekly["rate_low"], weekly["rate_high"], strict=True)
    ]
    data = neutral(
        week=stamps,
        rate=weekly["rate"],
        low=weekly["rate_low"],
        high=weekly["rate_high"],
        rest=weekly["rest_rate"],
        said=told,
        others=[words.rate(r) for r in weekly["rest_rate"]],
        count=[words.number(float(n)) for n in weekly["attempts"]],
        who=[_key(answer) if row["first_day"] <= w <= row["last_day"] else "" for w in weekly["week"]],
    )
    tip = [
        alt.Tooltip("week:T", title=words("Week of"), format="%Y-%m-%d"),
        alt.Tooltip("said:N", title=str(row["value"])),
        alt.Tooltip("others:N", title=words("All others")),
        alt.Tooltip("count:N", title=words("Attempts")),
    ]
    y = alt.Y("rate:Q", title=None, axis=alt.Axis(format="%", tickCount=5), scale=alt.Scale(domain=[0, 1]))
    form = "%Y-%m" if len(stamps) > DAYS_SAID else "%m-%d"
    known = f"datum.value < time(datetime('{stamps[-1]}T23:59')) ? timeFormat(datum.value, '{form}') : ''"
    axis = alt.Axis(labelExpr=known, labelFlush=False, labelPadding=8, tickCount=8, grid=False, ticks=False)
    x = alt.X("week:T", title=None, axis=axis, scale=alt.Scale(domain=_span(answer)))
    base = alt.Chart(data).encode(x=x)
    run = neutral(start=[str(row["first_day"])], end=[str(row["last_day"])])
    shade = alt.Chart(run).mark_rect(color=tone, opacity=0.16).encode(x=alt.X("start:T"), x2=alt.X2("end:T"))
    band = base.mark_area(opacity=0.18, color=look.accent).encode(y=alt.Y("low:Q", title=None), y2=alt.Y2("high:Q"))
    rest = base.mark_line(color=look.grey, strokeWidth=2).encode(y=alt.Y("rest:Q"))
    line = base.mark_line(color=look.accent, strokeWidth=2.5).encode(y=y)
    dots = (
        base.mark_circle(color=look.accent, size=70 * look.scale, opacity=1).encode(y=y, tooltip=tip).add_params(pick())
    )
    return finish(shade + band + rest + line + dots + _names(answer, weekly, words, look), look, height=330)


def _span(answer: FaultsAnswer) -> list[str]:
    """The weeks, and room for the lines' names behind the last."""
    first, last = answer.weeks[0], answer.weeks[-1]
    return [str(first), str(last + (last - first) * ROOM)]


def _key(answer: FaultsAnswer) -> str:
    """The key of the people behind the first row."""
    row = answer.table.iloc[0]
    return f"{row['step']}|{row['column']}|{row['value']}"


def _names(answer: FaultsAnswer, weekly: Any, words: Words, look: Look) -> Any:
    """The two lines by name, at their last weeks, apart from each other."""
    last = weekly[weekly["rate"].notna() & weekly["rest_rate"].notna()].tail(1)
    if not len(last):
        return alt.Chart(neutral(x=[])).mark_point()
    own, rest = float(last["rate"].iloc[0]), float(last["rest_rate"].iloc[0])
    if abs(own - rest) < 0.07:
        own, rest = (own + 0.04, rest - 0.04) if own >= rest else (own - 0.04, rest + 0.04)
    data = neutral(
        week=[str(last["week"].iloc[0])] * 2,
        at=np.clip([own, rest], 0.02, 0.98),
        name=[str(answer.table.iloc[0]["value"]), words("all others")],
        tone=["own", "rest"],
    )
    tones = alt.Scale(domain=["own", "rest"], range=[look.accent, look.soft])
    text = alt.Chart(data).mark_text(align="left", dx=10, fontSize=look.size(15), fontWeight="bold", limit=NAME_PX)
    return text.encode(
        x=alt.X("week:T"), y=alt.Y("at:Q"), text=alt.Text("name:N"), color=alt.Color("tone:N", scale=tones, legend=None)
    )
