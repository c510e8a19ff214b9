"""Behind `make test-slow`: many random logs against the oracles, and kill -9 at random moments of an import."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.store import Workspace
from tests.behaviour import test_funnel, test_retention
from tests.campaigns import test_effect
from tests.lifecycle import test_periods, test_stages
from tests.segments import test_rfm
from tests.shop import ROOT

pytestmark = pytest.mark.slow

ORACLES = [
    function
    for module in (test_funnel, test_retention, test_rfm, test_periods, test_stages, test_effect)
    for name, function in vars(module).items()
    if name.startswith("test_") and hasattr(function, "hypothesis") and "oracle" in name
]

IMPORTS = """
import sys
from pathlib import Path
from analysis.store import Workspace
space = Workspace(Path(sys.argv[1]))
rows = Path("sample_data/shop.csv").read_bytes()
for k in range(1000):
    loaded = space.add(space.receive([rows, b"u-%d,2026-01-05 10:00:00,visit,,,,,,,,\\n" % k], f"{k}.csv"), time_zone="UTC")
    print(loaded.fingerprint, flush=True)
"""


def test_there_is_an_oracle_for_every_question() -> None:
    assert len({f.__module__ for f in ORACLES}) == 6


@pytest.mark.parametrize("function", ORACLES, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_a_thousand_random_logs_against_the_oracle(function) -> None:  # type: ignore[no-untyped-def]
    for _ in range(17):  # each run draws 60 logs or more
        function()


def test_kill_nine_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    folder, acknowledged, rounds = tmp_path / "workspace", set(), 20
    draw = random.Random(1)
    for _ in range(rounds):
        process = subprocess.Popen(
            [sys.executable, "-c", IMPORTS, str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        time.sleep(draw.uniform(1.5, 9))
        os.killpg(process.pid, signal.SIGKILL)
        assert process.stdout is not None
        acknowledged |= {line.strip() for line in process.stdout.read().splitlines() if len(line.strip()) == 32}
        began = time.perf_counter()
        space = Workspace(folder)
        assert time.perf_counter() - began < 2
        known = {d.fingerprint for d in space.datasets()}
        assert acknowledged <= known
        for fingerprint in known:
            assert space.open(fingerprint).n_events > 48_000
        assert not list((folder / "in").glob("*.part"))
    assert acknowledged
