"""R1, R2: killed at any moment, what was acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import random
import time

import pytest

from analysis.intake import keep
from tests.reliability import workers
from tests.reliability.workers import READY_SECONDS, Place, restart, rounds

MOMENTS = 6.0
"""Seconds within which a worker is killed: about three turns of import, append and edit."""

DERIVED_STEPS = ("synced", "renamed", "catalogued")
"""The steps that a log made here goes through: it doesn't come from a file."""


def gone(place: Place, seconds: float = 2) -> bool:
    """Whether the children of killed workers end by themselves."""
    until = time.perf_counter() + seconds
    while place.children():
        if time.perf_counter() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.slow
def test_r1_kill_nine_at_random_moments_of_import_append_and_edit(tmp_path, tell) -> None:  # type: ignore[no-untyped-def]
    place, draw, kills = Place(tmp_path), random.Random(1), rounds(100)
    violations: list[str] = []
    slowest = 0.0
    for k in range(kills):
        before = len(place.heard())
        worker = place.begin(workers.import_many, 1_000 * (k + 1))
        while len(place.heard()) == before and worker.is_alive():
            time.sleep(0.01)
        time.sleep(draw.uniform(0, MOMENTS))
        assert worker.is_alive()
        worker.kill()
        worker.join()
        violations += [] if gone(place) else ["a child lives on"]
        found = restart(place)
        slowest = max(slowest, found.seconds)
        violations += found.faults
    acknowledged = len(place.acknowledged())
    tell(
        f"R1: {kills} kills, {acknowledged} acknowledged, {len(violations)} violations, ready again in {slowest:.2f} s at most"
    )
    assert not violations and slowest < READY_SECONDS and acknowledged > kills // 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "step"),
    [
        *((workers.import_one, step) for step in keep.STEPS),
        *((workers.append_one, step) for step in keep.STEPS),
        *((workers.append_one, f"{step} 2") for step in DERIVED_STEPS),
        *((workers.derive_one, step) for step in DERIVED_STEPS),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_r2_kill_at_each_step(tmp_path, tell, work, step) -> None:  # type: ignore[no-untyped-def]
    place, turns = Place(tmp_path), rounds(20)
    assert place.end(workers.import_one, 0) == 0
    violations: list[str] = []
    slowest = 0.0
    for k in range(1, turns + 1):
        assert place.end(workers.killed_at, step, work, k) == -9
        violations += [] if gone(place) else ["a child lives on"]
        found = restart(place)
        slowest = max(slowest, found.seconds)
        violations += found.faults
    tell(
        f"R2 {work.__name__} at {step}: {turns} kills, {len(violations)} violations, ready again in {slowest:.2f} s at most"
    )
    assert not violations and slowest < READY_SECONDS
    assert place.end(work, 999) == 0  # and the next one succeeds
    assert len(place.acknowledged()) == 2


@pytest.mark.parametrize("step", ["parsed", "renamed", "catalogued"])
def test_a_kill_in_the_midst_leaves_all_or_nothing(tmp_path, step) -> None:  # type: ignore[no-untyped-def]
    place = Place(tmp_path)
    assert place.end(workers.import_one, 0) == 0
    assert place.end(workers.killed_at, step, workers.import_one, 1) == -9
    found = restart(place)
    assert not found.faults and gone(place)
    assert found.events == [workers.used()] * (2 if step == "catalogued" else 1)
