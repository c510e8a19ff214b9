"""Child: the process in which a stranger's file is parsed.

`python -m analysis.intake.child` reads one JSON order from standard input, takes its limits, does
the work, and answers in JSON lines: `{"progress": 0.4, "rows": 4000}` … and at last `{"done": …}` or
`{"error": …}`. Nothing but JSON and files in its own folder crosses the border, never a pickle.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO


def main() -> None:
    """Does one order."""
    out = _own_output()
    order: dict[str, Any] = json.load(sys.stdin)
    _limit(**order["limits"])
    from analysis.errors import AnalysisError

    try:
        done = TASKS[order["task"]](order, out)
        _say(out, done=done)
    except AnalysisError as error:
        facts = {
            k: v if isinstance(v, (str, int, float, bool)) or v is None else str(v) for k, v in error.facts.items()
        }
        _say(out, error={"kind": type(error).__name__, "code": error.code, "message": error.message, "facts": facts})
    except MemoryError:
        said = "The file needs more memory than there is. Leave out columns, or split it by user."
        _say(out, error={"kind": "IntakeError", "code": "memory", "message": said, "facts": {}})


def _inspect(order: dict[str, Any], out: TextIO) -> dict[str, Any]:
    from analysis.intake import inspect

    return inspect(Path(order["path"]), order["name"], order.get("layout")).to_dict()


def _read(order: dict[str, Any], out: TextIO) -> dict[str, Any]:
    import pyarrow.parquet as pq

    from analysis.events import EventLog
    from analysis.intake import read
    from analysis.reshape import concat

    folder = Path(order["folder"])
    known = [EventLog.open(Path(other)) for other in order["beyond"]]
    beyond = concat(known) if known else None
    tell = lambda share, rows: _say(out, progress=share, rows=rows)  # noqa: E731
    imported = read(Path(order["path"]), **order["args"], beyond=beyond, progress=tell)
    log = replace(imported.log, fingerprint=order["fingerprint"])
    log.save(folder)
    pq.write_table(imported.dropped, folder / "rejected.parquet")
    timed = log.shape != "results"
    return {
        "ledger": imported.ledger.to_dict(),
        "events": log.n_events,
        "users": log.n_users,
        "shape": log.shape,
        "roles": dict(log.roles),
        "load_roles": imported.roles,
        "header_key": imported.header_key,
        "first_us": int(log.time.min()) if timed else None,
        "last_us": int(log.time.max()) if timed else None,
    }


def _table(order: dict[str, Any], out: TextIO) -> dict[str, Any]:
    import pyarrow.parquet as pq

    from analysis.joins import read_table

    found = read_table(Path(order["path"]), order["layout"])
    folder = Path(order["folder"])
    pq.write_table(found.table, folder / "table.parquet")
    pq.write_table(found.dropped, folder / "dropped.parquet")
    return found.ledger.to_dict()


def _sleep(order: dict[str, Any], out: TextIO) -> dict[str, Any]:
    """For tests of the limits: waits until it is ended."""
    import time

    _say(out, progress=0.01, rows=0)
    time.sleep(order["seconds"])
    return {}


def _abort(order: dict[str, Any], out: TextIO) -> dict[str, Any]:
    """For tests of the border: ends as a reader does that aborts the process."""
    os.abort()


def _own_output() -> TextIO:
    """Standard output for the answers alone; whatever libraries print goes to standard error."""
    mine = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return mine


def _limit(memory: int, seconds: int, size: int) -> None:
    for kind, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, size),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (value, value))


def _say(out: TextIO, **said: Any) -> None:
    out.write(json.dumps(said, ensure_ascii=True) + "\n")
    out.flush()


TASKS = {"inspect": _inspect, "read": _read, "table": _table, "sleep": _sleep, "abort": _abort}

if __name__ == "__main__":
    main()
