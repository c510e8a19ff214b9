"""Ratio of two risks over strata: those with something against those without, like against like.

With one stratum it is the plain risk ratio. With several, each stratum compares its own people and the
strata are pooled by how much they can tell, so that what the strata hold equal cannot make a difference.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats as sps

from analysis import stats

ENOUGH = 5.0
"""Room the pooled count needs on both sides of its expectation for the χ² (Mantel and Fleiss 1980)."""


class Ratio(NamedTuple):
    """Pooled comparison, one value a feature; nan where undefined."""

    rate_with: np.ndarray
    rate_without: np.ndarray
    ratio: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray


def pooled(hit: np.ndarray, base: np.ndarray, hits: np.ndarray, units: np.ndarray) -> Ratio:
    """Mantel-Haenszel risk ratio, its interval and its test.

    Args:
        hit: Strata × features: units with the feature to which the outcome happened.
        base: Strata × features: units with the feature.
        hits, units: Per stratum: units to which the outcome happened, and all units.

    Returns:
        The rates weighted as the ratio is, so that one divided by the other gives it; interval nan where either
        group has no hit at all; p from the χ² without correction, and from the exact distribution where counts
        are small.

    References:
        Mantel and Haenszel (1959), JNCI 22. Interval: Greenland and Robins (1985), Biometrics 41; with one
        stratum it is Katz's. Exact: the sum of independent hypergeometric counts, with one stratum Fisher's test.
    """
    hit, base = np.asarray(hit, float), np.asarray(base, float)
    outcome, total = np.asarray(hits, float)[:, None], np.asarray(units, float)[:, None]
    rest, other = total - base, outcome - hit
    up, down = (hit * rest / total).sum(axis=0), (other * base / total).sum(axis=0)
    weight = (base * rest / total).sum(axis=0)
    spread = ((base * rest * outcome - hit * other * total) / total**2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(down > 0, up / down, np.nan)
        half = float(sps.norm.ppf((1 + stats.CONFIDENCE) / 2)) * np.sqrt(spread / (up * down))
        fine = (up > 0) & (down > 0)
        low, high = np.where(fine, value * np.exp(-half), np.nan), np.where(fine, value * np.exp(half), np.nan)
    p = _p_values(hit, base, outcome, total)
    return Ratio(stats.rate(up, weight), stats.rate(down, weight), value, low, high, p)


def _p_values(hit: np.ndarray, base: np.ndarray, outcome: np.ndarray, total: np.ndarray) -> np.ndarray:
    expected, found = (base * outcome / total).sum(axis=0), hit.sum(axis=0)
    variance = (base * (total - base) * outcome * (total - outcome) / total**2 / np.maximum(total - 1, 1)).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(variance > 0, sps.chi2.sf((found - expected) ** 2 / variance, 1), np.nan)
    least, most = np.maximum(0, base + outcome - total).sum(axis=0), np.minimum(base, outcome).sum(axis=0)
    few = (variance > 0) & (np.minimum(expected - least, most - expected) < ENOUGH)
    for k in np.flatnonzero(few):
        p[k] = _exact(found[k], base[:, k], outcome[:, 0], total[:, 0])
    return p


def _exact(found: float, base: np.ndarray, outcome: np.ndarray, total: np.ndarray) -> float:
    """Two-sided: all counts that are no likelier than the one found."""
    chance, least = np.ones(1), 0.0
    for n, m, t in zip(base, outcome, total, strict=True):
        low, high = max(0.0, n + m - t), min(n, m)
        least += low
        if high > low:
            chance = np.convolve(chance, sps.hypergeom.pmf(np.arange(low, high + 1), t, m, n))
    own = chance[round(found - least)]
    return float(min(1.0, chance[chance <= own * (1 + 1e-7)].sum()))
