"""The week as a grid of hours, and beside it where two sides differ."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from analysis.behaviour.clicks.weekday_hour import WeekdayHourAnswer
from analysis.charts.heat import beyond_noise, diverging, legend, spans
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

ROW = 34


def draw(answer: WeekdayHourAnswer, words: Words, look: Look) -> list[Any]:
    """Averages on one colour scale; with a comparison also A − B, grey within the noise floor."""
    return [_averages(answer, words, look), *([] if answer.names is None else [_differences(answer, words, look)])]


def weekdays(words: Words) -> list[str]:
    """Names of the weekdays, Monday first."""
    return [words("Mon"), words("Tue"), words("Wed"), words("Thu"), words("Fri"), words("Sat"), words("Sun")]


def _averages(answer: WeekdayHourAnswer, words: Words, look: Look) -> Any:
    table, names = answer.table, weekdays(words)
    best = table.groupby("iso_weekday")["average"].transform("max")
    peak = (table["average"] == best) & (table["average"] > 0)
    data = neutral(
        row=[names[d - 1] for d in table["iso_weekday"]],
        hour=table["hour"],
        value=table["average"].fillna(0.0),
        seen=table["average"].notna(),
        said=[words.number(v) for v in table["average"]],
        short=[words.number(v, 2) if p else "" for v, p in zip(table["average"], peak, strict=True)],
        interval=spans(table["average_low"], table["average_high"], words.number),
        hours=[words.number(round(v, 1)) for v in table["hours_observed"]],
        who=[f"{d}:{h}" for d, h in zip(table["iso_weekday"], table["hour"], strict=True)],
    )
    users = answer.question.measure == "users"
    title = words("Users an hour") if users else words("Events an hour")
    tip = [
        *_tip(words),
        alt.Tooltip("said:N", title=title),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("hours:N", title=words("Hours observed")),
    ]
    top = float(np.nanmax(table["average"])) or 1.0
    scale = alt.Scale(domain=[0, top], range=look.ramp)
    fill = alt.Color("value:Q", scale=scale, legend=legend(title, look, ",~r"))
    base = _grid(data, names, words, look).encode(tooltip=tip)
    known = alt.condition("datum.seen", fill, alt.value(look.line))
    cells = base.mark_rect(stroke=look.paper, strokeWidth=1.5).encode(color=known).add_params(pick())
    bright = alt.condition(
        f"datum.value > {top * 0.55}", alt.value("#0b1020" if look.dark else look.paper), alt.value(look.ink)
    )
    text = base.mark_text(fontSize=look.size(), fontWeight="bold").encode(text=alt.Text("short:N"), color=bright)
    return finish(cells + text, look, height=ROW * 7 + 130)


def _differences(answer: WeekdayHourAnswer, words: Words, look: Look) -> Any:
    assert answer.names is not None
    table, names = answer.table, weekdays(words)
    beyond = beyond_noise(table)
    data = neutral(
        row=[names[d - 1] for d in table["iso_weekday"]],
        hour=table["hour"],
        value=np.where(beyond, table["difference_points"] * 100, 0.0),
        beyond=beyond,
        stands=table["p_adjusted"] <= 0.05,
        said=[words.points(v) for v in table["difference_points"]],
        interval=spans(table["difference_low_points"], table["difference_high_points"], words.points),
        a=[words.rate(v) for v in table["a_share"]],
        b=[words.rate(v) for v in table["b_share"]],
        who=[f"{d}:{h}" for d, h in zip(table["iso_weekday"], table["hour"], strict=True)],
    )
    tip = [
        *_tip(words),
        alt.Tooltip("said:N", title=words("Difference")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("a:N", title=answer.names[0]),
        alt.Tooltip("b:N", title=answer.names[1]),
    ]
    facts = {"a": answer.names[0], "b": answer.names[1]}
    title = words("{a} less {b}, points of the week; grey: within the noise, framed: after correction", **facts)
    fill = alt.Color("value:Q", scale=diverging(data["value"], look), legend=legend(title, look, "+,~r"))
    base = _grid(data, names, words, look).encode(tooltip=tip)
    known = alt.condition("datum.beyond", fill, alt.value(look.line))
    cells = base.mark_rect(stroke=look.paper, strokeWidth=1.5).encode(color=known).add_params(pick())
    frame = base.mark_rect(filled=False, stroke=look.ink, strokeWidth=2.5).transform_filter("datum.stands")
    return finish(cells + frame, look, height=ROW * 7 + 130)


def _grid(data: Any, names: list[str], words: Words, look: Look) -> alt.Chart:
    plain: dict[str, Any] = {"domain": False, "ticks": False, "labelPadding": 6}
    axis = alt.Axis(labelAngle=0, labelOverlap=True, labelSeparation=4, **plain)
    x = alt.X("hour:O", title=words("Hour of the day"), axis=axis)
    y = alt.Y("row:N", sort=names, title=None, axis=alt.Axis(labelColor=look.ink, **plain))
    return alt.Chart(data).encode(x=x, y=y)


def _tip(words: Words) -> list[alt.Tooltip]:
    return [alt.Tooltip("row:N", title=words("Weekday")), alt.Tooltip("hour:O", title=words("Hour of the day"))]
