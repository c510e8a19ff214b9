"""Metric: what is counted for each user after an exposure, as a plain value that an experiment and its plan share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import numpy as np

from analysis import calendar
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog
from analysis.questions import Step, step_bits
from analysis.reshape import derived_rows
from analysis.trials.exposures import EXPOSES, Outcomes

Kind = Literal["conversion", "count", "money", "mean"]
MEASURES = ("conversion", "count", "money", "mean")


@dataclass(frozen=True, slots=True, repr=False)
class Metric:
    """One value a user.

    Attributes:
        kind: "conversion": did the event at least once; "count": rows of the event; "money", "mean": sum of `column`
            over the rows of the event, money being in the file's currency. A user without any counts as 0. In a
            result table the value of `column`, above 0 for a conversion.
        event: Event or step that counts; None: any row (only where a column is summed).
        column: Numeric column; for money the one with the role "amount" when not given.
        within_days: Days after exposure; None: the experiment's horizon.
        better: "higher" or "lower": which direction is wanted.
        covariate: Result tables: the column with the same value before the experiment, for CUPED.
    """

    kind: Kind = "conversion"
    event: Step | None = None
    column: str | None = None
    within_days: float | None = None
    better: Literal["higher", "lower"] = "higher"
    covariate: str | None = None

    def __post_init__(self) -> None:
        if self.event is not None:
            object.__setattr__(self, "event", Step.of(self.event))
        if self.kind not in get_args(Kind):
            raise ParameterError.outside("kind", self.kind, "one of conversion, count, money, mean")
        if self.better not in ("higher", "lower"):
            raise ParameterError.outside("better", self.better, "one of higher, lower")
        if self.within_days is not None and not 0 < self.within_days <= 3660:
            raise ParameterError.outside("within_days", self.within_days, "above 0 and at most 3660")

    @classmethod
    def of(cls, given: Metric | Mapping[str, Any]) -> Metric:
        """A metric from a metric or from what `to_dict` wrote."""
        if isinstance(given, Metric):
            return given
        unknown = set(given) - {f.name for f in fields(cls)}
        if unknown:
            raise ParameterError.outside("metric", ", ".join(sorted(unknown)), "a field of this question")
        return cls(**given)

    def __repr__(self) -> str:
        said = {f.name: v for f in fields(self) if (v := getattr(self, f.name)) != f.default}
        if self.event is not None and self.event.bare:
            said["event"] = self.event.events[0]
        kind = said.pop("kind", None)
        parts = [repr(kind)] if kind else []
        return f"Metric({', '.join([*parts, *(f'{k}={v!r}' for k, v in said.items())])})"

    @property
    def rate(self) -> bool:
        """Whether the value is 0 or 1, so that its mean is a rate."""
        return self.kind == "conversion"

    def summed(self, log: EventLog) -> str | None:
        """The column that is summed; None: rows are counted. Refuses what the log cannot answer."""
        if log.shape == "results":
            column = self.column or (log.roles.get("amount") if self.kind == "money" else None)
            if column is None:
                raise SchemaError("no_outcome", "In a result table every metric needs a column. Choose one.")
            return column
        if self.kind in ("conversion", "count"):
            if self.event is None:
                raise ParameterError.outside("event", None, "the event that is counted")
            return None
        column = self.column or (log.column_of("amount", "Experiment") if self.kind == "money" else None)
        if column is None:
            raise ParameterError.outside("column", None, "the numeric column whose mean is asked for")
        return column

    def name(self, log: EventLog) -> str:
        """What the metric is called: its event, its column, or both; user data."""
        column = self.summed(log)
        if log.shape == "results" or self.event is None:
            return str(column)
        return f"{column}: {self.event.name}" if column else self.event.name


def outcomes(log: EventLog, metrics: tuple[Metric, ...], exposure: Step | None, horizon_days: float) -> Outcomes:
    """Metrics and exposure as kernels read them; a result table has no rows to count."""
    if log.shape == "results":
        by_event = np.full(len(log.events.values), 1 << EXPOSES, np.uint16)
        return Outcomes(by_event, np.empty(0, np.uint16), (), np.empty(0, np.int64))
    asked = [exposure, *(m.event for m in metrics)]
    by_event, by_row = np.zeros(len(log.events.values), np.uint16), np.empty(0, np.uint16)
    anything = 0
    for k, step in enumerate(asked):
        if step is None:
            by_event |= np.uint16(1 << k)
            anything |= (1 << k) & ~(1 << EXPOSES)
            continue
        events, rows = step_bits(log, (step,))
        by_event |= (events << np.uint16(k)).astype(np.uint16)
        if len(rows):
            by_row = by_row if len(by_row) else np.full(len(log.time), 0xFFFF, np.uint16)
            by_row[(rows & 1) == 0] &= np.uint16(0xFFFF ^ (1 << k))
    made = derived_rows(log) if anything else np.zeros(0, bool)  # what a rule made is no activity of the user
    if made.any():
        by_row = by_row if len(by_row) else np.full(len(log.time), 0xFFFF, np.uint16)
        by_row[made] &= np.uint16(0xFFFF ^ anything)
    spans = [min(m.within_days or horizon_days, horizon_days) * calendar.DAY_US for m in metrics]
    return Outcomes(by_event, by_row, tuple(m.summed(log) for m in metrics), np.round(spans).astype(np.int64))
