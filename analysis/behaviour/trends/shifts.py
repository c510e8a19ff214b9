"""Level shifts: days on which a series steps to another level and stays there.

Around each day a step is laid through the weeks before and after it, beside a straight trend and the weekdays, so
that steady growth is no step. The largest step of the whole series is compared with the largest that noise alone
gives in a series of the same length and the same memory from day to day; what is found is taken out, and the rest is
searched again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import signal

from analysis.behaviour.trends.expected import Expected, Scale, expect, filled

DRAWS = 1999
MOST = 5
ALPHA = 0.05
CAP = 2.5
"""A single period counts for at most so many times the noise: one spike is no step."""

SPREAD = 1.2
"""The noise of steps is at least so many times what is left over, as the fit has taken its part: by simulation."""

HALVES = {"day": 28, "week": 8, "month": 6}
"""Periods before and after that a step is judged by."""

REMEMBERS = (0.08, 1.3)
"""The correlation from day to day is taken to be a + b times what is seen: a fitted trend takes some of it away."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A step of the level.

    Attributes:
        at: First period on the new level.
        size, error: Step and its standard error, on the scale.
        p: Chance that noise alone gives a step as large anywhere in the series.
    """

    at: int
    size: float
    error: float
    p: float


def judge(values: np.ndarray, scale: Scale, period: str) -> tuple[Expected, list[Shift]]:
    """What was to be expected of each period, the level having shifted where it did; and all steps looked at."""
    weekly, none = period == "day", np.zeros(len(values))
    first = expect(values, scale, weekly=weekly, steps=none)
    looked = search(filled(scale.forth(values)), first.fit, first.error, period)
    steps = none.copy()
    for shift in looked:
        if shift.p <= ALPHA:
            steps[shift.at :] += shift.size
    return (expect(values, scale, weekly=weekly, steps=steps) if steps.any() else first), looked


def search(level: np.ndarray, fit: np.ndarray, error: np.ndarray, period: str) -> list[Shift]:
    """Steps of a series, the largest first; the last one is the first that does not stand (p > .05).

    Args:
        level: The series on its scale, without holes.
        fit: Its smooth expectation. error: Standard error of a single period.
        period: "day", "week" or "month".

    Returns:
        Empty where the series is too short.
    """
    half = HALVES[period]
    if len(level) < 2 * half + 4:
        return []
    weights = filter_of(half, 7 if period == "day" else 1)
    residual = (level - fit) / error
    residual = np.clip(residual, -CAP, CAP)
    seen = np.corrcoef(residual[1:], residual[:-1])[0, 1] if residual.std() > 0 else 0.0
    memory = round(float(np.clip(REMEMBERS[0] + REMEMBERS[1] * seen, 0, 0.8)), 1)
    rest = (fit + residual * error).astype(float)
    error = error * max(1.0, SPREAD * float(residual.std()))
    noise, null = _null(len(level), half, period == "day", memory)
    found: list[Shift] = []
    open_ = np.ones(len(level) - 2 * half + 1, dtype=bool)
    for _ in range(MOST):
        steps = signal.convolve(rest, weights[::-1], mode="valid")
        errors = noise * np.array([error[k : k + 2 * half].mean() for k in range(len(steps))])
        size = np.where(open_, np.abs(steps / errors), 0.0)
        k = int(np.argmax(size))
        p = float((1 + np.count_nonzero(null >= size[k])) / (1 + len(null)))
        found.append(Shift(k + half, float(steps[k]), float(errors[k]), p))
        if p > ALPHA:
            break
        rest[k + half :] -= steps[k]
        open_[max(0, k - half // 2) : k + half // 2 + 1] = False
        if not open_.any():
            break
    return found


@lru_cache(maxsize=8)
def filter_of(half: int, season: int) -> np.ndarray:
    """Weights whose sum over a window is the step in its middle, beside a straight line and the weekdays."""
    t = np.arange(2 * half)
    columns = [(t >= half).astype(float), (t - t.mean()) / half]
    columns += [(t % season == k).astype(float) for k in range(season)]
    return np.asarray(np.linalg.pinv(np.column_stack(columns))[0])


@lru_cache(maxsize=64)
def _null(n: int, half: int, weekly: bool, memory: float) -> tuple[float, np.ndarray]:
    """Standard error of a step in unit noise, and the largest of a series of noise, drawn often; the same each time."""
    weights = filter_of(half, 7 if weekly else 1)
    lags = np.abs(np.subtract.outer(np.arange(2 * half), np.arange(2 * half)))
    error = float(np.sqrt(weights @ (memory**lags) @ weights))
    fresh = np.random.default_rng(17).standard_normal((DRAWS, n + 50))
    noise = signal.lfilter([np.sqrt(1 - memory**2)], [1, -memory], fresh, axis=1)[:, 50:]
    steps = signal.fftconvolve(noise, weights[::-1][None, :], mode="valid", axes=1)
    return error, np.abs(steps / error).max(axis=1)
