"""Two funnels side by side: the same journey of two groups, or in two periods, step by step.

Beside each other two funnels invite the eye to find differences everywhere; so each step says whether its difference
is beyond chance, after a correction for all the steps that were looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analysis import stats
from analysis.behaviour.funnels.funnel import FEW, Funnel, FunnelAnswer
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding, adjusted
from analysis.questions import Answer, Progress, Question, Step


@dataclass(frozen=True, kw_only=True, repr=False)
class FunnelComparison(Question):
    """The same journey of two groups, or in two periods.

    **Definition.** Two funnels, A and B, each as `Funnel` defines it. Groups: users whose last given value in
    `column` is `a` or `b`. Periods: step 1 from `a_first_day` to `a_last_day`, or from `b_first_day` to `b_last_day`.
    Differences are A minus B, of the rate of the step before (Newcombe, score test, Benjamini-Hochberg over the steps).

    Attributes:
        steps, window_days, attempt, order: As in `Funnel`.
        column, a, b: A property and two of its values; None compares periods.
        a_first_day, a_last_day, b_first_day, b_last_day: Two periods, ISO text; with a column they bound step 1 of
            both groups where given.

    Use with care: groups that people choose themselves differ in more than the group; only an experiment says why. A
    user may be in both periods: the interval then is a little too wide, as it takes the two for different users.
    """

    steps: tuple[Step, ...]
    window_days: float | None = 7
    attempt: Literal["best", "first"] = "best"
    order: Literal["this", "exact", "any"] = "this"
    column: str | None = None
    a: str | None = None
    b: str | None = None
    a_first_day: str | None = None
    a_last_day: str | None = None
    b_first_day: str | None = None
    b_last_day: str | None = None

    def __post_init__(self) -> None:
        if self.attempt not in ("best", "first"):
            raise ParameterError.outside("attempt", self.attempt, "one of best, first")
        if self.column is not None and (self.a is None or self.b is None or self.a == self.b):
            raise ParameterError.outside("a, b", f"{self.a}, {self.b}", "two different values of the column")
        first, second = self.funnels
        self._set("steps", first.steps)
        for name, funnel in (("a", first), ("b", second)):
            self._set(f"{name}_first_day", funnel.first_day)
            self._set(f"{name}_last_day", funnel.last_day)
        if self.column is None and (first.first_day, first.last_day) == (second.first_day, second.last_day):
            raise ParameterError.outside("periods", f"{first.first_day} – {first.last_day}", "two different periods")

    @property
    def funnels(self) -> tuple[Funnel, Funnel]:
        """The two funnels."""
        same = Funnel(steps=self.steps, window_days=self.window_days, attempt=self.attempt, order=self.order)
        first = replace(same, first_day=self.a_first_day, last_day=self.a_last_day)
        return first, replace(same, first_day=self.b_first_day, last_day=self.b_last_day)

    @property
    def names(self) -> tuple[str, str]:
        """What A and B are called: their values, or their days."""
        if self.column is not None:
            return str(self.a), str(self.b)
        first, second = self.funnels
        return tuple(f"{f.first_day or '…'} – {f.last_day or '…'}" for f in (first, second))  # type: ignore[return-value]

    def ask(self, log: EventLog, progress: Progress = None) -> FunnelComparisonAnswer:
        """The two funnels of a log."""
        logs = (log, log)
        if self.column is not None:
            logs = log.where(self.column, str(self.a)), log.where(self.column, str(self.b))
        first, second = (funnel.ask(part, progress) for funnel, part in zip(self.funnels, logs, strict=True))
        return FunnelComparisonAnswer(question=self, first=first, second=second)


@dataclass(frozen=True, eq=False)
class FunnelComparisonAnswer(Answer):
    """Two funnels, step by step.

    Attributes:
        first, second: The two answers, A and B.
        table: One row a step: `step`; `users_a`, `rate_a` of the step before with its interval, and the same of B;
            `difference_points` A minus B with its interval, `p`, `p_adjusted`; `total_difference_points` of the rate
            of step 1 with its interval. nan at step 1 and where a base is 0.
    """

    question: FunnelComparison
    first: FunnelAnswer
    second: FunnelAnswer
    table: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = [
        "step",
        "users_a",
        "rate_a",
        "rate_a_low",
        "rate_a_high",
        "users_b",
        "rate_b",
        "rate_b_low",
        "rate_b_high",
        "difference_points",
        "difference_low_points",
        "difference_high_points",
        "p",
        "total_difference_points",
        "total_difference_low_points",
        "total_difference_high_points",
        "p_adjusted",
    ]

    def __post_init__(self) -> None:
        a, b = (answer.table["users"].to_numpy() for answer in (self.first, self.second))
        records: list[list[Any]] = []
        for k, name in enumerate(self.first.names):
            sides: list[Any] = []
            for answer in (self.first, self.second):
                row = answer.table.iloc[k]
                sides += [int(row["users"]), row["step_rate"], row["step_rate_low"], row["step_rate_high"]]
            step = stats.newcombe(a[k], a[k - 1], b[k], b[k - 1]) if k else stats.newcombe(0, 0, 0, 0)
            whole = stats.newcombe(a[k], a[0], b[k], b[0]) if k else step
            records.append([name, *sides, *step, *whole[:3]])
        frame = pd.DataFrame(records, columns=self.COLUMNS[:-1])
        frame["p_adjusted"] = stats.benjamini_hochberg(frame["p"].to_numpy(float))
        object.__setattr__(self, "table", frame)

    def findings(self) -> list[Finding]:
        """Which of the two gets more users to the end; then steps that differ beyond chance."""
        a, b = self.table["users_a"], self.table["users_b"]
        facts: dict[str, Any] = dict(zip(("a", "b"), self.question.names, strict=True))
        if min(a.iloc[0], b.iloc[0]) < FEW:
            facts |= {"users_a": int(a.iloc[0]), "users_b": int(b.iloc[0]), "enough": FEW}
            message = "Too few to compare: {users_a} users in {a}, {users_b} in {b}"
            return [Finding(message, facts, "At least {enough} are needed in each.", tone="caution")]
        last = self.table.iloc[-1]
        facts |= {"rate_a": a.iloc[-1] / a.iloc[0], "rate_b": b.iloc[-1] / b.iloc[0]}
        facts |= {"difference_points": last["total_difference_points"]}
        whole, low, high = (float(last[f"total_difference{part}_points"]) for part in ("", "_low", "_high"))
        facts |= {"low_points": low, "high_points": high, "users_a": int(a.iloc[0]), "users_b": int(b.iloc[0])}
        message = "{a}: {rate_a} reach the end; {b}: {rate_b}"
        detail = "Difference {difference_points} ({low_points} to {high_points}), of {users_a} and {users_b} users"
        head = Finding(message, facts, detail, whole, low, high, n=int(a.iloc[0] + b.iloc[0]), weight=1e9)
        return [head, *adjusted(self.tested())]

    def tested(self) -> list[Finding]:
        """Every step's difference."""
        found, names = [], dict(zip(("a", "b"), self.question.names, strict=True))
        row: Any
        for row in self.table[self.table["p"].notna()].itertuples():
            facts = {**names, "step": row.step, "rate_a": row.rate_a, "rate_b": row.rate_b}
            facts |= {"difference_points": row.difference_points}
            facts |= {"low_points": row.difference_low_points, "high_points": row.difference_high_points}
            message = "{step} is reached more often by {a}: {rate_a} against {rate_b}, {difference_points}"
            if row.difference_points < 0:
                message = "{step} is reached less often by {a}: {rate_a} against {rate_b}, {difference_points}"
            detail = "{low_points} to {high_points}; {looks} steps compared"
            low, high = row.difference_low_points, row.difference_high_points
            finding = Finding(message, facts, detail, row.difference_points, low, high, row.p, int(row.users_a))
            found.append(finding.toned("bad" if row.difference_points < 0 else "good", min(abs(low), abs(high))))
        return found

    def people(self, step: int, side: Literal["a", "b"], *, reached: bool = True) -> np.ndarray:
        """User indices of one side who reached a step (from 1), or left before it."""
        return (self.first if side == "a" else self.second).people(step, reached=reached)
