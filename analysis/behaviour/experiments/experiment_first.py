"""A first experiment from the data: which column says the arm, which arm is the control, what decides."""

from __future__ import annotations

import numpy as np

from analysis.behaviour.experiments.experiment import Experiment
from analysis.behaviour.experiments.metric import Metric
from analysis.errors import SchemaError
from analysis.events import EVENT, Categories, EventLog, Numbers
from analysis.questions import Step
from analysis.trials.arms import MOST_ARMS

NAMED = ("arm", "variant", "variation", "experiment", "treatment", "group", "ab_test", "abtest", "组", "版本", "实验")
VALUED = {
    "a",
    "b",
    "c",
    "d",
    "0",
    "1",
    "control",
    "treatment",
    "treated",
    "variant",
    "test",
    "对照",
    "对照组",
    "实验组",
}
HELD_OUT = ("holdout", "hold out", "no e-mail", "no email", "空白")
CONTROLS = ("control", "holdout", "no e-mail", "no email", "baseline", "original", "none", "对照", "空白", "原版")
PLANS = ((50, 50), (40, 60), (60, 40), (30, 70), (70, 30), (20, 80), (80, 20), (10, 90), (90, 10), (5, 95), (95, 5))
EVEN = 1.25
"""Arms whose largest is at most this many times the smallest are taken to be planned alike."""


def arm_columns(log: EventLog) -> list[str]:
    """Columns that could say an arm: 2 to `MOST_ARMS` values, those named or valued like arms first."""
    found = [
        (not like_arms(log, name), _held_out(log, name), name != log.roles.get("arm"), name)
        for name, column in log.columns.items()
        if name != EVENT and 2 <= _values(column) <= MOST_ARMS
    ]
    return [name for *_rank, name in sorted(found, key=lambda f: f[:3])]


def like_arms(log: EventLog, name: str) -> bool:
    """Whether a column is named or valued like arms, or is set as one."""
    if name == log.roles.get("arm"):
        return True
    said = [v.strip().lower() for v in log.words(name).values[1:]]
    lower = name.lower()
    return any(word in lower for word in NAMED) or (isinstance(log.columns[name], Categories) and set(said) <= VALUED)


def _values(column: Categories | Numbers) -> int:
    if isinstance(column, Categories):
        return len(column.values) - 1
    some = column.values[:100_000]
    some = some[~np.isnan(some)]
    whole = len(some) > 0 and bool(np.all(some == np.floor(some)))
    return len(np.unique(some)) if whole else 0


def _held_out(log: EventLog, name: str) -> bool:
    """Whether an arm is one of a campaign's: those who were given nothing."""
    return any(word in value.lower() for value in log.words(name).values[1:] for word in HELD_OUT)


def arms_in(log: EventLog, column: str) -> dict[str, int]:
    """Arms of a column and the users whose last value each is, control first: by its name, else the first by name."""
    words = log.words(column)
    rows = np.bincount(words.codes, minlength=len(words.values))
    names = sorted(words.values[c] for c in range(1, len(words.values)) if rows[c])
    control = next((n for word in CONTROLS for n in names if word in n.lower()), names[0] if names else "")
    ordered = [control, *[n for n in names if n != control]]
    return {n: log.where(column, n).n_users for n in ordered}


def likely_plan(sizes: list[int]) -> tuple[float, ...] | None:
    """The usual split nearest to the sizes: alike, or for two arms the nearest round one; None where there is none."""
    if len(sizes) < 2 or min(sizes) == 0:
        return None
    if max(sizes) <= EVEN * min(sizes):
        return (1.0,) * len(sizes)
    if len(sizes) > 2:
        return None
    share = sizes[0] / sum(sizes) * 100
    first, second = min(PLANS, key=lambda plan: abs(plan[0] - share))
    return float(first), float(second)


def first_experiment(log: EventLog, goal: str | None) -> Experiment:
    """The first column of arms, and the goal as what decides."""
    likely = [c for c in arm_columns(log) if like_arms(log, c)]
    if not likely:
        raise SchemaError(
            "no_arm_column",
            "No column says which version each user saw. Bring one: a column such as variant with A or B on the "
            "user's events, an assignment file on the Effect page, or a result table with one row a user.",
        )
    arms = arms_in(log, likely[0])
    return Experiment(
        control=next(iter(arms)),
        arm=likely[0],
        metrics=(first_metric(log, goal, likely[0]),),
        planned_shares=likely_plan(list(arms.values())),
    )


def first_metric(log: EventLog, goal: str | None, arm: str | None = None) -> Metric:
    """The goal; else the first event that is none of an experiment's own; a result table's first flag or number."""
    if log.shape != "results":
        counts = np.bincount(log.events.codes, minlength=len(log.events.values))
        order = [log.events.values[c] for c in np.argsort(-counts, kind="stable") if c and counts[c]]
        return Metric(event=Step(goal if goal is not None else order[0]))
    numbers = [n for n, c in log.columns.items() if isinstance(c, Numbers) and n != arm]
    if not numbers:
        raise SchemaError("no_outcome", "In a result table every metric needs a column. Choose one.")
    flags = [n for n in numbers if set(np.unique(log.numbers(n)[:100_000])) <= {0.0, 1.0}]
    named = [n for n in flags if any(w in n.lower() for w in ("conver", "order", "buy", "转化", "下单", "购买"))]
    return Metric("conversion", column=(named or flags)[0]) if flags else Metric("mean", column=numbers[0])
