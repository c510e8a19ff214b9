"""over_users: chunks of whole users -> kernel -> merge.

A kernel is compiled (`@njit(nogil=True, cache=True)`), gets arrays and gives arrays:
`kernel(users, starts, ends, *args)`. It never sees part of a user, so its answer can't depend
on how the log was cut. Chunks run on a thread pool and not with `parallel=True`: numba's
default threading layer aborts the process when two sessions call it at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, Literal

import numpy as np

from analysis.events import EventLog

Merge = Literal["sum", "join"]
Kernel = Callable[..., Any]

ROWS_A_CHUNK = 500_000
"""Rows a chunk aims at: some ms of work, so that progress moves and a cancel is heeded."""

_pool = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="kernel")


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """The person asked for something else; the rest of the work was not done."""


def over_users(
    log: EventLog,
    kernel: Kernel,
    *args: object,
    merge: Sequence[Merge],
    rows_a_chunk: int | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[np.ndarray, ...]:
    """Runs a kernel over all users of a log.

    Args:
        log: The log or view.
        kernel: Compiled function of `users`, `starts`, `ends` and `args`; gives a tuple of arrays.
        args: Handed to every call as they are.
        merge: What to do with each array of the tuple: "sum" adds those of all chunks, "join" puts
            them one behind another, in the order of users.
        rows_a_chunk: Rows a chunk aims at; one user is never split. Changes no answer.
        progress: Called with the finished fraction, 0–1.
        cancelled: Asked between chunks.

    Raises:
        Cancelled: `cancelled` said so.
    """
    cuts = _cuts(log, rows_a_chunk or ROWS_A_CHUNK)
    parts: list[Any] = [None] * (len(cuts) - 1)

    def run(i: int) -> int:
        if cancelled is not None and cancelled():
            raise Cancelled
        low, high = cuts[i], cuts[i + 1]
        parts[i] = kernel(log.users[low:high], log.starts[low:high], log.ends[low:high], *args)
        return i

    if len(parts) == 1:
        run(0)
    else:
        futures = [_pool.submit(run, i) for i in range(len(parts))]
        try:
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                if progress is not None:
                    progress(done / len(futures))
        finally:
            for future in futures:
                future.cancel()
    return tuple(
        np.sum([part[k] for part in parts], axis=0) if how == "sum" else np.concatenate([part[k] for part in parts])
        for k, how in enumerate(merge)
    )


def _cuts(log: EventLog, rows: int) -> list[int]:
    """Places between users at which the log is cut, first and last included."""
    total = np.cumsum(log.ends - log.starts)
    if not len(total) or total[-1] <= rows:
        return [0, log.n_users]
    inner = np.searchsorted(total, np.arange(rows, total[-1], rows), side="left") + 1
    return [0, *sorted(set(inner.tolist()) - {0, log.n_users}), log.n_users]
