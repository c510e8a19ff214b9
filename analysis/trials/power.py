"""Power: how many users a comparison needs, and what a given number could show.

Both answer the same equation, once for the number and once for the difference: at a true difference
of this size, four out of five such comparisons would find it (80 % power) while one in twenty
comparisons of equal groups raises a false alarm (5 %, two sides). Use it before the campaign; after
it, the interval says more, and power at the difference that was seen says nothing new.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats as sps
from scipy.optimize import brentq

ALPHA, POWER = 0.05, 0.80


def users_needed(rate: float, difference: float, *, alpha: float = ALPHA, power: float = POWER) -> int:
    """Users in each of two equal groups that would show `rate` against `rate + difference`.

    References:
        Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, 3rd ed., chapter 4,
        without the continuity correction.

    Examples:
        >>> users_needed(0.10, 0.02), users_needed(0.20, 0.05)
        (3841, 1094)
    """
    return math.ceil((_reach(rate, difference, 1, 1, alpha, power) / abs(difference)) ** 2)


def users_needed_mean(variance: float, difference: float, *, alpha: float = ALPHA, power: float = POWER) -> int:
    """Users in each of two equal groups that would show this difference of two means of one variance.

    References:
        Cohen (1988), Statistical Power Analysis, 2nd ed., section 2.4; large groups.

    Examples:
        >>> users_needed_mean(1, 0.1)
        1570
    """
    return math.ceil(2 * variance * (sum(_bounds(alpha, power)) / difference) ** 2)


def detectable(rate: float, n_control: float, n_arm: float, *, alpha: float = ALPHA, power: float = POWER) -> float:
    """Smallest difference of rates that groups of these sizes would show, in the direction of one half.

    That direction needs the larger difference, so the other one is covered. nan where no difference
    would be found, or the control's rate is not known.

    Examples:
        >>> round(detectable(0.10, 3841, 3841), 4)
        0.02
    """
    if not (n_control > 0 and n_arm > 0 and 0 <= rate <= 1):
        return float("nan")
    rate = min(rate, 1 - rate)

    def short(difference: float) -> float:
        return difference - _reach(rate, difference, n_control, n_arm, alpha, power)

    # Not from 0 itself: at a rate of 0 that is a root as well, and an empty one.
    return float(brentq(short, 1e-12, 1 - rate)) if short(1 - rate) > 0 else float("nan")


def detectable_mean(
    n_control: float, var_control: float, n_arm: float, var_arm: float, *, alpha: float = ALPHA, power: float = POWER
) -> float:
    """Smallest difference of two means that groups of these sizes and variances would show; nan under 2 users.

    References:
        Cohen (1988), Statistical Power Analysis, 2nd ed., section 2.4; large groups.
    """
    if n_control < 2 or n_arm < 2:
        return float("nan")
    return float(sum(_bounds(alpha, power)) * np.sqrt(var_control / n_control + var_arm / n_arm))


def _bounds(alpha: float, power: float) -> tuple[float, float]:
    """Standard errors up to a false alarm, and from there to the stated power."""
    return float(sps.norm.ppf(1 - alpha / 2)), float(sps.norm.ppf(power))


def _reach(rate: float, difference: float, n_control: float, n_arm: float, alpha: float, power: float) -> float:
    """Difference that must be exceeded for the stated power, if `difference` is the true one."""
    other = rate + difference
    pooled = (rate * n_control + other * n_arm) / (n_control + n_arm)
    level = pooled * (1 - pooled) * (1 / n_control + 1 / n_arm)
    spread = rate * (1 - rate) / n_control + max(other * (1 - other), 0) / n_arm
    alarm, found = _bounds(alpha, power)
    return alarm * math.sqrt(max(level, 0)) + found * math.sqrt(spread)
