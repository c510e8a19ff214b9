"""Retention as a curve with its band, and as a grid on one colour scale."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np

from analysis.behaviour.retention import RetentionAnswer
from analysis.charts.look import Look, finish, neutral
from analysis.words import Words

MOST_COHORTS = 26
"""Rows of the grid that are drawn, the latest ones; the table holds all."""


def draw_curve(answer: RetentionAnswer, words: Words, look: Look) -> Any:
    """The weighted total, period by period, with its 95 % band."""
    total = answer.total[answer.total["users"] > 0]
    if len(total) < 2:
        return None
    data = neutral(
        period=total["period"],
        name=_columns(answer)[: len(total)],
        rate=total["rate"],
        low=total["rate_low"],
        high=total["rate_high"],
        said=[words.rate(r) for r in total["rate"]],
        interval=[
            f"{words.rate(a)} – {words.rate(b)}" for a, b in zip(total["rate_low"], total["rate_high"], strict=True)
        ],
        base=[words.number(float(n)) for n in total["users"]],
    )
    data = data[data["period"] > 0]
    tip = [
        alt.Tooltip("name:N", title=_period(answer, words)),
        alt.Tooltip("said:N", title=words("Rate")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("base:N", title=words("Users")),
    ]
    axis = alt.Axis(grid=False, tickMinStep=1, format="d", values=data["period"].tolist(), labelOverlap=True)
    x = alt.X("period:Q", title=_since(answer, words), axis=axis, scale=alt.Scale(padding=18))
    top = min(1.0, float(data["high"].max()) * 1.15) if len(data) else 1.0
    y = alt.Y("rate:Q", title=None, axis=alt.Axis(format="%", tickCount=4), scale=alt.Scale(domain=[0, top]))
    base = alt.Chart(data).encode(x=x, tooltip=tip)
    band = base.mark_area(opacity=0.22, color=look.accent).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    line = base.mark_line(color=look.accent, strokeWidth=2.5).encode(y=y)
    points = base.mark_point(color=look.accent, filled=True, size=60, opacity=1).encode(y=y)
    label = base.mark_text(dy=-14, fontSize=look.size(), color=look.ink).encode(y=y, text="said:N")
    some = label.transform_filter(alt.FieldOneOfPredicate("period", _told(data["period"].tolist())))
    return finish(band + line + points + some, look, height=230)


def draw_grid(answer: RetentionAnswer, words: Words, look: Look) -> Any:
    """One row a cohort, the total on top; incomplete cells stay empty. A star marks cohorts at the left edge."""
    table = answer.table
    cohorts = list(dict.fromkeys(table["cohort"]))[-MOST_COHORTS:]
    if not cohorts:
        return None
    names = _columns(answer)
    table = table[table["cohort"].isin(cohorts)]
    labels = {c: c.isoformat() + (" *" if e else "") for c, e in zip(table["cohort"], table["left_edge"], strict=True)}
    rows = [words("All")] * len(answer.total) + [labels[c] for c in table["cohort"]]
    frames = {
        c: np.concatenate([answer.total[c], table[c]]) for c in ("period", "rate", "rate_low", "rate_high", "users")
    }
    place = dict(zip(answer.total["period"], names, strict=True))
    data = neutral(
        row=rows,
        column=[place[p] for p in frames["period"]],
        rate=frames["rate"],
        # Period 0 is 100 % by definition: it would wash out every other colour.
        colour=np.where(frames["period"] > 0, frames["rate"], np.nan),
        said=[words.rate(r, 2) if r == r else "" for r in frames["rate"]],
        interval=[
            f"{words.rate(a)} – {words.rate(b)}" for a, b in zip(frames["rate_low"], frames["rate_high"], strict=True)
        ],
        base=[words.number(float(n)) for n in frames["users"]],
    )
    data = data[~np.isnan(data["rate"])]
    order = [words("All"), *[labels[c] for c in cohorts]]
    top = float(np.nanmax(data["colour"])) if data["colour"].notna().any() else 1.0
    tip = [
        alt.Tooltip("row:N", title=words("Started")),
        alt.Tooltip("column:N", title=_period(answer, words)),
        alt.Tooltip("said:N", title=words("Rate")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("base:N", title=words("Users")),
    ]
    x = alt.X(
        "column:N",
        sort=names,
        title=_since(answer, words),
        axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False),
    )
    y = alt.Y("row:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False, labelColor=look.ink))
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tip)
    fill = alt.Color("colour:Q", legend=None, scale=alt.Scale(domain=[0, top], range=look.ramp))
    known = alt.condition("isValid(datum.colour)", fill, alt.value(look.line))
    cells = base.mark_rect(stroke=look.paper, strokeWidth=2).encode(color=known)
    bright = look.paper if not look.dark else "#0b1020"
    ink = alt.condition(f"datum.colour > {top * 0.55}", alt.value(bright), alt.value(look.ink))
    text = base.mark_text(fontSize=look.size(13)).encode(text="said:N", color=ink)
    return finish(cells + text if len(names) <= 16 else cells, look, height=27 * len(order) + 30)


def _columns(answer: RetentionAnswer) -> list[str]:
    edges = answer.question.edges
    return [f"{a}" if b == a + 1 else f"{a}–{b - 1}" for a, b in pairwise(edges)]


def _told(periods: list[int]) -> list[int]:
    """Periods whose rate is written at the curve: the first, the last, and some between."""
    step = max(1, len(periods) // 6)
    return sorted({*periods[::step], periods[-1]}) if periods else []


def _period(answer: RetentionAnswer, words: Words) -> str:
    return {"day": words("Day"), "week": words("Week"), "month": words("Month")}[answer.question.period]


def _since(answer: RetentionAnswer, words: Words) -> str:
    said = {
        "day": words("Days since the start"),
        "week": words("Weeks since the start"),
        "month": words("Months since the start"),
    }
    return said[answer.question.period]
