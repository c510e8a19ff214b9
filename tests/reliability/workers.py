"""Workers: processes of our own that import and are ended, and the examination of what they leave behind.

A worker is forked from a process that has everything loaded, so that hundreds of them cost little. It says on
disk what it was told is imported (an acknowledgement), which outlives a kill -9 of the worker.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from analysis import compose
from analysis.edits import RenameEvents
from analysis.errors import AnalysisError
from analysis.events import from_rows
from analysis.intake import keep
from analysis.store import Dataset, Workspace

ROLES = {"user": "user_id", "time": "time", "event": "event"}
READY_SECONDS = 2.0

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.reliability.workers"])


def rounds(full: int) -> int:
    """So many rounds, or the share of them that the variable FOOTPRINTS_ROUNDS says (0.1 is a tenth)."""
    return max(1, round(full * float(os.environ.get("FOOTPRINTS_ROUNDS", "1"))))


def rows(number: int, count: int = 40) -> bytes:
    """A file whose content depends on its number; the third user of each ten is not given."""
    lines = [
        f"{f'u{number}-{k}' if k % 10 != 3 else ''},2026-01-{1 + k % 28:02d} 10:{k // 60 % 60:02d}:{k % 60:02d},view"
        for k in range(count)
    ]
    return ("user_id,time,event\n" + "\n".join(lines) + "\n").encode()


def used(count: int = 40) -> int:
    """Rows of `rows` that have a user."""
    return sum(k % 10 != 3 for k in range(count))


class Place:
    """A folder for workers: their workspace, their folder for temporary files, and what was acknowledged.

    Args:
        folder: Where all lies.
        workspace: The workspace, where it lies elsewhere.
    """

    def __init__(self, folder: Path, workspace: Path | None = None) -> None:
        self.workspace, self.temporary, self.said = workspace or folder / "workspace", folder / "tmp", folder / "said"
        self.temporary.mkdir(parents=True, exist_ok=True)

    def begin(self, target: Callable[..., None], *args: Any) -> Any:
        """Starts a worker that runs `target(place, *args)`."""
        process = _FORKS.Process(target=_work, args=(self, target, args))
        process.start()
        return process

    def end(self, target: Callable[..., None], *args: Any, seconds: float = 60) -> int:
        """Runs a worker to its end; gives its exit code, negative for a signal."""
        process = self.begin(target, *args)
        process.join(seconds)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise AssertionError("a worker hung")
        return int(process.exitcode)

    def say(self, text: str) -> None:
        """Notes a line; called by workers."""
        with self.said.open("a") as file:
            file.write(text + "\n")

    def heard(self) -> list[str]:
        """All that workers noted."""
        return self.said.read_text().splitlines() if self.said.exists() else []

    def acknowledged(self) -> set[str]:
        """Fingerprints that workers were told are imported."""
        return {line.split()[1] for line in self.heard() if line.startswith("imported ")}

    def children(self) -> list[int]:
        """Children of workers that are still there."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                inside = (process / "cwd").readlink().is_relative_to(self.workspace)
            except OSError:
                continue
            if inside:
                found.append(int(process.name))
        return found


def _work(place: Place, target: Callable[..., None], args: Sequence[Any]) -> None:
    os.environ["TMPDIR"] = tempfile.tempdir = str(place.temporary)
    os.environ.pop("FOOTPRINTS_DATABASE", None)
    target(place, *args)


# -- what workers do ------------------------------------------------------------------------


def import_one(place: Place, number: int, count: int = 40) -> None:
    """Imports one file."""
    space = Workspace(place.workspace)
    made = space.add(space.receive([rows(number, count)], f"{number}.csv"), roles=ROLES)
    place.say(f"imported {made.fingerprint}")


def import_many(place: Place, start: int) -> None:
    """Imports files, appends to them and edits them, until it is killed; some are large."""
    space = Workspace(place.workspace)
    place.say("ready")
    for number in range(start, start + 1_000):
        count = 150_000 if number % 4 == 0 else 40
        made = space.add(space.receive([rows(number, count)], f"{number}.csv"), roles=ROLES)
        place.say(f"imported {made.fingerprint}")
        more = space.receive([rows(-number - 1)], f"{number} more.csv")
        made = compose.append(space, made.fingerprint, more, roles=ROLES)
        place.say(f"imported {made.fingerprint}")
        made = compose.edit(space, made.fingerprint, [RenameEvents({"view": f"seen {number}"})])
        place.say(f"imported {made.fingerprint}")


def derive_one(place: Place, number: int) -> None:
    """Keeps a log that was made here."""
    space = Workspace(place.workspace)
    log = from_rows([{"user": f"u{number}", "time": "2026-01-05", "event": "view"}])
    place.say(f"imported {space.add_derived(log, name=str(number)).fingerprint}")


def append_one(place: Place, number: int) -> None:
    """Appends a file to the data set that was acknowledged last."""
    space = Workspace(place.workspace)
    onto = [line.split()[1] for line in place.heard() if line.startswith("imported ")][-1]
    made = compose.append(space, onto, space.receive([rows(number)], f"{number}.csv"), roles=ROLES)
    place.say(f"imported {made.fingerprint}")


def name_one(place: Place, number: int) -> None:
    """Gives all data sets another name, pins a finding and remembers roles: the catalogue alone is written."""
    space = Workspace(place.workspace)
    for dataset in space.datasets():
        for k in range(200):
            space.rename(dataset.fingerprint, f"{number} {k} " + "x" * 1_000)
            space.add_pin(dataset.fingerprint, {"question": "Funnel"}, {}, "x" * 1_000)
            space.remember_roles(f"{number} {k}", ROLES)


def open_one(place: Place) -> None:
    """Opens the workspace and every data set in it."""
    space = Workspace(place.workspace)
    assert [space.open(d.fingerprint).n_events for d in space.datasets()]


def tried(place: Place, work: Callable[..., None], *args: Any) -> None:
    """Does some work and notes what became of it: "done", the code of an AnalysisError, or a fault."""
    try:
        work(place, *args)
    except AnalysisError as error:
        place.say(f"refused {error.code}")
    except Exception as error:
        place.say(f"fault {type(error).__name__}: {str(error)[:300]}")
    else:
        place.say("done")


def killed_at(place: Place, moment: str, work: Callable[..., None], number: int) -> None:
    """Does some work and is killed at a step of it; "renamed 2" is the second time that it comes to that step."""
    step, _, nth = moment.partition(" ")
    seen: list[str] = []

    def kill(name: str) -> None:
        seen.append(name)
        if seen.count(step) == int(nth or 1):
            os.kill(os.getpid(), signal.SIGKILL)

    keep.step = kill
    work(place, number)


# -- what they leave behind -----------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What a new start found.

    Attributes:
        seconds: Time until the workspace was ready.
        faults: Everything that is not as promised.
        events: Events of the data sets on the list, the oldest first.
    """

    seconds: float
    faults: list[str]
    events: list[int]


def restart(place: Place) -> Found:
    """Opens the workspace in a new process, as a server does that starts anew, and examines it."""
    answer = place.temporary.parent / "found.json"
    answer.unlink(missing_ok=True)
    assert place.end(_examine, answer) == 0
    return Found(**json.loads(answer.read_text()))


def _examine(place: Place, answer: Path) -> None:
    began = time.perf_counter()
    space = Workspace(place.workspace)
    seconds = time.perf_counter() - began
    found = Found(seconds, _faults(space, place), [d.events for d in reversed(space.datasets())])
    answer.write_text(json.dumps(asdict(found)))


def _orphans(space: Workspace, place: Place) -> list[str]:
    """What lies about and belongs to nothing."""
    known = {d.fingerprint for d in space.datasets(listed=False)}
    found = [str(p) for p in (space.folder / "in").iterdir() if not p.name.startswith(space._owner)]
    found += [str(p) for p in (space.folder / "datasets").iterdir() if p.name not in known | {".lock"}]
    found += [str(p) for p in (space.folder / "set_aside").iterdir()]
    found += [str(p) for p in place.temporary.iterdir()]
    return found


def _faults(space: Workspace, place: Place) -> list[str]:
    known = {d.fingerprint: d for d in space.datasets(listed=False)}
    found = [f"lost {fingerprint}" for fingerprint in place.acknowledged() - known.keys()]
    for fingerprint, dataset in known.items():
        found += _half(space, dataset)
        for part in [dataset.made_of["base"], *_parts(dataset)] if dataset.made_of else []:
            found += [] if part in known else [f"{fingerprint} lacks {part}"]
    return found + [f"orphan {path}" for path in _orphans(space, place)]


def _parts(dataset: Dataset) -> list[str]:
    return [said["part"] for said in (dataset.made_of or {}).get("joins", ()) if said["part"]]


def _half(space: Workspace, dataset: Dataset) -> list[str]:
    log = space.open(dataset.fingerprint)
    whole = log.n_events == dataset.events == int((log.ends - log.starts).sum()) and log.fingerprint
    closes = log.ledger is None or (log.ledger.closes() and log.ledger.rows == dataset.rows)
    return [] if whole and closes else [f"half {dataset.fingerprint}"]
