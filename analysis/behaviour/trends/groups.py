"""A change by the groups of a column: who is in which group, and the parts of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis import stats
from analysis.behaviour.trends import parts
from analysis.behaviour.trends.flags import first_value
from analysis.engine import over_users
from analysis.events import EventLog
from analysis.users import dealt

FEW = 30
"""Users a group needs in both periods; smaller ones are joined."""

MOST = 8
REST = "…"
"""Name of the groups that were joined."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """A change by the groups of one column.

    Attributes:
        column: "" where nothing splits the users.
        names: Values; `REST` for those joined, "" for users without one.
        of: Group of each user of the view in both periods; -1 where not in the base.
        sums: Groups × 6: users, converted, money of the first period, then of the second.
        found: Groups × parts. total: Parts over all groups. Both with `_low`, `_high`, `_p`.
    """

    column: str
    names: list[str]
    of: tuple[np.ndarray, np.ndarray]
    sums: np.ndarray
    found: np.ndarray
    found_low: np.ndarray
    found_high: np.ndarray
    found_p: np.ndarray
    total: np.ndarray
    total_low: np.ndarray
    total_high: np.ndarray
    total_p: np.ndarray
    whole: tuple[float, float, float, float]

    @classmethod
    def by(cls, log: EventLog, column: str, spans: tuple, flags: tuple, measure: str) -> Groups:
        """The groups of a column ("": one group of all). `flags`: what `flags.of_users` gives, of both periods."""
        there = tuple(state == 1 for state, _converted, _money in flags)
        names, of = _named(log, column, spans, there)
        values = np.column_stack(
            [v for _state, converted, money in flags for v in (np.ones(len(money)), converted, money)]
        )
        sums = parts.dealt(dealt(log.users, parts.BUCKETS), of, len(names), values.astype(float))
        split = parts.money_parts if measure == "money" else parts.rate_parts
        all_, each = sums.sum(axis=0), parts.without_each(sums)
        found, left = split(all_), split(each)
        n = found.shape[-1] - (measure != "money")  # the comparison with the others does not add up
        low, high, p = parts.interval(found, parts.error(left))
        total, spread = found[:, :n].sum(axis=0), parts.error(left[:, :, :n].sum(axis=1))
        change, moved = found[:, :n].sum(), parts.error(left[:, :, :n].sum(axis=(1, 2)))
        whole = tuple(float(v) for v in (change, *parts.interval(change, moved)))
        return cls(column, names, of, all_, found, low, high, p, total, *parts.interval(total, spread), whole)  # type: ignore[arg-type]

    @property
    def rates(self) -> tuple[np.ndarray, np.ndarray]:
        """Rate of each group in both periods."""
        return stats.rate(self.sums[:, 1], self.sums[:, 0]), stats.rate(self.sums[:, 4], self.sums[:, 3])

    @property
    def against(self) -> float:
        """Share of the users, mean of both periods, whose group moved against the whole; nan with one group."""
        if len(self.names) < 2:
            return float("nan")
        weight = (self.sums[:, 0] / self.sums[:, 0].sum() + self.sums[:, 3] / self.sums[:, 3].sum()) / 2
        first, second = self.rates
        moved = np.nan_to_num(second - first) * np.sign(self.whole[0])
        return float(weight[moved < 0].sum())


def _named(log: EventLog, column: str, spans: tuple, there: tuple) -> tuple[list[str], tuple[np.ndarray, np.ndarray]]:
    """Names of the groups, and the group of each user in both periods."""
    if not column:
        return [""], tuple(np.where(t, 0, -1) for t in there)  # type: ignore[return-value]
    words = log.words(column)
    codes = [over_users(log, first_value, log.time, words.codes, *span, merge=("join",))[0] for span in spans]
    size = [np.bincount(c[t], minlength=len(words.values)) for c, t in zip(codes, there, strict=True)]
    enough = (size[0] >= FEW) & (size[1] >= FEW)
    chosen = [int(c) for c in np.argsort(-(size[0] + size[1]), kind="stable") if enough[c]][:MOST]
    rest = sum(int(s.sum() - s[chosen].sum()) for s in size) > 0
    group = np.full(len(words.values), len(chosen))
    group[chosen] = np.arange(len(chosen))
    names = [words.values[c] if c else "" for c in chosen] + ([REST] if rest else [])
    return names, tuple(np.where(t, group[c], -1) for c, t in zip(codes, there, strict=True))  # type: ignore[return-value]


SCAN = [
    "column", "values", "mix_points", "mix_low_points", "mix_high_points", "strongest", "difference_points",
    "difference_low_points", "difference_high_points", "p", "p_adjusted",
]  # fmt: skip


def scan_table(looked: list[Groups]) -> pd.DataFrame:
    """One row a column: its mix, its group that moved most unlike the others, p over its groups, and over columns."""
    rows = []
    for groups in looked:
        p = testable(groups)
        tested = int(np.count_nonzero(~np.isnan(p)))
        row = [groups.column, len(groups.names), groups.total[0], groups.total_low[0], groups.total_high[0]]
        if tested:
            k = int(np.nanargmin(p))
            did = [a[k, -1] for a in (groups.found, groups.found_low, groups.found_high)]
            row += [groups.names[k], *did, min(1.0, float(p[k]) * tested)]
        else:
            row += ["", np.nan, np.nan, np.nan, np.nan]
        rows.append(row)
    frame = pd.DataFrame(rows, columns=SCAN[:-1])
    frame["p_adjusted"] = stats.benjamini_hochberg(frame["p"].to_numpy(float))
    return frame


def testable(groups: Groups) -> np.ndarray:
    """p-value of each group against all others; nan for those joined, and for the second of two (the same test)."""
    p = groups.found_p[:, -1].copy()
    first, second = groups.sums[:, 0], groups.sums[:, 3]
    p[(first < FEW) | (second < FEW) | (np.array(groups.names) == REST)] = np.nan
    if len(groups.names) < 2:
        p[:] = np.nan
    if len(groups.names) == 2:
        p[1] = np.nan
    return p
