"""Suggested funnels: the ways that most of those who reach a goal have taken to it.

Of each user who reaches the goal, the events before the first time are put in the order in which they first
happened. A way is up to three of them in that order, and the goal. Nearly everybody has taken a short way too,
so a way is left out when a longer one holds it and nearly as many have taken that.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from analysis.behaviour.funnels.funnel import Funnel
from analysis.engine import over_users
from analysis.events import EventLog
from analysis.questions import Step, step_bits

KINDS = 11
"""The events that most users do before the goal; others are no steps of a way."""
MOST = 5
LEAST_SHARE = 0.05
"""A way is told when at least this share of those who reach the goal have taken it."""
AS_MANY = 0.8
"""A way is left out when one that holds it has been taken by at least this share of its users."""


class Way(NamedTuple):
    """Events in order, the goal the last; how many users took it, and how many reach the goal at all."""

    events: tuple[str, ...]
    users: int
    reach: int

    @property
    def told(self) -> dict[str, int | str]:
        """What a sentence about it says."""
        return {"users": self.users, "reach": self.reach, "event": self.events[-1]}

    @property
    def funnel(self) -> Funnel:
        """The funnel along this way."""
        return Funnel(steps=tuple(Step(e) for e in self.events))


def ways(log: EventLog, goal: str, leave_out: frozenset[str] = frozenset()) -> list[Way]:
    """The ways most taken to a goal, the most taken first.

    Rows with the same stamp are taken in the order of the log; the goal itself, and `leave_out`, are no steps
    before it.

    Args:
        log: The log.
        goal: An event.
        leave_out: Events that are no steps, such as what is done to users.

    Raises:
        UnknownValueError: No such event.
    """
    by_event, _by_row = step_bits(log, (Step(goal),))
    ends = np.flatnonzero(by_event)
    names = log.events.values
    did = over_users(log, _before, log.events.codes, ends, len(names), merge=("sum",))[0]
    reach, did[-1] = int(did[-1]), 0
    out = [c for c, name in enumerate(names) if not c or c in ends or name in leave_out]
    did[out] = 0
    kinds = [int(c) for c in np.argsort(-did[:-1], kind="stable")[:KINDS] if did[c]]
    place = np.full(len(names), -1, dtype=np.int8)
    place[kinds] = np.arange(len(kinds))
    base = len(kinds) + 1
    counts = over_users(log, _ways, log.events.codes, ends, place, base, merge=("sum",))[0]
    found = {}
    for at in np.flatnonzero(counts):
        digits = (int(at) // base**2, int(at) // base % base, int(at) % base)
        found[tuple(kinds[d - 1] for d in digits if d)] = int(counts[at])
    return [Way((*(names[c] for c in way), goal), n, reach) for way, n in _told(found, reach)]


def _told(found: dict[tuple[int, ...], int], reach: int) -> list[tuple[tuple[int, ...], int]]:
    """Of all ways, those to show."""
    enough = {way: n for way, n in found.items() if n >= LEAST_SHARE * reach}
    kept = {
        way: n
        for way, n in enough.items()
        if not any(len(o) > len(way) and m >= AS_MANY * n and _holds(o, way) for o, m in enough.items())
    }
    return sorted(kept.items(), key=lambda item: (-item[1], -len(item[0]), item[0]))[:MOST]


def _holds(longer: tuple[int, ...], way: tuple[int, ...]) -> bool:
    rest = iter(longer)
    return all(event in rest for event in way)


@nb.njit(nogil=True, cache=True)
def _before(users, starts, ends, codes, goals, n):  # type: ignore[no-untyped-def]
    """Users who reach a goal, by what they did before it the first time; behind them, how many reach it."""
    count, seen, is_goal = np.zeros(n + 1, np.int64), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    for code in goals:
        is_goal[code] = True
    for i in range(len(users)):
        last = starts[i]
        while last < ends[i] and not is_goal[codes[last]]:
            last += 1
        if last == ends[i]:
            continue
        count[n] += 1
        for row in range(starts[i], last):
            code = codes[row]
            if seen[code] != i + 1:
                seen[code] = i + 1
                count[code] += 1
    return (count,)


@nb.njit(nogil=True, cache=True)
def _ways(users, starts, ends, codes, goals, place, base):  # type: ignore[no-untyped-def]
    """Users by the ways they took: a way is a number of three digits, each the place of an event plus one."""
    is_goal = np.zeros(len(place), np.bool_)
    for code in goals:
        is_goal[code] = True
    count, order, seen = np.zeros(base**3, np.int64), np.zeros(base, np.int64), np.zeros(base, np.int64)
    for i in range(len(users)):
        kinds, row = 0, starts[i]
        while row < ends[i] and not is_goal[codes[row]]:
            at = place[codes[row]] + 1
            if at and seen[at] != i + 1:
                seen[at] = i + 1
                order[kinds] = at
                kinds += 1
            row += 1
        if row == ends[i]:
            continue
        for a in range(kinds):
            count[order[a]] += 1
            for b in range(a + 1, kinds):
                count[order[a] * base + order[b]] += 1
                for c in range(b + 1, kinds):
                    count[(order[a] * base + order[b]) * base + order[c]] += 1
    return (count,)
