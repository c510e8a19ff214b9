"""RFM, plainly: dictionaries and loops, no kernel, no quantile library."""

from __future__ import annotations

from datetime import datetime, timedelta


def facts(rows: list[dict], *, orders: bool = False, mean: bool = False) -> dict[str, tuple[int, int, float]]:
    """User -> (days since the last purchase, purchase days or orders, money); rows in UTC."""
    stamps = [datetime.fromisoformat(r["time"]) for r in rows]
    as_of = datetime.combine(max(stamps).date() + timedelta(days=1), datetime.min.time())
    found = {}
    for user in {r["user"] for r in rows}:
        mine = [(t, r) for t, r in zip(stamps, rows, strict=True) if r["user"] == user]
        bought = [(t, r) for t, r in mine if r["event"] == "purchase"]
        if not bought:
            continue
        recency = (as_of - max(t for t, _ in bought)).days
        if orders:
            count = len({r["order"] for _, r in bought if r["order"]}) + sum(not r["order"] for _, r in bought)
        else:
            count = len({t.date() for t, _ in bought})
        net = sum(r["amount"] for _, r in mine if r["event"] in ("purchase", "refund") and r["amount"] is not None)
        found[user] = (recency, count, net / count if mean else net)
    return found


def scores(values: list[float], classes: int, *, recency: bool = False) -> list[int]:
    """1 + thresholds below the value, or, for recency, thresholds not below it."""
    ordered = sorted(values)
    cuts = []
    for k in range(1, classes):
        place = k / classes * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        cuts.append(ordered[low] + (ordered[high] - ordered[low]) * (place - low))
    return [1 + sum(c >= v - 1e-9 if recency else c < v - 1e-9 for c in cuts) for v in values]
