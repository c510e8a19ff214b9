"""R4: whatever a file holds, the server lives, an answer comes in time, and no row is lost in silence.

Most files are read by workers, as the child would read them and with its limits: what ends a worker would have
ended a child. Such a file, and some of the others, is then read as the app does, where it must be a message.
"""

from __future__ import annotations

import re
import resource
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from analysis.errors import AnalysisError
from analysis.intake import confine, inspect, read
from analysis.intake.reading import Imported, Reading
from tests.reliability.malform import malformed
from tests.reliability.workers import Place, rounds
from tests.shop import real

HANG_SECONDS = 60
MEMORY = 6 << 30
CONFINED = 40
"""So many of the files are read through the child, at about a second each; and all that ended a worker."""


@dataclass
class Tally:
    """What became of the files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    died: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")


def outcome(path: Path) -> str:
    """What became of a file: "read", "refused code", "lost …" if rows were, or "fault …" if we were at a loss."""
    try:
        reading = inspect(path)
        done = read(path, roles=_roles(reading), day_first=True)
    except AnalysisError as error:
        return f"refused {error.code}"
    except Exception as error:
        return f"fault {type(error).__name__}: {str(error)[:200]!r}"
    wrong = _lost(path, reading, done)
    return f"lost {wrong}" if wrong else "read"


def _roles(reading: Reading) -> dict[str, str | tuple[str, ...]]:
    """The roles that were guessed, with whatever is needed to go on."""
    roles = dict(reading.roles)
    if {"time", "milestone"} & roles.keys():
        return {"user": reading.columns[0]} | roles
    return {"arm": reading.columns[0]} | roles


def _lost(path: Path, reading: Reading, done: Imported) -> str:
    """How rows or lines are missing from the account; "" where none are."""
    ledger, log = done.ledger, done.log
    lines = (
        _lines(path.read_bytes(), reading.encoding) if reading.format == "csv" and not _packed(path) else ledger.lines
    )
    told = {
        "ledger": (ledger.rows, ledger.used + sum(ledger.dropped.values())),
        "lines": (lines, ledger.lines),
        "of lines": (
            ledger.lines or 0,
            ledger.lines and ledger.rows + ledger.header_lines + ledger.flagged.get("lines_in_quotes", 0),
        ),
        "dropped": (done.dropped.num_rows, sum(ledger.dropped.values())),
        "events": (log.n_events, ledger.events if log.shape == "milestones" else ledger.used),
    }
    wrong = {name: pair for name, pair in told.items() if pair[0] != pair[1]}
    return str(wrong) if wrong else ""


def _packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4).startswith((b"\x1f\x8b", b"BZh", b"PK"))


def _lines(content: bytes, encoding: str) -> int:
    """Physical lines, counted in our own way."""
    if encoding.startswith(("utf-16", "utf-32")):
        content = content.decode(encoding, "replace").encode("utf-8", "replace").removeprefix(b"\xef\xbb\xbf")
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"")
    ends = len(re.findall(rb"\r\n|\n|\r", content))
    return ends + (content[-1:] not in (b"\n", b"\r")) if content else 0


def read_each(place: Place, folder: Path, seeds: range) -> None:
    """Reads files one after the other, noting each before and after."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    for seed in seeds:
        name, content = malformed(seed)
        path = folder / str(seed)
        path.write_bytes(content)
        place.say(f"begin {seed} {name}")
        place.say(f"end {outcome(path)}")
        path.unlink()


def tally(folder: Path, seeds: range) -> Tally:
    """Has all files read by a worker; another one goes on where one ends."""
    found, place, at = Tally(), Place(folder), seeds.start
    while at < seeds.stop:
        worker, seen, since = (
            place.begin(read_each, folder, range(at, seeds.stop)),
            len(place.heard()),
            time.perf_counter(),
        )
        name = ""
        while worker.is_alive() or len(place.heard()) > seen:
            said = place.heard()[seen : seen + 1]
            if said and said[0].startswith("begin "):
                _begin, number, name = said[0].split(" ", 2)
                at, since = int(number) + 1, time.perf_counter()
            elif said:
                _count(found, name, said[0].removeprefix("end "), time.perf_counter() - since)
                name = ""
            elif time.perf_counter() - since > HANG_SECONDS:
                found.hung.append(name)
                worker.kill()
                break
            else:
                worker.join(0.02)
            seen += len(said)
        worker.join()
        if name and name not in found.hung:
            found.died.append(name)
        assert name or not worker.exitcode, f"the file of number {at} can't be made"
        if not worker.exitcode and at >= seeds.stop:
            break
    return found


def _count(found: Tally, name: str, said: str, seconds: float) -> None:
    kind, _, rest = said.partition(" ")
    found.outcomes[said if kind == "refused" else kind] += 1
    if kind in ("lost", "fault"):
        (found.lost if kind == "lost" else found.faults).append(f"{name}: {rest}")
    found.slowest = max(found.slowest, (seconds, name))


def confined(folder: Path, names: list[str]) -> list[str]:
    """Reads files as the app does; gives those that were neither read nor refused."""
    wrong = []
    for name in names:
        path = folder / "confined"
        path.write_bytes(malformed(int(name.split(".")[0]))[1])
        try:
            confine.inspect(path, name)
        except AnalysisError:
            continue
        except BaseException as error:
            wrong.append(f"{name}: {type(error).__name__}")
    return wrong


def check(found: Tally, folder: Path, seeds: range, some: int) -> list[str]:
    """Everything that is not as promised."""
    sample = [malformed(seed)[0] for seed in list(seeds)[:: max(1, len(seeds) // some)][:some]]
    odd = [said.split(":")[0] for said in found.faults][:some]
    return [*found.lost, *found.hung, *confined(folder, [*found.died, *odd, *sample])]


def test_malformed_files_are_read_or_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    seeds = range(120)
    found = tally(tmp_path, seeds)
    assert not check(found, tmp_path, seeds, 2)
    assert found.outcomes["read"] > 20 and sum(found.outcomes.values()) + len(found.died) == len(seeds)


@pytest.mark.slow
def test_r4_two_thousand_malformed_files(tmp_path, tell) -> None:  # type: ignore[no-untyped-def]
    seeds = range(100_000, 100_000 + rounds(2_000))
    found = tally(tmp_path, seeds)
    wrong = check(found, tmp_path, seeds, rounds(CONFINED))
    refused = sum(n for said, n in found.outcomes.items() if said.startswith("refused"))
    tell(
        f"R4: {len(seeds)} files: {found.outcomes['read']} read, {refused} refused, {len(found.died)} ended a reader, "
        f"{len(found.faults)} unforeseen errors in it; {len(found.hung)} hung, {len(found.lost)} lost rows; "
        f"slowest {found.slowest[0]:.1f} s"
    )
    tell("\n    ".join(["R4 in a reader:", *found.died, *found.faults]))
    assert not wrong, "\n".join(wrong[:10])


@pytest.mark.slow
def test_r4_the_messy_files(tmp_path, tell) -> None:  # type: ignore[no-untyped-def]
    paths = sorted(p for p in real("messy").iterdir() if p.name != "manifest.json")
    found = Tally()
    for path in paths:
        began = time.perf_counter()
        _count(found, path.name, outcome(path), time.perf_counter() - began)
        try:
            confine.inspect(path, path.name)
        except AnalysisError as error:
            assert error.code != "child_died", path.name
    tell(f"R4: {len(paths)} messy files: {dict(found.outcomes)}; slowest {found.slowest[0]:.1f} s")
    assert not found.lost and not found.faults and found.slowest[0] < HANG_SECONDS
