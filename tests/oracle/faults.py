"""Faults, slowly and plainly: attempts one by one, expected numbers by halving an interval."""

from __future__ import annotations

Row = tuple[float, str, str]  # hours, event, value


def attempts(rows: list[Row], window: float) -> list[tuple[float, str, bool]]:
    """Attempts from A to B of one user without equal stamps: hour and value of A, and whether B was reached."""
    found, k = [], 0
    while k < len(rows):
        hour, event, value = rows[k]
        if event != "A":
            k += 1
            continue
        later = [j for j in range(k + 1, len(rows)) if rows[j][0] - hour <= window]
        hits = [j for j in later if rows[j][1] == "B"]
        found.append((hour, value, bool(hits)))
        k = hits[0] + 1 if hits else (later[-1] + 1 if later else k + 1)
    return found


def expected(x: list[int], n: list[int], x_rest: list[int], n_rest: list[int]) -> list[float]:
    """Expected numbers under one odds ratio; 0 where a week says nothing."""
    weeks = list(zip(x, n, x_rest, n_rest, strict=True))
    told = [b > 0 and d > 0 and 0 < a + c < b + d for a, b, c, d in weeks]
    above = sum(a * (d - c) / (b + d) for (a, b, c, d), t in zip(weeks, told, strict=True) if t)
    below = sum((b - a) * c / (b + d) for (a, b, c, d), t in zip(weeks, told, strict=True) if t)
    if not above or not below:
        return [0.0] * len(x)
    out = []
    for (a, b, c, d), t in zip(weeks, told, strict=True):
        if not t:
            out.append(0.0)
            continue
        margin = a + c
        low, high = max(0.0, margin - d), float(min(b, margin))
        for _ in range(200):
            middle = (low + high) / 2
            odds = middle * (d - margin + middle) - above / below * (margin - middle) * (b - middle)
            low, high = (middle, high) if odds < 0 else (low, middle)
        out.append((low + high) / 2)
    return out
