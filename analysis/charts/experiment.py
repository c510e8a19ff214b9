"""The experiment as a forest: each metric's change against the control; and how the first one settled, day by day.

Changes are drawn relative to the control's value, so that rates and money share one axis; the absolute
difference is written beside each. The second chart shows why looking daily misleads: the narrow band is right
for one look, the wide one for all of them.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.behaviour.experiments.experiment import ExperimentAnswer
from analysis.behaviour.experiments.experiment_verdict import stands
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

ROW, FEWEST_DAYS, MOST_ARMS = 52, 3, 3


def draw(answer: ExperimentAnswer, words: Words, look: Look) -> list[Any]:
    """The forest; and the days, where users finished on several."""
    days = [_days(answer, arm, words, look) for arm in list(answer.arms)[1 : 1 + MOST_ARMS]]
    return [_forest(answer, words, look), *days]


def _forest(answer: ExperimentAnswer, words: Words, look: Look) -> Any:
    data = _rows(answer, words)
    low, high = min([0.0, *data["low"].dropna()]), max([0.0, *data["high"].dropna()])
    span = (high - low) or 1.0
    rows = list(data["row"])
    scale = alt.Scale(domain=[low - 0.14 * span, high + 0.14 * span], nice=False, zero=False)
    signed = "datum.value == 0 ? '0' : format(datum.value, '+.2~%')"
    axis = alt.Axis(labelExpr=signed, tickCount=6, grid=True, titlePadding=10, labelOverlap=True)
    title = words("Change against {control}, with 95% interval", control=answer.question.control)
    if answer.question.interval == "always_valid":
        title = words("Change against {control}, with always-valid interval", control=answer.question.control)
    labels = alt.Axis(ticks=False, domain=False, labelColor=look.ink, labelPadding=8, labelLimit=300)
    y = alt.Y("row:N", title=None, axis=labels, scale=alt.Scale(domain=rows))
    colours = {"same": look.soft, "better": look.good, "worse": look.bad}
    tones = alt.Scale(domain=list(colours), range=list(colours.values()))
    colour = alt.Color("tone:N", legend=None, scale=tones)
    tip = [
        alt.Tooltip("row:N", title=words("Metric")),
        alt.Tooltip("said:N", title=words("Difference")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("users:N", title=words("Users")),
    ]
    base, at = alt.Chart(data).encode(y=y, tooltip=tip), look.scale
    zero = alt.Chart(neutral(at=[0.0])).mark_rule(color=look.ink, strokeWidth=1.5, strokeDash=[4, 3])
    whisker = base.mark_rule(strokeWidth=3 * at).encode(
        x=alt.X("low:Q", title=title, axis=axis, scale=scale), x2=alt.X2("high:Q"), color=colour
    )
    point = base.mark_point(filled=True, size=140 * at, opacity=1).encode(x=alt.X("value:Q", title=title), color=colour)
    text = base.mark_text(dy=-16 * at, fontSize=look.size(15), fontWeight="bold", color=look.ink)
    line = zero.encode(x=alt.X("at:Q", title=title))
    layers = [
        line,
        whisker,
        point.add_params(pick()),
        text.encode(x=alt.X("value:Q", title=title), text=alt.Text("said:N")),
    ]
    return finish(alt.layer(*layers), look, height=ROW * max(1, len(rows)) + 50)


def _rows(answer: ExperimentAnswer, words: Words) -> pd.DataFrame:
    """One row a metric and treated arm that has an interval."""
    table = answer.table[(answer.table["arm"] != answer.question.control)]
    table = table[table[["relative_rate", "relative_rate_low", "relative_rate_high"]].notna().all(axis=1)]
    better = {(m.kind, m.name(answer.log)): m.better for m in answer.question.metrics}
    out: list[list[Any]] = []
    looked: list[Any] = list(table.itertuples())
    for row in looked:
        rate = row.measure == "conversion"
        gap = (row.difference_points, row.difference_low_points, row.difference_high_points)
        gap = gap if rate else (row.mean_difference, row.mean_difference_low, row.mean_difference_high)
        said = [words.points(v) if rate else _signed(float(v), words) for v in gap]
        clear = stands(*gap[1:], row.p_adjusted) and answer.sample_ratio.verdict != "block"
        good = (gap[0] > 0) == (better[(row.measure, row.metric)] == "higher")
        tone = ("better" if good else "worse") if clear else "same"
        name = row.metric if len(answer.arms) == 2 else f"{row.metric}: {row.arm}"
        ends = (row.relative_rate_low, row.relative_rate_high)
        told = [said[0], f"{said[1]} – {said[2]}", words.number(float(row.users)), tone, row.arm]
        out.append([name, row.relative_rate, *ends, *told])
    names = ["row", "value", "low", "high", "said", "interval", "users", "tone", "who"]
    columns = list(zip(*out, strict=True)) or [()] * len(names)
    frame = neutral(**dict(zip(names, columns, strict=True)))
    # A metric may be asked for twice, as a rate and as a count.
    again = frame.groupby("row").cumcount() if len(frame) else pd.Series(dtype=int)
    frame["row"] = [f"{r} ({k + 1})" if k else r for r, k in zip(frame["row"], again, strict=True)]
    return frame


def _signed(value: float, words: Words) -> str:
    return ("+" if value > 0 else "") + words.number(value).replace("-", "−")


def _days(answer: ExperimentAnswer, arm: str, words: Words, look: Look) -> Any:
    """The first metric's difference over all users finished by each day; None with few days."""
    rate, metric = answer.question.metrics[0].rate, answer.table["metric"][0]
    tail = "_points" if rate else ""
    table = answer.by_day[answer.by_day["arm"] == arm]
    table = table[table[f"always_valid_low{tail}"].notna()]
    if len(table) < FEWEST_DAYS:
        return None
    names = [f"difference{tail}", f"difference_low{tail}", f"difference_high{tail}"]
    names += [f"always_valid_low{tail}", f"always_valid_high{tail}"]
    value, low, high, lowest, highest = (table[n].to_numpy(float) for n in names)
    say = words.points if rate else (lambda v: _signed(v, words))
    data = neutral(
        day=pd.to_datetime(table["day"]),
        value=value,
        low=low,
        high=high,
        lowest=lowest,
        highest=highest,
        said=[say(v) for v in value],
        one=[f"{say(a)} – {say(b)}" for a, b in zip(low, high, strict=True)],
        many=[f"{say(a)} – {say(b)}" for a, b in zip(lowest, highest, strict=True)],
        users=[words.number(float(a + b)) for a, b in zip(table["users"], table["control_users"], strict=True)],
    )
    title = words("{metric}: {arm} against {control}", metric=metric, arm=arm, control=answer.question.control)
    if rate:
        facts = {"metric": metric, "arm": arm, "control": answer.question.control}
        title = words("{metric}: {arm} against {control}, percentage points", **facts)
    form = "datum.value == 0 ? '0' : format(datum.value * 100, '+.3~g')" if rate else "format(datum.value, '+,.3~g')"
    # The first days are wide beyond use; the chart shows what the last half needs, and half as much again.
    half = slice(len(table) // 4, None)
    bottom, top = float(np.min([0, *lowest[half]])), float(np.max([0, *highest[half]]))
    room = alt.Scale(domain=[bottom * 1.2, top * 1.2], nice=False)
    y = alt.Y("lowest:Q", title=None, scale=room, axis=alt.Axis(labelExpr=form, tickCount=5))
    axis = alt.Axis(grid=False, format="%m-%d", labelOverlap=True, tickCount=8, titlePadding=8)
    x_title = words("Users who had finished by")
    x = alt.X("day:T", title=x_title, axis=axis, scale=alt.Scale(padding=16))
    tip = [
        alt.Tooltip("day:T", title=words("Day"), format="%Y-%m-%d"),
        alt.Tooltip("said:N", title=words("Difference")),
        alt.Tooltip("one:N", title=words("Interval for one look")),
        alt.Tooltip("many:N", title=words("Always-valid interval")),
        alt.Tooltip("users:N", title=words("Users")),
    ]
    base = alt.Chart(data).encode(x=x, tooltip=tip)
    wide = base.mark_area(opacity=0.16, color=look.accent, clip=True).encode(y=y, y2=alt.Y2("highest:Q"))
    narrow = base.mark_area(opacity=0.30, color=look.accent, clip=True).encode(
        y=alt.Y("low:Q", title=None), y2=alt.Y2("high:Q")
    )
    line = base.mark_line(color=look.accent, strokeWidth=2.5, clip=True).encode(y=alt.Y("value:Q", title=None))
    zero = alt.Chart(neutral(at=[0.0])).mark_rule(color=look.ink, strokeWidth=1.5, strokeDash=[4, 3])
    last = alt.Chart(data.tail(1)).encode(x=x)
    note: dict[str, Any] = {"dx": 6, "align": "left", "fontSize": look.size(), "color": look.soft}
    notes = [
        last.mark_text(dy=9, text=words("one look"), **note).encode(y=alt.Y("high:Q", title=None)),
        last.mark_text(dy=-9, text=words("always valid"), **note).encode(y=alt.Y("highest:Q", title=None)),
    ]
    # An unseen mark beyond the last day keeps room for the names of the bands.
    first, until = data["day"].iloc[0], data["day"].iloc[-1]
    room_right = alt.Chart(neutral(day=[until + (until - first) * 0.3])).mark_point(opacity=0).encode(x=x)
    drawn = alt.layer(room_right, wide, narrow, zero.encode(y=alt.Y("at:Q", title=None)), line, *notes)
    head = alt.TitleParams(
        title, anchor="start", frame="bounds", fontSize=look.size(16), fontWeight="normal", color=look.ink
    )
    return finish(drawn.properties(title=head), look, height=240)
