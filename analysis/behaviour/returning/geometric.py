"""The shifted beta-geometric curve: how long people stay when each has a chance of leaving of their own.

In every period a user leaves with a probability that is the user's own and does not change; between users it follows
a beta distribution. Those who leave easily leave first, so the survivors leave ever more seldom, and the curve flattens
by itself. Two numbers describe it: the mean chance of leaving in the first period, and how much users differ.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import optimize

LEAST = (np.log(1e-5), np.log(1e-6))
MOST = (np.log(1e5), np.log(1e3))
"""Bounds of the odds of leaving and of the spread, as logarithms. A spread at its least is one chance for all."""


class Fit(NamedTuple):
    """A fitted curve.

    Attributes:
        leaving: Mean chance of leaving in the first period, α / (α + β).
        spread: How much users differ, 1 / (α + β); 0: not at all.
    """

    leaving: float
    spread: float

    @property
    def alpha(self) -> float:
        """First parameter of the beta distribution."""
        return self.leaving / self.spread

    @property
    def beta(self) -> float:
        """Second parameter of the beta distribution."""
        return (1 - self.leaving) / self.spread

    def survivors(self, periods: int) -> np.ndarray:
        """Share that stays through each of 0 … `periods`."""
        j = np.arange(periods)
        return np.append(1.0, np.cumprod((1 - self.leaving + j * self.spread) / (1 + j * self.spread)))


def fit(at_risk: np.ndarray, lost: np.ndarray, start: Fit | None = None) -> Fit:
    """The curve of greatest likelihood.

    **Definition.** Of those who stayed through j periods a share of leaving / (1 + j × spread) leaves in the next one;
    each user counts in every period in which it was at risk, whether its end was seen or not (right-censored).

    Args:
        at_risk: Users who stayed through j = 0, 1, … periods and were seen through the next one.
        lost: Those of them who left in it.
        start: Where the search begins.

    Examples:
        The "high end" customers of the paper, of 1000 after 0 to 7 years:

        >>> alive = np.array([1000, 869, 743, 653, 593, 551, 517, 491])
        >>> found = fit(alive[:-1], -np.diff(alive))
        >>> round(found.alpha, 3), round(found.beta, 3)
        (0.668, 3.806)

    References:
        Fader and Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), equations
        5 and 6 and appendix B; here in terms of α / (α + β) and 1 / (α + β), finite when users do not differ.
    """
    j, kept = np.arange(len(at_risk)), at_risk - lost
    begin = start or Fit(min(max(float(lost[0] / max(at_risk[0], 1)), 0.01), 0.99), 0.2)

    def minus(x: np.ndarray) -> tuple[float, np.ndarray]:
        leaving, spread = 1 / (1 + np.exp(-x[0])), np.exp(x[1])
        stay, all_ = 1 - leaving + j * spread, 1 + j * spread
        value = lost.sum() * np.log(leaving) + kept @ np.log(stay) - at_risk @ np.log(all_)
        by_leaving = lost.sum() / leaving - kept @ (1 / stay)
        by_spread = kept @ (j / stay) - at_risk @ (j / all_)
        return -value, -np.array([by_leaving * leaving * (1 - leaving), by_spread * spread])

    x0 = np.array([np.log(begin.leaving / (1 - begin.leaving)), np.log(max(begin.spread, 1e-6))])
    bounds = list(zip(LEAST, MOST, strict=True))
    found = optimize.minimize(minus, x0, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-11})
    return Fit(float(1 / (1 + np.exp(-found.x[0]))), float(np.exp(found.x[1])))
