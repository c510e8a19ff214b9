"""CUPED: what users did before the experiment explains part of what they did in it.

A user who bought much before will buy much after, in either arm. Taking out the part that the time
before predicts leaves less noise, and a narrower interval around the same difference. It cannot bias
the result, because what was before exposure cannot have been changed by the arm. It helps as much as
the two correlate: at a correlation of .5 a quarter of the variance goes, at .02 nothing does.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Adjustment(NamedTuple):
    """How much of a user's value the time before predicts.

    Attributes:
        slope: θ, change of the value a unit of the covariate, over all arms; 0 where it does not vary.
        centre: Mean of the covariate over all arms.
        variance_reduction: Share of the variance that it takes out, 0–1; nan under 2 users.
    """

    slope: float
    centre: float
    variance_reduction: float


def fitted(values: np.ndarray, before: np.ndarray) -> Adjustment:
    """The adjustment that leaves the least variance, from all arms together.

    References:
        Deng, Xu, Kohavi and Walker (2013), Improving the sensitivity of online controlled experiments by
        utilizing pre-experiment data, WSDM, section 3.2.
    """
    if len(values) < 2:
        return Adjustment(0.0, 0.0, np.nan)
    y, x = values - values.mean(), before - before.mean()
    xx, xy, yy = float(x @ x), float(x @ y), float(y @ y)
    if xx <= 0 or yy <= 0:
        return Adjustment(0.0, float(before.mean()), 0.0)
    return Adjustment(xy / xx, float(before.mean()), xy * xy / (xx * yy))


def applied(values: np.ndarray, before: np.ndarray, fit: Adjustment) -> np.ndarray:
    """Each user's value without the part that the time before predicts."""
    out: np.ndarray = values - fit.slope * (before - fit.centre)
    return out
