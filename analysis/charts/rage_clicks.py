"""Where bursts of clicks happen, and for whom more than for others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.behaviour.clicks.rage_clicks import RageClicksAnswer
from analysis.charts import rows
from analysis.charts.look import Look, neutral
from analysis.words import Words

MOST = 12
"""Places drawn, those with most users; the table holds all."""


def draw(answer: RageClicksAnswer, words: Words, look: Look) -> list[Any]:
    """Rates by page and element; with a comparison also those of each value at the first place."""
    if not len(answer.table):
        return []
    table = answer.table.head(MOST)
    places = list(zip(table["page"], table["element"], strict=True))
    names = [place(*p) for p in places]
    whose = words("Share of the page's users with a burst, with 95% interval")
    keys = ["\x1f".join(p) for p in places]
    drawn = [rows.bars(_data(table, names, ["this"] * len(table), keys, words), whose, look, {"this": look.accent})]
    first = table.iloc[0]
    mine = answer.by_value[
        (answer.by_value["page"] == first["page"]) & (answer.by_value["element"] == first["element"])
    ]
    if len(mine):
        high = mine["difference_points"] > 0
        tone = list(np.where((mine["p_adjusted"] <= 0.05) & high, "more", "other"))
        title = words("{place}, by {column}", place=names[0], column=str(answer.question.compare))
        data = _data(mine, list(mine["value"]), tone, [""] * len(mine), words)
        drawn.append(rows.bars(data, title, look, {"more": look.bad, "other": look.grey}))
    return drawn


def place(page: str, element: str) -> str:
    """A page and element in one line."""
    return " · ".join(part for part in (page, element) if part) or "–"


def _data(table: pd.DataFrame, names: list[str], tone: list[str], keys: list[str], words: Words) -> pd.DataFrame:
    bounds = zip(table["rate_low"], table["rate_high"], strict=True)
    counts = zip(table["users"], table["page_users"], strict=True)
    return neutral(
        name=names,
        value=table["rate"],
        low=table["rate_low"],
        high=table["rate_high"],
        said=[words.rate(v) for v in table["rate"]],
        interval=[f"{words.rate(a)} – {words.rate(b)}" for a, b in bounds],
        base=[words("{users} of {base} users", users=int(a), base=int(b)) for a, b in counts],
        tone=tone,
        who=keys,
    )
