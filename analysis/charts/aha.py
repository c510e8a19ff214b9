"""Aha moments as dots: of those who did and those who did not, how many stay."""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.behaviour.moments.aha import AhaAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

MOST = 12
"""Candidates drawn, the best of each event; the table holds all."""


def draw(answer: AhaAnswer, words: Words, look: Look) -> Any:
    """Two dots a candidate with their intervals, the half held out; full colour where both halves show it."""
    best = answer.best().head(MOST)
    if not len(best):
        return None
    rows: list[Any] = list(best.itertuples())
    names = [
        words("{event} ({times}+ in {days} d)", event=r.event, times=int(r.times), days=int(r.within_days))
        for r in rows
    ]
    sides = (words("did it"), words("did not"))
    parts = [(r, n, did) for r, n in zip(rows, names, strict=True) for did in (True, False)]
    data = neutral(
        name=[n for _, n, _ in parts],
        side=[sides[0] if did else sides[1] for *_, did in parts],
        tone=[_tone(r, did) for r, _, did in parts],
        rate=[r.did_rate if did else r.other_rate for r, _, did in parts],
        low=[r.did_rate_low if did else r.other_rate_low for r, _, did in parts],
        high=[r.did_rate_high if did else r.other_rate_high for r, _, did in parts],
        said=[words.rate(r.did_rate if did else r.other_rate) for r, _, did in parts],
        up=[(r.did_rate >= r.other_rate) == did for r, _, did in parts],
        users=[words.number(float(r.did_users if did else r.other_users)) for r, _, did in parts],
        phi=[words.number(float(r.phi)) for r, *_ in parts],
        lift=[words.number(float(r.lift)) for r, *_ in parts],
        interval=[
            f"{words.rate(r.did_rate_low if did else r.other_rate_low)} – "
            f"{words.rate(r.did_rate_high if did else r.other_rate_high)}"
            for r, _, did in parts
        ],
        who=[f"{r.event}|{r.times}|{r.within_days}|{int(did)}" for r, _, did in parts],
    )
    tip = [
        alt.Tooltip("name:N", title=words("Candidate")),
        alt.Tooltip("side:N", title=words("Users who")),
        alt.Tooltip("said:N", title=words("Retained, of the half held out")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("users:N", title=words("Users, both halves")),
        alt.Tooltip("phi:N", title="φ"),
        alt.Tooltip("lift:N", title=words("Lift")),
    ]
    axis = alt.Axis(ticks=False, domain=False, labelColor=look.ink, labelPadding=10, labelLimit=330)
    y = alt.Y("name:N", sort=names, title=None, axis=axis)
    span = float(data["high"].max() - data["low"].min())
    low, high = max(0.0, float(data["low"].min()) - 0.12 * span), min(1.0, float(data["high"].max()) + 0.12 * span)
    scale = alt.Scale(domain=[low, max(high, low + 0.01)], zero=False, nice=False)
    title = words("Retained rate of the half held out, with 95% interval")
    x = alt.X("rate:Q", title=title, scale=scale, axis=alt.Axis(format="%", tickCount=6))
    tones = {"good": look.good, "bad": look.bad, "unsure": look.accent, "other": look.grey}
    colour = alt.Color("tone:N", legend=None, scale=alt.Scale(domain=list(tones), range=list(tones.values())))
    base = alt.Chart(data).encode(y=y, tooltip=tip)
    whisker = base.mark_rule(strokeWidth=2.5).encode(x=alt.X("low:Q", scale=scale), x2=alt.X2("high:Q"), color=colour)
    dots = base.mark_point(filled=True, size=170 * look.scale, opacity=1, cursor="pointer")
    dots = dots.encode(x=x, color=colour).add_params(pick())
    text = base.mark_text(fontSize=look.size(), color=look.ink).encode(x=x, text=alt.Text("said:N"))
    above, below = (text.transform_filter(f"datum.up == {u}") for u in ("true", "false"))
    first = base.transform_filter(f"datum.name == {_js(names[0])}").mark_text(fontSize=look.size(), color=look.soft)
    sided = first.encode(x=x, text=alt.Text("side:N"))
    right, left = (sided.transform_filter(f"datum.up == {u}") for u in ("true", "false"))
    # Each label leans away from the other dot, so that close ones can be read.
    chart = whisker + dots + above.mark_text(dy=-15, dx=-7, align="left", fontSize=look.size(), color=look.ink)
    chart += below.mark_text(dy=-15, dx=7, align="right", fontSize=look.size(), color=look.ink)
    chart += right.mark_text(dy=-33, dx=-7, align="left", fontSize=look.size(), color=look.soft)
    chart += left.mark_text(dy=-33, dx=7, align="right", fontSize=look.size(), color=look.soft)
    room = {"left": 4, "right": 12, "top": 30, "bottom": 6}
    return finish(chart, look, height=46 * len(rows) + 76).properties(padding=room)


def _tone(row: Any, did: bool) -> str:
    """Those who did not are grey; those who did are judged, where the judgement stands."""
    if not did:
        return "other"
    return "unsure" if not row.p_adjusted <= 0.05 else "good" if row.did_rate >= row.other_rate else "bad"


def _js(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ") + "'"
