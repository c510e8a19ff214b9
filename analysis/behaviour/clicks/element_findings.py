"""Findings of clicks on elements: what a page's visitors choose, and what they choose instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.behaviour.clicks import sides
from analysis.findings import Finding

if TYPE_CHECKING:
    from analysis.behaviour.clicks.element_clicks import ElementClicksAnswer


def head(answer: ElementClicksAnswer) -> Finding:
    """How many choose the intended element, or which one is clicked most."""
    chosen = answer.table[answer.table["is_intended"]] if answer.pivot >= 0 else answer.table
    top = chosen.iloc[0]
    facts = {
        "page": answer.page,
        "element": top["element"],
        "reach_rate": top["reach_rate"],
        "low_rate": top["reach_rate_low"],
        "high_rate": top["reach_rate_high"],
        "users": answer.clickers,
        "share": top["share"],
        "rank": int(top["rank"]),
    }
    message = "On {page}, {element} is clicked most: by {reach_rate} of those who click there"
    detail = "{low_rate} – {high_rate} of {users} users who clicked; {share} of the clicks"
    if answer.pivot >= 0:
        message = "On {page}, {reach_rate} of those who click choose {element}, place {rank}"
    size = (float(top["reach_rate"]), float(top["reach_rate_low"]), float(top["reach_rate_high"]))
    return Finding(message, facts, detail, *size, n=answer.clickers, weight=1e9)


def rival(answer: ElementClicksAnswer, row: pd.Series[Any]) -> Finding:
    """Another element against the intended one."""
    wanted = answer.table.loc[answer.table["is_intended"], "reach_rate"].iloc[0]
    size = sides.size(row, "against")
    facts = {
        "page": answer.page,
        "element": row["element"],
        "intended": answer.intended,
        "element_rate": row["reach_rate"],
        "intended_rate": wanted,
        "low_points": size[1],
        "high_points": size[2],
        "users": answer.clickers,
    }
    message = "On {page}, fewer users click {element} than {intended}: {element_rate} against {intended_rate}"
    if size[0] > 0:
        message = "On {page}, more users click {element} than {intended}: {element_rate} against {intended_rate}"
    detail = "{low_points} to {high_points} of {users} users who clicked; {looks} comparisons looked at"
    finding = Finding(message, facts, detail, *size, float(row["against_p"]), answer.clickers)
    bad = size[0] > 0
    return finding.toned("bad" if bad else "good", min(abs(size[1]), abs(size[2])) + bad)


def moved(answer: ElementClicksAnswer, row: pd.Series[Any]) -> Finding:
    """An element's share of clicks on side A against side B."""
    assert answer.sided is not None
    size = sides.size(row)
    facts = {
        "element": row["element"],
        "a": answer.sided[0],
        "b": answer.sided[1],
        "a_share": row["a_share"],
        "b_share": row["b_share"],
        "low_points": size[1],
        "high_points": size[2],
    }
    message = "{a} clicks {element} less than {b}: {a_share} of clicks against {b_share}"
    if size[0] > 0:
        message = "{a} clicks {element} more than {b}: {a_share} of clicks against {b_share}"
    detail = "{low_points} to {high_points}; {looks} comparisons looked at"
    finding = Finding(message, facts, detail, *size, float(row["p"]), int(row["users"]))
    return finding.toned("neutral", min(abs(size[1]), abs(size[2])))
