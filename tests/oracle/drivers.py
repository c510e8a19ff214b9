"""Drivers of a drop, slowly and plainly: lists of rows, first attempts by trying every start."""

from __future__ import annotations

Row = tuple[str, int, str, str]  # user, hours, event, property
Key = tuple[bool, str, str]  # after the step, column, value
Counts = tuple[int, int, int]  # users with it, of them left; users


def reached(mine: list[Row], steps: list[str], window: float) -> tuple[int, list[int]] | None:
    """Hours at which the steps are first done in this order within the window, and the rows that did it."""
    best = None
    for start, first in enumerate(mine):
        if first[2] != steps[0]:
            continue
        found, now = [start], first[1]
        for k, step in enumerate(steps[1:], start=1):
            for row, (_, hour, event, _) in enumerate(mine):
                later = hour > now if step == steps[k - 1] else hour >= now
                if event == step and later and hour - first[1] <= window and row not in found:
                    found.append(row)
                    now = hour
                    break
        if len(found) == len(steps) and (best is None or now < best[0]):
            best = (now, found)
    return best


def drivers(rows: list[Row], steps: list[str], following: str, hours: dict[str, int], end: int) -> dict[Key, Counts]:
    """Of each feature on each clock the users with it, those of them who left, and all users.

    `hours` holds `window`, `before` and `after`; no two rows of a user may share a stamp.
    """
    with_it: dict[Key, list[bool]] = {}
    units = {False: 0, True: 0}
    for user in {r[0] for r in rows}:
        mine = sorted(r for r in rows if r[0] == user)
        got = reached(mine, steps, hours["window"])
        if got is None or got[0] + hours["window"] > end:
            continue
        at = got[0]
        went = [h for _, h, e, _ in mine if e == following and at < h <= at + hours["window"]]
        for late in (False, True):
            if late and went and went[0] <= at + hours["after"]:
                continue
            units[late] += 1
            low, high = (at + 1, at + hours["after"]) if late else (at - hours["before"], at)
            had = {("event", e) for _, h, e, _ in mine if low <= h <= high and e not in (*steps, following)}
            had |= {("place", p) for _, h, _, p in mine if low <= h <= high}
            for column, value in had:
                with_it.setdefault((late, column, value), []).append(not went)
    return {k: (len(v), sum(v), units[k[0]]) for k, v in with_it.items()}
