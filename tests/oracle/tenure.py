"""Use by tenure, slowly and plainly: each user's events, in hours, in a list."""

from __future__ import annotations

Row = tuple[str, float, str]  # user, hours, event


def months(
    rows: list[Row], until: float, start: str | None, active: str | None, buying: str | None, hours: float, periods: int,
    first: float, last: float,
) -> list[tuple[int, int, int]]:  # fmt: skip
    """Users observed, active and buying per month; starts must lie from `first` up to `last`."""
    out = [[0, 0, 0] for _ in range(periods)]
    for user in {u for u, _, _ in rows}:
        mine = sorted(((h, e) for u, h, e in rows if u == user), key=lambda r: r[0])
        place = next((i for i, (_, e) in enumerate(mine) if start in (None, e)), None)
        if place is None or not first <= mine[place][0] < last:
            continue
        began, later = mine[place][0], mine[place + 1 :]
        for k in range(periods):
            low, high = began + k * hours, began + (k + 1) * hours
            if high > until:
                continue
            within = [e for h, e in later if low <= h < high]
            out[k][0] += 1
            out[k][1] += any(active in (None, e) for e in within)
            out[k][2] += buying is not None and buying in within
    return [(a, b, c) for a, b, c in out]
