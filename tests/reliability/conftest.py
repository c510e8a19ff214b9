"""How many rounds, and figures that are printed even when all went well."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Prints a figure of a slow test beside its name."""

    def said(text: str) -> None:
        with capsys.disabled():
            print(f"\n    {text}", flush=True)

    return said


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOOTPRINTS_DATABASE", raising=False)
    monkeypatch.delenv("FOOTPRINTS_SOURCES", raising=False)
