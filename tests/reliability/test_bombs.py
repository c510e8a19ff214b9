"""R7: what would burst is refused, within a second and 200 MB."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import AnalysisError
from analysis.intake import confine
from tests.reliability.bombs import REFUSED

SECONDS = 1.0
MEGABYTES = 200

OPEN = {
    "one_long_string_many_times": "shared texts are not weighed by the cells that name them: ended by the memory limit",
    "gz_of_many_members": "the ratio is held against the whole file, not against what was unpacked so far",
    "parquet_of_two_thousand_million_rows": "the rows that a Parquet file claims are not held against its size",
    "parquet_of_one_long_word": "words of a Parquet file are unpacked: ended by the memory limit when it is read",
    "parquet_of_one_number": "the rows that a Parquet file claims are not held against its size",
    "json_of_a_name_a_row": "columns of JSON are not counted before they are made: ended by the memory limit",
    "csv_of_delimiters": "more than 16,384 columns end the reader, which is a message, but not the right one",
}
"""Bombs that cost more than they should, and why; none harms the server. A test that passes here says so."""


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
    """What a child takes to start and to refuse an empty file: the least of three."""
    path = tmp_path_factory.mktemp("rest") / "empty.csv"
    path.write_bytes(b"")
    return min((cost(path) for _ in range(3)), key=lambda c: c.seconds)


def marked(bomb: Callable[[], bytes], codes: tuple[str, ...]) -> Any:
    """A case; one that is still open must fail."""
    name = bomb.__name__
    marks = [pytest.mark.xfail(strict=True, reason=OPEN[name])] if name in OPEN else []
    return pytest.param(bomb, codes, id=name, marks=marks)


@pytest.mark.slow
@pytest.mark.parametrize(("bomb", "codes"), [marked(*case) for case in REFUSED])
def test_r7_bombs_are_refused(tmp_path, tell, rest, bomb, codes) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "bomb"
    path.write_bytes(bomb())
    found = cost(path)
    tell(
        f"R7 {bomb.__name__} ({path.stat().st_size / 1e6:.3f} MB): {found.said}, {found.seconds:.2f} s and "
        f"{found.megabytes:.0f} MB, of which the start of the child {rest.seconds:.2f} s and {rest.megabytes:.0f} MB"
    )
    assert found.said in codes
    assert found.megabytes - rest.megabytes < MEGABYTES
    assert found.seconds - rest.seconds < SECONDS


@pytest.mark.parametrize("number", [0, 3, 5])
def test_the_smallest_bombs_are_refused(tmp_path, number) -> None:  # type: ignore[no-untyped-def]
    bomb, codes = REFUSED[number]
    path = tmp_path / "bomb"
    path.write_bytes(bomb())
    assert cost(path).said in codes
