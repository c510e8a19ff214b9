"""Gaps between events as a histogram, and the sessions each timeout would make, on one logarithmic axis."""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.behaviour.visits.session_gaps import SessionGapsAnswer
from analysis.charts.look import Look, finish, neutral
from analysis.words import Words

TICKS = (1 / 3600, 10 / 3600, 1 / 60, 10 / 60, 1.0, 6.0, 24.0, 168.0, 720.0)
"""Hours that are written at the axis."""


def draw(answer: SessionGapsAnswer, words: Words, look: Look) -> Any:
    """The histogram with the timeout as a rule, and below it the sessions by timeout."""
    table = answer.table[(answer.table["from_hours"] > 0) & answer.table["to_hours"].notna()]
    if not answer.counts.sum():
        return None
    timeout = answer.question.timeout_minutes / 60
    data = neutral(
        start=table["from_hours"],
        end=table["to_hours"],
        share=table["gap_share"],
        floor=[0.0] * len(table),
        sessions=table["sessions"],
        range=[
            f"{words.span(a)} – {words.span(b)}" for a, b in zip(table["from_hours"], table["to_hours"], strict=True)
        ],
        longest=[words.span(b) for b in table["to_hours"]],
        said=[words.rate(r) for r in table["gap_share"]],
        count=[words.number(float(n)) for n in table["gaps"]],
        told=[words.number(float(n)) for n in table["sessions"]],
        inside=[bool(b <= timeout) for b in table["to_hours"]],
    )
    base = alt.Chart(data)
    bars = base.mark_rect(strokeWidth=0).encode(
        x=_x("start:Q", words, words("Gap to the user's next event")),
        x2=alt.X2("end:Q"),
        y=alt.Y("share:Q", title=words("Share of gaps"), axis=alt.Axis(format="%", tickCount=4)),
        y2=alt.Y2("floor:Q"),
        color=alt.condition("datum.inside", alt.value(look.accent), alt.value(look.grey)),
        tooltip=[
            alt.Tooltip("range:N", title=words("Gap")),
            alt.Tooltip("said:N", title=words("Share")),
            alt.Tooltip("count:N", title=words("Gaps")),
        ],
    )
    line = base.mark_line(color=look.accent, strokeWidth=2.5).encode(
        x=_x("end:Q", words, words("Timeout")),
        y=alt.Y("sessions:Q", title=words("Sessions"), axis=alt.Axis(format="~s", tickCount=4)),
    )
    points = base.mark_point(size=160, opacity=0).encode(
        x=_x("end:Q", words, words("Timeout")),
        y=alt.Y("sessions:Q"),
        tooltip=[
            alt.Tooltip("longest:N", title=words("Timeout")),
            alt.Tooltip("told:N", title=words("Sessions")),
        ],
    )
    chosen = words("Timeout: {span}", span=words.span(timeout))
    made = words("{sessions} sessions", sessions=answer.sessions)
    top = _rules(answer, chosen, words, look)
    below = _rules(answer, made, words, look, suggested=False)
    upper = finish(bars + top, look, height=230)
    lower = finish(line + points + below, look, height=170)
    room = {"left": 4, "right": 12, "top": 44, "bottom": 6}
    return [upper.properties(padding=room), lower.properties(padding={**room, "top": 26})]


def _x(field: str, words: Words, title: str) -> alt.X:
    said = ",".join(f"'{hours:.6f}':'{words.span(hours)}'" for hours in TICKS)
    axis = alt.Axis(values=list(TICKS), labelExpr="{" + said + "}[format(datum.value, '.6f')]", grid=False)
    return alt.X(field, title=title, axis=axis, scale=alt.Scale(type="log", domain=[TICKS[0], TICKS[-1]], nice=False))


def _rules(answer: SessionGapsAnswer, said: str, words: Words, look: Look, *, suggested: bool = True) -> Any:
    """The timeout chosen, and where the valley lies, if there is one."""
    rows = [(answer.question.timeout_minutes / 60, said, -8, look.ink)]
    if suggested and answer.suggested_minutes is not None:
        near = words("Valley: near {minutes} min", minutes=answer.suggested_minutes)
        rows.append((answer.valley_hours, near, -26, look.good))
    layers = []
    for at, text, up, colour in rows:
        base = alt.Chart(neutral(at=[at], text=[text])).encode(x=alt.X("at:Q"))
        layers.append(base.mark_rule(color=colour, strokeWidth=2, strokeDash=[6, 4]))
        mark = base.mark_text(align="left", dx=4, baseline="bottom", fontSize=look.size(), color=colour)
        layers.append(mark.encode(y=alt.value(up), text=alt.Text("text:N")))
    return alt.layer(*layers)
