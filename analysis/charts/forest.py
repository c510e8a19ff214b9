"""Risk ratios with their intervals, one a row, on a scale on which twice and half are equally far from 1.

What stands after all comparisons is coloured: worse to the right of the line, better to the left of it.
The other rows are grey, so that a reader sees how little the rest tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

MOST_ROWS = 20
"""Rows that are drawn, the clearest; the table holds all."""

ROW = 30

TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
FINE = (0.25, 0.5, 0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 4.0)


def draw_forest(table: pd.DataFrame, names: Sequence[str], words: Words, look: Look) -> Any:
    """The clearest rows of a table of features; None where none has a ratio.

    Args:
        table: As `seen.ranked` gives it.
        names: What each of its rows is called.
        words: The language.
        look: Colours and sizes.
    """
    known = table.assign(name=list(names), who=[str(k) for k in range(len(table))])
    known = known[(known["risk_ratio_low"] > 0) & np.isfinite(known["risk_ratio_high"].astype(float))][:MOST_ROWS]
    if not len(known):
        return None
    known = known.sort_values("risk_ratio", ascending=False, kind="stable")
    ratio, low, high = (known[n].to_numpy(float) for n in ("risk_ratio", "risk_ratio_low", "risk_ratio_high"))
    clear = known["p_adjusted"].to_numpy(float) <= 0.05
    data = neutral(
        name=known["name"],
        who=known["who"],
        value=ratio,
        low=low,
        high=high,
        tone=np.where(~clear, "same", np.where(ratio > 1, "worse", "better")),
        said=[f"{words.number(v)}×" for v in ratio],
        interval=[f"{words.number(a)} – {words.number(b)}" for a, b in zip(low, high, strict=True)],
        having=[words.rate(v) for v in known["leave_rate_with"]],
        without=[words.rate(v) for v in known["leave_rate_without"]],
        users=[words.number(float(n)) for n in known["users_with"]],
        p=[words.fact("p", v) for v in known["p_adjusted"]],
    )
    return finish(_layers(data, words, look), look, height=ROW * len(data) + 46)


def _layers(data: pd.DataFrame, words: Words, look: Look) -> Any:
    span = np.log(max(data["high"].max(), 1.0) / min(data["low"].min(), 1.0))
    # Room beside the outermost intervals for their numbers, which stand on the side away from the line.
    domain = [min(data["low"].min(), 1.0) * np.exp(-0.14 * span), max(data["high"].max(), 1.0) * np.exp(0.14 * span)]
    ticks = [t for t in (FINE if span < np.log(12) else TICKS) if domain[0] <= t <= domain[1]]
    if span < np.log(1.5):
        ticks = [t for t in (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4) if domain[0] <= t <= domain[1]]
    title = words("Leave so many times as often as those without it, with 95% interval")
    axis = alt.Axis(values=ticks, labelExpr="format(datum.value, '~g') + '×'", grid=True, titlePadding=10)
    x = alt.X("value:Q", title=title, axis=axis, scale=alt.Scale(type="log", domain=domain, nice=False))
    names = alt.Axis(ticks=False, domain=False, labelColor=look.ink, labelPadding=8, labelLimit=330)
    y = alt.Y("name:N", title=None, axis=names, scale=alt.Scale(domain=list(data["name"])))
    colours = {"same": look.grey, "worse": look.bad, "better": look.good}
    colour = alt.Color("tone:N", legend=None, scale=alt.Scale(domain=list(colours), range=list(colours.values())))
    tip = [
        alt.Tooltip("name:N", title=words("Seen")),
        alt.Tooltip("said:N", title=words("Risk ratio")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("having:N", title=words("Leave with it")),
        alt.Tooltip("without:N", title=words("Leave without it")),
        alt.Tooltip("users:N", title=words("Users with it")),
        alt.Tooltip("p:N", title=words("p, adjusted")),
    ]
    at = look.scale
    base = alt.Chart(data).encode(y=y, tooltip=tip)
    whisker = base.mark_rule(strokeWidth=3 * at).encode(
        x=alt.X("low:Q", title=title), x2=alt.X2("high:Q"), color=colour
    )
    point = base.mark_point(filled=True, size=120 * at, opacity=1, cursor="pointer").encode(x=x, color=colour)
    text: dict[str, Any] = {"fontSize": look.size(), "color": look.ink}
    right = base.mark_text(align="left", dx=8 * at, **text).encode(
        x=alt.X("high:Q", title=title), text=alt.Text("said:N")
    )
    left = base.mark_text(align="right", dx=-8 * at, **text).encode(
        x=alt.X("low:Q", title=title), text=alt.Text("said:N")
    )
    labels = right.transform_filter("datum.high >= 1"), left.transform_filter("datum.high < 1")
    one = alt.Chart(neutral(at=[1.0])).mark_rule(color=look.ink, strokeWidth=1.5, strokeDash=[4, 3])
    return alt.layer(one.encode(x=alt.X("at:Q", title=title)), whisker, point.add_params(pick()), *labels)
