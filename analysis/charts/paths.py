"""Paths as a Sankey: a ribbon is as thick as the users who go that way; its place is worked out in `sankey`."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.behaviour.journeys import path_tree, sankey
from analysis.behaviour.journeys.paths import BEFORE, LEFT, MORE, OTHER, PathsAnswer
from analysis.charts.look import Look, finish, neutral, pick
from analysis.words import Words

HEIGHT = 470
GAP = 0.035
THINNEST = 0.002
"""Ribbons thinner than about a pixel are not drawn; the table holds them."""

MOST_RIBBONS = 160


def draw(answer: PathsAnswer, words: Words, look: Look) -> Any:
    """One column a step, the ribbons between them; with a comparison coloured where the groups differ."""
    if not len(answer.tree.edges):
        return None
    edges, users = answer.tree.edges.copy(), answer.tree.users
    rest = [np.array([_below(answer, c) for c in codes]) for codes in answer.tree.codes]
    if answer.backwards:
        last = len(users) - 2
        edges = np.stack([last - edges[:, 0], edges[:, 2], edges[:, 1], edges[:, 3]], axis=1)
        users, rest = users[::-1], rest[::-1]
    placed = sankey.layout(users, edges, rest, gap=GAP, thinnest=THINNEST, most=MOST_RIBBONS)
    shown = [k for k, found in enumerate(users) if len(found)]
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.05 + shown[0], shown[-1] + 0.95], nice=False, zero=False))
    room = f"width / {shown[-1] - shown[0] + 1} * {1 - sankey.NODE_WIDTH * 2} - 6"
    mark = pick()
    ribbons = _ribbons(answer, placed, words, look, x, mark)
    nodes = _nodes(answer, placed, words, look, x)
    labels = _labels(answer, placed, words, look, x, room)
    heads = _heads(answer, shown, words, look, x, room)
    return finish(alt.layer(ribbons, nodes, heads, *labels), look, height=HEIGHT)


def said(name: str, words: Words) -> str:
    """An event as it is; places that are no events in the language in use."""
    ours = {
        OTHER: words("(other)"),
        LEFT: words("(left)"),
        BEFORE: words("(nothing)"),
        MORE: words("(more steps)"),
    }
    return ours.get(name, name)


def _below(answer: PathsAnswer, code: int) -> int:
    """What stands below the events: the rest, then those who left."""
    if code == path_tree.OTHER:
        return 1
    return 2 if code == len(answer.log.events.values) + path_tree.LEFT else 0


def _kind(answer: PathsAnswer, code: int) -> str:
    return ("event", "other", "nothing" if answer.backwards else "left")[_below(answer, code)]


def _y(field: str) -> alt.Y:
    return alt.Y(field, axis=None, scale=alt.Scale(domain=[1.0, -0.075], nice=False, zero=False))


def _ribbons(answer: PathsAnswer, placed: sankey.Layout, words: Words, look: Look, x: alt.X, mark: Any) -> Any:
    table = answer.table
    tones = [_tone(answer, k) for k in range(len(table))]
    rates = [
        f"{words.rate(r)} ({words.rate(a)} – {words.rate(b)})"
        for r, a, b in table[["rate", "rate_low", "rate_high"]].itertuples(index=False)
    ]
    per_edge = pd.DataFrame(
        {
            "way": [f"{said(a, words)} → {said(b, words)}" for a, b in zip(table["from"], table["to"], strict=True)],
            "count": [words.number(n) for n in table["users"]],
            "rate": rates,
            "time": [words.span(h) for h in table["median_hours"]],
            "tone": tones,
            "who": [f"{k}:{a}:{b}" for k, a, b, _n in answer.tree.edges],
            "groups": _groups(answer, words),
        }
    )
    points = placed.ribbons
    data = per_edge.iloc[points["edge"]].reset_index(drop=True).assign(**points.reset_index(drop=True))
    tip = [
        alt.Tooltip("way:N", title=words("Way")),
        alt.Tooltip("count:N", title=words("Users")),
        alt.Tooltip("rate:N", title=_base(answer, words)),
        alt.Tooltip("time:N", title=words("Median time")),
    ]
    if answer.groups is not None:
        tip.append(alt.Tooltip("groups:N", title=words("Difference")))
    scale = alt.Scale(domain=["event", "other", "left", "more", "less", "same"], range=_colours(look))
    colour = alt.Color("tone:N", scale=scale, legend=_legend(answer, words) if answer.groups is not None else None)
    area = alt.Chart(neutral(**{c: data[c] for c in data.columns if c != "groups" or answer.groups is not None}))
    opacity = alt.condition("datum.tone === 'more' || datum.tone === 'less'", alt.value(0.62), alt.value(0.34))
    return (
        area.mark_area(strokeWidth=0)
        .encode(
            x=x,
            y=_y("top:Q"),
            y2=alt.Y2("bottom:Q"),
            detail=alt.Detail("who:N"),
            color=colour,
            opacity=opacity,
            tooltip=tip,
        )
        .add_params(mark)
    )


def _tone(answer: PathsAnswer, edge: int) -> str:
    """What colours a ribbon: its kind, or with a comparison whether the groups differ."""
    place, near, far, _users = answer.tree.edges[edge]
    if answer.groups is not None:
        row = answer.compared.iloc[edge]
        stands = row["p_adjusted"] <= 0.05
        return "same" if not stands else "more" if row["difference_points"] > 0 else "less"
    kinds = [_kind(answer, answer.tree.codes[place][near]), _kind(answer, answer.tree.codes[place + 1][far])]
    return "left" if "left" in kinds else "other" if kinds != ["event", "event"] else "event"


def _colours(look: Look) -> list[str]:
    return [look.accent, look.grey, look.bad, look.accent, look.series[1], look.grey]


def _legend(answer: PathsAnswer, words: Words) -> alt.Legend:
    assert answer.groups is not None
    value, against = answer.groups.values
    more = words("{value} more often than {against}", value=value, against=against)
    less = words("{value} less often than {against}", value=value, against=against)
    said_of = {"more": more, "less": less, "same": words("No difference beyond chance")}
    text = " : ".join(f"datum.value === '{k}' ? {_js(v)}" for k, v in said_of.items())
    return alt.Legend(
        title=None, orient="top", values=[*said_of], labelExpr=f"{text} : ''", labelLimit=320, symbolType="square"
    )


def _groups(answer: PathsAnswer, words: Words) -> list[str]:
    if answer.groups is None:
        return [""] * len(answer.table)
    out = []
    for row in answer.compared.to_dict("records"):
        rates = f"{row['value']} {words.rate(row['rate'])}, {row['against']} {words.rate(row['against_rate'])}"
        bounds = f"{words.points(row['difference_low_points'])} – {words.points(row['difference_high_points'])}"
        out.append(f"{rates}: {words.points(row['difference_points'])} ({bounds})")
    return out


def _frame(answer: PathsAnswer, placed: sankey.Layout, words: Words) -> pd.DataFrame:
    """One row a node, with its words."""
    nodes = placed.nodes
    last = len(answer.tree.codes) - 1
    places = [last - c if answer.backwards else c for c in nodes["column"]]
    codes = [answer.tree.codes[p][n] for p, n in zip(places, nodes["node"], strict=True)]
    names = [said(answer.name(c), words) for c in codes]
    shares = [words.rate(u / len(answer.who), 2) for u in nodes["users"]]
    return neutral(
        x=(nodes["x0"] + nodes["x1"]) / 2,
        x0=nodes["x0"],
        x1=nodes["x1"],
        top=nodes["y0"],
        bottom=nodes["y1"],
        middle=(nodes["y0"] + nodes["y1"]) / 2,
        name=names,
        count=[words.number(u) for u in nodes["users"]],
        share=shares,
        both=[f"{s}  {n}" for s, n in zip(shares, names, strict=True)],
        numbers=[f"{words.number(u)} · {s}" for u, s in zip(nodes["users"], shares, strict=True)],
        tone=[_kind(answer, c) for c in codes],
        who=[f"{p}:{n}" for p, n in zip(places, nodes["node"], strict=True)],
    )


def _nodes(answer: PathsAnswer, placed: sankey.Layout, words: Words, look: Look, x: alt.X) -> Any:
    tip = [
        alt.Tooltip("name:N", title=words("Event")),
        alt.Tooltip("count:N", title=words("Users")),
        alt.Tooltip("share:N", title=words("Of all paths")),
    ]
    scale = alt.Scale(domain=["event", "other", "left", "nothing"], range=[look.accent, look.grey, look.bad, look.grey])
    left = x.copy()
    left.shorthand = "x0:Q"
    return (
        alt.Chart(_frame(answer, placed, words))
        .mark_rect(cornerRadius=1)
        .encode(
            x=left,
            x2=alt.X2("x1:Q"),
            y=_y("top:Q"),
            y2=alt.Y2("bottom:Q"),
            color=alt.Color("tone:N", scale=scale, legend=None),
            tooltip=tip,
        )
    )


def _labels(answer: PathsAnswer, placed: sankey.Layout, words: Words, look: Look, x: alt.X, room: str) -> list[Any]:
    """Names behind the nodes: two lines where there is room, one where there is some, else none."""
    data = _frame(answer, placed, words)
    tall = (data["bottom"] - data["top"]) / 1.075 * HEIGHT
    right = x.copy()
    right.shorthand = "x1:Q"
    out = []
    for text, rows, dy, bold in (
        ("name", data[tall >= 40], -9.0, True),
        ("numbers", data[tall >= 40], 9.0, False),
        ("both", data[(tall >= 15) & (tall < 40)], 0.0, False),
    ):
        for halo in (True, False):
            settings: dict[str, Any] = {"color": look.ink}
            if halo:
                settings = {"color": look.paper, "stroke": look.paper, "strokeWidth": 4, "opacity": 0.75}
            base = alt.Chart(rows).mark_text(
                align="left",
                baseline="middle",
                dx=5,
                dy=dy * look.scale,
                fontSize=look.size(),
                fontWeight="bold" if bold else "normal",
                limit=alt.ExprRef(room),
                tooltip=None,
                **settings,
            )
            out.append(base.encode(x=right, y=_y("middle:Q"), text=alt.Text(f"{text}:N")))
    return out


def _heads(answer: PathsAnswer, shown: list[int], words: Words, look: Look, x: alt.X, room: str) -> Any:
    """What each column is."""
    last = len(answer.tree.codes) - 1
    if answer.backwards:
        names = [words("{count} before", count=last - k) if k < last else words("End") for k in shown]
    else:
        names = [words("Step {number}", number=k) if k else words("Start") for k in shown]
    data = neutral(x=[k - sankey.NODE_WIDTH / 2 for k in shown], name=names, y=[-0.05] * len(shown))
    text = alt.Chart(data).mark_text(
        align="left", fontSize=look.size(), color=look.soft, limit=alt.ExprRef(room), tooltip=None
    )
    return text.encode(x=x, y=_y("y:Q"), text=alt.Text("name:N"))


def _base(answer: PathsAnswer, words: Words) -> str:
    return words("Of those who come to the second") if answer.backwards else words("Of those at the first")


def _js(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", " ") + "'"
