"""Intervals that hold at every look: for those who watch an experiment while it runs.

An ordinary 95 % interval is right for one look at a moment set before. Who looks daily and stops at
the first difference will, sooner or later, find one that is not there. An always-valid interval leaves
out the truth at *any* of all looks in at most one of twenty experiments. The price is width: at its
best point about half as wide again.

One boundary serves both readings: an asymptotic confidence sequence is the set of differences which the
mixture sequential probability ratio test (mSPRT, normal mixture) has not yet rejected.
"""

from __future__ import annotations

import math

import numpy as np

from analysis.stats import Floats

TIGHTEST_USERS = 5_000
"""Users of both arms at which the interval is tightest, unless said otherwise. Must not be chosen from the result."""

FEWEST_USERS = 100
"""Users in each arm before which no always-valid interval is given: it rests on large numbers."""


def tuning(tightest_users: float, alpha: float = 0.05) -> float:
    """ρ of the mixture, so that the interval is tightest at that many users.

    References:
        Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2021), Time-uniform central limit theory and
        asymptotic confidence sequences, appendix on tuning.
    """
    return math.sqrt((-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tightest_users)


def half_width(users: Floats, error: Floats, *, tightest_users: float = TIGHTEST_USERS, alpha: float = 0.05) -> Floats:
    """Half of the always-valid interval of a mean difference.

    Args:
        users: Users of both arms together.
        error: Standard error of the difference at this look.
        tightest_users: Users at which it is tightest; set before the experiment.
        alpha: Share of experiments in which the interval may ever leave out the truth.

    References:
        Waudby-Smith et al. (2021), theorem 2.2: σ̂ · √(2(tρ²+1)/(t²ρ²) · log(√(tρ²+1)/α)), with σ̂²/t = error².

    Examples:
        >>> round(float(half_width(5000, 1.0)), 2)  # 1.96 would hold for one look
        3.04
    """
    spread = np.asarray(users, float) * tuning(tightest_users, alpha) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = np.sqrt(2 * (spread + 1) / spread * np.log(np.sqrt(spread + 1) / alpha))
        return np.where(np.asarray(users) > 0, error * wide, np.nan)[()]


def p_value(
    users: float, difference: float, error: float, *, tightest_users: float = TIGHTEST_USERS, alpha: float = 0.05
) -> float:
    """Always-valid p-value: the level at which the interval at this look just touches 0.

    References:
        Johari, Koomen, Pekelis and Walsh (2017), Peeking at A/B tests, KDD: mSPRT with a normal mixture.
    """
    if not (users > 0 and error > 0):
        return 1.0 if difference == 0 else float("nan")
    spread = users * tuning(tightest_users, alpha) ** 2
    shrunk = (difference / error) ** 2 * spread / (2 * (spread + 1))
    return float(min(1.0, math.sqrt(spread + 1) * math.exp(-min(shrunk, 700.0))))
