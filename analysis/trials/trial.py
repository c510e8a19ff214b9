"""Trial: who was given which arm, and what each did afterwards. The compiled part of the effect.

A user belongs to the first arm given to them and is assigned at that row's stamp. Who carries two
different arms saw both treatments and belongs to neither. Everybody who was assigned counts, whether
they come back or not: dropping those who did not react would compare different kinds of people
(*intent to treat*).

Outcomes are later rows, and rows of the same stamp except the row that assigns, because which of two
equal stamps came first is not known. If several rows of that stamp carry the arm, one that is no
conversion is taken as the assigning one; if all are, the one of the least money. So the answer does
not depend on the order of the file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np

from analysis import calendar
from analysis.engine import over_users
from analysis.events import EventLog
from analysis.questions import Progress

NO_ARM, CROSSED = 0, -1
FOREVER = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Trial:
    """The users of a trial, one place a user that counts.

    Attributes:
        users: User indices.
        arms: Code of each user's arm in its column.
        still_open: Their horizon is not over at the end of the data; they are in no figure.
        converted: Had a conversion after assignment, within the horizon.
        money: Sum after assignment, within the horizon; the file's currency.
        active: Had any event in the days before assignment; False for result tables.
        rows: Row of the log that assigns.
        crossed: User indices of those who carry two arms; they are in none of the above.
    """

    users: np.ndarray
    arms: np.ndarray
    still_open: np.ndarray
    converted: np.ndarray
    money: np.ndarray
    active: np.ndarray
    rows: np.ndarray
    crossed: np.ndarray


def follow(
    log: EventLog,
    arms: np.ndarray,
    wanted: np.ndarray,
    hits: np.ndarray,
    paid: np.ndarray,
    amounts: np.ndarray,
    horizon_days: float,
    pre_days: float,
    progress: Progress = None,
) -> Trial:
    """Assigns users and follows each through the horizon.

    Args:
        log: Events, or a result table, whose rows are all outcomes.
        arms: Code of the arm, one a row; 0 is not given.
        wanted: Which codes take part.
        hits: Rows that convert.
        paid: Rows whose amount counts.
        amounts: Money, one a row, nan for none; empty where there is no money.
        horizon_days: Days from assignment within which outcomes count, the edge included.
        pre_days: Days before assignment in which activity is looked for.
        progress: Told the finished fraction.
    """
    timed = log.shape != "results"
    horizon = round(horizon_days * calendar.DAY_US) if timed else FOREVER
    arm, rows, converted, money, active = over_users(
        log,
        outcomes,
        *(log.time, arms.astype(np.int32), wanted, hits, paid, amounts),
        *(horizon, round(pre_days * calendar.DAY_US), timed),
        merge=("join",) * 5,
        progress=progress,
    )
    keep = arm > NO_ARM
    # As in the funnel: a horizon that ends with the data is closed.
    still_open = log.time[rows[keep]] > log.ends_at - horizon if timed else np.zeros(np.count_nonzero(keep), bool)
    return Trial(
        users=log.users[keep],
        arms=arm[keep],
        still_open=still_open,
        converted=converted[keep],
        money=money[keep],
        active=active[keep],
        rows=rows[keep],
        crossed=log.users[arm == CROSSED],
    )


@nb.njit(nogil=True, cache=True)
def _assign(low, high, arms, wanted):  # type: ignore[no-untyped-def]
    """Arm and first row that gives it; `CROSSED` where two different arms are given and any takes part."""
    arm, first, crossed, meant = NO_ARM, -1, False, False
    for row in range(low, high):
        code = arms[row]
        if code == NO_ARM:
            continue
        meant |= wanted[code]
        if first < 0:
            arm, first = code, row
        crossed |= code != arm
    if not meant:
        return NO_ARM, -1
    return (CROSSED if crossed else arm), first


@nb.njit(nogil=True, cache=True)
def _assigning(low, high, time, arms, hits, amounts):  # type: ignore[no-untyped-def]
    """Of the rows of one moment that carry the arm, the one that assigns."""
    own, best, row = -1, np.inf, low
    while row < high and time[row] == time[low]:
        if arms[row] != NO_ARM:
            worth = 0.0 if len(amounts) == 0 or np.isnan(amounts[row]) else amounts[row]
            if own < 0 or (hits[own] and not hits[row]) or (hits[own] == hits[row] and worth < best):
                own, best = row, worth
        row += 1
    return own


@nb.njit(nogil=True, cache=True)
def outcomes(users, starts, ends, time, arms, wanted, hits, paid, amounts, horizon, pre, timed):  # type: ignore[no-untyped-def]
    """Kernel: per user the arm, the first row that gives it, converted, money, active before."""
    n = len(users)
    arm, first = np.zeros(n, np.int32), np.full(n, np.int64(-1))
    converted, money, active = np.zeros(n, np.bool_), np.zeros(n), np.zeros(n, np.bool_)
    for i in range(n):
        arm[i], first[i] = _assign(starts[i], ends[i], arms, wanted)
        if arm[i] <= NO_ARM:
            continue
        low, own, at = starts[i], -1, time[first[i]]
        if timed:
            low = first[i]
            while low > starts[i] and time[low - 1] == at:
                low -= 1
            own = _assigning(low, ends[i], time, arms, hits, amounts)
            active[i] = low > starts[i] and at - time[low - 1] <= pre
        for row in range(low, ends[i]):
            if timed and time[row] - at > horizon:
                break
            if row == own:
                continue
            converted[i] |= hits[row]
            if paid[row] and len(amounts) and not np.isnan(amounts[row]):
                money[i] += amounts[row]
    return arm, first, converted, money, active
