"""ExperimentPlan, slowly and plainly."""

from __future__ import annotations


def learned(rows, low, high, horizon, ends_at):
    """Finished users, how many of them order after entering, and entries by day; entering is any row in the sample."""
    day, entries, finished, hits = 86_400_000_000, {}, 0, 0
    for user in {r["user"] for r in rows}:
        own = sorted((r for r in rows if r["user"] == user), key=lambda r: r["time"])
        inside = [r for r in own if low <= r["time"] < high]
        if not inside:
            continue
        at = inside[0]["time"]
        entries[(at - low) // day] = entries.get((at - low) // day, 0) + 1
        if at > ends_at - horizon:
            continue
        finished += 1
        # Of several rows of the entering stamp one that is no order lets in; if all are orders, one is used up.
        first = [r for r in inside if r["time"] == at]
        spent = 0 if any(r["event"] != "order" for r in first) else 1
        orders = [r for r in own if at <= r["time"] <= at + horizon and r["event"] == "order"]
        hits += len(orders) > spent
    return finished, hits, entries
