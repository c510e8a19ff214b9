"""The plan as a curve: the longer users are let in, the smaller the change that would show."""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.behaviour.experiments.experiment_plan import ExperimentPlanAnswer
from analysis.charts.look import Look, finish, neutral
from analysis.words import Words

FIRST_DAY, LONGEST = 3, 182
"""Days drawn: earlier ones need changes that nobody expects; later ones are another season."""


def draw(answer: ExperimentPlanAnswer, words: Words, look: Look) -> Any:
    """The smallest relative change by days, with the band of the base's uncertainty, and the change asked for."""
    table = answer.table[answer.table["smallest_rate"].notna() & (answer.table["days"] >= FIRST_DAY)]
    table = table[table["days"] <= LONGEST]
    if len(table) < 2:
        return None
    asked = answer.question.change
    change = table["smallest_rate"]
    data = neutral(
        days=table["days"],
        change=change,
        low=table["smallest_rate_high"].fillna(change),
        high=table["smallest_rate_low"].fillna(change),
        said=[words.rate(v, 2) for v in change],
        band=[
            f"{words.rate(a, 2)} – {words.rate(b, 2)}"
            for a, b in zip(table["smallest_rate_low"], table["smallest_rate_high"], strict=True)
        ],
        users=[words.number(float(v)) for v in table["users_an_arm"]],
    )
    top = max(float(data[["change", "low", "high"]].to_numpy().max()), asked) * 1.15
    axis = alt.Axis(grid=False, values=data["days"].tolist(), labelOverlap=True)
    x = alt.X(
        "days:Q", title=words("Days in which users are let in"), axis=axis, scale=alt.Scale(type="log", padding=20)
    )
    room = alt.Scale(domain=[0, top])
    y = alt.Y("change:Q", title=None, axis=alt.Axis(format="%", tickCount=5), scale=room)
    tip = [
        alt.Tooltip("days:Q", title=words("Days")),
        alt.Tooltip("said:N", title=words("Smallest change that would show")),
        alt.Tooltip("band:N", title=words("95% interval")),
        alt.Tooltip("users:N", title=words("Users in each arm")),
    ]
    base = alt.Chart(data).encode(x=x, tooltip=tip)
    band = base.mark_area(opacity=0.22, color=look.accent).encode(y=alt.Y("low:Q", title=None), y2=alt.Y2("high:Q"))
    line = base.mark_line(color=look.accent, strokeWidth=2.5).encode(y=y)
    points = base.mark_point(color=look.accent, filled=True, size=60, opacity=1).encode(y=y)
    label = base.mark_text(dy=-16, fontSize=look.size(), color=look.ink).encode(y=y, text=alt.Text("said:N"))
    some = label.transform_filter(alt.FieldOneOfPredicate("days", data["days"].tolist()[::2]))
    goal = alt.Chart(neutral(change=[asked])).mark_rule(color=look.good, strokeWidth=1.5, strokeDash=[4, 3])
    note = alt.Chart(neutral(change=[asked], days=[float(data["days"].min())])).mark_text(
        align="left",
        dy=-9,
        fontSize=look.size(),
        color=look.good,
        text=words("asked for: {change_share}", change_share=asked),
    )
    layers = [band, goal.encode(y=y), note.encode(x=x, y=y), line, points, some]
    return finish(alt.layer(*layers), look, height=270)
