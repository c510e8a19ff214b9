"""Contrast: what one group differs by from another, from the moments of their users' values.

Rates have Newcombe's interval and the score test, means Welch's; values that CUPED adjusted are means,
whatever they were before. The always-valid reading replaces interval and p-value by those of the confidence
sequence. The relative difference has a delta-method interval on the log scale, so that it cannot fall
below −100 %.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from scipy import stats as sps

from analysis import stats
from analysis.trials import bayes, sequential
from analysis.trials.bayes import Bet

Interval = Literal["fixed", "always_valid"]


class Moments(NamedTuple):
    """Users, mean and variance (ddof 1) of their values; `rate` where each value is 0 or 1."""

    users: int
    mean: float
    variance: float
    rate: bool = False

    @property
    def successes(self) -> float:
        """Users with the value 1."""
        return round(self.users * self.mean) if self.users else 0


class Contrast(NamedTuple):
    """A difference, its interval and p-value, the relative difference with its interval, standard error, and bet."""

    value: float
    low: float
    high: float
    p: float
    relative: float
    relative_low: float
    relative_high: float
    error: float
    bet: Bet


_NAN = float("nan")
NONE = Contrast(_NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, bayes.NONE)


def moments(values: np.ndarray, *, rate: bool = False) -> Moments:
    """Moments of the users' values; nan where undefined."""
    n = len(values)
    return Moments(
        n, float(values.mean()) if n else np.nan, float(values.var(ddof=1)) if n > 1 else np.nan, rate and n > 0
    )


def between(
    arm: Moments, control: Moments, interval: Interval = "fixed", tightest_users: float = sequential.TIGHTEST_USERS
) -> Contrast:
    """The arm's difference to the control."""
    if arm.users < 2 or control.users < 2:
        return NONE
    error = float(np.sqrt(arm.variance / arm.users + control.variance / control.users))
    both = arm.rate and control.rate
    if interval == "always_valid":
        found = _always(arm, control, error, tightest_users)
    elif both:
        found = stats.newcombe(arm.successes, arm.users, control.successes, control.users)
    else:
        found = stats.welch(arm.users, arm.mean, arm.variance, control.users, control.mean, control.variance)
    bet = bayes.means(found.value, error)
    if both:
        bet = bayes.rates(arm.successes, arm.users, control.successes, control.users)
    return Contrast(*found, *_relative(arm, control, interval, tightest_users), error, bet)


def _always(arm: Moments, control: Moments, error: float, tightest_users: float) -> stats.Difference:
    value, users = arm.mean - control.mean, arm.users + control.users
    if min(arm.users, control.users) < sequential.FEWEST_USERS:
        return stats.Difference(value, np.nan, np.nan, np.nan)
    half = float(sequential.half_width(users, error, tightest_users=tightest_users))
    p = sequential.p_value(users, value, error, tightest_users=tightest_users)
    return stats.Difference(value, value - half, value + half, p)


def _relative(arm: Moments, control: Moments, interval: Interval, tightest_users: float) -> tuple[float, float, float]:
    """Relative difference with its interval; nan unless both means are above 0."""
    if not (arm.mean > 0 and control.mean > 0):
        return (arm.mean / control.mean - 1 if control.mean > 0 else np.nan), np.nan, np.nan
    a, b = arm.variance / arm.users / arm.mean**2, control.variance / control.users / control.mean**2
    error, centre = float(np.sqrt(a + b)), float(np.log(arm.mean / control.mean))
    if error == 0:
        return float(np.expm1(centre)), float(np.expm1(centre)), float(np.expm1(centre))
    degrees = (a + b) ** 2 / (a**2 / (arm.users - 1) + b**2 / (control.users - 1))
    half = float(sps.t.ppf((1 + stats.CONFIDENCE) / 2, degrees)) * error
    if interval == "always_valid":
        if min(arm.users, control.users) < sequential.FEWEST_USERS:
            return float(np.expm1(centre)), np.nan, np.nan
        half = float(sequential.half_width(arm.users + control.users, error, tightest_users=tightest_users))
    return float(np.expm1(centre)), float(np.expm1(centre - half)), float(np.expm1(centre + half))
