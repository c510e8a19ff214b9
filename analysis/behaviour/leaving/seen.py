"""What was seen before: which events and values occur in some rows of each unit, and with what they go together.

A *unit* is a user at one clock, with a stretch of rows to look at, and is either left or not. A *feature* is
an event, or a value of a column, that occurs at least once in the stretch. Features that nearly nobody or nearly
everybody has are not looked at: they have nobody to be compared with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numba as nb
import numpy as np
import pandas as pd

from analysis import stats
from analysis.behaviour.leaving.ratio import pooled
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EVENT, EventLog, properties
from analysis.findings import Finding, Tone
from analysis.reshape import DERIVED

MOST_VALUES = 60
"""Columns with more values than this are not looked at by themselves: ids, addresses."""

FEW = 30
"""Below this many on either side nothing is compared."""

COLUMNS = [
    "column",
    "value",
    "users_with",
    "users_without",
    "left_with",
    "left_without",
    "leave_rate_with",
    "leave_rate_without",
    "risk_ratio",
    "risk_ratio_low",
    "risk_ratio_high",
    "coverage_share",
    "p",
]
"""What is known of each feature. The rates are those of like against like, so over strata they are not the counts'."""


@dataclass(frozen=True, eq=False)
class Units:
    """Users at their clocks.

    Attributes:
        who: User index of each.
        low, high: Rows `low:high` are looked at.
        left: Whether the user left.
        stratum: Number of the stratum, from 0; within one all are alike.
    """

    who: np.ndarray
    low: np.ndarray
    high: np.ndarray
    left: np.ndarray
    stratum: np.ndarray

    def pick(self, keep: np.ndarray) -> Units:
        """Some of them, the strata numbered anew."""
        stratum = self.stratum[keep]
        known = np.bincount(stratum, minlength=1) > 0
        stratum = (np.cumsum(known) - 1)[stratum]
        return Units(self.who[keep], self.low[keep], self.high[keep], self.left[keep], stratum)

    def view(self, log: EventLog) -> EventLog:
        """The log with a unit in the place of each user, so that the engine runs over units."""
        return replace(log, users=np.arange(len(self.who)), starts=self.low, ends=self.high)

    def enough(self) -> bool:
        """Whether there are enough on either side."""
        return bool(min(np.count_nonzero(self.left), np.count_nonzero(~self.left)) >= FEW)


def looked_at(log: EventLog, chosen: tuple[str, ...] | None) -> list[str]:
    """The columns looked at: the chosen ones, or all that hold few enough words."""
    found = properties(log, most=MOST_VALUES) if chosen is None else list(chosen)
    return [name for name in found if name not in (DERIVED, EVENT)]


def check_coverage(low: float, high: float) -> None:
    """Refuses bounds that hold nothing."""
    if not 0 < low < high < 1:
        raise ParameterError.outside("coverage", f"{low} – {high}", "two shares between 0 and 1, the smaller first")


def look(
    log: EventLog, units: Units, columns: Sequence[str], coverage: tuple[float, float], leave_out: Sequence[str] = ()
) -> pd.DataFrame:
    """Every feature of the units between the bounds of coverage; see `COLUMNS`.

    Args:
        log: The log the rows belong to.
        units: The users at their clocks; every stratum should hold both kinds.
        columns: Columns whose values are features; `event` gives the events themselves.
        coverage: Least and greatest share of the units that may have a feature.
        leave_out: Events that are no features.
    """
    view, n = units.view(log), int(units.stratum.max(initial=-1)) + 1
    cells = units.stratum * 2 + units.left
    sizes = np.bincount(cells, minlength=2 * n).reshape(n, 2)
    parts = []
    for column in columns:
        words = log.words(column)
        known = np.arange(len(words.values))
        known[0] = -1  # not given is no value
        if column == EVENT:
            known[[words.code(name, EVENT) for name in leave_out]] = -1
        share = _tally(view, words.codes, known, np.zeros(len(cells), np.int64), (1, len(known)))[0] / max(
            len(cells), 1
        )
        wanted = np.flatnonzero((share >= coverage[0]) & (share <= coverage[1]) & (known >= 0))
        if len(wanted):
            place = np.full(len(known), -1)
            place[wanted] = np.arange(len(wanted))
            counts = _tally(view, words.codes, place, cells, (2 * n, len(wanted))).reshape(n, 2, -1)
            parts.append(_rows(column, [words.values[c] for c in wanted], counts, sizes))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _rows(column: str, values: list[str], counts: np.ndarray, sizes: np.ndarray) -> pd.DataFrame:
    left, base = counts[:, 1], counts.sum(axis=1)
    found = pooled(left, base, sizes[:, 1], sizes.sum(axis=1))
    data = {
        "column": column,
        "value": values,
        "users_with": base.sum(axis=0),
        "users_without": sizes.sum() - base.sum(axis=0),
        "left_with": left.sum(axis=0),
        "left_without": sizes[:, 1].sum() - left.sum(axis=0),
        "coverage_share": base.sum(axis=0) / sizes.sum(),
        "leave_rate_with": found.rate_with,
        "leave_rate_without": found.rate_without,
        "risk_ratio": found.ratio,
        "risk_ratio_low": found.low,
        "risk_ratio_high": found.high,
        "p": found.p,
    }
    return pd.DataFrame(data)[COLUMNS]


def ranked(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Looks put together: p-values adjusted over all of them, the clearest first."""
    full = [part for part in parts if len(part)] or [parts[0]]
    table = pd.concat(full, ignore_index=True)
    table["p_adjusted"] = stats.benjamini_hochberg(table["p"].to_numpy(float))
    return table.sort_values(["p", "column", "value"], kind="stable", ignore_index=True)


def finding(row: pd.Series, message: str, detail: str, facts: Mapping[str, Any]) -> Finding:
    """A row of a table as a finding; the weight is the least the ratio is away from 1, by its interval."""
    ratio, low, high = (float(row[name]) for name in ("risk_ratio", "risk_ratio_low", "risk_ratio_high"))
    facts = {
        **facts,
        "column": row["column"],
        "value": row["value"],
        "with_rate": row["leave_rate_with"],
        "without_rate": row["leave_rate_without"],
        "ratio": ratio,
        "ratio_low": low,
        "ratio_high": high,
        "users_with": int(row["users_with"]),
    }
    worse = row["leave_rate_with"] > row["leave_rate_without"]
    away = np.log(low if worse else 1 / high) if np.isfinite(low) and low > 0 else 0.0
    n = int(row["users_with"] + row["users_without"])
    tone: Tone = "bad" if worse else "good"
    return Finding(message, facts, detail, ratio, low, high, float(row["p"]), n, tone=tone, weight=float(away))


def told_once(findings: Sequence[Finding]) -> list[Finding]:
    """Without those that say of the same people what one before them says: an event and the page it happens on."""
    kept: dict[tuple[Any, ...], Finding] = {}
    for found in findings:
        kept.setdefault((found.effect, found.low, found.high, found.p, found.facts["users_with"]), found)
    return list(kept.values())


def having(log: EventLog, units: Units, column: str, value: str) -> np.ndarray:
    """Of each unit, whether it has one feature."""
    words = log.words(column)
    view = units.view(log)
    found: np.ndarray = over_users(view, _members, words.codes, words.code(value, column), merge=("join",))[0]
    return found


def _tally(
    view: EventLog, codes: np.ndarray, place: np.ndarray, cells: np.ndarray, shape: tuple[int, int]
) -> np.ndarray:
    """Units per cell and feature that have it at least once; a code whose place is -1 is no feature."""
    found: np.ndarray = over_users(view, _count, codes, place, cells, *shape, merge=("sum",))[0]
    return found


@nb.njit(nogil=True, cache=True)
def _count(users, starts, ends, codes, place, cells, n_cells, n_places):  # type: ignore[no-untyped-def]
    counts = np.zeros((n_cells, n_places), np.int64)
    last = np.full(n_places, -1)
    for i in range(len(users)):
        cell = cells[users[i]]
        for row in range(starts[i], ends[i]):
            at = place[codes[row]]
            if at >= 0 and last[at] != i:
                last[at] = i
                counts[cell, at] += 1
    return (counts,)


@nb.njit(nogil=True, cache=True)
def _members(users, starts, ends, codes, wanted):  # type: ignore[no-untyped-def]
    out = np.zeros(len(users), np.bool_)
    for i in range(len(users)):
        for row in range(starts[i], ends[i]):
            if codes[row] == wanted:
                out[i] = True
                break
    return (out,)
