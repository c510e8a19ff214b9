"""Events and users a day as two small charts; days that are missing, half loaded or unfinished are marked."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.look import Look, finish, neutral
from analysis.health.days import series
from analysis.health.facts import Health
from analysis.words import Words

LABELS = 5


def draw(health: Health, words: Words, look: Look) -> tuple[Any, Any]:
    """Events a day and users a day; a long file is drawn by weeks or longer, as means a day."""
    points = series(health.days)
    events = _panel(points, "events", words("Events a day"), words, look)
    return events, _panel(points, "users", words("Users a day"), words, look)


def _panel(points: pd.DataFrame, column: str, title: str, words: Words, look: Look) -> Any:
    said = {
        "usual": words("usual"),
        "empty": words("missing"),
        "half": words("half loaded"),
        "unfinished": words("not over"),
    }
    top = float(points[column].max())
    data = neutral(
        at=[day.isoformat() for day in points["day"]],
        day=[words.day(day) for day in points["day"]],
        count=points[column].astype(float),
        told=[words.number(round(float(n), 1)) for n in points[column]],
        state=[said[s] for s in points["state"]],
        mark=[top if s in ("empty", "half") else 0.0 for s in points["state"]],
    )
    present = [s for s in said if s == "usual" or s in set(points["state"])]
    colours = {"usual": look.accent, "empty": look.bad, "half": look.series[4], "unfinished": look.soft}
    scale = alt.Scale(domain=[said[s] for s in present], range=[colours[s] for s in present])
    legend = alt.Legend(orient="top", title=None, symbolType="square", symbolOpacity=1) if len(present) > 1 else None
    tip = [
        alt.Tooltip("day:N", title=words("Day") if points["width"][0] == 1 else words("Period from")),
        alt.Tooltip("told:N", title=title),
        alt.Tooltip("state:N", title=words("State")),
    ]
    x = alt.X("at:O", title=None, axis=_axis(points, words))
    colour = alt.Color("state:N", scale=scale, legend=legend)
    base = alt.Chart(data).encode(x=x, color=colour, tooltip=tip)
    plain = alt.Axis(format="~s", tickCount=3, titlePadding=10)
    bars = base.mark_bar().encode(y=alt.Y("count:Q", title=title, axis=plain))
    gone = base.mark_bar(opacity=0.3).encode(y=alt.Y("mark:Q", title=title))
    return finish(gone + bars, look, height=150)


def _axis(points: pd.DataFrame, words: Words) -> alt.Axis:
    """A few days, in the words of the language."""
    step = max(1, -(-len(points) // LABELS))
    kept = {day.isoformat(): words.day(day) for day in points["day"][::step]}
    text = "{" + ",".join(f"'{k}':'{v}'" for k, v in kept.items()) + "}[datum.value]"
    return alt.Axis(values=list(kept), labelExpr=text, labelAngle=0, labelOverlap=True, ticks=False, labelPadding=8)
