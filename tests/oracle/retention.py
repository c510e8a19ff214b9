"""Retention, slowly and plainly: sets of days, UTC, day periods."""

from __future__ import annotations

import math

Row = tuple[str, float, str]  # user, hours since the first midnight, event


def cells(
    rows: list[Row], start: str | None, returning: str | None, mode: str, rolling: bool, each: bool, periods: int
) -> tuple[dict[int, int], dict[tuple[int, int], int]]:
    """Users per cohort (day), and retained users per cohort and day after."""
    sizes: dict[int, int] = {}
    kept: dict[tuple[int, int], int] = {}
    for user in {u for u, _, _ in rows}:
        mine = sorted((h, e) for u, h, e in rows if u == user)
        begins = [h for h, e in mine if start in (None, e)]
        firsts: dict[int, float] = {}
        for h in begins:
            firsts.setdefault(math.floor(h / 24), h)
        if not each:
            firsts = dict(list(firsts.items())[:1])
        for cohort, began in firsts.items():
            sizes[cohort] = sizes.get(cohort, 0) + 1
            back = [h for h, e in mine if returning in (None, e) and h >= began]
            seen = {math.floor((h - began) / 24) if rolling else math.floor(h / 24) - cohort for h in back} | {0}
            for k in range(periods + 1):
                later = any(s >= k for s in seen)
                before = any(0 < s <= k for s in seen)
                hit = {"on": k in seen, "on_or_after": later, "on_or_before": before or k == 0}[mode]
                if k == 0 or hit:
                    kept[cohort, k] = kept.get((cohort, k), 0) + 1
    return sizes, kept
