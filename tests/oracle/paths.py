"""Paths, slowly and plainly: lists of events, one user at a time; days in hours."""

from __future__ import annotations

from collections import Counter

Row = tuple[str, float, str]  # user, hours, event
Path = tuple[str, ...]
STOP = "stop"


def squeezed(rows: list[tuple[float, str]], collapse: bool, before: str) -> list[str]:
    """The events, without those that only repeat the one before."""
    out = []
    for _, event in rows:
        if not collapse or event != before:
            out.append(event)
        before = event
    return out


def path(
    mine: list[tuple[float, str]],
    start: str | None,
    end: str | None,
    steps: int,
    collapse: bool,
    window: float,
    seen: set[str],
    last: bool,
    known: tuple[float, float],
) -> Path | str | None:
    """The places of one user's path from its anchor on; None without an anchor, "open" when not wholly seen."""
    backwards = start is None and end is not None
    anchor = end if backwards else start
    places = [k for k, (_, e) in enumerate(mine) if e == anchor or (anchor is None and e in seen)]
    if not places:
        return None
    at = places[-1] if backwards and last else places[0]
    began = mine[at][0]
    if backwards:
        rest = [(h, e) for h, e in mine[:at][::-1] if began - h <= window]
    else:
        rest = [(h, e) for h, e in mine[at + 1 :] if h - began <= window]
    name = "END" if backwards else "START" if start is not None else mine[at][1]
    if start is not None and end is not None:
        arrivals = [k for k, (h, e) in enumerate(rest) if e == end and (start != end or h > began)]
        if not arrivals:
            return None
        way = squeezed([r for r in rest[: arrivals[0]] if r[1] in seen], collapse, mine[at][1])
        way = [*way[: steps - 2], "MORE"] if len(way) > steps - 1 else way
        found = (name, *way, "END")
    else:
        way = squeezed([r for r in rest if r[1] in seen], collapse, mine[at][1])
        found = (name, *way, STOP)[: steps + 1]
    return found if known[0] <= began < known[1] else "open"


def folded(paths: list[Path], min_share: float, most: int, steps: int) -> list[Path]:
    """Every place's small events as one."""
    keep = []
    for k in range(steps + 1):
        counts = Counter(p[k] for p in paths if len(p) > k and p[k].islower() and p[k] != STOP)
        ranked = sorted(counts, key=lambda e: (-counts[e], e))[:most]
        keep.append({e for e in ranked if counts[e] >= min_share * len(paths)} | {"START", "END", "MORE", STOP})
    return [tuple(e if e in keep[k] else "OTHER" for k, e in enumerate(p)) for p in paths]


def edges(paths: list[Path]) -> Counter[tuple[int, str, str]]:
    """Users from place to place."""
    return Counter((k, p[k], p[k + 1]) for p in paths for k in range(len(p) - 1))
