"""Behind `make test-slow`: many random logs against the oracles."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from tests.test_house import QUESTIONS, SECTIONS

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
MODULES = [
    importlib.import_module(f"tests.{section}.{path.stem}")
    for section in (*SECTIONS, "edits")
    for path in sorted((HERE / section).glob("test_*.py"))
]
ORACLES = [
    function
    for module in MODULES
    for name, function in vars(module).items()
    if name.startswith("test_") and hasattr(function, "hypothesis") and "oracle" in name
]


def test_there_is_an_oracle_for_every_question() -> None:
    compared = {f.__module__.rsplit(".test_")[-1] for f in ORACLES}
    assert {kind.__module__.rsplit(".")[-1] for kind in QUESTIONS} <= compared


@pytest.mark.parametrize("function", ORACLES, ids=lambda f: f"{f.__module__}.{f.__name__}")
def test_a_thousand_random_logs_against_the_oracle(function) -> None:  # type: ignore[no-untyped-def]
    for _ in range(17):  # each run draws 60 logs or more
        function()
