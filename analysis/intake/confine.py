"""Confine: runs the child process and hears it out.

The child gets no environment but what Python needs, a folder of its own for temporary files, and
limits on memory, processor time, file size and wall time. Whatever becomes of it, the caller gets
a result or an IntakeError, and never dies with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from analysis import errors
from analysis.errors import AnalysisError, IntakeError
from analysis.intake.reading import Reading

GIB = 1 << 30
WALL_SECONDS = {"inspect": 120, "read": 1_200, "sleep": 1_200, "abort": 60}
ROOT = Path(__file__).resolve().parents[2]

Progress = Callable[[float], None] | None


def inspect(path: Path, name: str | None = None) -> Reading:
    """`intake.inspect` in a child."""
    return Reading.from_dict(run({"task": "inspect", "path": str(path), "name": name}, path))


def read(
    path: Path, folder: Path, fingerprint: str, args: Mapping[str, Any], progress: Progress = None
) -> dict[str, Any]:
    """`intake.read` in a child, which writes the log and the dropped rows to `folder`."""
    order = {"task": "read", "path": str(path), "folder": str(folder), "fingerprint": fingerprint, "args": dict(args)}
    return run(order, path, progress)


def run(
    order: dict[str, Any], path: Path, progress: Progress = None, wall_seconds: float | None = None
) -> dict[str, Any]:
    """Runs one order.

    Args:
        order: What to do; see `child`.
        path: The file at stake, whose size sets the limits.
        progress: Called with the share done; an exception from it ends the child.
        wall_seconds: Time after which the child is ended.

    Raises:
        IntakeError: `child_died` or `child_slow`; or what the child itself refused.
    """
    wall = wall_seconds or WALL_SECONDS[order["task"]]
    size = path.stat().st_size if path.exists() else 0
    order["limits"] = {"memory": min(6 * GIB + 16 * size, 32 * GIB), "seconds": int(2 * wall), "size": 8 * GIB}
    with tempfile.TemporaryDirectory(prefix="footprints-child-") as scratch, tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", "analysis.intake.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
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
    assert process.stdin is not None and process.stdout is not None
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
            progress(float(said["progress"]))
    code = process.wait()
    if late.is_set() or code == -signal.SIGXCPU:
        raise IntakeError(
            "child_slow",
            "Reading the file took longer than allowed, so it was stopped. Split the file, or load it as Parquet.",
        )
    raise IntakeError(
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
