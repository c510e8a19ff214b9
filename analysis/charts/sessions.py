"""Sessions by group as bars of the bounce rate, and pages as a table of bars: where visits begin and end."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.behaviour.visits.sessions import SessionsAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

MOST = 12
"""Groups drawn, the largest; the table holds all."""


def draw(answer: SessionsAnswer, words: Words, look: Look) -> Any:
    """A bar a group with its interval; coloured where it differs from all other sessions."""
    table = answer.table[answer.table["bounce_rate"].notna()].head(MOST)
    if not len(table):
        return None
    rates = [words.rate(r) for r in table["bounce_rate"]]
    sizes = [words("{sessions} sessions", sessions=int(n)) for n in table["sessions"]]
    data = neutral(
        name=_names(answer, table, words),
        rate=table["bounce_rate"],
        low=table["bounce_rate_low"].fillna(table["bounce_rate"]),
        high=table["bounce_rate_high"].fillna(table["bounce_rate"]),
        said=[f"{r}  ·  {s}" for r, s in zip(rates, sizes, strict=True)],
        plain=rates,
        interval=_intervals(table, "bounce_rate", words),
        users=[words.number(float(n)) for n in table["users"]],
        per=[words.number(float(n)) for n in table["sessions_per_user"]],
        long=[words.span(float(h)) for h in table["median_duration_hours"]],
        tone=_tones(table),
        who=[f"bounce:{g}" for g in table["group"]],
    )
    tip = [
        alt.Tooltip("name:N", title=words("Group")),
        alt.Tooltip("plain:N", title=words("Bounce rate")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("users:N", title=words("Users")),
        alt.Tooltip("per:N", title=words("Sessions per user")),
        alt.Tooltip("long:N", title=words("Median duration")),
    ]
    tones = alt.Scale(domain=["same", "worse", "better"], range=[look.grey, look.bad, look.good])
    top = max(float(data["high"].max()), 0.01)
    axis = alt.Axis(format="%", tickCount=5, grid=False, values=[0, 0.2, 0.4, 0.6, 0.8, 1])
    title = words("Bounce rate with 95% interval; coloured where it differs from the rest")
    base = alt.Chart(data).encode(y=_rows(data, look), tooltip=tip)
    x = alt.X("rate:Q", axis=axis, title=title, scale=alt.Scale(domain=[0, top * 1.6]))
    bars = base.mark_bar(size=20 * look.scale, cornerRadiusEnd=3, cursor="pointer")
    bars = bars.encode(x=x, color=alt.Color("tone:N", legend=None, scale=tones)).add_params(pick())
    whisker = base.mark_rule(color=look.ink, strokeWidth=1.5).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    label = base.mark_text(align="left", dx=8, fontSize=look.size(), color=look.ink).encode(
        x=alt.X("high:Q"), text=alt.Text("said:N")
    )
    return finish(bars + whisker + label, look, height=34 * len(data) + 60)


def draw_pages(answer: SessionsAnswer, words: Words, look: Look) -> Any:
    """A row a page: sessions that begin there, how often it is the last one seen, and the bounces of those entries."""
    table = answer.table[answer.table["group"] != ""]
    table = table.assign(size=table["entries"] + table["exits"]).nlargest(MOST, "size")
    if not len(table):
        return None
    heads = [words("Sessions that begin here"), words("Exits, of views"), words("Bounces, of sessions begun here")]
    parts = [
        _panel(table, k, column, words)
        for k, column in enumerate(("entries", "exit_rate", "bounce_rate"))
    ]  # fmt: skip
    data = pd.concat(parts, ignore_index=True)
    data["head"] = [heads[p] for p in data["panel"]]
    tip = [
        alt.Tooltip("name:N", title=words("Page")),
        alt.Tooltip("head:N", title=words("Measure")),
        alt.Tooltip("said:N", title=words("Value")),
        alt.Tooltip("interval:N", title=words("95% interval")),
    ]
    scale = alt.Scale(domain=[0, 3], nice=False)
    base = alt.Chart(data).encode(y=_rows(data, look), tooltip=tip)
    colour = alt.Color("panel:N", legend=None, scale=alt.Scale(range=[look.accent, look.grey, look.grey]))
    bars = base.mark_bar(size=18 * look.scale, cornerRadiusEnd=3, cursor="pointer")
    bars = bars.encode(x=alt.X("from:Q", axis=None, scale=scale), x2=alt.X2("to:Q"), color=colour).add_params(pick())
    whisker = base.mark_rule(color=look.ink, strokeWidth=1.5).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    label = base.mark_text(align="left", dx=7, fontSize=look.size(), color=look.ink).encode(
        x=alt.X("high:Q"), text=alt.Text("said:N")
    )
    title = neutral(at=[0.0, 1.0, 2.0], text=heads)
    said = alt.Chart(title).mark_text(align="left", baseline="bottom", fontSize=look.size(), color=look.soft)
    said = said.encode(x=alt.X("at:Q"), y=alt.value(-6), text=alt.Text("text:N"))
    chart = finish(bars + whisker + label + said, look, height=30 * len(table) + 10)
    return chart.properties(padding={"left": 4, "right": 12, "top": 30, "bottom": 6})


def _panel(table: pd.DataFrame, place: int, column: str, words: Words) -> pd.DataFrame:
    """One measure as bars that begin at `place` and are at most half as wide as a column of the table."""
    rate = column != "entries"
    value = table[column].fillna(0.0).to_numpy(float)
    low = table[f"{column}_low"].to_numpy(float) if rate else value
    high = table[f"{column}_high"].to_numpy(float) if rate else value
    low, high = (np.where(np.isnan(v), value, v) for v in (low, high))
    wide = 0.5 / max(float(high.max()), 1e-9)
    said = [words.rate(v) if rate else words.number(float(v)) for v in table[column]]
    return neutral(
        name=table["group"],
        panel=[place] * len(table),
        **{"from": [float(place)] * len(table)},
        to=place + value * wide,
        low=place + low * wide,
        high=place + high * wide,
        said=said,
        interval=_intervals(table, column, words) if rate else ["–"] * len(table),
        who=[("any:", "exit:", "bounce:")[place] + g for g in table["group"]],
    )


def _names(answer: SessionsAnswer, table: pd.DataFrame, words: Words) -> list[str]:
    none = words("All sessions") if answer.question.group is None else words("Not given")
    return [g or none for g in table["group"]]


def _tones(table: pd.DataFrame) -> list[str]:
    """Where a difference stands after correction, which way it goes."""
    stands = (table["p_adjusted"] <= 0.05).to_numpy()
    worse = (table["difference_points"] > 0).to_numpy()
    return ["same" if not s else "worse" if w else "better" for s, w in zip(stands, worse, strict=True)]


def _intervals(table: pd.DataFrame, column: str, words: Words) -> list[str]:
    pairs = zip(table[f"{column}_low"], table[f"{column}_high"], strict=True)
    return [f"{words.rate(a)} – {words.rate(b)}" for a, b in pairs]


def _rows(data: pd.DataFrame, look: Look) -> alt.Y:
    axis = alt.Axis(ticks=False, domain=False, labelColor=look.ink, labelPadding=8)
    return alt.Y("name:N", sort=list(dict.fromkeys(data["name"])), title=None, axis=axis)
