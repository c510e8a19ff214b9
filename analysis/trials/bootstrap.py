"""Bootstrap over users: how the difference of two means would vary had other users come.

Each user is drawn anew a Poisson(1) number of times, which for many users is the classic bootstrap and
needs one pass. Where an arm has more users than `GROUPS`, they are first dealt at random into that many
groups and whole groups are drawn: the spread and the skew of the mean stay the same on average. Users are
dealt after sorting by value, with a fixed seed, so the answer does not depend on the order of the file.
"""

from __future__ import annotations

import numpy as np

from analysis.stats import Difference

DRAWS, GROUPS = 2_000, 1_000


def difference(arm: np.ndarray, control: np.ndarray, seed: int = 0) -> Difference:
    """Difference of means with its percentile interval and two-sided p-value; nan under 2 users in an arm.

    References:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13. Poisson weights: Chamandy,
        Muralidharan, Najmi and Naidu (2012), Estimating uncertainty for massive data streams.
    """
    if len(arm) < 2 or len(control) < 2:
        return Difference(np.nan, np.nan, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    drawn = _means(arm, rng) - _means(control, rng)
    value = float(arm.mean() - control.mean())
    low, high = np.quantile(drawn, [0.025, 0.975])
    tail = min(np.count_nonzero(drawn <= 0), np.count_nonzero(drawn >= 0))
    return Difference(value, float(low), float(high), min(1.0, 2 * (tail + 1) / (DRAWS + 1)))


def _means(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Means of `DRAWS` resamples."""
    groups = min(len(values), GROUPS)
    place = rng.permutation(len(values)) % groups
    sums = np.bincount(place, np.sort(values), groups)
    sizes = np.bincount(place, minlength=groups).astype(float)
    weights = rng.poisson(1.0, (DRAWS, groups)).astype(float)
    base = weights @ sizes
    found: np.ndarray = weights @ sums / np.where(base > 0, base, np.nan)
    return np.where(np.isnan(found), values.mean(), found)
