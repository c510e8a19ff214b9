"""Use and purchases by month since the start, with bands; a sudden fall in the colour of what is worse."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analysis.behaviour.returning.tenure import FEW, TenureAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words


def draw(answer: TenureAnswer, words: Words, look: Look) -> Any:
    """One line of use, one of purchases where they are asked for."""
    data = _data(answer, words)
    if data["period"].nunique() < 2:
        return None
    last = int(data["period"].max())
    names = list(dict.fromkeys(data["line"]))
    colour = alt.Color("line:N", scale=alt.Scale(domain=names, range=[look.accent, look.good]), legend=None)
    scale = alt.Scale(domain=[-0.3, last + max(1.0, last * 0.16)], nice=False)
    axis = alt.Axis(grid=False, values=list(range(last + 1)), format="d", labelOverlap=True)
    title = words("Months of {days} days since the start", days=answer.question.period_days)
    x = alt.X("period:Q", title=title, scale=scale, axis=axis)
    top = min(1.0, float(data["high"].max()) * 1.15)
    y = alt.Y("rate:Q", title=None, axis=alt.Axis(format="%", tickCount=4), scale=alt.Scale(domain=[0, top]))
    tip = [
        alt.Tooltip("line:N", title=words("Share")),
        alt.Tooltip("period:Q", title=words("Month"), format="d"),
        alt.Tooltip("said:N", title=words("Rate")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("base:N", title=words("Users")),
    ]
    base = alt.Chart(data).encode(x=x, tooltip=tip)
    band = base.mark_area(opacity=0.2).encode(y=alt.Y("low:Q", title=None), y2=alt.Y2("high:Q"), color=colour)
    line = base.mark_line(strokeWidth=2.5).encode(y=y, color=colour)
    shade = alt.condition("datum.fallen", alt.value(look.bad), colour)
    points = base.mark_point(filled=True, opacity=1, size=90).encode(y=y, color=shade).add_params(pick())
    fallen = base.transform_filter("datum.fallen")
    rings = fallen.mark_point(size=320, strokeWidth=2.5, color=look.bad).encode(y=y)
    layers = [band, line, points, rings]
    said = alt.Text("said:N")
    for name, away in zip(names, (-1, 1), strict=False):  # labels of the first line above it, of the second below
        mine = base.transform_filter(alt.FieldEqualPredicate(field="line", equal=name))
        red = mine.transform_filter("datum.fallen").mark_text(dy=26 * away, fontSize=look.size(), fontWeight=600)
        plain = mine.transform_filter("!datum.fallen && datum.told").mark_text(dy=16 * away, fontSize=look.size())
        end = mine.transform_filter(f"datum.period == {last}").mark_text(
            align="left", dx=12, dy=8 * away * (len(names) - 1), fontSize=look.size()
        )
        layers += [
            red.encode(y=y, text=said, color=alt.value(look.bad)),
            plain.encode(y=y, text=said, color=alt.value(look.ink)),
            end.encode(y=y, text=alt.Text("line:N"), color=colour),
        ]
    return finish(alt.layer(*layers), look, height=300)


def _data(answer: TenureAnswer, words: Words) -> pd.DataFrame:
    """Months with enough users, one row a line and month."""
    table, sudden = answer.table[answer.table["users"] >= FEW], set(answer.sudden)
    said = {"active": words("active"), "buying": words("buy again")}
    kinds = ["active"] if answer.question.buying is None else ["active", "buying"]
    rows: list[tuple[str, Any]] = [(kind, row) for kind in kinds for _, row in table.iterrows()]
    rate = [float(row[f"{kind}_rate"]) for kind, row in rows]
    low = [float(row[f"{kind}_rate_low"]) for kind, row in rows]
    high = [float(row[f"{kind}_rate_high"]) for kind, row in rows]
    step = max(1, -(-len(table) // 6))
    return neutral(
        line=[said[kind] for kind, _ in rows],
        period=[int(row["period"]) for _, row in rows],
        rate=rate,
        low=low,
        high=high,
        said=[words.rate(r) for r in rate],
        interval=[f"{words.rate(a)} – {words.rate(b)}" for a, b in zip(low, high, strict=True)],
        base=[words.number(float(row["users"])) for _, row in rows],
        fallen=[(kind, int(row["period"])) in sudden for kind, row in rows],
        told=[int(row["period"]) % step == 0 for _, row in rows],
        who=[f"{kind}:{int(row['period'])}" for kind, row in rows],
    )
