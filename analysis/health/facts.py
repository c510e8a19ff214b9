"""Facts about a data set: each with a severity, and what it means for the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from analysis.events import EventLog
from analysis.findings import Finding

Severity = Literal["fine", "look", "careful"]
Unit = Literal["users", "rows", "days", "names", "arms", "share", "number", "hours", "date", "width", "none"]
Kind = Literal["users", "rows", "names", "days"]

ORDER: tuple[Severity, ...] = ("careful", "look", "fine")
"""Most severe first."""

NAMES: dict[str, str] = {
    "gaps": "Days without events",
    "half_days": "Half loaded days",
    "last_day": "Last day",
    "future": "Future times",
    "early": "Times before 2000",
    "midnight": "Exactly midnight",
    "zone": "Quiet hours",
    "stamps": "Precision of times",
    "machines": "Robots",
    "test_accounts": "Test accounts",
    "unknown_ids": "Unknown ids",
    "one_id": "One id for many",
    "heavy_users": "Heavy users",
    "repeats": "Repeated rows",
    "near_repeats": "Nearly repeated rows",
    "spellings": "Spellings of events",
    "event_names": "Kinds of events",
    "amount_missing": "Missing amounts",
    "amount_largest": "Largest amount",
    "amount_negative": "Negative amounts",
    "amount_zero": "Amounts of zero",
    "left_edge": "Left edge",
    "activity": "A usual day",
    "events_per_user": "Events a user",
    "results": "Result table",
    "several_rows": "Users in several rows",
    "arms": "Arms",
    "arm_missing": "Users without an arm",
    "outcome_missing": "Missing outcomes",
}
"""Name of a fact -> its label; facts of one severity are told in this order."""


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """Who or what is behind a number.

    Attributes:
        kind: What `find` gives: "users" indices of users, "rows" rows of the log, "names" codes of events,
            "days" places in `Health.days`.
        count: How many there are.
        find: Gives them, from the log that was looked at.
        numbers: Further numbers of each, by name; None for none.
    """

    kind: Kind
    count: int
    find: Callable[[EventLog], np.ndarray]
    numbers: Callable[[EventLog, np.ndarray], Mapping[str, np.ndarray]] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One thing to know about the data.

    Attributes:
        name: Which fact, a key of `NAMES`.
        severity: "fine": nothing to do. "look": some answers lean on it. "careful": answers may be wrong.
        value: The number in large type; nan where it isn't defined.
        unit: What the value counts. "width": a stamp's width in µs. "hours", "date": said by the facts of `told`.
        told: What was found (message) and what it means for the answers (detail).
        behind: Who or what is behind it; None where nobody is.
    """

    name: str
    severity: Severity
    value: float
    unit: Unit
    told: Finding
    behind: Behind | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Health:
    """What is known about the health of a data set.

    Attributes:
        facts: Most severe first, then in the order of `NAMES`.
        days: One row a local day up to the end of the data: `day`, `events`, `users`, and `state`:
            "usual", "empty" (no event where there usually are some), "half" (fewer than a fifth of what is
            usual) or "unfinished". Empty for a result table.
    """

    facts: tuple[Fact, ...]
    days: pd.DataFrame

    def fact(self, name: str) -> Fact | None:
        """The fact of that name; None where it doesn't apply."""
        return next((f for f in self.facts if f.name == name), None)

    def of(self, severity: Severity) -> list[Fact]:
        """The facts of one severity."""
        return [f for f in self.facts if f.severity == severity]


NO_DAYS = pd.DataFrame(
    {"day": pd.Series(dtype=object), "events": np.empty(0, np.int64), "users": np.empty(0, np.int64),
     "state": pd.Series(dtype="str")}
)  # fmt: skip
"""The days of a data set without time."""


def ordered(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """Most severe first, then in the order of `NAMES`."""
    names = list(NAMES)
    return tuple(sorted(facts, key=lambda f: (ORDER.index(f.severity), names.index(f.name))))


def share(part: float, whole: float) -> float:
    """A part of a whole; nan of nothing."""
    return part / whole if whole else float("nan")


def by_share(found: float, some: float, much: float) -> Severity:
    """Severity of a share: "look" above `some`, "careful" above `much`; nan is fine."""
    return "careful" if found > much else "look" if found > some else "fine"
