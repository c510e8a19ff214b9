"""Flags: what is kept but deserves a look, and who or what it is."""

from __future__ import annotations

import numba as nb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.calendar import DAY_US
from analysis.events import EventLog

NOBODY = (
    "0", "-1", "unknown", "null", "none", "nil", "undefined", "anonymous", "guest", "test", "n/a", "na", "游客", "匿名",
    "匿名用户", "未知", "无", "空", "未登录", "00000000-0000-0000-0000-000000000000",
)  # fmt: skip
"""Ids, in lower case, that stand for nobody."""

HEAVY = 0.999
"""Users above this quantile of events an active day are far busier than all others."""


def flags_of(log: EventLog, now: int) -> dict[str, int]:
    """Future rows, heavy users, and rows of ids that stand for nobody."""
    if log.shape == "results":
        return {"unknown_ids": _rows_of(log, nobody(log))}
    future = int(np.count_nonzero(log.time > now)) if len(log.time) and int(log.time.max()) > now else 0
    return {"future": future, "heavy_users": len(heavy_users(log)), "unknown_ids": _rows_of(log, nobody(log))}


def heavy_users(log: EventLog) -> np.ndarray:
    """Indices of the users whose events per active day (UTC) lie above the 99.9th percentile."""
    if not log.n_users:
        return np.empty(0, np.int64)
    a_day = (log.ends - log.starts) / np.maximum(active_days(log.starts, log.ends, log.time), 1)
    return log.users[a_day > np.quantile(a_day, HEAVY, method="higher")]


def nobody(log: EventLog) -> np.ndarray:
    """Indices of the users whose id stands for nobody."""
    lower = pc.utf8_lower(log.user_ids)
    hit = pc.is_in(lower, value_set=pa.array(NOBODY, lower.type)).to_numpy(zero_copy_only=False)
    return log.users[hit[log.users]]


def _rows_of(log: EventLog, users: np.ndarray) -> int:
    return int((log.ends - log.starts)[np.isin(log.users, users)].sum())


@nb.njit(nogil=True, cache=True)
def active_days(starts: np.ndarray, ends: np.ndarray, time: np.ndarray) -> np.ndarray:
    """Days (UTC) on which each user has a row."""
    out = np.zeros(len(starts), np.int64)
    for i in range(len(starts)):
        last = np.int64(-(1 << 62))
        for row in range(starts[i], ends[i]):
            day = time[row] // DAY_US
            out[i] += day != last
            last = day
    return out
