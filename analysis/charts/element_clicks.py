"""Elements of a page by how many of its clicking users chose them; the intended one is marked."""

from __future__ import annotations

from typing import Any

import numpy as np

from analysis.behaviour.clicks.element_clicks import ElementClicksAnswer
from analysis.charts import rows
from analysis.charts.heat import spans
from analysis.charts.look import Look, neutral
from analysis.words import Words

MOST = 15
"""Elements drawn, those with most users; the table holds all."""


def draw(answer: ElementClicksAnswer, words: Words, look: Look) -> list[Any]:
    """Reach with whiskers; with a comparison also the difference of the shares of clicks."""
    table = answer.table[(answer.table["rank"] <= MOST) | answer.table["is_intended"]].head(MOST + 1)
    if not len(table):
        return []
    names = [_name(e, w, words) for e, w in zip(table["element"], table["is_intended"], strict=True)]
    beaten = {f.facts["element"] for f in answer.findings() if f.tone == "bad"}
    tone = np.where(table["is_intended"], "this", np.where(table["element"].isin(beaten), "more", "other"))
    data = neutral(
        name=names,
        value=table["reach_rate"],
        low=table["reach_rate_low"],
        high=table["reach_rate_high"],
        said=[words.rate(v) for v in table["reach_rate"]],
        interval=spans(table["reach_rate_low"], table["reach_rate_high"], words.rate),
        base=[words("{users} users", users=int(n)) for n in table["users"]],
        tone=tone,
        who=table["element"],
    )
    colours = {"this": look.accent, "more": look.bad, "other": look.grey}
    title = words("Share of those who click on {page}, with 95% interval", page=answer.page)
    reach = rows.bars(data, title, look, colours)
    return [reach, *([] if answer.sided is None else [_difference(answer, table, names, words, look)])]


def _difference(answer: ElementClicksAnswer, table: Any, names: list[str], words: Words, look: Look) -> Any:
    assert answer.sided is not None
    known = (table["difference_low_points"].notna() & table["difference_points"].notna()).to_numpy()
    if not known.any():
        return None
    shown = table[known]
    tone = np.where(shown["p_adjusted"] <= 0.05, np.where(shown["difference_points"] > 0, "a", "b"), "same")
    data = neutral(
        name=[n for n, k in zip(names, known, strict=True) if k],
        value=shown["difference_points"],
        low=shown["difference_low_points"],
        high=shown["difference_high_points"],
        said=[words.points(v) for v in shown["difference_points"]],
        interval=spans(shown["difference_low_points"], shown["difference_high_points"], words.points),
        base=[words("{users} users", users=int(n)) for n in shown["users"]],
        tone=tone,
        who=shown["element"],
    )
    facts = {"a": answer.sided[0], "b": answer.sided[1]}
    title = words("Share of clicks, {a} less {b}, percentage points; grey: within the noise", **facts)
    return rows.points(data, title, look, {"a": look.accent, "b": look.series[1], "same": look.grey})


def _name(element: str, is_intended: bool, words: Words) -> str:
    return words("{element} (intended)", element=element) if is_intended else element
