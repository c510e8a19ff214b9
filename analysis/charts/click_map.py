"""Clicks on the screen, cell by cell, over a screenshot where there is one; beside it A − B."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from analysis.behaviour.clicks.click_map import ClickMapAnswer
from analysis.charts.heat import beyond_noise, diverging, legend, spans
from analysis.charts.look import Look, finish, neutral, pick
from analysis.charts.picture import Picture
from analysis.words import Words

WIDTH, HEIGHT = 430, 600
"""About as wide as half of the answer is on a laptop, px, and the height that still fits on it."""

WARM = ["#ffd75e", "#f07f1b", "#b3121d"]
"""From few to many over a screenshot, which is neither light nor dark by rule."""


def draw(answer: ClickMapAnswer, words: Words, look: Look, picture: Picture | None = None) -> tuple[Any, ...]:
    """Density, and with a comparison the cells that differ beyond the noise floor."""
    if not len(answer.table):
        return ()
    density = _density(answer, words, look, picture)
    return (density,) if answer.sided is None else (density, _difference(answer, words, look, picture))


def _density(answer: ClickMapAnswer, words: Words, look: Look, picture: Picture | None) -> Any:
    table = answer.table
    data = _places(answer, table).assign(
        value=table["share"].to_numpy(),
        said=[words.rate(v) for v in table["share"]],
        interval=spans(table["share_low"], table["share_high"], words.rate),
        clicks=[words.number(v) for v in table["clicks"]],
        users=[words.number(v) for v in table["users"]],
    )
    tip = [
        alt.Tooltip("said:N", title=words("Share of clicks")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("clicks:N", title=words("Clicks")),
        alt.Tooltip("users:N", title=words("Users")),
    ]
    ramp = look.ramp[1:] if picture is None else WARM  # the paper itself is no colour of a cell
    scale = alt.Scale(domain=[0, float(data["value"].max())], range=ramp)
    fill = alt.Color("value:Q", scale=scale, legend=legend(words("Share of clicks"), look, "~%"))
    return _screen(answer, data, fill, tip, look, picture)


def _difference(answer: ClickMapAnswer, words: Words, look: Look, picture: Picture | None) -> Any:
    assert answer.sided is not None
    table = answer.table[beyond_noise(answer.table)]
    data = _places(answer, table).assign(
        value=(table["difference_points"] * 100).to_numpy(),
        stands=(table["p_adjusted"] <= 0.05).to_numpy(),
        said=[words.points(v) for v in table["difference_points"]],
        interval=spans(table["difference_low_points"], table["difference_high_points"], words.points),
        a=[words.rate(v) for v in table["a_share"]],
        b=[words.rate(v) for v in table["b_share"]],
    )
    tip = [
        alt.Tooltip("said:N", title=words("Difference")),
        alt.Tooltip("interval:N", title=words("95% interval")),
        alt.Tooltip("a:N", title=answer.sided[0]),
        alt.Tooltip("b:N", title=answer.sided[1]),
    ]
    title = words("{a} less {b}, points of clicks", a=answer.sided[0], b=answer.sided[1])
    under = look if picture is None else Look(dark=False, scale=look.scale)
    scale = diverging(data["value"].to_numpy(float), under)
    fill = alt.Color("value:Q", scale=scale, legend=legend(title, look, "+,~r"))
    return _screen(answer, data, fill, tip, look, picture)


def _places(answer: ClickMapAnswer, table: pd.DataFrame) -> pd.DataFrame:
    across, down = answer.question.across, answer.question.down
    return neutral(
        left=table["column"] / across,
        right=(table["column"] + 1) / across,
        top=table["row"] / down,
        bottom=(table["row"] + 1) / down,
        stands=[True] * len(table),
        who=[f"{c}:{r}" for c, r in zip(table["column"], table["row"], strict=True)],
    )


def _screen(
    answer: ClickMapAnswer, data: pd.DataFrame, fill: Any, tip: Any, look: Look, picture: Picture | None
) -> Any:
    """The cells in the frame of the screen, whose shape is kept by leaving the rest of the width empty."""
    aspect = picture.height / picture.width if picture else answer.aspect
    height = min(WIDTH * aspect, HEIGHT)
    spare = max(WIDTH / (height / aspect) - 1, 0) / 2
    x = alt.X("left:Q", scale=alt.Scale(domain=[-spare, 1 + spare], nice=False), axis=None)
    y = alt.Y("top:Q", scale=alt.Scale(domain=[1, 0], nice=False), axis=None)
    frame = neutral(left=[0.0], right=[1.0], top=[0.0], bottom=[1.0])
    edges = {"x": x, "x2": "right:Q", "y": y, "y2": "bottom:Q"}
    layers = [] if picture is None else [_under(picture, x, y)]
    full = 0.8 if picture else 1.0
    opacity = alt.condition("datum.stands", alt.value(full), alt.value(full * 0.45))
    cells = alt.Chart(data).mark_rect().encode(**edges, color=fill, opacity=opacity, tooltip=tip)
    border = alt.Chart(frame).mark_rect(filled=False, stroke=look.grey, strokeWidth=1.5).encode(**edges)
    layers += [border, cells.add_params(pick())]
    return finish(alt.layer(*layers), look, height=height)


def _under(picture: Picture, x: Any, y: Any) -> Any:
    at = alt.Chart(neutral(left=[0.0], top=[0.0], picture=[picture.url]))
    wide, high = (alt.expr(f"abs(scale('{axis}', 1) - scale('{axis}', 0))") for axis in ("x", "y"))
    mark = at.mark_image(align="left", baseline="top", aspect=False, width=wide, height=high)
    return mark.encode(x=x, y=y, url=alt.Url("picture:N"))
