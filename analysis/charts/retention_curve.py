"""The observed curve of staying as points with whiskers, the fitted one as a line with its band."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analysis.behaviour.returning.retention_curve import RetentionCurveAnswer
from analysis.charts.look import Look, finish, neutral
from analysis.words import Words


def draw(answer: RetentionCurveAnswer, words: Words, look: Look) -> Any:
    """Points are seen, the line is fitted; right of the rule it is a forecast."""
    if not answer.lost.any():
        return None
    data = _data(answer, words)
    known = int(data.loc[data["seen"].notna(), "period"].max())
    last = int(data.loc[data["seen"].notna() | data["fit"].notna(), "period"].max())
    since = {
        "day": words("Days since the start"),
        "week": words("Weeks since the start"),
        "month": words("Months since the start"),
    }
    scale = alt.Scale(domain=[0, last * 1.09], nice=False)
    x = alt.X(
        "period:Q", title=since[answer.question.period], scale=scale, axis=alt.Axis(grid=False, format="d", tickCount=9)
    )
    limit = alt.Scale(domain=[0, 1.05])
    y = alt.Y("fit:Q", title=None, axis=alt.Axis(format="%", tickCount=5), scale=limit)
    tip = [
        alt.Tooltip("period:Q", title=words("Period"), format="d"),
        alt.Tooltip("seen_said:N", title=words("Observed")),
        alt.Tooltip("fit_said:N", title=words("Fitted")),
        alt.Tooltip("base:N", title=words("Users")),
    ]
    base = alt.Chart(data).encode(x=x, tooltip=tip)
    fitted, observed = base.transform_filter("isValid(datum.fit)"), base.transform_filter("isValid(datum.seen)")
    band = fitted.mark_area(opacity=0.22, color=look.accent).encode(y=alt.Y("low:Q", scale=limit), y2=alt.Y2("high:Q"))
    line = fitted.mark_line(color=look.accent, strokeWidth=2.5).encode(y=y)
    whisker = observed.mark_rule(color=look.soft, strokeWidth=1.5).encode(
        y=alt.Y("seen_low:Q"), y2=alt.Y2("seen_high:Q")
    )
    points = observed.mark_point(color=look.ink, filled=True, size=45, opacity=1).encode(y=alt.Y("seen:Q"))
    text = base.transform_filter("datum.told != ''").mark_text(
        align="left", dx=8, dy=-12, fontSize=look.size(), color=look.accent, fontWeight=600
    )
    layers = [band, line, whisker, points, text.encode(y=y, text=alt.Text("told:N"))]
    if last > known:
        layers += _edge(known, words("Forecast"), look)
    return finish(alt.layer(*layers), look, height=290)


def _edge(known: int, said: str, look: Look) -> list[Any]:
    """Where the data end and the forecast begins."""
    here = alt.Chart(neutral(period=[known], said=[said + " →"])).encode(x=alt.X("period:Q"))
    rule = here.mark_rule(color=look.soft, strokeDash=[4, 4])
    text = here.mark_text(align="left", dx=8, fontSize=look.size(), color=look.soft).encode(
        y=alt.value(12), text=alt.Text("said:N")
    )
    return [rule, text]


def _data(answer: RetentionCurveAnswer, words: Words) -> pd.DataFrame:
    table = answer.table
    shown = table[table["stay_rate"].notna() | table["fitted_rate"].notna()]
    rows: list[Any] = list(shown.itertuples())
    end = rows[-1].period
    return neutral(
        period=shown["period"],
        seen=shown["stay_rate"],
        seen_low=shown["stay_rate_low"],
        seen_high=shown["stay_rate_high"],
        fit=shown["fitted_rate"],
        low=shown["fitted_rate_low"],
        high=shown["fitted_rate_high"],
        seen_said=[_with(r.stay_rate, r.stay_rate_low, r.stay_rate_high, words) for r in rows],
        fit_said=[_with(r.fitted_rate, r.fitted_rate_low, r.fitted_rate_high, words) for r in rows],
        base=[words.number(float(r.users)) if r.users else "–" for r in rows],
        told=[words.rate(r.fitted_rate) if r.period == end and r.forecast else "" for r in rows],
    )


def _with(rate: float, low: float, high: float, words: Words) -> str:
    """A rate with its interval, where it has one."""
    return f"{words.rate(rate)} ({words.rate(low)} – {words.rate(high)})" if low == low else words.rate(rate)
