"""Averages over users with their intervals, from sums and squares: money, days, and other amounts without a ceiling.

A user who counts several times, in several weeks or after several starts, is still one user: the interval of such
an average is clustered by user.
"""

from __future__ import annotations

import numpy as np
from scipy import stats as sps

from analysis import stats

Three = tuple[np.ndarray, np.ndarray, np.ndarray]


def mean(n: np.ndarray, total: np.ndarray, squares: np.ndarray) -> Three:
    """Means and their 95 % Student intervals, element by element.

    Args:
        n, total, squares: Users, Σx and Σx².

    Returns:
        Mean, low, high; nan without users, no interval under two.
    """
    value, variance = np.asarray(stats.rate(total, n)), spread(n, total, squares)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = sps.t.ppf((1 + stats.CONFIDENCE) / 2, np.maximum(np.asarray(n, float) - 1, 1)) * np.sqrt(variance / n)
    return value, value - half, value + half


def spread(n: np.ndarray, total: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Variances (ddof 1); nan under two users."""
    n = np.asarray(n, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n > 1, np.maximum(squares - np.square(total) / n, 0) / (n - 1), np.nan)


def ratio(sums: np.ndarray) -> Three:
    """Σx/Σn over users and its 95 % interval, clustered by user; unlike `stats.ratio_interval` it has no bounds.

    Args:
        sums: Σx, Σn, Σx², Σxn, Σn² over users, and users; one row each.

    References:
        Cochran (1977), Sampling Techniques, 3rd ed., section 6.3.
    """
    x, n, xx, xn, nn, users = np.asarray(sums, float)
    value = np.asarray(stats.rate(x, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = np.maximum(xx - 2 * value * xn + value**2 * nn, 0)
        error = np.where(users > 1, np.sqrt(users / (users - 1) * squares) / n, np.nan)
        half = sps.t.ppf((1 + stats.CONFIDENCE) / 2, np.maximum(users - 1, 1)) * error
    return value, value - half, value + half
