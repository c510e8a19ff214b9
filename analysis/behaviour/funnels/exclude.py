"""Events that must not happen on the way from one step to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.questions import Step, step_bits

MOST_EXCLUSIONS = 8


@dataclass(frozen=True, slots=True, repr=False)
class Exclusion:
    """An event that must not lie between two steps of a funnel.

    `Exclusion("cancel")` is between any step and the next; `Exclusion("cancel", after=2)` between steps 2 and 3.

    Attributes:
        step: What must not happen: an event's name, or a `Step` with more events and conditions.
        after: Number of the step after which it counts, from 1; None for every step.
        before: Number of the step up to which it counts; None for the next step that is not optional.
    """

    step: Step
    after: int | None = None
    before: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "step", Step.of(self.step))
        if self.after is None and self.before is not None:
            raise ParameterError.outside("before", self.before, "given together with after")
        if self.step.optional or self.step.within_hours is not None:
            raise ParameterError.outside("exclude", self.step.name, "an event that is neither optional nor timed")

    @classmethod
    def of(cls, given: Exclusion | Step | str | Mapping[str, Any]) -> Exclusion:
        """An exclusion from an exclusion, a step, an event's name, or what `to_dict` wrote."""
        if isinstance(given, Exclusion):
            return given
        if isinstance(given, (str, Step)):
            return cls(Step.of(given))
        return cls(Step.of(given["step"]), given.get("after"), given.get("before"))

    def __repr__(self) -> str:
        said = [repr(self.step.events[0]) if self.step.bare else repr(self.step)]
        said += [f"{k}={v}" for k, v in (("after", self.after), ("before", self.before)) if v is not None]
        return f"Exclusion({', '.join(said)})"

    def gaps(self, steps: tuple[Step, ...]) -> range:
        """The gaps it acts in: gap g lies between the steps g and g + 1 of those that are not optional."""
        firm = required(steps)
        if self.after is None:
            return range(len(firm) - 1)
        start = self._place("after", self.after, firm, firm[:-1])
        end = start + 1 if self.before is None else self._place("before", self.before, firm, firm[start + 1 :])
        return range(start, end)

    @staticmethod
    def _place(name: str, number: int, firm: list[int], allowed: list[int]) -> int:
        if number - 1 not in allowed:
            rule = "the number of a step that is not optional, and after lies before before"
            raise ParameterError.outside(name, number, rule)
        return firm.index(number - 1)


def required(steps: tuple[Step, ...]) -> list[int]:
    """Places of the steps that are not optional."""
    return [k for k, step in enumerate(steps) if not step.optional]


def barriers(
    log: EventLog, steps: tuple[Step, ...], exclude: tuple[Exclusion, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which rows must not lie in which gaps.

    Returns:
        Bits of the exclusions by event and by row (see `step_bits`), and for every pattern of those bits the
        gaps it bars, as bits.
    """
    by_event, by_row = step_bits(log, tuple(e.step for e in exclude))
    gaps_of = np.zeros(1 << len(exclude), dtype=np.uint16)
    for k, exclusion in enumerate(exclude):
        bits = sum(1 << g for g in exclusion.gaps(steps))
        gaps_of[np.arange(len(gaps_of)) >> k & 1 == 1] |= np.uint16(bits)
    return by_event, by_row, gaps_of
