"""The headline of paths: where most go from the anchor, or where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.behaviour.journeys import path_tree
from analysis.findings import Finding, Tone

if TYPE_CHECKING:
    from analysis.behaviour.journeys.paths import PathsAnswer

FEW = 30
"""Fewest paths of which a headline is told."""

HALF = 0.5


def headline(answer: PathsAnswer) -> list[Finding]:
    """One sentence on the largest edge at the anchor; too few paths are said to be too few."""
    if len(answer.who) < FEW:
        message = "Too few to judge: {users} paths, {open} more are still open"
        detail = "At least {enough} are needed. Widen the period, shorten the window, or include open paths."
        few = {"users": len(answer.who), "open": answer.still_open, "enough": FEW}
        return [Finding(message, few, detail, n=len(answer.who), tone="caution")]
    edges, codes = answer.tree.edges, answer.tree.codes
    anchors = [i for i, c in enumerate(codes[0]) if c != path_tree.OTHER]
    sizes = answer.tree.users[0]
    anchor = max(anchors, key=lambda i: sizes[i]) if anchors else 0
    named = [e for e, (k, a, b, _n) in enumerate(edges) if k == 0 and a == anchor and codes[1][b] != path_tree.OTHER]
    if not named:
        message = "After {event}, users go many ways: no single next event has {share} of the {users} paths"
        told: dict[str, Any] = {
            "event": answer.name(codes[0][anchor]),
            "share": answer.question.min_share,
            "users": len(answer.who),
        }
        return [Finding(message, told, n=len(answer.who), weight=1e9)]
    best = max(named, key=lambda e: edges[e, 3])
    row = answer.table.iloc[best]
    far = codes[1][edges[best, 2]] - len(answer.log.events.values)
    message = _message(answer, int(far), float(row["rate"]) > HALF)
    near, there = (row["to"], row["from"]) if answer.backwards else (row["from"], row["to"])
    facts: dict[str, Any] = {
        "event": near,
        "next": there,
        "end": answer.question.end.name if answer.question.end is not None else "",
        "rate": row["rate"],
        "low_rate": row["rate_low"],
        "high_rate": row["rate_high"],
        "base": int(row["base"]),
        "path_share": answer.paths["share"].iloc[0],
    }
    detail = "{low_rate} – {high_rate}, of {base} users; {path_share} of all take the most frequent whole path"
    size = float(row["rate"]), float(row["rate_low"]), float(row["rate_high"])
    tone: Tone = "bad" if far == path_tree.LEFT and not answer.backwards else "neutral"
    return [Finding(message, facts, detail, *size, n=int(row["base"]), weight=1e9, tone=tone)]


def _message(answer: PathsAnswer, far: int, most: bool) -> str:
    """The sentence of the largest edge: "most" only where it is more than half."""
    gone, arrived = far == path_tree.LEFT, far == path_tree.END
    if far == path_tree.MORE:
        message = "Of those who go from {event} to {end}, {rate} do something else between"
    elif answer.backwards and gone:
        message = "Before {event}, users more often did nothing than any one thing: {rate}"
        if most:
            message = "Before {event}, most did nothing: {rate}"
    elif answer.backwards:
        message = "Before {event}, more users did {next} than anything else: {rate}"
        if most:
            message = "Before {event}, most did {next}: {rate}"
    elif arrived:
        message = "Of those who arrive, more go straight from {event} to {next} than any other way: {rate}"
        if most:
            message = "Of those who arrive, most go straight from {event} to {next}: {rate}"
    elif answer.question.anchor == "both":
        message = "Of those who get from {event} to {end}, more go to {next} first than anywhere else: {rate}"
        if most:
            message = "Of those who get from {event} to {end}, most go to {next} first: {rate}"
    elif gone:
        message = "After {event}, more users leave than do any one thing: {rate}"
        if most:
            message = "After {event}, most leave: {rate}"
    else:
        message = "After {event}, more users go to {next} than anywhere else: {rate}"
        if most:
            message = "After {event}, most go to {next}: {rate}"
    return message
