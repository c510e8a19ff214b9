"""Retention as a curve with its band, and as a grid on one colour scale."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.behaviour.returning.retention import RetentionAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

MOST_COHORTS = 26
"""Rows of the grid that are drawn, the latest ones; the table holds all."""


MOST_LINES = 6
"""Values of a split that are drawn, the most frequent; the table holds more."""


def draw_curve(answer: RetentionAnswer, words: Words, look: Look) -> Any:
    """The weighted total, period by period, with its 95 % band; with a split, one line a value."""
    data = _curve_data(answer, words)
    if data["period"].nunique() < 2:
        return None
    money, lines = answer.question.measure == "money", list(dict.fromkeys(data["line"]))
    data = data if money else data[data["period"] > 0]
    split = answer.question.split is not None
    tip = [
        *([alt.Tooltip("line:N", title=words("Value"))] if split else []),
        alt.Tooltip("name:N", title=_period(answer, words)),
        alt.Tooltip("said:N", title=words("Money a user") if money else words("Rate")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("base:N", title=words("Users")),
    ]
    periods = sorted(set(data["period"]))
    axis = alt.Axis(grid=False, tickMinStep=1, format="d", values=periods, labelOverlap=True)
    room = (periods[-1] - periods[0]) * 0.15 if split else 0
    domain = [periods[0], periods[-1] + room]
    x = alt.X(
        "period:Q", title=_since(answer, words), axis=axis, scale=alt.Scale(padding=18, domain=domain, nice=False)
    )
    top = float(data["high"].max()) * 1.15
    low = min(float(data["low"].min()), 0.0) if money else 0.0
    limit = alt.Scale(domain=[low, top if money else min(1.0, top)])
    y = alt.Y("rate:Q", title=None, axis=alt.Axis(format="~s" if money else "%", tickCount=4), scale=limit)
    colour: Any = alt.value(look.accent)
    if split:
        colour = alt.Color("line:N", legend=None, scale=alt.Scale(domain=lines, range=look.series[: len(lines)]))
    base = alt.Chart(data).encode(x=x, tooltip=tip)
    band = base.mark_area(opacity=0.1 if split else 0.22).encode(
        y=alt.Y("low:Q", title=None), y2=alt.Y2("high:Q"), color=colour
    )
    line = base.mark_line(strokeWidth=2.5).encode(y=y, color=colour)
    points = base.mark_point(filled=True, size=30 if split else 60, opacity=1).encode(y=y, color=colour)
    points = points.add_params(pick())
    if split:
        label = alt.Chart(_ends(data, limit.domain[1] - low)).mark_text(align="left", dx=10, fontSize=look.size())
        return finish(
            band + line + points + label.encode(x=x, y=alt.Y("place:Q"), text=alt.Text("line:N"), color=colour),
            look,
            height=280,
        )
    label = base.mark_text(dy=-14, fontSize=look.size(), color=look.ink).encode(y=y, text=alt.Text("said:N"))
    some = label.transform_filter(alt.FieldOneOfPredicate("period", _told(periods)))
    return finish(band + line + points + some, look, height=230)


def _curve_data(answer: RetentionAnswer, words: Words) -> pd.DataFrame:
    """Rows of the curve: the total, or each value of the split."""
    count, estimate, low, high = answer.measures
    table = answer.total
    if answer.question.split is not None:
        values = list(dict.fromkeys(answer.by_value["value"]))[:MOST_LINES]
        table = answer.by_value[answer.by_value["value"].isin(values)]
    table = table[table["users"] > 0]
    place = dict(zip(answer.question.edges[:-1], _columns(answer), strict=True))
    say = words.money if count == "money" else words.rate
    lines = table["value"].tolist() if "value" in table else [""] * len(table)
    return neutral(
        line=lines,
        period=table["period"],
        name=[place[p] for p in table["period"]],
        rate=table[estimate],
        low=table[low],
        high=table[high],
        said=[say(r) for r in table[estimate]],
        interval=[f"{say(a)} – {say(b)}" for a, b in zip(table[low], table[high], strict=True)],
        base=[words.number(float(n)) for n in table["users"]],
        who=[f"value:{v}:{p}" for v, p in zip(lines, table["period"], strict=True)],
    )


def _ends(data: pd.DataFrame, span: float) -> pd.DataFrame:
    """The last point of each line, its name moved apart from the others."""
    ends = data.sort_values("period").groupby("line", sort=False).tail(1).sort_values("rate").copy()
    places: list[float] = []
    for rate in ends["rate"]:
        places.append(max(float(rate), places[-1] + span * 0.075) if places else float(rate))
    ends["place"], ends["period"] = places, data["period"].max()
    return ends


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
    count, *estimate = answer.measures
    money, say = count == "money", words.money if count == "money" else words.rate
    frames = {c: np.concatenate([answer.total[c], table[c]]) for c in ("period", "users")}
    for name, column in zip(("rate", "rate_low", "rate_high"), estimate, strict=True):
        frames[name] = np.concatenate([answer.total[column], table[column]])
    place = dict(zip(answer.total["period"], names, strict=True))
    cohorts_drawn = [""] * len(answer.total) + [c.isoformat() for c in table["cohort"]]
    data = neutral(
        row=rows,
        column=[place[p] for p in frames["period"]],
        rate=frames["rate"],
        # Period 0 is 100 % by definition, or the sale that started it all: it would wash out every other colour.
        colour=np.where(frames["period"] > 0, frames["rate"], np.nan),
        said=[("" if r != r else words.money(r) if money else words.rate(r, 2)) for r in frames["rate"]],
        interval=[f"{say(a)} – {say(b)}" for a, b in zip(frames["rate_low"], frames["rate_high"], strict=True)],
        base=[words.number(float(n)) for n in frames["users"]],
        who=[f"{c}:{p}" if c and p else "" for c, p in zip(cohorts_drawn, frames["period"], strict=True)],
    )
    data = data[~np.isnan(data["rate"])]
    order = [words("All"), *[labels[c] for c in cohorts]]
    top = float(np.nanmax(data["colour"])) if data["colour"].notna().any() else 1.0
    tip = [
        alt.Tooltip("row:N", title=words("Started")),
        alt.Tooltip("column:N", title=_period(answer, words)),
        alt.Tooltip("said:N", title=words("Money a user") if money else words("Rate")),
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
    cells = base.mark_rect(stroke=look.paper, strokeWidth=2).encode(color=known).add_params(pick())
    bright = look.paper if not look.dark else "#0b1020"
    ink = alt.condition(f"datum.colour > {top * 0.55}", alt.value(bright), alt.value(look.ink))
    text = base.mark_text(fontSize=look.size(13)).encode(text=alt.Text("said:N"), color=ink)
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
