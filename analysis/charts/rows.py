"""One row a thing: its name, a bar or a point, its whisker and its number."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.look import Look, finish, pick

ROW = 40


def bars(data: pd.DataFrame, title: str, look: Look, colours: dict[str, str]) -> Any:
    """Bars from zero with whiskers; a click on one opens its people.

    Args:
        data: Columns `name`, `value`, `low`, `high`, `said`, `interval`, `base`, `tone` (a key of `colours`), `who`.
        title: Of the axis.
        look: Colours and sizes.
        colours: Colour of each tone.
    """
    top = max(float(data["high"].max()), 1e-9)
    axis = alt.Axis(format="~%", tickCount=4, grid=True, titlePadding=10)
    x = alt.X("value:Q", title=title, axis=axis, scale=alt.Scale(domain=[0, top * 1.16], nice=False))
    base, colour = _base(data, look, colours)
    bar = base.mark_bar(height={"band": 0.62}, cornerRadiusEnd=3).encode(x=x, color=colour).add_params(pick())
    whisker = base.mark_rule(strokeWidth=2, color=look.ink, opacity=0.75).encode(
        x=alt.X("low:Q", title=title), x2=alt.X2("high:Q")
    )
    label = base.mark_text(align="left", dx=8, fontWeight="bold", fontSize=look.size(15), color=look.ink)
    said = label.encode(x=alt.X("high:Q", title=title), text=alt.Text("said:N"))
    return finish(alt.layer(bar, whisker, said), look, height=ROW * len(data) + 44)


def points(data: pd.DataFrame, title: str, look: Look, colours: dict[str, str]) -> Any:
    """Differences with whiskers on both sides of zero; the columns are those of `bars`."""
    low, high = min(float(data["low"].min()), 0.0), max(float(data["high"].max()), 0.0)
    span = (high - low) or 1.0
    axis = alt.Axis(
        labelExpr="datum.value == 0 ? '0' : format(datum.value * 100, '+.3~g')", tickCount=4, grid=True, titlePadding=10
    )
    scale = alt.Scale(domain=[low - 0.12 * span, high + 0.12 * span], nice=False)
    x, start = alt.X("value:Q", title=title, axis=axis, scale=scale), alt.X("low:Q", title=title)
    base, colour = _base(data, look, colours)
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(color=look.ink, strokeWidth=1.5, strokeDash=[4, 3])
    line = zero.encode(x=alt.X("at:Q", title=title))
    whisker = base.mark_rule(strokeWidth=3).encode(x=start, x2=alt.X2("high:Q"), color=colour)
    point = base.mark_point(filled=True, size=110, opacity=1).encode(x=x, color=colour).add_params(pick())
    said = base.mark_text(dy=-14, fontSize=look.size(), color=look.ink).encode(x=x, text=alt.Text("said:N"))
    return finish(alt.layer(line, whisker, point, said), look, height=(ROW + 8) * len(data) + 44)


def _base(data: pd.DataFrame, look: Look, colours: dict[str, str]) -> tuple[alt.Chart, alt.Color]:
    labels = alt.Axis(ticks=False, domain=False, labelColor=look.ink, labelPadding=8, labelLimit=240)
    y = alt.Y("name:N", title=None, axis=labels, sort=list(data["name"]))
    tones = alt.Scale(domain=list(colours), range=list(colours.values()))
    tip = [alt.Tooltip(f"{c}:N", title=" ") for c in ("name", "said", "interval", "base")]
    return alt.Chart(data).encode(y=y, tooltip=tip), alt.Color("tone:N", legend=None, scale=tones)
