"""Stages as bars: how many users stand where, those about to go and those gone in the colour for bad."""

from __future__ import annotations

from typing import Any

import altair as alt

from analysis.charts.look import Look, finish, neutral
from analysis.lifecycle.stages import STAGES, StagesAnswer
from analysis.words import Words


def draw(answer: StagesAnswer, words: Words, look: Look) -> Any:
    """One bar a stage, with its share and interval beside it."""
    table = answer.table
    names = [words(stage) for stage in table["stage"]]
    data = neutral(
        name=names,
        stage=table["stage"],
        count=table["users"].astype(float),
        said=[words.number(float(n)) for n in table["users"]],
        share=[_share(row, words) for row in table.itertuples()],
        silence=[words.number(v) for v in table["median_silence_days"]],
        tenure=[words.number(v) for v in table["median_tenure_days"]],
        rhythm=[words.number(v) for v in table["median_rhythm_days"]],
        money=[words.money(v) for v in table["money_total"]],
        leaving=[stage in STAGES[3:] for stage in table["stage"]],
    )
    tip = [
        alt.Tooltip("name:N", title=words("Stage")),
        alt.Tooltip("said:N", title=words("Users")),
        alt.Tooltip("share:N", title=words("Share of all")),
        alt.Tooltip("silence:N", title=words("Days silent, median")),
        alt.Tooltip("tenure:N", title=words("Days since first seen, median")),
        alt.Tooltip("rhythm:N", title=words("Days between visits, median")),
        alt.Tooltip("money:N", title=words("Money")),
    ]
    axis = alt.Axis(ticks=False, domain=False, labelColor=look.ink, labelPadding=8)
    y = alt.Y("name:N", sort=names, title=None, axis=axis)
    x = alt.X("count:Q", axis=None, scale=alt.Scale(domain=[0, max(float(table["users"].max()), 1) * 1.5]))
    colour = alt.condition("datum.leaving", alt.value(look.bad), alt.value(look.accent))
    base = alt.Chart(data).encode(y=y, x=x, tooltip=tip)
    bars = base.mark_bar(size=26 * look.scale, cornerRadiusEnd=3).encode(color=colour)
    number = base.mark_text(align="left", dx=7, fontSize=look.size(15), fontWeight="bold", color=look.ink)
    number = number.encode(text=alt.Text("said:N"))
    shift = 7 + max(len(s) for s in data["said"]) * look.size(15) * 0.62 + 10
    share = base.mark_text(align="left", dx=shift, fontSize=look.size(), color=look.soft).encode(
        text=alt.Text("share:N")
    )
    return finish(bars + number + share, look, height=46 * len(table) + 10)


def _share(row: Any, words: Words) -> str:
    low, high = words.rate(row.users_share_low), words.rate(row.users_share_high)
    return words("{rate} of all ({low} – {high})", rate=words.rate(row.users_share), low=low, high=high)
