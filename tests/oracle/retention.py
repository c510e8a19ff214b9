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
    for _user, cohort, began, mine in _starts(rows, start, each):
        sizes[cohort] = sizes.get(cohort, 0) + 1
        back = [h for h, e, *_ in mine if returning in (None, e) and h >= began]
        seen = {_day(h, began, cohort, rolling) for h in back} | {0}
        for k in range(periods + 1):
            later = any(s >= k for s in seen)
            before = any(0 < s <= k for s in seen)
            hit = {"on": k in seen, "on_or_after": later, "on_or_before": before or k == 0}[mode]
            if k == 0 or hit:
                kept[cohort, k] = kept.get((cohort, k), 0) + 1
    return sizes, kept


def brought(
    rows: list[tuple], start: str | None, returning: str | None, measure: str, times: int, rolling: bool, each: bool,
    cumulative: bool, periods: int,
) -> list[tuple[str, int, str, list[float]]]:  # fmt: skip
    """User, cohort, the start's value, and what each day brings; rows have an amount and a value as well.

    A start is the first row of its day that is one; equal stamps keep the order of the rows.
    """
    out = []
    for user, cohort, began, mine in _starts(rows, start, each):
        place = next(i for i, (h, e, *_) in enumerate(mine) if h == began and start in (None, e))
        value = mine[place][3]
        x = [0.0] * (periods + 1)
        for h, e, amount, _value in mine[place:]:
            day = _day(h, began, cohort, rolling)
            if returning in (None, e) and day <= periods:
                x[day] += 1 if measure == "times" else amount or 0
        if measure == "times":
            x = [float(v >= times) for v in x]
        elif cumulative:
            x = [sum(x[: k + 1]) for k in range(len(x))]
        out.append((user, cohort, value, x))
    return out


def _starts(rows: list, start: str | None, each: bool) -> list[tuple]:  # type: ignore[type-arg]
    found = []
    for user in sorted({r[0] for r in rows}):
        mine = sorted((r[1:] for r in rows if r[0] == user), key=lambda r: r[0])
        firsts: dict[int, float] = {}
        for h in (r[0] for r in mine if start in (None, r[1])):
            firsts.setdefault(math.floor(h / 24), h)
        found += [(user, c, began, mine) for c, began in list(firsts.items())[: None if each else 1]]
    return found


def _day(h: float, began: float, cohort: int, rolling: bool) -> int:
    return math.floor((h - began) / 24) if rolling else math.floor(h / 24) - cohort
