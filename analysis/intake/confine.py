"""Confine: runs the child process and hears it out.

The child gets no environment but what Python needs, a folder of its own for temporary files, and
limits on memory, processor time, file size and wall time. Whatever becomes of it, the caller gets
a result or an IntakeError, and never dies with it. If the caller is killed, the child goes with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from analysis import errors
from analysis.errors import AnalysisError, IntakeError
from analysis.intake import keep
from analysis.intake.reading import Layout, Reading

GIB = 1 << 30
WALL_SECONDS = {"inspect": 120, "read": 1_200, "table": 600, "sleep": 1_200, "abort": 60}
ROOT = Path(__file__).resolve().parents[2]

Progress = Callable[[float, int], None] | None

_START = """
import ctypes, os, runpy, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
if os.getppid() == int(sys.argv[1]):
    runpy.run_module("analysis.intake.child", run_name="__main__")
"""
"""Runs `child`, which shall not outlive its parent: nobody would hear its answer, and it could work for minutes."""

_NO_ROOM = re.compile(
    rf"\[Errno (?:{'|'.join(map(str, sorted(keep.FULL)))})\]|No usable temporary directory", re.IGNORECASE
)
_NO_MEMORY = re.compile(
    r"MemoryError|bad_alloc|cannot allocate memory|out of memory|failed to map segment|malloc of size"
    r"|memory allocation of \d+ bytes failed",
    re.IGNORECASE,
)


def inspect(path: Path, name: str | None = None, layout: Layout = None, inside: Path | None = None) -> Reading:
    """`intake.inspect` in a child, whose temporary files lie `inside` a folder; None is the system's."""
    order = {"task": "inspect", "path": str(path), "name": name, "layout": None if layout is None else dict(layout)}
    return Reading.from_dict(run(order, path, inside=inside))


def read(
    path: Path,
    folder: Path,
    fingerprint: str,
    args: Mapping[str, Any],
    progress: Progress = None,
    beyond: Sequence[Path] = (),
) -> dict[str, Any]:
    """`intake.read` in a child, which writes the log and the dropped rows to `folder`.

    `beyond` are the folders of logs whose rows are left out.
    """
    order = {"task": "read", "path": str(path), "folder": str(folder), "fingerprint": fingerprint, "args": dict(args)}
    return run({**order, "beyond": [str(other) for other in beyond]}, path, progress, inside=folder)


def table(path: Path, folder: Path, layout: Layout = None) -> dict[str, Any]:
    """`joins.read_table` in a child, which writes the table and the dropped rows to `folder`; gives the ledger."""
    return run({"task": "table", "path": str(path), "folder": str(folder), "layout": layout}, path, inside=folder)


def run(
    order: dict[str, Any],
    path: Path,
    progress: Progress = None,
    wall_seconds: float | None = None,
    inside: Path | None = None,
) -> dict[str, Any]:
    """Runs one order.

    Args:
        order: What to do; see `child`.
        path: The file at stake, whose size sets the limits.
        progress: Called with the share done and the rows read; an exception from it ends the child.
        wall_seconds: Time after which the child is ended.
        inside: The folder in which it may keep temporary files while it runs; None is the system's.

    Raises:
        IntakeError: `child_died`, `child_slow`, `disk_full` or `memory`; or what the child itself refused.
    """
    wall = wall_seconds or WALL_SECONDS[order["task"]]
    size = path.stat().st_size if path.exists() else 0
    order["limits"] = {"memory": min(6 * GIB + 16 * size, 32 * GIB), "seconds": int(2 * wall), "size": 8 * GIB}
    with tempfile.TemporaryDirectory(prefix="footprints-child-", dir=inside) as scratch:
        process = subprocess.Popen(
            [sys.executable, "-c", _START, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=scratch,
            env=_environment(scratch),
            start_new_session=True,
            encoding="utf-8",
        )
        late = threading.Event()
        timer = threading.Timer(wall, _end, (process, late))
        timer.daemon = True
        timer.start()
        try:
            return _hear(process, order, progress, late)
        finally:
            timer.cancel()
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None and not stream.closed:
                    stream.close()


def _end(process: subprocess.Popen[str], late: threading.Event) -> None:
    late.set()
    process.kill()


def _hear(
    process: subprocess.Popen[str], order: dict[str, Any], progress: Progress, late: threading.Event
) -> dict[str, Any]:
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    complaints: deque[bytes] = deque(maxlen=8)
    listener = threading.Thread(target=_keep_last, args=(process.stderr, complaints), daemon=True)
    listener.start()
    with contextlib.suppress(BrokenPipeError):  # it died at once: the missing answer says so below
        process.stdin.write(json.dumps(order))
        process.stdin.close()
    for line in process.stdout:
        try:
            said = json.loads(line)
        except json.JSONDecodeError:
            break
        if "done" in said:
            return dict(said["done"])
        if "error" in said:
            raise revive(said["error"])
        if progress is not None:
            progress(float(said["progress"]), int(said["rows"]))
    code = process.wait()
    listener.join(5)
    raise _died(code, late.is_set(), b"".join(complaints).decode("utf-8", "replace"))


def _keep_last(stream: IO[str], kept: deque[bytes]) -> None:
    """Keeps the end of what the child complains, in memory: the disk may be what it complains about."""
    with stream:
        while piece := os.read(stream.fileno(), 4096):
            kept.append(piece)


def _died(code: int, late: bool, complaints: str) -> IntakeError:
    """Why a child gave no answer, as far as can be told."""
    if late or code == -signal.SIGXCPU:
        return IntakeError(
            "child_slow",
            "Reading the file took longer than allowed, so it was stopped. Split the file, or load it as Parquet.",
        )
    if _NO_ROOM.search(complaints) or code == -signal.SIGXFSZ:
        return keep.disk_full()
    if _NO_MEMORY.search(complaints):
        return IntakeError(
            "memory", "The file needs more memory than there is. Leave out columns, or split it by user."
        )
    return IntakeError(
        "child_died",
        "Reading the file failed: the process that read it ended early ({cause}). The file may be damaged or "
        "made to do harm. Open it in a spreadsheet program and save it anew.",
        cause=signal.Signals(-code).name if code < 0 else f"code {code}",
    )


def revive(said: Mapping[str, Any]) -> AnalysisError:
    """The error that the child met, of the same kind, with code, template and facts."""
    kind = getattr(errors, str(said["kind"]), IntakeError)
    if not (isinstance(kind, type) and issubclass(kind, AnalysisError)):
        kind = IntakeError
    return kind(str(said["code"]), str(said["message"]), **dict(said["facts"]))


def _environment(scratch: str) -> dict[str, str]:
    kept = {
        k: os.environ[k]
        for k in ("PATH", "NUMBA_CACHE_DIR", "LD_LIBRARY_PATH", "TZDIR", "PYTHONTZPATH")
        if k in os.environ
    }
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": scratch,
        "HOME": scratch,
        "LANG": "C.UTF-8",
        "MALLOC_ARENA_MAX": "4",
        "ARROW_DEFAULT_MEMORY_POOL": "system",  # a third faster on 10 M rows in a fresh process than mimalloc
        "OPENBLAS_NUM_THREADS": "1",
    }
