"""Question and Answer: a plain value in, tidy tables out.

A question is a frozen dataclass; its fields are all that a person may choose. Because it is a
plain value, its `hash` is a cache key, its `repr` is the Python that repeats it, its
`to_dict` is what a link, a pin and a report carry, and its `__post_init__` is where bad input
is refused.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date
from typing import Any, ClassVar

import numpy as np
import pandas as pd

import analysis
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog
from analysis.findings import Finding

Progress = Callable[[float], None] | None


class Answer(ABC):
    """What a question gives: `table` is the main result; further tables have names of their own."""

    table: pd.DataFrame

    @abstractmethod
    def findings(self) -> list[Finding]:
        """What stands out, most important first. Empty: nothing does."""

    def tested(self) -> list[Finding]:
        """Every comparison looked at, with its own p-value, not yet adjusted.

        `findings` adjusts them over this answer; a page that scans many answers adjusts over all.
        """
        return []


@dataclass(frozen=True)
class Question(ABC):
    """Base of all questions.

    Every subclass is a frozen dataclass with keyword-only fields, in the module that also holds
    its answer and its kernel.
    """

    kinds: ClassVar[dict[str, type[Question]]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        Question.kinds[cls.__name__] = cls

    @abstractmethod
    def ask(self, log: EventLog) -> Answer:
        """The answer on a log."""

    def chosen(self) -> dict[str, Any]:
        """The fields that differ from their defaults."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) != _default(f)}

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={_code(value)}" for name, value in self.chosen().items())
        return f"{type(self).__name__}({said})"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the class's name and the fields that differ from their defaults."""
        return {"question": type(self).__name__, **{k: _plain(v) for k, v in self.chosen().items()}}

    @staticmethod
    def from_dict(said: Mapping[str, Any]) -> Question:
        """The question that `to_dict` wrote. Unknown names are refused."""
        rest = dict(said)
        name = str(rest.pop("question", ""))
        if name not in Question.kinds and name in analysis.HOMES:
            getattr(analysis, name)  # public names are imported when they are first used
        kind = Question.kinds.get(name)
        if kind is None:
            raise ParameterError.outside("question", said.get("question"), f"one of {', '.join(Question.kinds)}")
        unknown = set(rest) - {f.name for f in fields(kind)}
        if unknown:
            raise ParameterError.outside(kind.__name__, ", ".join(sorted(unknown)), "a field of this question")
        return kind(**rest)

    def _set(self, name: str, value: object) -> None:
        """Normalises a field in `__post_init__`."""
        object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on a column of the event itself.

    Attributes:
        column: Column's name.
        value: What it is compared with; a tuple for "in".
        op: "==", "!=", ">", ">=", "<", "<=", "in". Order comparisons need a numeric column. A row
            on which the column is not given meets no condition but "!=".
    """

    column: str
    value: str | float | tuple[str, ...]
    op: str = "=="

    def __post_init__(self) -> None:
        if self.op not in ("==", "!=", ">", ">=", "<", "<=", "in"):
            raise ParameterError.outside("op", self.op, "one of == != > >= < <= in")
        if isinstance(self.value, list):
            object.__setattr__(self, "value", tuple(self.value))

    def __repr__(self) -> str:
        tail = "" if self.op == "==" else f", {self.op!r}"
        return f"Where({self.column!r}, {self.value!r}{tail})"

    def mask(self, log: EventLog) -> np.ndarray:
        """Which rows of the log meet the condition."""
        if self.op in (">", ">=", "<", "<="):
            values, bound = log.numbers(self.column), float(self.value)  # type: ignore[arg-type]
            compare = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}[self.op]
            found: np.ndarray = compare(values, bound)
            return found
        words = log.words(self.column)
        wanted = self.value if isinstance(self.value, tuple) else (str(self.value),)
        hit = np.zeros(len(words.values), dtype=bool)
        for value in wanted:
            hit[words.code(str(value), self.column)] = True
        return ~hit[words.codes] if self.op == "!=" else hit[words.codes]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Step:
    """One step of a journey: any of some events, each meeting all conditions.

    `Step("view")`, `Step("view", "search")`, `Step("purchase", where=(Where("amount", 100, ">"),))`.

    Attributes:
        events: Names of the events, any of which makes the step.
        where: Conditions on the same row, all of which must hold.
        optional: In a funnel: those who skip the step go on all the same.
        within_hours: In a funnel: longest time since the last step that is not optional; None for no limit.
    """

    events: tuple[str, ...]
    where: tuple[Where, ...]
    optional: bool
    within_hours: float | None

    def __init__(
        self,
        *events: str,
        where: tuple[Where, ...] = (),
        optional: bool = False,
        within_hours: float | None = None,
    ) -> None:
        if not events:
            raise ParameterError.outside("step", "", "at least one event")
        if within_hours is not None and not 0 < within_hours <= 3660 * 24:
            raise ParameterError.outside("within_hours", within_hours, "above 0 and at most 87840, or None")
        object.__setattr__(self, "events", tuple(events))
        object.__setattr__(self, "where", tuple(Where(**w) if isinstance(w, dict) else w for w in where))
        object.__setattr__(self, "optional", bool(optional))
        object.__setattr__(self, "within_hours", within_hours)

    @classmethod
    def of(cls, given: Step | str | Mapping[str, Any]) -> Step:
        """A step from a step, an event's name, or what `to_dict` wrote."""
        if isinstance(given, Step):
            return given
        if isinstance(given, str):
            return cls(given)
        rest = {k: given[k] for k in ("optional", "within_hours") if k in given}
        return cls(*given["events"], where=tuple(given.get("where", ())), **rest)

    @property
    def name(self) -> str:
        """What the step is called in tables: its events, and that it is filtered, in brackets."""
        tail = ", ".join(f"{w.column} {w.op} {w.value}" for w in self.where)
        return " / ".join(self.events) + (f" [{tail}]" if tail else "")

    @property
    def bare(self) -> bool:
        """Whether the name of one event says it all."""
        return len(self.events) == 1 and not (self.where or self.optional or self.within_hours)

    def same(self, other: Step) -> bool:
        """Whether the same rows make both steps."""
        return self.events == other.events and self.where == other.where

    def __repr__(self) -> str:
        said = [repr(e) for e in self.events]
        said += [f"where={_code(self.where)}"] if self.where else []
        said += ["optional=True"] if self.optional else []
        said += [f"within_hours={self.within_hours!r}"] if self.within_hours is not None else []
        return f"Step({', '.join(said)})"


def step_bits(log: EventLog, steps: tuple[Step, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Which steps each row can be: bit k for step k.

    Returns:
        `by_event`, the bits of each event code, and `by_row`, the bits each row's conditions allow;
        `by_row` is empty when no step has conditions. A row is step k when both have bit k.
    """
    words = log.events
    by_event = np.zeros(len(words.values), dtype=np.uint16)
    by_row = np.empty(0, dtype=np.uint16)
    for k, step in enumerate(steps):
        for event in step.events:
            by_event[words.code(event, "event")] |= np.uint16(1 << k)
    if any(step.where for step in steps):
        by_row = np.full(len(log.time), 0xFFFF, dtype=np.uint16)
        for k, step in enumerate(steps):
            for condition in step.where:
                by_row[~condition.mask(log)] &= np.uint16(0xFFFF ^ (1 << k))
    return by_event, by_row


def needs_time(log: EventLog) -> None:
    """Refuses a result table, which has no time."""
    if log.shape == "results":
        raise SchemaError(
            "no_time",
            "This question follows users through time, but the file is a result table: one row a user, no time. "
            "Use it on the Experiment or the Effect page, or load events with a time column.",
        )


def as_day(name: str, value: str | date | None) -> str | None:
    """A day as ISO text, so that a question stays plain; refuses anything else."""
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise ParameterError.outside(name, value, "a day such as 2026-03-31") from None


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _code(value: Any) -> str:
    """Python for a field: a step without conditions is written as the name of its event."""
    if isinstance(value, Step) and value.bare:
        return repr(value.events[0])
    if isinstance(value, tuple):
        inner = ", ".join(_code(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Step):
        if value.bare:
            return value.events[0]
        said: dict[str, Any] = {"events": list(value.events), "where": [_plain(w) for w in value.where]}
        said |= {"optional": True} if value.optional else {}
        return said | ({"within_hours": value.within_hours} if value.within_hours is not None else {})
    if isinstance(value, Where):
        return {"column": value.column, "value": _plain(value.value), "op": value.op}
    if is_dataclass(value):  # a part of a question, such as an exclusion
        return {f.name: _plain(v) for f in fields(value) if (v := getattr(value, f.name)) != _default(f)}
    return [_plain(v) for v in value] if isinstance(value, tuple) else value
