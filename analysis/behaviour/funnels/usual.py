"""The usual rate of a group in some weeks: what the weeks in question would have been, had they been like its others.

Expected numbers that keep the margins of the weeks in question hold what happened there, so a great fault would be
told as a small one: what the fault took away is missing from the margins too. The size of a fault is therefore
measured against two things that it did not touch: the group's odds against all others in its *other* weeks, and the
others in the same weeks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis import stats

Z = 1.959963984540054
"""The normal law's 97.5th percentile, for intervals of 95 %."""


class Usual(NamedTuple):
    """A rate and its interval (of the log odds); nan where the other weeks say nothing."""

    rate: float
    low: float
    high: float


def usual(x: np.ndarray, n: np.ndarray, x_rest: np.ndarray, n_rest: np.ndarray, inside: np.ndarray) -> Usual:
    """The rate that a group would have had in the weeks `inside`, one number a week in every argument.

    The others' rate of these weeks (weighted as the group's attempts lie), moved by the odds ratio of the other weeks
    (Mantel and Haenszel's; its variance that of Robins, Breslow and Greenland 1986, Biometrics 42).
    """
    ratio, variance = _common(*(v[~inside].astype(float) for v in (x, n, x_rest, n_rest)))
    weeks = inside & (n > 0) & (n_rest > 0)
    if not np.isfinite(variance) or not weeks.any():
        return Usual(np.nan, np.nan, np.nan)
    rest = float(np.average(stats.rate(x_rest, n_rest)[weeks], weights=n[weeks]))
    on, off = x_rest[weeks].sum() + 0.5, (n_rest - x_rest)[weeks].sum() + 0.5
    factor = np.exp(Z * np.sqrt(variance + 1 / on + 1 / off))
    rate, low, high = (rest * r / (1 - rest + rest * r) for r in (ratio, ratio / factor, ratio * factor))
    return Usual(float(rate), float(low), float(high))


def _common(x: np.ndarray, n: np.ndarray, x_rest: np.ndarray, n_rest: np.ndarray) -> tuple[float, float]:
    """The common odds ratio and the variance of its logarithm; nan where no week tells it."""
    told = (n > 0) & (n_rest > 0)
    on, off, rest_on, rest_off = x[told], (n - x)[told], x_rest[told], (n_rest - x_rest)[told]
    total = n[told] + n_rest[told]
    above, below = on * rest_off / total, off * rest_on / total
    r, s = above.sum(), below.sum()
    if r == 0 or s == 0:
        return np.nan, np.nan
    p, q = (on + rest_off) / total, (off + rest_on) / total
    parts = (p * above).sum() / r**2, (p * below + q * above).sum() / (r * s), (q * below).sum() / s**2
    return float(r / s), float(sum(parts) / 2)


def apart(rate: tuple[float, float, float], expected: Usual) -> tuple[float, float, float]:
    """Difference of a rate (with its interval) to the usual one, by the method of variance estimates recovery.

    References:
        Newcombe (1998), Statistics in Medicine 17, method 10, of which this is the general form.
    """
    at, low, high = rate
    difference = at - expected.rate
    down, up = np.hypot(at - low, expected.high - expected.rate), np.hypot(high - at, expected.rate - expected.low)
    return difference, difference - float(down), difference + float(up)
