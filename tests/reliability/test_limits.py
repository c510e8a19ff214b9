"""R3: without room on the disk, without leave to write, without memory, what was there before stays as it was."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.intake import confine
from tests.reliability import workers
from tests.reliability.workers import Place, restart

KIB, MIB = 1 << 10, 1 << 20
DISK = 16 * MIB
COUNT = 20_000
"""Rows of the file that finds no room: 0.7 MB; its log and what is written on the way are about as large."""

FREE_KIB = (0, 4, 12, 40, 200, 500, 700, 720, 760, 900, 1_000, 1_100, 1_200, 1_300)
"""Room that is left: from none, by the middle of each file that is written, to nearly enough."""

SERVER_FILE_KIB = (1, 16, 64, 200, 400, 600)
"""Largest file that the server may write: the upload has 700 KiB."""

CHILD_FILE_KIB = (0, 1, 40, 200)
"""Largest file that the reader may write."""

MEMORY_MIB = (50, 150, 250, 350, 450, 550, 650, 750, 850)
"""Address space of the reader: from too little to start Python, by its libraries, to too little for the file."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("a small disk can't be mounted: there is no mount")
    if done.returncode:
        pytest.skip(f"a small disk can't be mounted: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def with_one(folder: Path, workspace: Path | None = None) -> tuple[Place, dict[str, str]]:
    """A place with one data set, and the hashes of its files."""
    place = Place(folder, workspace)
    assert place.end(workers.import_one, 0) == 0
    return place, hashes(place)


def hashes(place: Place) -> dict[str, str]:
    """Hash of every file of the data sets that were acknowledged."""
    folders = [place.workspace / "datasets" / fingerprint for fingerprint in sorted(place.acknowledged())]
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for f in folders for p in sorted(f.iterdir())}


def outcome(place: Place, work: Callable[..., None], *args: Any) -> str:
    """What became of some work that a worker tried."""
    assert place.end(workers.tried, work, *args) == 0
    return place.heard()[-1]


def fill(folder: Path, free: int) -> None:
    """Fills a disk but for so many bytes."""
    with (folder / "filler").open("wb", buffering=0) as file:
        seen = os.statvfs(folder)
        left = seen.f_bavail * seen.f_bsize - free
        while left > 0:
            left -= file.write(b"\0" * min(MIB, left))


def server_limited(place: Place, most: int) -> None:
    """Imports in a server that may write files of so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    workers.import_one(place, 1, COUNT)


def reader_limited(place: Place, limits: dict[str, int]) -> None:
    """Imports with other limits for the reader."""
    genuine = confine._hear

    def hear(process: Any, order: dict[str, Any], *rest: Any) -> dict[str, Any]:
        order["limits"] |= limits
        return genuine(process, order, *rest)

    confine._hear = hear
    workers.import_one(place, 1, COUNT)


@pytest.mark.slow
@pytest.mark.parametrize("free", FREE_KIB)
def test_r3_a_full_disk(tmp_path, disk, tell, free) -> None:  # type: ignore[no-untyped-def]
    place, before = with_one(tmp_path, disk / "workspace")
    fill(disk, free * KIB)
    said = outcome(place, workers.import_one, 1, COUNT)
    again = outcome(place, workers.open_one)
    (disk / "filler").unlink()
    found = restart(place)
    tell(f"R3 {free} KiB free: {said}; opened while full: {again}; after a restart {len(found.faults)} faults")
    assert said == "refused disk_full" and again in ("done", "refused disk_full")
    assert not found.faults and hashes(place) == before and len(found.events) == 1
    assert outcome(place, workers.import_one, 1, COUNT) == "done"


@pytest.mark.slow
@pytest.mark.parametrize("work", [workers.derive_one, workers.append_one, workers.name_one], ids=lambda w: w.__name__)
def test_r3_a_full_disk_refuses_all_else_that_is_kept(tmp_path, disk, tell, work) -> None:  # type: ignore[no-untyped-def]
    place, before = with_one(tmp_path, disk / "workspace")
    fill(disk, 0)
    said = outcome(place, work, 1)
    (disk / "filler").unlink()
    found = restart(place)
    tell(f"R3 {work.__name__} on a full disk: {said}; after a restart {len(found.faults)} faults")
    assert said == "refused disk_full" and not found.faults and hashes(place) == before


@pytest.mark.slow
@pytest.mark.parametrize("most", SERVER_FILE_KIB)
def test_r3_a_limit_to_the_files_of_the_server(tmp_path, tell, most) -> None:  # type: ignore[no-untyped-def]
    place, before = with_one(tmp_path)
    said = outcome(place, server_limited, most * KIB)
    found = restart(place)
    tell(f"R3 server's files at most {most} KiB: {said}; after a restart {len(found.faults)} faults")
    assert said == "refused disk_full" and not found.faults and hashes(place) == before


@pytest.mark.slow
@pytest.mark.parametrize("most", CHILD_FILE_KIB)
def test_r3_a_limit_to_the_files_of_the_reader(tmp_path, tell, most) -> None:  # type: ignore[no-untyped-def]
    place, before = with_one(tmp_path)
    said = outcome(place, reader_limited, {"size": most * KIB})
    found = restart(place)
    tell(f"R3 reader's files at most {most} KiB: {said}; after a restart {len(found.faults)} faults")
    assert said == "refused disk_full" and not found.faults and hashes(place) == before


@pytest.mark.slow
@pytest.mark.parametrize("memory", MEMORY_MIB)
def test_r3_a_reader_out_of_memory(tmp_path, tell, memory) -> None:  # type: ignore[no-untyped-def]
    place, before = with_one(tmp_path)
    said = outcome(place, reader_limited, {"memory": memory * MIB})
    found = restart(place)
    tell(f"R3 reader's memory at most {memory} MiB: {said}; after a restart {len(found.faults)} faults")
    assert said in ("refused memory", "refused child_died") and not found.faults
    assert hashes(place) == before


def test_a_disk_that_fills_up_is_a_message_and_harms_nothing(tmp_path, disk) -> None:  # type: ignore[no-untyped-def]
    place, before = with_one(tmp_path, disk / "workspace")
    fill(disk, 900 * KIB)
    assert outcome(place, workers.import_one, 1, COUNT) == "refused disk_full"
    (disk / "filler").unlink()
    assert not restart(place).faults and hashes(place) == before
