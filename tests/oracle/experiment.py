"""Experiment, slowly and plainly."""

from __future__ import annotations


def exposure(rows, exposing):
    """Arm and row of the exposure of one user's rows (time, event, arm, amount), or "crossed", or None."""
    carrying = [r for r in rows if r["arm"] and (exposing is None or r["event"] == exposing)]
    if not carrying:
        return None
    if len({r["arm"] for r in carrying}) > 1:
        return "crossed"
    at = min(r["time"] for r in carrying)
    here = [r for r in carrying if r["time"] == at]
    # An outcome is the order; a row that is none of it exposes first, then the one of least money.
    return min(here, key=lambda r: (r["event"] == "order", r["amount"] or 0 if r["event"] == "order" else 0))


def users(rows, exposing, horizon, pre, ends_at):
    """Per user: (arm, still open, orders after, money after, orders before), or "crossed"."""
    found = {}
    for user in {r["user"] for r in rows}:
        own = [r for r in rows if r["user"] == user]
        start = exposure(own, exposing)
        if start is None:
            continue
        if start == "crossed":
            found[user] = "crossed"
            continue
        at = start["time"]
        after = [r for r in own if r is not start and at <= r["time"] <= at + horizon and r["event"] == "order"]
        before = [r for r in own if at - pre <= r["time"] < at and r["event"] == "order"]
        money = sum(r["amount"] or 0 for r in after)
        found[user] = (start["arm"], at > ends_at - horizon, len(after), money, len(before))
    return found
