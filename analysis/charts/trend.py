"""A trend: the line with its band, what stands out, where the level shifts, and marks of holidays and notes below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.behaviour.trends.trend import TrendAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

EXTENT = 72
"""Room left of the lines, so that the marks below stand under their days."""

Mark = tuple[date, str, str]
"""A mark below: its day, "holiday" or "note", and its text."""


def draw(answer: TrendAnswer, words: Words, look: Look, marks: Sequence[Mark] = ()) -> Any:
    """One line with its band, or several lines with direct labels."""
    data = _data(answer, words)
    known = data[data["value"].notna()]
    if len(known) < 2:
        return None
    lines = [name for name in answer.names if (known["series"] == name).any()]
    first, last = known["day"].min(), known["day"].max()
    room = (last - first) * (0.22 if len(lines) > 1 else 0.02)
    said = _dates(words, (last - first).days)
    axis = alt.Axis(grid=False, tickCount=7, labelOverlap=True, labelFlush=False, labelExpr=said)
    span = alt.Scale(domain=[_day(first - room * 0.1), _day(last + room)])
    x = alt.X("day:T", title=None, axis=axis, scale=span)
    tip = [
        alt.Tooltip("when:N", title=words("Day") if answer.question.period == "day" else words("From")),
        alt.Tooltip("said:N", title=words("Value")),
        alt.Tooltip("interval:N", title=words("Expected")),
        alt.Tooltip("base:N", title=words("Users")),
    ]
    if len(lines) > 1:
        tip.insert(0, alt.Tooltip("series:N", title=words("Line")))
    colour: Any = alt.value(look.accent)
    if len(lines) > 1:
        colour = alt.Color("series:N", sort=lines, scale=alt.Scale(domain=lines, range=look.series), legend=None)
    y = alt.Y(
        "value:Q", title=None, axis=_axis(answer, look), scale=alt.Scale(zero=True, nice=True, domain=_domain(known))
    )
    base = alt.Chart(known).encode(x=x, tooltip=tip)
    band = base.mark_area(opacity=0.18, clip=True).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"), color=colour)
    width = 2 if len(known) / len(lines) < 200 else 1.4
    line = base.mark_line(strokeWidth=width, clip=True).encode(y=y, color=colour)
    out = base.transform_filter("datum.out != ''").mark_point(
        filled=True, size=110, opacity=1, stroke=look.paper, clip=True
    )
    dots = out.encode(y=alt.Y("shown:Q"), color=alt.Color("out:N", scale=_tones(look), legend=None)).add_params(pick())
    layers = [*_rules(answer, words, look, x), *([band] if len(lines) <= 2 else []), line, dots]
    resolved = alt.layer(*layers, *_labels(known, lines, look, x)).resolve_scale(color="independent")
    top = finish(resolved, look, height=300)
    return [top, _below(marks, words, look, (first, last, room))] if marks else top


def _data(answer: TrendAnswer, words: Words) -> pd.DataFrame:
    """The table under the chart's own names; periods that are not complete are left out."""
    table, name = answer.table[answer.table["complete"]], answer.figure
    say = words.rate if name == "rate" else words.money if "money" in name else words.number
    low, high = table[f"expected_{name}_low"], table[f"expected_{name}_high"]
    value = table[name].to_numpy(float)
    top = _ceiling(value, high.to_numpy(float))
    up = value > table[f"expected_{name}"].to_numpy(float)
    out = np.where(table["p_adjusted"] <= 0.05, np.where(up, "more", "less"), "")
    return neutral(
        series=table["series"],
        day=[_day(d) for d in table["day"]],
        when=[words.day(d) for d in table["day"]],
        value=value,
        shown=np.minimum(value, top),
        low=low,
        high=high.clip(upper=top),
        said=[say(v) for v in value],
        interval=[f"{say(_round(name, a))} – {say(_round(name, b))}" for a, b in zip(low, high, strict=True)],
        base=[words.number(float(n)) for n in table["base"]],
        out=out,
        who=[f"{s}:{d}" if o else "" for s, d, o in zip(table["series"], table["day"], out, strict=True)],
    )


def _ceiling(value: np.ndarray, high: np.ndarray) -> float:
    """Top of the chart: a day far beyond all others must not press the rest flat; its dot stands at the edge."""
    usual = np.nanmax(high) if np.isfinite(high).any() else np.nan
    most = float(np.nanmax(value)) if np.isfinite(value).any() else 1.0
    return float(min(max(most, usual), 2.5 * usual)) if np.isfinite(usual) else most


def _domain(known: pd.DataFrame) -> list[float]:
    top = float(np.nanmax([known["shown"].max(), known["high"].max()]))
    return [min(0.0, float(known["value"].min())), top * 1.06 if top > 0 else 1.0]


def _round(name: str, value: float) -> float:
    return float(round(value)) if name in ("users", "events", "orders") and value >= 10 else float(value)


def _axis(answer: TrendAnswer, look: Look) -> alt.Axis:
    wide = look.size(EXTENT)
    return alt.Axis(format="%" if answer.figure == "rate" else "~s", tickCount=4, minExtent=wide, maxExtent=wide)


def _tones(look: Look) -> alt.Scale:
    return alt.Scale(domain=["more", "less"], range=[look.good, look.bad])


def _labels(known: pd.DataFrame, lines: list[str], look: Look, x: alt.X) -> list[Any]:
    """Names at the ends of the lines, moved apart where they would touch."""
    if len(lines) < 2:
        return []
    ends = known.groupby("series", sort=False).tail(1).set_index("series").loc[lines]
    top = _domain(known)[1]
    level = ends["value"].to_numpy(float)
    order = np.argsort(level)
    placed = level.copy()
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + top * 0.075)
    placed -= max(0.0, placed.max() - top)
    data = neutral(series=lines, day=ends["day"], value=placed)
    colour = alt.Color("series:N", scale=alt.Scale(domain=lines, range=look.series), legend=None)
    text = alt.Chart(data).mark_text(align="left", dx=8, fontSize=look.size(), limit=200)
    return [text.encode(x=x, y=alt.Y("value:Q"), text=alt.Text("series:N"), color=colour)]


def _rules(answer: TrendAnswer, words: Words, look: Look, x: alt.X) -> list[Any]:
    """Where the level shifts."""
    shifts, name = answer.shifts, answer.figure
    if not len(shifts):
        return []
    say = words.rate if name == "rate" else words.money if "money" in name else words.number
    data = neutral(
        day=[_day(d) for d in shifts["day"]],
        when=[words.day(d) for d in shifts["day"]],
        said=[
            f"{s} {say(_round(name, a))} → {say(_round(name, b))}".strip()
            for s, a, b in zip(shifts["series"], shifts[f"before_{name}"], shifts[f"after_{name}"], strict=True)
        ],
        who=[f"{s}:{d}" for s, d in zip(shifts["series"], shifts["day"], strict=True)],
    )
    tip = [alt.Tooltip("when:N", title=words("The level shifts")), alt.Tooltip("said:N", title=words("Level"))]
    base = alt.Chart(data).encode(x=x, tooltip=tip)
    rule = base.mark_rule(color=look.ink, strokeDash=[5, 4], strokeWidth=1.5)
    text = base.mark_text(align="left", baseline="top", dx=6, fontSize=look.size(), color=look.ink)
    return [rule, text.encode(y=alt.value(2), text=alt.Text("said:N"))]


def _below(marks: Sequence[Mark], words: Words, look: Look, span: tuple[Any, Any, Any]) -> Any:
    """Holidays and notes on an axis of their own; names where there is room, all in the tooltip."""
    first, last, room = span
    shown = [m for m in marks if first <= _day(m[0]) <= last]
    if not shown:
        return None
    kinds = [k for k in ("note", "holiday") if any(m[1] == k for m in shown)]
    said = {"note": words("Notes"), "holiday": words("Holidays")}
    data = neutral(
        day=[_day(d) for d, _k, _t in shown],
        when=[words.day(d) for d, _k, _t in shown],
        kind=[said[k] for _d, k, _t in shown],
        text=[t for _d, _k, t in shown],
        room=_room(shown, first, last + room),
        wide=_wide(shown, look),
    )
    x = alt.X("day:T", title=None, axis=None, scale=alt.Scale(domain=[_day(first - room * 0.1), _day(last + room)]))
    wide = look.size(EXTENT)
    axis = alt.Axis(domain=False, ticks=False, labelColor=look.soft, grid=False, minExtent=wide, maxExtent=wide)
    y = alt.Y("kind:N", title=None, sort=[said[k] for k in kinds], axis=axis)
    tip = [alt.Tooltip("when:N", title=words("Day")), alt.Tooltip("text:N", title=words("What"))]
    base = alt.Chart(data).encode(x=x, y=y, tooltip=tip)
    colours = [look.accent if k == "note" else look.grey for k in kinds]
    colour = alt.Color("kind:N", legend=None, scale=alt.Scale(domain=[said[k] for k in kinds], range=colours))
    points = base.mark_point(shape="triangle-up", filled=True, size=90, opacity=1).encode(color=colour)
    told = alt.condition("datum.room * width > datum.wide", "text:N", alt.value(""))
    text = base.mark_text(align="left", dx=9, fontSize=look.size(), color=look.soft).encode(text=told)
    return finish(points + text, look, height=30 * len(kinds))


def _wide(shown: list[Mark], look: Look) -> list[float]:
    """What the text of each mark takes, px; a Chinese character is two letters wide."""
    return [sum(2.0 if ord(c) > 0x2E7F else 1.0 for c in text) * look.size() * 0.55 + 18 for _d, _k, text in shown]


def _room(shown: list[Mark], first: Any, last: Any) -> list[float]:
    """The share of the width that each mark has before the next of its kind."""
    out = []
    for day, kind, _text in shown:
        later = [_day(d) for d, k, _t in shown if k == kind and d > day]
        out.append((min(later, default=_day(last)) - _day(day)) / ((last - first) or pd.Timedelta(1, "D")))
    return out


def _dates(words: Words, days: int) -> str:
    """How the axis writes a day."""
    if words.language == "zh":
        month = "year(datum.value) + '年' + (month(datum.value) + 1) + '月'"
        return month if days > 120 else "(month(datum.value) + 1) + '月' + date(datum.value) + '日'"
    return "timeFormat(datum.value, '%b %Y')" if days > 120 else "timeFormat(datum.value, '%-d %b')"


def _day(day: Any) -> Any:
    return pd.Timestamp(day)
