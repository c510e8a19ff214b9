"""Trend, slowly and plainly: sets of users by day, UTC."""

from __future__ import annotations

import math

Row = tuple[str, float, str, str, float]  # user, hours since the first midnight, event, channel ("" none), amount


def figures(
    rows: list[Row], measure: str, event: str | None, base: str | None, split: bool, length: int
) -> dict[tuple[int, str], float]:
    """The figure by period (of `length` days) and line; what is zero is left out, and a rate without a base."""
    found: dict[tuple[int, str], float] = {}
    lines = {c for *_, c, _a in rows if c} if split else {""}
    for line in lines:
        for period in {math.floor(h / 24 / length) for _u, h, *_ in rows}:
            there = [r for r in rows if math.floor(r[1] / 24 / length) == period]
            mine = [r for r in there if not split or r[3] == line]
            counted = [r for r in mine if event in (None, r[2])]
            users = {r[0] for r in counted}
            if measure == "rate":
                of = {r[0] for r in mine if base in (None, r[2])}
                did = {r[0] for r in there if r[2] == event}
                if of:
                    found[period, line] = len(of & did) / len(of)
            elif measure == "money":
                found[period, line] = sum(r[4] for r in counted)
            else:
                found[period, line] = len(users) if measure == "users" else len(counted)
    return {k: v for k, v in found.items() if v or measure == "rate"}
