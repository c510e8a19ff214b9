"""The effect as points with whiskers: each arm by itself, and beside it what it differs from the control by.

The interval of the difference is the one to read: two arms' own whiskers may overlap while the
difference is clear. An arm keeps its row across the panels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.campaigns.effect import EffectAnswer
from analysis.campaigns.verdict import stands
from analysis.charts.look import Look, finish, neutral
from analysis.words import Words

ROW = 56


def draw(answer: EffectAnswer, words: Words, look: Look) -> list[tuple[Any, Any]]:
    """A pair of charts a metric: the arms, and their difference to the control, coloured once it stands."""
    table, blocked = answer.table, answer.sample_ratio.verdict == "block"
    arms, control = list(table["arm"]), answer.question.control
    rows: list[tuple[Any, Any]] = []
    if answer.question.conversion is not None:
        own = _data(table, ["conversion_rate", "conversion_rate_low", "conversion_rate_high"], words.rate)
        names = [f"conversion_difference{part}_points" for part in ("", "_low", "_high")]
        gap = _data(table, names, words.points, tested="p_adjusted", blocked=blocked)
        title = words("Conversion rate, with 95% interval")
        left = _panel(own, arms, title, "format(datum.value, '~%')", look)
        title = words("Difference to {control}, percentage points", control=control)
        rows.append((left, _panel(gap, arms, title, _SIGNED_POINTS, look, zero=True)))
    if answer.has_money:
        own = _data(table, ["money_mean", "money_mean_low", "money_mean_high"], words.money)
        names = [f"money_difference{part}" for part in ("", "_low", "_high")]
        gap = _data(table, names, lambda v: _signed(v, words), tested="money_p_adjusted", blocked=blocked)
        left = _panel(own, arms, words("Money a user, with 95% interval"), "format(datum.value, ',~r')", look)
        title = words("Difference to {control}", control=control)
        rows.append((left, _panel(gap, arms, title, _SIGNED, look, zero=True)))
    return rows


_SIGNED_POINTS = "datum.value == 0 ? '0' : format(datum.value * 100, '+.3~g')"
_SIGNED = "datum.value == 0 ? '0' : format(datum.value, '+,~r')"


def _signed(value: float, words: Words) -> str:
    return ("+" if value > 0 else "") + words.money(value).replace("-", "−")


def _data(
    table: pd.DataFrame, names: list[str], say: Callable[[float], str], *, tested: str = "", blocked: bool = False
) -> pd.DataFrame:
    """Points of one panel; arms without a value or an interval have none."""
    shown = table[table[names].notna().all(axis=1)]
    value, low, high = (shown[name] for name in names)
    tone = ["control" if arm == table["arm"][0] else "own" for arm in shown["arm"]]
    if tested:
        clear = [stands(*row) and not blocked for row in zip(low, high, shown[tested], strict=True)]
        tone = list(np.where(clear, np.where(value > 0, "better", "worse"), "same"))
    return neutral(
        arm=shown["arm"],
        users=shown["users"],
        value=value,
        low=low,
        high=high,
        said=[say(v) for v in value],
        interval=[f"{say(a)} – {say(b)}" for a, b in zip(low, high, strict=True)],
        tone=tone,
    )


def _panel(data: pd.DataFrame, arms: list[str], title: str, axis: str, look: Look, *, zero: bool = False) -> Any:
    bounds = [*data["low"], *data["high"], *([0.0] if zero or data.empty else [])]
    low, high = min(bounds), max(bounds)
    span = (high - low) or 1.0
    domain = [low - 0.12 * span, high + 0.12 * span]  # room for the numbers over the outermost points
    # The right panel stands beside the left one, whose names serve both.
    labels = alt.Axis(labels=not zero, ticks=False, domain=False, labelColor=look.ink, labelPadding=8, labelLimit=170)
    y = alt.Y("arm:N", title=None, axis=labels, scale=alt.Scale(domain=arms))
    x_axis = alt.Axis(labelExpr=axis, tickCount=4, grid=True, titlePadding=10, labelOverlap=True)
    x = alt.X("value:Q", title=title, axis=x_axis, scale=alt.Scale(domain=domain, nice=False, zero=False))
    colours = {"control": look.soft, "own": look.accent, "same": look.soft, "better": look.good, "worse": look.bad}
    tones = alt.Scale(domain=list(colours), range=list(colours.values()))
    colour = alt.Color("tone:N", legend=None, scale=tones)
    tip = [alt.Tooltip("arm:N"), alt.Tooltip("said:N", title=title), alt.Tooltip("interval:N"), alt.Tooltip("users:Q")]
    base = alt.Chart(data).encode(y=y, tooltip=tip)
    start, at = alt.X("low:Q", title=title), look.scale
    whisker = base.mark_rule(strokeWidth=3 * at).encode(x=start, x2=alt.X2("high:Q"), color=colour)
    point = base.mark_point(filled=True, size=130 * at, opacity=1).encode(x=x, color=colour)
    text = base.mark_text(dy=-16 * at, fontSize=look.size(15), fontWeight="bold", color=look.ink)
    label = text.encode(x=x, text=alt.Text("said:N"))
    layers = [whisker, point, label]
    if zero:
        line = alt.Chart(neutral(at=[0.0])).mark_rule(color=look.ink, strokeWidth=1.5, strokeDash=[4, 3])
        layers.insert(0, line.encode(x=alt.X("at:Q", title=title)))
    return finish(alt.layer(*layers), look, height=ROW * len(arms) + 40)
