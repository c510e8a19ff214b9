"""Sample ratio: are the groups as large as planned? If not, users were lost or counted twice on one side."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from analysis import stats

WARN_P, BLOCK_P = 0.01, 0.001


class SampleRatio(NamedTuple):
    """Are the groups as large as planned? χ² test against the planned shares.

    Attributes:
        chi2, p: nan where no plan is stated or nobody was assigned.
        verdict: "warn" at p < .01, "block" at p < .001: then no result is told.
    """

    chi2: float
    p: float
    verdict: Literal["ok", "warn", "block", "not stated"]


def checked(counts: np.ndarray, plan: tuple[float, ...] | None) -> SampleRatio:
    """Group sizes held against the planned shares, in the same order.

    References:
        Fabijan et al. (2019), Diagnosing sample ratio mismatch, KDD.

    Examples:
        >>> checked(np.array([5000, 5300]), (0.5, 0.5)).verdict, checked(np.array([4600, 5400]), (1, 1)).verdict
        ('warn', 'block')
    """
    if plan is None:
        return SampleRatio(np.nan, np.nan, "not stated")
    if not counts.sum():
        return SampleRatio(np.nan, np.nan, "ok")
    chi2, p = stats.sample_ratio(counts, np.array(plan))
    return SampleRatio(chi2, p, "block" if p < BLOCK_P else "warn" if p < WARN_P else "ok")


def furthest(counts: np.ndarray, plan: tuple[float, ...]) -> tuple[int, int]:
    """Place of the group that is furthest from its planned size, and that size."""
    shares = np.array(plan, float)
    expected = shares / shares.sum() * counts.sum()
    k = int(np.argmax((counts - expected) ** 2 / expected))
    return k, round(expected[k])
