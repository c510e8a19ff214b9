"""Counting what falls into cells, user by user: hours of a week, elements of a page, places on a screen.

All heat-maps are the same count with other cells. What is counted is clustered: somebody who clicks a
hundred times is one person, so the sums of squares over users are kept beside the counts, and every
interval is one over users.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np

from analysis import stats
from analysis.engine import over_users
from analysis.events import EventLog


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Sums over users, x being a user's count in a cell, n the user's count in all cells, v the user's views.

    Attributes:
        cells: One row a cell: Σx, Σx², Σxn, Σxv, users with x > 0, those of them who are also in the pivot cell.
        whole: Σn, Σn², users with n > 0, Σv, Σv², users with v > 0.
    """

    cells: np.ndarray
    whole: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """What fell into each cell."""
        found: np.ndarray = self.cells[:, 0]
        return found

    @property
    def users(self) -> np.ndarray:
        """Users per cell."""
        found: np.ndarray = self.cells[:, 4]
        return found

    @property
    def shares(self) -> np.ndarray:
        """Share of each cell in all; nan where there is nothing at all."""
        return np.asarray(stats.rate(self.counts, np.full(len(self.cells), self.whole[0])))

    def errors(self) -> np.ndarray:
        """Standard errors of the shares, linearised and clustered by user (Cochran 1977, section 6.3)."""
        return self._error(self.shares, self.cells[:, 2], self.whole[0], self.whole[1], self.whole[2])

    def share_interval(self) -> tuple[np.ndarray, np.ndarray]:
        """Wilson interval of the shares with the number of independent counts that would have the same error."""
        share, error, n = self.shares, self.errors(), float(self.whole[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            same = np.where(error > 0, share * (1 - share) / error**2, n**2 / float(self.whole[1]))
        same = np.where(np.isfinite(same), np.minimum(same, n), 0)
        low, high = stats.wilson(share * same, same)
        return np.asarray(low), np.asarray(high)

    def per_view(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Counts per view with their interval, clustered by user; nan where nothing was viewed."""
        views = np.full(len(self.cells), self.whole[3])
        ratio = np.asarray(stats.rate(self.counts, views))
        users = max(float(self.whole[5]), float(self.whole[2]))
        half = 1.96 * self._error(ratio, self.cells[:, 3], self.whole[3], self.whole[4], users)
        return ratio, np.maximum(ratio - half, 0), ratio + half

    def _error(self, ratio: np.ndarray, cross: np.ndarray, base: float, squares: float, users: float) -> np.ndarray:
        if users < 2 or base == 0:
            return np.full(len(ratio), np.nan)
        spread = np.maximum(self.cells[:, 1] - 2 * ratio * cross + ratio**2 * squares, 0)
        return np.asarray(np.sqrt(users / (users - 1) * spread) / base)


def count(log: EventLog, cells: np.ndarray, n_cells: int, pivot: int = -1) -> Tally:
    """Counts the rows of a log by cell.

    Args:
        log: The log or view; the same rows are read of `cells`.
        cells: Cell of each row, int32: below 0 none, `n_cells` a view.
        n_cells: How many cells there are.
        pivot: Cell whose users are counted in each other cell as well; -1: none.
    """
    return Tally(*over_users(log, _count, cells, n_cells, pivot, merge=("sum", "sum")))


def having(log: EventLog, cells: np.ndarray, cell: int) -> np.ndarray:
    """Users with a row in a cell."""
    return over_users(log, _having, cells, cell, merge=("join",))[0]


@nb.njit(nogil=True, cache=True)
def _count(users, starts, ends, cells, n_cells, pivot):  # type: ignore[no-untyped-def]
    sums, whole = np.zeros((n_cells, 6), np.int64), np.zeros(6, np.int64)
    mine, touched = np.zeros(n_cells + 1, np.int64), np.empty(n_cells + 1, np.int64)
    for i in range(len(users)):
        many = 0
        for row in range(starts[i], ends[i]):
            cell = cells[row]
            if cell >= 0:
                touched[many] = cell
                many += mine[cell] == 0
                mine[cell] += 1
        views = mine[n_cells]
        mine[n_cells] = 0
        n = np.int64(0)
        for k in range(many):
            n += mine[touched[k]]
        chosen = pivot >= 0 and mine[pivot] > 0
        for k in range(many):
            cell = touched[k]
            if cell == n_cells:
                continue
            x = mine[cell]
            sums[cell, 0] += x
            sums[cell, 1] += x * x
            sums[cell, 2] += x * n
            sums[cell, 3] += x * views
            sums[cell, 4] += 1
            sums[cell, 5] += chosen
        for k in range(many):
            mine[touched[k]] = 0
        whole[0] += n
        whole[1] += n * n
        whole[2] += n > 0
        whole[3] += views
        whole[4] += views * views
        whole[5] += views > 0
    return sums, whole


@nb.njit(nogil=True, cache=True)
def _having(users, starts, ends, cells, cell):  # type: ignore[no-untyped-def]
    found, many = np.empty(len(users), np.int64), 0
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            if cells[row] == cell:
                found[many] = users[i]
                many += 1
                break
    return (found[:many].copy(),)
