"""Flags: what is kept but deserves a look."""

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


def flags_of(log: EventLog, now: int) -> dict[str, int]:
    """Future rows, heavy users, and rows of ids that stand for nobody."""
    if log.shape == "results":
        return {"unknown_ids": _nobody(log)}
    future = int(np.count_nonzero(log.time > now)) if len(log.time) and int(log.time.max()) > now else 0
    return {"future": future, "heavy_users": _heavy(log), "unknown_ids": _nobody(log)}


def _heavy(log: EventLog) -> int:
    """Users whose events per active day (UTC) lie above the 99.9th percentile."""
    if not log.n_users:
        return 0
    a_day = (log.ends - log.starts) / np.maximum(_active_days(log.starts, log.ends, log.time), 1)
    return int(np.count_nonzero(a_day > np.quantile(a_day, 0.999, method="higher")))


def _nobody(log: EventLog) -> int:
    lower = pc.utf8_lower(log.user_ids)
    hit = pc.is_in(lower, value_set=pa.array(NOBODY, lower.type)).to_numpy(zero_copy_only=False)
    return int((log.ends - log.starts)[hit].sum())


@nb.njit(nogil=True, cache=True)
def _active_days(starts: np.ndarray, ends: np.ndarray, time: np.ndarray) -> np.ndarray:
    out = np.zeros(len(starts), np.int64)
    for i in range(len(starts)):
        last = np.int64(-(1 << 62))
        for row in range(starts[i], ends[i]):
            day = time[row] // DAY_US
            out[i] += day != last
            last = day
    return out
