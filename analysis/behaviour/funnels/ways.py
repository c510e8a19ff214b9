"""How a funnel's attempts are sought: in which units, by which kernel, and from when on an entry is still open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis import calendar
from analysis.behaviour.funnels import exclude, limited, plain, units, walk
from analysis.engine import Merge
from analysis.errors import SchemaError
from analysis.events import EventLog
from analysis.questions import step_bits

if TYPE_CHECKING:
    from analysis.behaviour.funnels.funnel import Funnel

ORDERS = {"this": walk.THIS_ORDER, "exact": walk.EXACT, "any": walk.ANY_ORDER}
ATTEMPTS = {"best": walk.BEST, "first": walk.FIRST, "all": walk.ALL}
MERGE: tuple[Merge, ...] = ("join",) * 5

Way = tuple[Any, tuple[Any, ...], tuple[Any, ...]]
"""A kernel, and what it takes before and after window, entry range and the end of closed entries."""


def units_of(question: Funnel, log: EventLog) -> units.Units:
    """Whose steps belong together."""
    if question.unit == "sessions" and log.resolution_us >= calendar.DAY_US:
        message = "These stamps are plain days, so the gaps inside a day are not known and sessions can't be told."
        raise SchemaError("no_clock", message)
    made = units.sessions(log, question.session_minutes) if question.unit == "sessions" else units.Units(log)
    if not question.hold:
        return made
    is_step = _any(log, question.steps) if question.order != "exact" else np.ones(len(log.time), bool)
    barred = np.zeros(len(log.time), bool)
    if question.exclude:
        barred = _any(log, tuple(e.step for e in question.exclude))
    return units.held(made, question.hold, is_step | barred, barred)


def parts(question: Funnel, log: EventLog, made: units.Units) -> Iterator[tuple[EventLog, int | None]]:
    """Units and the instant from which on their entries are still open; None: all are closed."""
    mature = question.window < plain.NO_WINDOW and not question.include_open
    if made.ended is None:
        yield made.log, log.ends_at - question.window + 1 if mature else None
        return
    running = np.zeros(len(made.ended), bool) if question.include_open else ~made.ended
    yield made.part(~running), None
    if running.any():
        yield made.part(running), log.ends_at - question.window + 1


def together(found: list[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
    """Attempts of several parts of a log, in the order of its users."""
    joined = [np.concatenate(arrays) for arrays in zip(*found, strict=True)]
    order = np.argsort(joined[0], kind="stable")
    return tuple(array[order] for array in joined)


def usual(question: Funnel, log: EventLog, made: units.Units) -> Way:
    """The way without exclusions, optional steps and step windows."""
    by_event, by_row = step_bits(log, question.steps)
    repeats = [k > 0 and step.same(question.steps[k - 1]) for k, step in enumerate(question.steps)]
    data = (made.log.time, made.taken(log.events.codes), by_event, made.steps(by_row), np.array(repeats))
    n = len(question.steps)
    return walk.attempts, (data, plain.single_steps(n), n), (ORDERS[question.order], ATTEMPTS[question.attempt])


def general(question: Funnel, log: EventLog, made: units.Units) -> Way:
    """The way with them."""
    steps, limits, firm = question.steps, np.array(question.limits), exclude.required(question.steps)
    loose = [k for k in range(len(steps)) if k not in firm]
    time, codes = made.log.time, made.taken(log.events.codes)
    repeats = np.array([i > 0 and steps[k].same(steps[firm[i - 1]]) for i, k in enumerate(firm)])
    by_event, by_row = step_bits(log, tuple(steps[k] for k in firm))
    data = (time, codes, by_event, made.steps(by_row), repeats)
    by_event, by_row = step_bits(log, tuple(steps[k] for k in loose))
    extra = (time, codes, by_event, made.steps(by_row), repeats)
    by_event, by_row, gaps_of = exclude.barriers(log, steps, question.exclude)
    bars = (by_event, made.taken(by_row), gaps_of)
    after = [sum(f < k for f in firm) - 1 for k in loose]
    later = [steps[k].same(steps[firm[a]]) for k, a in zip(loose, after, strict=True)]
    options = (np.array(after, np.int64), limits[loose], np.array(later, np.bool_))
    singles = (plain.single_steps(len(firm)), plain.single_steps(len(loose)))
    before = (data, bars, limits[firm], np.array(firm), extra, options, np.array(loose, np.int64), singles)
    return limited.limited_attempts, before, (ATTEMPTS[question.attempt], question.on_exclusion == "remove")


def _any(log: EventLog, steps: tuple[Any, ...]) -> np.ndarray:
    """Rows that are any of some steps."""
    by_event, by_row = step_bits(log, steps)
    bits = by_event[log.events.codes]
    found: np.ndarray = (bits & by_row if len(by_row) else bits) > 0
    return found
