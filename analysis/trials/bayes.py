"""Chance to win and expected loss: what a decision would cost if it were wrong.

The chance to win is the probability, given the data and a prior, that the arm is truly better than
the control. The expected loss is what choosing the arm costs on average over the cases in which it is
worse. Priors: uniform, Beta(1, 1), for a rate; flat for a mean, whose posterior is then normal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import stats as sps

GRID = 4_000


class Bet(NamedTuple):
    """Chance that the arm is above the control, and what choosing the higher or lower one costs on average.

    Attributes:
        above: Probability that the arm's value is above the control's.
        loss_if_above_wanted: Mean of max(control − arm, 0).
        loss_if_below_wanted: Mean of max(arm − control, 0).
    """

    above: float
    loss_if_above_wanted: float
    loss_if_below_wanted: float


NONE = Bet(np.nan, np.nan, np.nan)


def rates(x_arm: float, n_arm: float, x_control: float, n_control: float) -> Bet:
    """Two rates with uniform priors, by quadrature over their Beta posteriors.

    References:
        Stucchio (2015), Bayesian A/B testing at VWO, sections 4 and 5.

    Examples:
        >>> round(rates(20, 100, 10, 100).above, 2)
        0.98
    """
    if n_arm <= 0 or n_control <= 0:
        return NONE
    arm, control = sps.beta(x_arm + 1, n_arm - x_arm + 1), sps.beta(x_control + 1, n_control - x_control + 1)
    low, high = min(arm.ppf(1e-10), control.ppf(1e-10)), max(arm.isf(1e-10), control.isf(1e-10))
    at = np.linspace(low, high, GRID)
    f, g = arm.cdf(at), control.cdf(at)
    above = float(np.sum(np.diff(f) * (g[1:] + g[:-1]) / 2))
    return Bet(above, float(np.trapezoid(f * (1 - g), at)), float(np.trapezoid(g * (1 - f), at)))


def means(difference: float, error: float) -> Bet:
    """Two means with flat priors: their difference is normal around the one seen.

    Examples:
        >>> round(means(1.96, 1.0).above, 3)
        0.975
    """
    if not (np.isfinite(difference) and error > 0):
        return NONE
    z = difference / error
    density, above = float(sps.norm.pdf(z)), float(sps.norm.cdf(z))
    return Bet(above, error * density - difference * (1 - above), error * density + difference * above)
