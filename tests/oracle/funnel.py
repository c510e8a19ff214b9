"""The funnel, slowly and plainly: every way to pick rows is tried."""

from __future__ import annotations

from itertools import pairwise, permutations

Row = tuple[float, str]  # hours, event


def levels_from(rows: list[Row], start: int, steps: list[set[str]], window: float, order: str) -> list[float]:
    """Hours at which each level is first reached by the attempt that starts at row `start`."""
    began = rows[start][0]
    inside = [r for r in range(len(rows)) if began <= rows[r][0] <= began + window and r != start]
    if order == "exact":
        return _exact(rows, start, steps, window)
    found = [began]
    for level in range(2, len(steps) + 1):
        ends = [
            max(rows[start][0], *(rows[r][0] for r in picked))
            for picked in permutations(inside, level - 1)
            if _fits(rows, [start, *picked], steps, order)
        ]
        if not ends:
            break
        found.append(min(ends))
    return found


def _fits(rows: list[Row], picked: list[int], steps: list[set[str]], order: str) -> bool:
    times = [rows[r][0] for r in picked]
    if order == "this":
        rising = all(a < b if steps[k] == steps[k + 1] else a <= b for k, (a, b) in enumerate(pairwise(times)))
        return rising and all(rows[r][1] in steps[k] for k, r in enumerate(picked))
    others = picked[1:]
    return rows[picked[0]][1] in steps[0] and any(
        all(rows[r][1] in steps[k] for r, k in zip(others, chosen, strict=True))
        for chosen in permutations(range(1, len(steps)), len(others))
    )


def _exact(rows: list[Row], start: int, steps: list[set[str]], window: float) -> list[float]:
    """Moment by moment, each used as far as it goes; a moment that adds nothing ends the attempt."""
    began, found = rows[start][0], []
    for now in sorted({t for t, _ in rows if began <= t <= began + window}):
        moment = [e for t, e in rows if t == now]
        level = len(found)
        best = 0
        for size in range(1, min(len(moment), len(steps) - level) + 1):
            if size > 1 and steps[level + size - 1] == steps[level + size - 2]:
                break  # a repeated step needs a later moment
            if any(all(e in steps[level + k] for k, e in enumerate(p)) for p in permutations(moment, size)):
                best = size
        found += [now] * best
        if not best or len(found) == len(steps):
            break
    return found


def best(rows: list[Row], steps: list[set[str]], window: float, order: str, until: float) -> list[float]:
    """Hours of the levels of the best closed attempt: the longest, then the earliest. Empty: no entry."""
    found: list[float] = []
    for start in range(len(rows)):
        if rows[start][1] in steps[0] and rows[start][0] + window <= until:
            levels = levels_from(rows, start, steps, window, order)
            # Several rows of one stamp may start it: the one by which the later steps come first.
            same = len(levels) == len(found) and levels[:1] == found[:1] and levels < found
            if len(levels) > len(found) or same:
                found = levels
    return found
