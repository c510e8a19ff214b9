"""Two yes-or-no facts about users: how strongly they go together.

All functions take the four counts of a two-by-two table as arrays and give arrays, because an aha finder looks at
hundreds of tables at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats as sps

from analysis import stats

Z = float(sps.norm.ppf(0.975))
LEAST_EXPECTED = 5
"""Expected users in each of the four cells from which on the test holds (Cochran 1954, Biometrics 10)."""


class Association(NamedTuple):
    """Rates with and without, their difference, φ and p; arrays, nan where a side is empty.

    Attributes:
        with_rate, with_low, with_high: Outcome rate of those who did, with its Wilson interval.
        without_rate, without_low, without_high: The same of those who did not.
        points, points_low, points_high: Difference, Newcombe's interval.
        phi, phi_low, phi_high: φ coefficient, −1 to 1, with the interval of its large-sample variance.
        lift: Rate of those who did / rate of those who did not.
        p: Two-sided score test; nan where a cell expects fewer than 5 users.
    """

    with_rate: np.ndarray
    with_low: np.ndarray
    with_high: np.ndarray
    without_rate: np.ndarray
    without_low: np.ndarray
    without_high: np.ndarray
    points: np.ndarray
    points_low: np.ndarray
    points_high: np.ndarray
    phi: np.ndarray
    phi_low: np.ndarray
    phi_high: np.ndarray
    lift: np.ndarray
    p: np.ndarray


def associate(hit: np.ndarray, did: np.ndarray, other_hit: np.ndarray, other: np.ndarray) -> Association:
    """Those who did against those who did not.

    Args:
        hit, did: Users with the outcome, and all users, among those who did.
        other_hit, other: The same among those who did not.

    References:
        Newcombe (1998), method 10. Test: pooled score test, as in Newcombe's peers; variance of φ: Bishop,
        Fienberg and Holland (1975), Discrete Multivariate Analysis, section 11.2.
    """
    hit, did, other_hit, other = (np.asarray(v, float) for v in (hit, did, other_hit, other))
    one, two = stats.rate(hit, did), stats.rate(other_hit, other)
    low_1, high_1 = stats.wilson(hit, did)
    low_2, high_2 = stats.wilson(other_hit, other)
    points = one - two
    below = points - np.sqrt((one - low_1) ** 2 + (high_2 - two) ** 2)
    above = points + np.sqrt((high_1 - one) ** 2 + (two - low_2) ** 2)
    n = did + other
    with np.errstate(divide="ignore", invalid="ignore"):
        rate, share = (hit + other_hit) / n, did / n
        spread = rate * (1 - rate) * share * (1 - share)
        phi = np.where(spread > 0, points * share * (1 - share) / np.sqrt(spread), np.nan)
        error = _phi_error(phi, rate, share, n)
        z = points / np.sqrt(rate * (1 - rate) * (1 / did + 1 / other) * n / (n - 1))
        least = n * np.minimum(rate, 1 - rate) * np.minimum(share, 1 - share)
        p = np.where(least >= LEAST_EXPECTED, 2 * sps.norm.sf(np.abs(z)), np.nan)
        lift = np.where(two > 0, one / np.where(two > 0, two, 1), np.nan)
    phi_low, phi_high = np.maximum(phi - Z * error, -1), np.minimum(phi + Z * error, 1)
    return Association(
        one, low_1, high_1, two, low_2, high_2, points, below, above, phi, phi_low, phi_high, lift, p
    )  # fmt: skip


def _phi_error(phi: np.ndarray, rate: np.ndarray, share: np.ndarray, n: np.ndarray) -> np.ndarray:
    tilt, lean = 2 * rate - 1, 2 * share - 1
    a, b = rate * (1 - rate), share * (1 - share)
    variance = 1 - phi**2 + phi * (1 + phi**2 / 2) * tilt * lean / np.sqrt(a * b)
    variance -= 0.75 * phi**2 * (tilt**2 / a + lean**2 / b)
    error: np.ndarray = np.sqrt(np.maximum(variance, 0) / n)
    return error
