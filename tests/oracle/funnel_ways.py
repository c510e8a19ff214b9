"""The funnel with exclusions, optional steps, step windows, values held and sessions, slowly and plainly.

Every way to pick rows is listed; the rules are asked of each way and of each excluded row.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

Row = tuple[float, str, str]  # hours, event, value ("" for none)


@dataclass
class Rules:
    """What is asked; steps and gaps count from 0."""

    steps: list[set[str]]
    optional: list[bool]
    within: list[float | None]
    window: float
    excluded: list[tuple[str, set[int]]]  # event, gaps between steps that are not optional

    @property
    def firm(self) -> list[int]:
        return [k for k in range(len(self.steps)) if not self.optional[k]]

    def limit(self, step: int) -> float:
        """Longest time since the last step that is not optional."""
        return float("inf") if self.within[step] is None else self.within[step]  # type: ignore[return-value]

    def barred(self, rows: list[Row], gap: int, after: float, before: float) -> bool:
        """Whether an excluded row lies strictly between two stamps."""
        return any(
            after < t < before and any(e.lower() == x and gap in gaps for x, gaps in self.excluded) for t, e, _ in rows
        )


def ways(rows: list[Row], start: float, rules: Rules, until: float) -> list[list[int]]:
    """All ways to pick rows for the first steps that are not optional, the first at `start`, all no later than `until`."""
    firm = rules.firm
    found = [[r] for r, row in enumerate(rows) if row[0] == start and row[1] in rules.steps[0]]
    open_ = list(found)
    while open_:
        picked = open_.pop()
        if len(picked) == len(firm):
            continue
        gap, last = len(picked) - 1, rows[picked[-1]][0]
        step = firm[gap + 1]
        same = rules.steps[step] == rules.steps[firm[gap]]
        for r, (t, event, _value) in enumerate(rows):
            in_time = last <= t <= min(start + rules.window, last + rules.limit(step), until)
            if r in picked or event not in rules.steps[step] or not in_time or (same and t == last):
                continue
            if not rules.barred(rows, gap, last, t):
                found.append([*picked, r])
                open_.append([*picked, r])
    return found


def attempt(rows: list[Row], start: float, rules: Rules) -> tuple[list[float], bool, float]:
    """Hours of the steps reached (those not optional), whether an exclusion ended it, and when it was over.

    Moment by moment: where does it stand, and does an excluded row end it there?
    """
    firm = rules.firm
    moments = sorted({t for t, _, _ in rows if t >= start})
    end, cut = start, False
    for now in moments:
        known = ways(rows, start, rules, now)
        if any(len(way) == len(firm) for way in known):
            end = now
            break
        if now > start:
            standing = [stands(rows, way, rules, now) for way in ways(rows, start, rules, before(moments, now))]
            best = max((s for s in standing if s is not None), default=None)
            if best is None or now > start + rules.window:
                break  # over before this moment
            further = any(len(w) - 1 > best and rows[w[-1]][0] == now for w in known)
            excluded = any(
                t == now and any(e.lower() == x and best in gaps for x, gaps in rules.excluded) for t, e, _ in rows
            )
            if excluded and not further:
                end, cut = now, True
                break
        end = now
    known = ways(rows, start, rules, end)
    longest = max(len(w) for w in known)
    hours = [[rows[r][0] for r in w] for w in known if len(w) == longest]
    first = [min(h[k] for h in hours) for k in range(longest)]
    assert first in hours, "the earliest ways of two attempts combine"
    return first, cut, end


def before(moments: list[float], now: float) -> float:
    return max(t for t in moments if t < now)


def stands(rows: list[Row], way: list[int], rules: Rules, now: float) -> int | None:
    """The step at which a way stands just before `now`; None when it is over or barred."""
    gap, last = len(way) - 1, rows[way[-1]][0]
    if now - last > rules.limit(rules.firm[gap + 1]) or rules.barred(rows, gap, last, now):
        return None
    return gap


def skips(rows: list[Row], hours: list[float], end: float, rules: Rules) -> int:
    """How many optional steps of an attempt can be given rows of their own, beside those of its other steps."""
    firm = rules.firm
    most = 0

    def pick(steps: list[int], used: frozenset[int], count: int) -> None:
        nonlocal most
        most = max(most, count)
        if not steps:
            return
        step, rest = steps[0], steps[1:]
        pick(rest, used, count)
        k = max(i for i, f in enumerate(firm) if f < step)
        if k >= len(hours):
            return
        later = (
            hours[k + 1]
            if k + 1 < len(hours)
            else min(hours[0] + rules.window, hours[k] + rules.limit(firm[k + 1]), end)
        )
        strict = rules.steps[step] == rules.steps[firm[k]]
        for r, (t, event, _value) in enumerate(rows):
            fits = hours[k] <= t <= min(later, hours[k] + rules.limit(step)) and event in rules.steps[step]
            if fits and r not in used and not (strict and t == hours[k]):
                pick(rest, used | {r}, count + 1)

    def seats(k: int, used: frozenset[int]) -> None:
        """Every way to give the other steps rows at their hours."""
        if k == len(hours):
            pick([s for s in range(len(rules.steps)) if rules.optional[s]], used, 0)
            return
        for r, (t, event, _value) in enumerate(rows):
            if t == hours[k] and event in rules.steps[firm[k]] and r not in used:
                seats(k + 1, used | {r})

    seats(0, frozenset())
    return most


def units(rows: list[Row], hold: bool, idle: float | None, common: set[str]) -> list[list[Row]]:
    """The rows that belong together. Those without a value, in capitals, exclude and are no steps."""
    parts: list[list[Row]] = [rows]
    if idle is not None:
        cuts = [k for k, (a, b) in enumerate(pairwise(rows), 1) if b[0] - a[0] > idle]
        parts = [rows[a:b] for a, b in pairwise([0, *cuts, len(rows)])]
    if not hold:
        return parts
    return [
        [r if r[2] else (r[0], r[1].upper(), "") for r in part if r[2] == value or (r[2] == "" and r[1] in common)]
        for part in parts
        for value in sorted({r[2] for r in part} - {""})
    ]


def judged(rows: list[Row], rules: Rules, which: str, closed_until: float) -> list[tuple[list[float], bool, float]]:
    """The attempts of one unit that count; only closed ones, when there is one."""
    starts = sorted({t for t, e, _ in rows if e in rules.steps[0]})
    if which == "all":
        found, over = [], -1.0
        for start in starts:
            if start > over:
                hours, cut, end = attempt(rows, start, rules)
                over = end
                if start < closed_until:
                    found.append((hours, cut, end))
        return found
    if not starts or starts[0] >= closed_until:
        return []
    made = [attempt(rows, s, rules) for s in starts if s < closed_until]
    if which == "first":
        return made[:1]
    return [max(made, key=lambda m: (len(m[0]), -m[0][0]))]
