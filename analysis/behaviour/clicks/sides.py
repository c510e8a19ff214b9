"""Two sides of a heat-map, A and B: which users they are, and where their shares differ beyond chance.

A user is on the side of the last value given, so nobody is on both. What is compared is the share of each
side's own total, because a side with more users has more of everything.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import stats
from analysis.behaviour.clicks.tally import Tally
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog

Sides = tuple[str, str]

COLUMNS = [
    "a_share",
    "b_share",
    "difference_points",
    "difference_low_points",
    "difference_high_points",
    "floor_points",
    "p",
    "p_adjusted",
]
"""Columns of a comparison; nan where nothing was compared, p nan where fewer than `FEW_USERS` are in the cell."""

FEW_USERS = 10
"""A cell with fewer users on both sides together is not tested: its normal error would be too small."""

FLOOR = 1.96
"""A difference within so many standard errors is under the noise floor."""


def checked(column: str | None, values: Sides | None) -> Sides | None:
    """The two values as a tuple; refuses others than two different ones, or values without a column."""
    if values is None:
        return None
    found = tuple(str(v) for v in values)
    if column is None or len(found) != 2 or found[0] == found[1]:
        raise ParameterError.outside("sides", values, "two different values of the column that is compared")
    return found[0], found[1]


def usual(log: EventLog, column: str) -> Sides:
    """The two most frequent values of a column, in the order of the alphabet; refuses a column with fewer."""
    words = log.words(column)
    rows = np.bincount(words.codes, minlength=len(words.values))
    rows[0] = 0
    known = [words.values[c] for c in np.argsort(-rows, kind="stable") if rows[c]]
    if len(known) < 2:
        raise SchemaError(
            "one_side",
            "Column '{column}' has fewer than two values, so nothing can be compared. Choose another column.",
            column=column,
        )
    first, second = sorted(known[:2])
    return first, second


def split(log: EventLog, column: str, values: Sides | None) -> tuple[Sides, EventLog, EventLog]:
    """The two values, the usual ones where none are given, and the log of each one's users."""
    values = values if values is not None else usual(log, column)
    return values, log.where(column, values[0]), log.where(column, values[1])


def differences(a: Tally | None, b: Tally | None, n_cells: int) -> dict[str, Any]:
    """The columns of `COLUMNS`: shares of A and B, A − B with its interval over users, p and its BH adjustment.

    References:
        Errors: Cochran (1977), section 6.3. A t with one degree less than the users in the cell keeps
        sparse cells honest.
    """
    if a is None or b is None:
        return {name: np.full(n_cells, np.nan) for name in COLUMNS}
    value = a.shares - b.shares
    error = np.sqrt(a.errors() ** 2 + b.errors() ** 2)
    users = a.users + b.users
    enough = (users >= FEW_USERS) & (error > 0)
    degrees = np.maximum(users - 1, 1)
    half = np.where(users > 1, sps.t.ppf(0.975, degrees) * error, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(enough, 2 * sps.t.sf(np.abs(value) / error, degrees), np.nan)
    found = [a.shares, b.shares, value, value - half, value + half, FLOOR * error, p, stats.benjamini_hochberg(p)]
    return dict(zip(COLUMNS, found, strict=True))


def size(row: pd.Series[Any], name: str = "difference") -> tuple[float, float, float]:
    """A difference of a table's row, with its interval."""
    return float(row[f"{name}_points"]), float(row[f"{name}_low_points"]), float(row[f"{name}_high_points"])
