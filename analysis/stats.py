"""Intervals, tests and corrections, each with its source.

All take counts or moments, scalars or arrays, and give nan where nothing can be said:
an empty base has no rate and no interval. Confidence is 95 % unless said otherwise.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import stats as sps
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, test_proportions_2indep

CONFIDENCE = 0.95

Floats = Any  # float or array of float; numpy broadcasts


class Difference(NamedTuple):
    """A difference, its interval and its p-value; nan where undefined."""

    value: float
    low: float
    high: float
    p: float


def rate(successes: Floats, base: Floats) -> Floats:
    """successes / base; nan where the base is 0: undefined is not zero."""
    successes, base = np.asarray(successes, float), np.asarray(base, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(base > 0, successes / np.where(base > 0, base, 1), np.nan)[()]


def wilson(successes: Floats, base: Floats, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Wilson score interval of a rate.

    References:
        Wilson (1927), JASA 22(158). Recommended by Brown, Cai, DasGupta (2001), Statistical Science 16(2).

    Examples:
        >>> low, high = wilson(55, 100)
        >>> round(float(low), 3), round(float(high), 3)
        (0.452, 0.644)
    """
    successes, base = np.asarray(successes, float), np.asarray(base, float)
    safe = np.where(base > 0, base, 1.0)
    low, high = proportion_confint(np.minimum(successes, safe), safe, alpha=1 - confidence, method="wilson")
    return np.where(base > 0, low, np.nan)[()], np.where(base > 0, high, np.nan)[()]


def newcombe(a: float, n_a: float, b: float, n_b: float, confidence: float = CONFIDENCE) -> Difference:
    """Difference of two rates, a/n_a − b/n_b: Newcombe's hybrid score interval, score test.

    Args:
        a, n_a: Successes and base of the first group.
        b, n_b: Successes and base of the second.

    References:
        Newcombe (1998), Statistics in Medicine 17, method 10. Test: Miettinen and Nurminen (1985).
    """
    if n_a <= 0 or n_b <= 0:
        return Difference(np.nan, np.nan, np.nan, np.nan)
    value = a / n_a - b / n_b
    low, high = confint_proportions_2indep(a, n_a, b, n_b, method="newcomb", compare="diff", alpha=1 - confidence)
    if a + b == 0 or a + b == n_a + n_b:  # no variation at all: nothing can be told apart
        return Difference(value, float(low), float(high), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # it also works out the ratio, of which nothing is used
        p = test_proportions_2indep(a, n_a, b, n_b, compare="diff", method="score").pvalue
    return Difference(value, float(low), float(high), float(p))


def mean_interval(n: float, mean: float, variance: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Student's t interval of a mean from its moments; nan under 2 units."""
    if n < 2 or not np.isfinite(variance):
        return np.nan, np.nan
    half = float(sps.t.ppf((1 + confidence) / 2, n - 1)) * np.sqrt(variance / n)
    return mean - half, mean + half


def welch(
    n_a: float, mean_a: float, var_a: float, n_b: float, mean_b: float, var_b: float, confidence: float = CONFIDENCE
) -> Difference:
    """Difference of two means with unequal variances, from their moments (variances with ddof 1).

    References:
        Welch (1947), Biometrika 34.
    """
    if n_a < 2 or n_b < 2:
        return Difference(np.nan, np.nan, np.nan, np.nan)
    a, b = var_a / n_a, var_b / n_b
    value, error = mean_a - mean_b, np.sqrt(a + b)
    if error == 0:
        return Difference(value, value, value, 1.0 if value == 0 else 0.0)
    degrees = (a + b) ** 2 / (a**2 / (n_a - 1) + b**2 / (n_b - 1))
    half = float(sps.t.ppf((1 + confidence) / 2, degrees)) * error
    return Difference(value, value - half, value + half, float(2 * sps.t.sf(abs(value) / error, degrees)))


def quartiles(values: np.ndarray) -> tuple[float, float, float, float, float]:
    """Median with its distribution-free interval, and the quartiles.

    Returns:
        median, low, high, lower quartile, upper quartile; nan where there are too few values.

    References:
        Interval by order statistics: Conover (1999), Practical Nonparametric Statistics, 3rd ed., section 3.2.
    """
    n = len(values)
    if n == 0:
        return np.nan, np.nan, np.nan, np.nan, np.nan
    low = int(sps.binom.ppf((1 - CONFIDENCE) / 2, n, 0.5)) - 1
    high = int(sps.binom.ppf((1 + CONFIDENCE) / 2, n, 0.5))
    places = np.array([0.25, 0.5, 0.75]) * (n - 1)
    ranks = {*np.floor(places).astype(int), *np.ceil(places).astype(int), max(low, 0), min(high, n - 1)}
    ordered = np.partition(values, sorted(ranks))
    below, above = ordered[np.floor(places).astype(int)], ordered[np.ceil(places).astype(int)]
    first, median, third = below + (above - below) * (places % 1)
    low_value = float(ordered[low]) if low >= 0 else np.nan
    return float(median), low_value, float(ordered[high]) if high < n else np.nan, float(first), float(third)


def sample_ratio(counts: np.ndarray, shares: np.ndarray) -> tuple[float, float]:
    """χ² of observed group sizes against planned shares, and its p-value.

    References:
        Fabijan et al. (2019), Diagnosing sample ratio mismatch, KDD. Blocks at p < .001.
    """
    shares = np.asarray(shares, float) / np.sum(shares)
    found = sps.chisquare(counts, shares * np.sum(counts))
    return float(found.statistic), float(found.pvalue)


def benjamini_hochberg(p: np.ndarray, *, looks: int | None = None) -> np.ndarray:
    """p-values adjusted for the false discovery rate over all that was looked at.

    Args:
        p: Unadjusted p-values; nan stays nan and is not counted.
        looks: Comparisons looked at, when more than are given here.

    References:
        Benjamini and Hochberg (1995), JRSS B 57(1).
    """
    p = np.asarray(p, float)
    out = np.full(p.shape, np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        padded = np.concatenate([p[tested], np.ones(max(0, (looks or 0) - tested.sum()))])
        out[tested] = multipletests(padded, method="fdr_bh")[1][: tested.sum()]
    return out


def ratio_interval(
    x: Floats, n: Floats, xx: Floats, xn: Floats, nn: Floats, users: Floats, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Interval of Σx/Σn when one user gives several units: linearised, clustered by user.

    Args:
        x, n: Sums over users of successes and of bases.
        xx, xn, nn: Sums over users of their squares and product.
        users: Users with a base.

    References:
        Cochran (1977), Sampling Techniques, 3rd ed., section 6.3.
    """
    x, n, xx, xn, nn, users = (np.asarray(v, float) for v in (x, n, xx, xn, nn, users))
    ratio = rate(x, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.maximum(xx - 2 * ratio * xn + ratio**2 * nn, 0)
        error = np.where(users > 1, np.sqrt(users / (users - 1) * spread) / n, np.nan)
    half = float(sps.norm.ppf((1 + confidence) / 2)) * error
    return np.clip(ratio - half, 0, 1)[()], np.clip(ratio + half, 0, 1)[()]


def log_ratio_interval(a: Floats, b: Floats, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Interval of the ratio of two counts of different users, a/b, on the log scale; nan where either is 0.

    References:
        Rothman (2012), Epidemiology, 2nd ed., chapter 9: ratio of two Poisson counts.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = float(sps.norm.ppf((1 + confidence) / 2)) * np.sqrt(1 / a + 1 / b)
        fine = (a > 0) & (b > 0)
        return np.where(fine, a / b * np.exp(-half), np.nan)[()], np.where(fine, a / b * np.exp(half), np.nan)[()]


class Survival(NamedTuple):
    """A Kaplan-Meier curve: at each time, the share for whom it has not happened, its interval, and those at risk."""

    time: np.ndarray
    survival: np.ndarray
    low: np.ndarray
    high: np.ndarray
    at_risk: np.ndarray


def kaplan_meier(time: np.ndarray, happened: np.ndarray, confidence: float = CONFIDENCE) -> Survival:
    """Share for whom something has not happened by a time, those only watched for a while included.

    Args:
        time: Time until it happened, or until the watch ended, one a unit.
        happened: Whether it happened.

    Returns:
        One entry a time at which it happened to somebody, rising; the interval is pointwise, on the log-log scale
        with Greenwood's variance, and nan where the curve has reached 0.

    References:
        Kaplan and Meier (1958), JASA 53. Interval: Kalbfleisch and Prentice (2002), 2nd ed., section 1.4.
    """
    order = np.argsort(time, kind="stable")
    time, happened = np.asarray(time, float)[order], np.asarray(happened, bool)[order]
    times = np.unique(time[happened])
    at_risk = len(time) - np.searchsorted(time, times, side="left")
    deaths = np.diff(np.searchsorted(time[happened], np.append(times, np.inf), side="left"))
    survival = np.cumprod(1 - deaths / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(deaths / (at_risk * (at_risk - deaths)))
        half = float(sps.norm.ppf((1 + confidence) / 2)) * np.sqrt(greenwood) / np.abs(np.log(survival))
        low, high = survival ** np.exp(half), survival ** np.exp(-half)
    fine = (survival > 0) & (survival < 1)
    return Survival(times, survival, np.where(fine, low, np.nan), np.where(fine, high, np.nan), at_risk)
