"""What a series of periods leads one to expect of each of them.

Days follow the week. From six weeks on, a robust seasonal-trend decomposition (STL, period 7) tells trend and weekday
apart; shorter series, weeks and months get a robust line through the periods around each, itself left out. Counts are
judged on the log scale (rare ones on the square root's), rates on the log odds, so that noise is alike everywhere.
Noise is what the series itself shows, by the median of what is left over; never less than chance alone gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import stats as sps
from statsmodels.tsa.seasonal import STL

Kind = Literal["count", "rate", "amount", "average"]

WEEKS_FOR_STL = 6
FEWEST = 14
"""Periods below which nothing is judged."""

SEASONAL, TREND = 21, 35
"""Windows of the decomposition, weeks and days: wide, so that a single day hardly pulls its own expectation."""

AROUND = 12
"""Other periods through which the robust line is laid."""

SUMMED = 1000
"""Up to this base the beta-binomial is summed term by term; beyond it, hits of a rare event are as good as counts."""

RARE = 0.05
"""Rate below which an event is rare; of others there are enough on a large base for the tails of the scale."""

COMMON = 20
"""From this median count on, the log scale."""

LEARNED = 40
"""Noise of short series is set larger by 1 + this / periods, as the fit has learned from it: by simulation."""

TAILS = {"count": 16.0, "rate": 16.0, "average": 8.0, "amount": 8.0}
"""Degrees of freedom of the tails at most: days differ by more than chance, money by far more. By simulation."""

MAD = 1.4826
MAD_EFFICIENCY = 0.37
"""Of the median absolute deviation against the standard deviation, normal noise: what its degrees of freedom lose."""


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """The scale on which noise is alike: `scale.of(values)`, `scale.back(fit)`, and the noise of chance alone."""

    kind: Kind
    root: bool
    unit: float
    base: np.ndarray

    @classmethod
    def of(cls, kind: Kind, values: np.ndarray, base: np.ndarray) -> Scale:
        """The scale for a series: `values` with the users they are of, `base`, where it is a rate or an average."""
        known = values[np.isfinite(values)]
        positive = known[known > 0]
        unit = float(np.median(positive)) / 10 if len(positive) else 1.0
        return cls(kind, kind == "count" and (not len(known) or float(np.median(known)) < COMMON), unit, base)

    def forth(self, values: np.ndarray) -> np.ndarray:
        """Values on the scale."""
        if self.kind == "rate":
            hits = values * self.base
            return np.log((hits + 0.5) / (self.base - hits + 0.5))
        if self.kind in ("amount", "average"):
            return np.arcsinh(values / self.unit)
        return np.sqrt(values + 0.375) if self.root else np.log(values + 0.5)

    def back(self, fit: np.ndarray) -> np.ndarray:
        """Values from the scale."""
        if self.kind == "rate":
            return 1 / (1 + np.exp(-fit))
        if self.kind in ("amount", "average"):
            return np.sinh(fit) * self.unit
        return np.maximum(np.maximum(fit, 0) ** 2 - 0.375, 0) if self.root else np.maximum(np.exp(fit) - 0.5, 0)

    def chance(self, fit: np.ndarray) -> np.ndarray:
        """Variance that chance alone gives each period, or, for money, the shape of it."""
        level = self.back(fit)
        if self.kind == "rate":
            return 1 / np.maximum(self.base * level * (1 - level), 0.5)
        if self.kind == "average":
            return 1 / np.maximum(self.base, 1)
        if self.kind == "amount":
            return np.ones(len(fit))
        return np.full(len(fit), 0.25) if self.root else 1 / np.maximum(level, 0.5)

    def away(self, values: np.ndarray, fit: np.ndarray, residual: np.ndarray, chance: np.ndarray) -> np.ndarray:
        """How far from its expectation each value is, in the unit of `residual`, but as symmetric as noise can be made.

        The logarithm exaggerates what is low; square root and arcsine treat both sides alike.
        """
        seen, level = np.nan_to_num(values), self.back(fit)
        if self.kind == "count":
            apart = 2 * (np.sqrt(seen + 0.375) - np.sqrt(level + 0.375))
        elif self.kind == "rate":
            share = (seen * self.base + 0.375) / (self.base + 0.75)
            apart = 2 * np.sqrt(self.base) * (np.arcsin(np.sqrt(share)) - np.arcsin(np.sqrt(level)))
        else:
            return np.abs(residual)
        return np.asarray(np.abs(apart) * np.sqrt(chance))

    @property
    def least(self) -> float:
        """Noise is at least so many times chance."""
        return 1.0 if self.kind in ("count", "rate") else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What was to be expected of each period.

    Attributes:
        fit: On the scale. residual: What is left over, on the scale.
        value, low, high: Expectation and 95 % band, in the unit of the values.
        p: Of each period, two-sided, not adjusted; nan where there is no value.
        error: Standard error of a single period, on the scale.
    """

    fit: np.ndarray
    residual: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    error: np.ndarray


def expect(values: np.ndarray, scale: Scale, *, weekly: bool, steps: np.ndarray) -> Expected:
    """Expectation, band and p-values of a series.

    Args:
        values: One a period; nan where undefined.
        scale: Its scale.
        weekly: Whether the periods are days, so that the weekday matters.
        steps: Known shifts of the level, on the scale, one a period.
    """
    level = filled(scale.forth(values)) - steps
    fit, left, apart = _stl(level) if weekly and len(level) >= 7 * WEEKS_FOR_STL else _line(level)
    fit = fit + steps
    residual = level + steps - fit
    chance = scale.chance(fit)
    known = np.isfinite(values)
    spread = (MAD * float(np.median(np.abs(residual[known] / np.sqrt(chance * left)[known])))) ** 2
    times = max(spread, scale.least, 1e-12)
    error = np.sqrt(times * chance * apart * (1 + LEARNED / len(level)))
    degrees = min(max(3.0, MAD_EFFICIENCY * (int(known.sum()) - 8)), TAILS[scale.kind])
    p = 2 * sps.t.sf(scale.away(values, fit, residual, chance) / error, degrees)
    p = np.where(known, np.maximum(p, _exact(values, scale, fit, times)), np.nan)
    half = float(sps.t.ppf(0.975, degrees)) * error
    low, high = scale.back(fit - half), scale.back(fit + half)
    return Expected(fit, residual, scale.back(fit), low, high, p, error)


def filled(level: np.ndarray) -> np.ndarray:
    """A series without holes: periods without a value lie on the line between their neighbours."""
    known = np.isfinite(level)
    return (
        np.interp(np.arange(len(level)), np.flatnonzero(known), level[known]) if known.any() else np.zeros(len(level))
    )


def _stl(level: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Robust fit; variance, against that of noise, of what is left over of usual days and of unusual ones.

    A usual day pulls its own expectation, so less is left over; an unusual one has lost its weight, so its
    expectation is that of its neighbours, and their noise comes on top.
    """
    found = STL(level, period=7, seasonal=SEASONAL, trend=TREND, robust=True).fit()
    left = 1 - pulls(len(level))
    return np.asarray(found.trend + found.seasonal), left, 1 / left


@lru_cache(maxsize=64)
def pulls(n: int) -> np.ndarray:
    """How far each day pulls its own expectation: the fit's answer to a lone 1. Larger towards the edges."""
    edge = min((n + 1) // 2, 7 * SEASONAL // 2)
    places = [*range(edge), n // 2]
    found = np.empty(len(places))
    for k, place in enumerate(places):
        lone = np.zeros(n)
        lone[place] = 1.0
        fitted = STL(lone, period=7, seasonal=SEASONAL, trend=TREND).fit()
        found[k] = fitted.trend[place] + fitted.seasonal[place]
    half = np.concatenate([found[:-1], np.full(max(0, (n + 1) // 2 - edge), found[-1])])
    return np.minimum(np.concatenate([half, half[: n // 2][::-1]]), 0.9)


def _line(level: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A line through the periods around each (Theil and Sen), itself left out; variance against that of noise."""
    n = len(level)
    fit, pull = np.empty(n), np.empty(n)
    for t in range(n):
        first = min(max(0, t - AROUND // 2), max(0, n - AROUND - 1))
        others = np.array([k for k in range(first, min(n, first + AROUND + 1)) if k != t])
        away, values = others - t, level[others]
        a, b = np.triu_indices(len(others), 1)
        slope = float(np.median((values[b] - values[a]) / (away[b] - away[a])))
        fit[t] = np.median(values - slope * away)
        centred = away - away.mean()
        pull[t] = 1 + np.pi / 2 * (1 / len(others) + away.mean() ** 2 / (centred**2).sum())
    return fit, pull, pull


def _exact(values: np.ndarray, scale: Scale, fit: np.ndarray, times: float) -> np.ndarray:
    """Two-sided p of counts by their own distributions, as noisy as the series: rare counts have other tails.

    References:
        Counts: negative binomial with variance `times` the mean. Rates: beta-binomial. Without extra noise, Poisson
        and binomial.
    """
    if scale.kind not in ("count", "rate"):
        return np.zeros(len(values))
    level, more = scale.back(fit), max(times, 1.001)
    counted = scale.kind == "count"
    seen = np.round(np.nan_to_num(values) * (1 if counted else scale.base))
    mean = np.maximum(level * (1 if counted else scale.base), 0.05)
    law = sps.nbinom(mean / (more - 1), 1 / more)
    p = 2 * np.minimum(law.sf(seen - 1), law.cdf(seen))
    small = np.zeros(len(seen), dtype=bool) if counted else scale.base <= SUMMED
    if not counted:
        p[level > RARE] = 0.0
    if small.any():
        size, share = np.maximum(scale.base[small], 1), np.clip(level[small], 1e-6, 1 - 1e-6)
        weight = np.maximum((size - more) / (more - 1), 0.5)
        exact = sps.betabinom(size.astype(int), share * weight, (1 - share) * weight)
        p[small] = 2 * np.minimum(exact.sf(seen[small] - 1), exact.cdf(seen[small]))
    return np.minimum(1.0, p)
