"""The questions of the behaviour section beside the peers, equal answers first.

The kernel is all that a question has compiled: every call to `over_users`, and for the funnel the pass that gives
each attempt its value. The whole question adds tables, intervals, medians and tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from analysis import Drivers, EventLog, Funnel, Leavers, Paths, Question, Retention, Sessions, Step, Transitions, engine
from analysis.behaviour.funnels import reach
from analysis.behaviour.visits.session_walk import SUMS
from benchmarks.behaviour_peers import LEFT, PAUSE, START, STEPS_OF_TREE, ClickHouseBehaviour, DuckDBBehaviour
from benchmarks.data import EVENTS
from benchmarks.peers import STEPS

RUNS = 5
WEEKS = 53

QUESTIONS: dict[str, Question] = {
    "funnel with split": Funnel(steps=STEPS, window_days=7, include_open=True, split="country"),  # type: ignore[arg-type]
    "retention": Retention(period="week", periods=WEEKS),
    "transitions": Transitions(),
    "path tree to depth 6": Paths(
        start=Step(START), steps=STEPS_OF_TREE, min_share=0, most_nodes=20, include_open=True
    ),
    "sessions": Sessions(timeout_minutes=PAUSE / 60),
    "drivers": Drivers(steps=STEPS),  # type: ignore[arg-type]
    "leavers": Leavers(),
}
TARGETS = {
    "funnel with split": "≤ 80",
    "retention": "≤ 50",
    "transitions": "≤ 20 and ≤ 1/20 of chDB",
    "path tree to depth 6": "≤ 150",
    "sessions": "≤ 60",
    "drivers": "≤ 500",
    "leavers": "≤ 500",
}
"""Of the section's specification, ms at 10 M events."""

HOMES = [
    "funnels.funnel",
    "returning.retention",
    "journeys.transitions",
    "journeys.paths",
    "visits.sessions",
    "leaving.seen",
    "leaving.landmark",
    "leaving.leavers",
]
"""Modules that call the engine for these questions; `analysis.users` besides."""


@contextmanager
def watched(spent: dict[str, float]) -> Iterator[None]:
    """Adds up the milliseconds of the outermost calls to what is compiled, by kernel."""
    inside = [False]

    def timed(call: Callable[..., Any]) -> Callable[..., Any]:
        def work(*args: Any, **kwargs: Any) -> Any:
            if inside[0]:
                return call(*args, **kwargs)
            inside[0], began = True, time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                name = (args[1] if call is engine.over_users else call).__name__.lstrip("_")
                spent[name] = spent.get(name, 0.0) + (time.perf_counter() - began) * 1000
                inside[0] = False

        return work

    modules = [import_module(f"analysis.behaviour.{home}") for home in HOMES] + [import_module("analysis.users")]
    places = [(m, "over_users") for m in modules if getattr(m, "over_users", None) is engine.over_users]
    places += [(reach, "values"), (reach, "count_values")]
    kept = [(module, name, getattr(module, name)) for module, name in places]
    try:
        for module, name, call in kept:
            setattr(module, name, timed(call))
        yield
    finally:
        for module, name, call in kept:
            setattr(module, name, call)


def own_ms(log: EventLog, question: Question) -> tuple[dict[str, float], float]:
    """Medians of each kernel and of the whole question, ms."""
    question.ask(log)
    kernels, wholes = [], []
    for _ in range(RUNS):
        spent: dict[str, float] = {}
        with watched(spent):
            began = time.perf_counter()
            question.ask(log)
            wholes.append((time.perf_counter() - began) * 1000)
        kernels.append(spent)
    return {name: median(k[name] for k in kernels) for name in kernels[0]}, median(wholes)


class Ours:
    """The answers, as the peers give them."""

    def __init__(self, log: EventLog) -> None:
        self.log = log

    def split(self) -> dict[str, list[int]]:
        """Users at each step by country."""
        answer: Any = QUESTIONS["funnel with split"].ask(self.log)
        return {str(value): rows["users"].tolist() for value, rows in answer.by_value.groupby("value")}

    def retention(self) -> dict[tuple[int, int], int]:
        """Users per weekly cohort and week after."""
        answer: Any = QUESTIONS["retention"].ask(self.log)
        return {(int(c), int(k)): int(n) for (c, k), n in np.ndenumerate(answer.retained) if n}

    def transitions(self) -> dict[tuple[int, int], int]:
        """Transitions between events; place 0 of the matrix is start and end."""
        answer: Any = QUESTIONS["transitions"].ask(self.log)
        places = [LEFT, *(EVENTS.index(n) for n in answer.names[1:])]
        return {(places[a], places[b]): int(n) for (a, b), n in np.ndenumerate(answer.matrix) if n}

    def tree(self) -> dict[tuple[int, int, int], int]:
        """Users from place to place."""
        answer: Any = QUESTIONS["path tree to depth 6"].ask(self.log)
        code = {**{name: k for k, name in enumerate(EVENTS)}, "(left)": LEFT}
        rows = answer.table[["level", "from", "to", "users"]].itertuples(index=False)
        return {(int(level), code[start], code[to]): int(n) for level, start, to, n in rows}

    def sessions(self) -> tuple[int, int, int, int]:
        """Sessions, those over, bounces, seconds."""
        answer: Any = QUESTIONS["sessions"].ask(self.log)
        row = answer.sums[-1]
        n, closed, bounces = (int(row[SUMS.index(k)]) for k in ("sessions", "n", "x"))
        return n, closed, bounces, round(float(answer.durations.sum()) / 1e6)


PAIRS = {
    "funnel with split": "split",
    "retention": "retention",
    "transitions": "transitions",
    "path tree to depth 6": "tree",
    "sessions": "sessions",
}


def timed(log: EventLog, parquet: Path, median_ms: Callable[..., float], lines: list[str]) -> None:
    """The section's table at one size."""
    ours, house, duck = Ours(log), ClickHouseBehaviour(parquet), DuckDBBehaviour(parquet)
    lines.append(
        f"\n## Behaviour, {log.n_events:,} events\n\n| question | kernel, ms | whole question, ms | target at 10 M, ms | chDB, ms "
        "| DuckDB, ms | chDB ÷ kernel | DuckDB ÷ kernel |\n|---|---|---|---|---|---|---|---|"
    )
    parts = []
    for name, question in QUESTIONS.items():
        peers: list[float] = []
        if name in PAIRS:
            expected = getattr(ours, PAIRS[name])()
            for peer in (house, duck):
                found = getattr(peer, PAIRS[name])()
                assert found == expected, f"{name}: the answer of {type(peer).__name__} differs"
            peers = [median_ms(getattr(peer, PAIRS[name]), 3) for peer in (house, duck)]
        kernels, whole = own_ms(log, question)
        kernel = sum(kernels.values())
        parts.append(f"{name}: {', '.join(f'{k} {ms:.0f}' for k, ms in kernels.items())}")
        told = [f"{ms:.0f}" for ms in peers] + [f"{ms / kernel:.1f}" for ms in peers] or ["–"] * 4
        lines.append(f"| {name} | {kernel:.1f} | {whole:.1f} | {TARGETS[name]} | {' | '.join(told)} |")
        print(lines[-1], flush=True)
    lines.append(f"\nKernels, ms: {'; '.join(parts)}.")
    print(lines[-1], flush=True)
    house.close()
    duck.close()
