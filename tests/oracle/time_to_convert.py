"""Kaplan-Meier, slowly and plainly: at each time, who is still watched, and to whom it happens."""

from __future__ import annotations


def converted(entries: list[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Time and share converted by then, of (time watched, whether it happened)."""
    left, out = 1.0, []
    for time in sorted({t for t, happened in entries if happened}):
        watched = sum(t >= time for t, _h in entries)
        happening = sum(t == time and h for t, h in entries)
        left *= 1 - happening / watched
        out.append((time, 1 - left))
    return out


def entry(rows: list[tuple[float, str]], window: float, ends: float) -> tuple[float, bool] | None:
    """From the first A of a user to the first B after it: hours watched, and whether B came within the window."""
    starts = [t for t, e in rows if e == "A"]
    if not starts:
        return None
    began = starts[0]
    hits = [t for t, e in rows if e == "B" and began < t <= began + window]
    return (hits[0] - began, True) if hits else (min(window, ends - began), False)
