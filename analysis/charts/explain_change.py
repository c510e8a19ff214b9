"""A change as a waterfall of its parts, and the parts of each group."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from analysis.behaviour.trends.explain_change import ExplainChangeAnswer
from analysis.behaviour.trends.groups import REST
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words


def draw(answer: ExplainChangeAnswer, words: Words, look: Look) -> Any:
    """The waterfall of the whole, and for a rate of several groups the parts of each."""
    if not all(np.isfinite(answer.level)) or min(answer.users) == 0:
        return None
    parts = _by_group(answer, words, look)
    whole = _waterfall(answer, words, look)
    return whole if parts is None else [whole, parts]


def _waterfall(answer: ExplainChangeAnswer, words: Words, look: Look) -> Any:
    """Each part from where the last one ended, and the whole from zero to the same place."""
    money = answer.question.measure == "money"
    groups, whole = answer.groups, answer.groups.whole
    say = _signed(words) if money else words.points
    keep = [j for j in range(len(answer.names)) if groups.total[j] != 0 or answer.names[j] in ("mix", "rate")]
    size = np.array([*groups.total[keep], whole[0]])
    end = np.array([*np.cumsum(groups.total[keep]), whole[0]])
    low = end - size + np.array([*groups.total_low[keep], whole[1]])
    high = end - size + np.array([*groups.total_high[keep], whole[2]])
    names = [*[_part(answer.names[j], words) for j in keep], words("Whole change")]
    data = neutral(
        name=names,
        start=end - size,
        end=end,
        tone=[*["more" if v >= 0 else "less" for v in size[:-1]], "level"],
        said=[say(v) for v in size],
        interval=[
            f"{say(a - s)} – {say(b - s)}" if np.isfinite(a) else "–"
            for a, b, s in zip(low, high, end - size, strict=True)
        ],
        low=low,
        high=high,
        edge=np.where(size >= 0, np.nanmax([end - size, end, high], axis=0), np.nanmin([end - size, end, low], axis=0)),
        size=size,
    )
    tip = [
        alt.Tooltip("name:N", title=words("Part")),
        alt.Tooltip("said:N", title=words("Size")),
        alt.Tooltip("interval:N", title=words("95% interval")),
    ]
    bottom, top = (float(f([0.0, *data["start"], *end, *low, *high])) for f in (np.nanmin, np.nanmax))
    room = (top - bottom) * 0.14 or 1.0
    axis = alt.Axis(format="~s", tickCount=4)
    if not money:  # a difference of rates is told in points, as everywhere
        axis = alt.Axis(labelExpr=f"format(datum.value * 100, '~g') + '{words(' pt')}'", tickCount=4)
    y = alt.Y("start:Q", title=None, axis=axis, scale=alt.Scale(domain=[bottom - room, top + room], nice=False))
    x = alt.X("name:N", sort=names, title=None, axis=alt.Axis(labelAngle=0, ticks=False, labelColor=look.ink))
    base = alt.Chart(data).encode(x=x, tooltip=tip)
    zero = alt.Chart(neutral(zero=[0.0])).mark_rule(color=look.soft).encode(y=alt.Y("zero:Q"))
    bars = base.mark_bar(size=70).encode(
        y=y, y2=alt.Y2("end:Q"), color=alt.Color("tone:N", legend=None, scale=_tones(look))
    )
    whisker = base.mark_rule(color=look.ink, strokeWidth=1.5).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    text = base.encode(y=alt.Y("edge:Q"), text=alt.Text("said:N"))
    more = text.transform_filter("datum.size >= 0").mark_text(dy=-12, fontSize=look.size(), color=look.ink)
    less = text.transform_filter("datum.size < 0").mark_text(dy=14, fontSize=look.size(), color=look.ink)
    return finish(zero + bars + whisker + more + less, look, height=250)


def _by_group(answer: ExplainChangeAnswer, words: Words, look: Look) -> Any:
    """Mix and rate of each group, side by side on one axis."""
    groups, money = answer.groups, answer.question.measure == "money"
    if len(groups.names) < 2:
        return None
    say = _signed(words) if money else words.points
    parts = [1, 2] if money else [0, 1]
    names = [_value(n, words) for n in groups.names]
    rows: dict[str, list[Any]] = {
        k: [] for k in ("name", "part", "size", "low", "high", "said", "interval", "tone", "who")
    }
    for g, name in enumerate(names):
        for j in parts:
            size, low, high = (float(a[g, j]) for a in (groups.found, groups.found_low, groups.found_high))
            interval = f"{say(low)} – {say(high)}" if np.isfinite(low) else "–"
            one = (name, _part(answer.names[j], words), size, low, high, say(size), interval)
            for key, value in zip(rows, (*one, "more" if size >= 0 else "less", groups.names[g]), strict=True):
                rows[key].append(value)
    data = neutral(**rows)
    ends = np.abs(np.nan_to_num([data["size"], data["low"], data["high"]])).max() * 1.45 or 1.0
    data["edge"] = np.nan_to_num(
        np.where(data["size"] >= 0, data[["size", "high"]].max(axis=1), data[["size", "low"]].min(axis=1))
    )
    tip = [
        alt.Tooltip("name:N", title=words("Group")),
        alt.Tooltip("part:N", title=words("Part")),
        alt.Tooltip("said:N", title=words("Size")),
        alt.Tooltip("interval:N", title=words("95% interval")),
    ]
    charts = []
    for k, j in enumerate(parts):
        part = _part(answer.names[j], words)
        axis = alt.Axis(labels=k == 0, ticks=False, domain=False, labelColor=look.ink, labelLimit=150)
        x = alt.X(
            "size:Q",
            title=part,
            axis=alt.Axis(labels=False, ticks=False, grid=False, domain=False),
            scale=alt.Scale(domain=[-ends, ends]),
        )
        base = alt.Chart(data[data["part"] == part]).encode(
            y=alt.Y("name:N", sort=names, title=None, axis=axis), tooltip=tip
        )
        bars = (
            base.mark_bar(size=20)
            .encode(x=x, color=alt.Color("tone:N", legend=None, scale=_tones(look)))
            .add_params(pick())
        )
        whisker = base.mark_rule(color=look.ink, strokeWidth=1.5).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
        zero = alt.Chart(neutral(zero=[0.0])).mark_rule(color=look.soft).encode(x=alt.X("zero:Q"))
        text = base.encode(x=alt.X("edge:Q"), text=alt.Text("said:N"))
        more = text.transform_filter("datum.size >= 0").mark_text(
            align="left", dx=7, fontSize=look.size(), color=look.ink
        )
        less = text.transform_filter("datum.size < 0").mark_text(
            align="right", dx=-7, fontSize=look.size(), color=look.ink
        )
        charts.append(finish(zero + bars + whisker + more + less, look, height=38 * len(names) + 10))
    return tuple(charts)


def _part(name: str, words: Words) -> str:
    said = {
        "mix": words("Mix"),
        "rate": words("Rate"),
        "users": words("Users"),
        "value": words("Value of each"),
        "new or gone": words("New or gone"),
    }
    return said[name]


def _value(name: str, words: Words) -> str:
    return words("All others") if name == REST else name or words("Not given")


def _signed(words: Words) -> Any:
    def say(value: float) -> str:
        return ("+" if value > 0 else "−" if value < 0 else "") + words.money(abs(value))

    return say


def _tones(look: Look) -> alt.Scale:
    return alt.Scale(domain=["level", "more", "less"], range=[look.grey, look.good, look.bad])
