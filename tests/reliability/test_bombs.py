"""R7: what would burst is refused, within a second and 200 MB."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import AnalysisError
from analysis.intake import confine
from tests.reliability.bombs import REFUSED

SECONDS = 1.0
MEGABYTES = 200
PLAIN = b"user_id,time,event\nu1,2026-01-05 10:00,view\nu1,2026-01-05 11:00,buy\n"


@dataclass
class Cost:
    """What a child took.

    Attributes:
        said: "read", or the code of its refusal.
        seconds: From the order to the answer.
        megabytes: Most memory that it held at once.
    """

    said: str = "read"
    seconds: float = 0.0
    megabytes: float = 0.0


def cost(path: Path) -> Cost:
    """Has a child look at a file."""
    found = Cost()
    began = time.perf_counter()
    with watched(found):
        try:
            confine.inspect(path)
        except AnalysisError as error:
            found.said = error.code
    found.seconds = time.perf_counter() - began
    return found


@contextlib.contextmanager
def watched(found: Cost) -> Iterator[None]:
    """Notes the peak memory of children, as the system keeps it for each process."""
    genuine = confine._hear

    def hear(process: Any, *rest: Any) -> dict[str, Any]:
        threading.Thread(target=_follow, args=(process.pid, found), daemon=True).start()
        return genuine(process, *rest)

    confine._hear = hear
    try:
        yield
    finally:
        confine._hear = genuine


def _follow(pid: int, found: Cost) -> None:
    with contextlib.suppress(OSError, IndexError, ValueError):
        while True:
            said = Path(f"/proc/{pid}/status").read_text()
            found.megabytes = max(found.megabytes, int(said.split("VmHWM:")[1].split()[0]) / 1024)
            time.sleep(0.002)


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Cost:
    """What a child takes for a file of two rows: the least of three."""
    path = tmp_path_factory.mktemp("plain") / "a.csv"
    path.write_bytes(PLAIN)
    return min((cost(path) for _ in range(3)), key=lambda c: c.seconds)


@pytest.mark.slow
@pytest.mark.parametrize(("bomb", "codes"), REFUSED, ids=lambda value: getattr(value, "__name__", ""))
def test_r7_bombs_are_refused(tmp_path, tell, rest, bomb, codes) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "bomb"
    path.write_bytes(bomb())
    found = cost(path)
    tell(
        f"R7 {bomb.__name__} ({path.stat().st_size / 1e6:.3f} MB): {found.said}, {found.seconds:.2f} s and "
        f"{found.megabytes:.0f} MB (a file of two rows: {rest.seconds:.2f} s and {rest.megabytes:.0f} MB)"
    )
    assert found.said in codes
    assert found.megabytes < MEGABYTES + max(0.0, rest.megabytes - MEGABYTES / 2)
    assert found.seconds - rest.seconds < SECONDS


@pytest.mark.parametrize("number", [0, 3, 5])
def test_the_smallest_bombs_are_refused(tmp_path, number) -> None:  # type: ignore[no-untyped-def]
    bomb, codes = REFUSED[number]
    path = tmp_path / "bomb"
    path.write_bytes(bomb())
    assert cost(path).said in codes
