"""The funnel as bars: how many reach each step, and the rate of the step before with its interval."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from analysis.behaviour.funnel import FunnelAnswer
from analysis.charts.look import Look, finish, neutral
from analysis.words import Words


def draw(answer: FunnelAnswer, words: Words, look: Look) -> Any:
    """One bar a step; the step most are lost at is told apart. With a split, one bar a value and step."""
    return _split(answer, words, look) if len(answer.by_value) else _plain(answer, words, look)


def _plain(answer: FunnelAnswer, words: Words, look: Look) -> Any:
    table = answer.table
    counts = table[answer.unit].to_numpy(float)
    lost = np.where(np.isnan(table["step_rate"]), 2.0, table["step_rate"])
    worst = int(np.argmin(lost)) if len(lost) > 1 and counts[0] else -1
    told = [
        ""
        if k == 0
        else words(
            "{rate} of the step before ({low} – {high})", rate=words.rate(r), low=words.rate(lo), high=words.rate(hi)
        )
        for k, (r, lo, hi) in enumerate(
            zip(table["step_rate"], table["step_rate_low"], table["step_rate_high"], strict=True)
        )
    ]
    data = neutral(
        row=[f"{k + 1}" for k in range(len(table))],
        name=table["step"],
        count=counts,
        said=[words.number(c) for c in counts],
        rate=told,
        worst=[k == worst for k in range(len(table))],
    )
    labels = dict(zip(data["row"], data["name"], strict=True))
    y = alt.Y("row:N", sort=None, title=None, axis=_step_axis(labels, look))
    x = alt.X("count:Q", axis=None, scale=alt.Scale(domain=[0, max(float(counts.max()), 1) * 1.75]))
    tip = [
        alt.Tooltip("name:N", title=words("Step")),
        alt.Tooltip("said:N", title=_unit(answer, words)),
        alt.Tooltip("rate:N", title=words("Rate")),
    ]
    colour = alt.condition("datum.worst", alt.value(look.bad), alt.value(look.accent))
    base = alt.Chart(data).encode(y=y, x=x, tooltip=tip)
    bars = base.mark_bar(size=26 * look.scale, cornerRadiusEnd=3).encode(color=colour)
    number = base.mark_text(align="left", dx=7, fontSize=look.size(15), fontWeight="bold", color=look.ink).encode(
        text="said:N"
    )
    # The rate stands behind the number, as far as the longest number needs.
    shift = 7 + max(len(s) for s in data["said"]) * look.size(15) * 0.62 + 10
    rate = base.mark_text(align="left", dx=shift, fontSize=look.size(), color=look.soft).encode(text="rate:N")
    return finish(bars + number + rate, look, height=46 * len(table) + 10)


def _split(answer: FunnelAnswer, words: Words, look: Look) -> Any:
    """A group of bars a step, a bar a value; grey until a difference to the rest stands."""
    table = answer.by_value
    steps = list(dict.fromkeys(table["step"]))
    values = list(dict.fromkeys(table["value"]))
    shown = table[table["step_rate"].notna()]
    tested = shown["p_adjusted"] <= 0.05
    rates = [words.rate(r) for r in shown["step_rate"]]
    data = neutral(
        step=shown["step"],
        value=shown["value"],
        rate=shown["step_rate"],
        low=shown["step_rate_low"],
        high=shown["step_rate_high"],
        said=[f"{v}  {r}" for v, r in zip(shown["value"], rates, strict=True)],
        plain=rates,
        interval=[
            f"{words.rate(a)} – {words.rate(b)}"
            for a, b in zip(shown["step_rate_low"], shown["step_rate_high"], strict=True)
        ],
        reached=[words.number(float(n)) for n in shown["users"]],
        tone=np.where(~tested, "same", np.where(shown["difference_points"] < 0, "worse", "better")),
    )
    tip = [
        alt.Tooltip("value:N", title=words("Value")),
        alt.Tooltip("step:N", title=words("Step")),
        alt.Tooltip("reached:N", title=_unit(answer, words)),
        alt.Tooltip("plain:N", title=words("Rate")),
        alt.Tooltip("interval:N", title=words("95% interval")),
    ]
    axis = alt.Axis(ticks=False, domain=False, labelColor=look.ink, labelFontWeight="bold", labelPadding=8)
    y = alt.Y("step:N", sort=steps, title=None, axis=axis, scale=alt.Scale(paddingInner=0.18))
    tones = alt.Scale(domain=["same", "worse", "better"], range=[look.grey, look.bad, look.good])
    base = alt.Chart(data).encode(y=y, yOffset=alt.YOffset("value:N", sort=values), tooltip=tip)
    title = words("Of the step before, with 95% interval; coloured where it differs from the rest")
    scale = alt.Scale(domain=[0, max(float(data["high"].max()), 0.01) * 1.45 if len(data) else 1])
    x = alt.X("rate:Q", axis=alt.Axis(format="%", values=[0, 0.2, 0.4, 0.6, 0.8, 1]), title=title, scale=scale)
    bars = base.mark_bar(cornerRadiusEnd=3).encode(x=x, color=alt.Color("tone:N", legend=None, scale=tones))
    whisker = base.mark_rule(color=look.ink, strokeWidth=1.5).encode(x=alt.X("low:Q"), x2="high:Q")
    label = base.mark_text(align="left", dx=7, fontSize=look.size(), color=look.ink)
    label = label.encode(x=alt.X("high:Q"), text="said:N")
    return finish(bars + whisker + label, look, height=24 * max(1, len(data)) + 60)


def _step_axis(labels: dict[str, str], look: Look) -> alt.Axis:
    """Steps may repeat a name, so rows are numbered and the axis says the name."""
    text = "{" + ",".join(f"'{k}':{_js(v)}" for k, v in labels.items()) + "}[datum.value]"
    return alt.Axis(labelExpr=text, ticks=False, domain=False, labelColor=look.ink, labelPadding=8)


def _js(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ") + "'"


def _unit(answer: FunnelAnswer, words: Words) -> str:
    return {"users": words("Users"), "attempts": words("Attempts")}[answer.unit]
