"""The experiment's tables: metric by arm, by segment, and day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.events import EventLog
from analysis.trials import bootstrap, contrast, power, sequential
from analysis.trials.contrast import Contrast, Moments
from analysis.trials.exposures import Exposures, values_at

if TYPE_CHECKING:
    from analysis.behaviour.experiments.experiment import Experiment
    from analysis.behaviour.experiments.experiment_values import Measured

COLUMNS = [
    *("measure", "metric", "arm", "users", "still_open"),
    *("rate", "rate_low", "rate_high", "mean", "mean_low", "mean_high"),
    *("difference_points", "difference_low_points", "difference_high_points"),
    *("mean_difference", "mean_difference_low", "mean_difference_high"),
    *("relative_rate", "relative_rate_low", "relative_rate_high"),
    *("p", "p_adjusted", "win_rate", "loss_points", "mean_loss", "smallest_points", "smallest_mean", "users_needed"),
    *("variance_reduction_share", "cut_at"),
]
BY_SEGMENT = [
    *("measure", "metric", "column", "value", "arm", "users", "control_users"),
    *("rate", "control_rate", "mean", "control_mean"),
    *("difference_points", "difference_low_points", "difference_high_points"),
    *("mean_difference", "mean_difference_low", "mean_difference_high", "p", "p_adjusted"),
]
BY_DAY = [
    *("day", "arm", "users", "control_users"),
    *("difference_points", "difference_low_points", "difference_high_points"),
    *("always_valid_low_points", "always_valid_high_points"),
]
MOST_VALUES = 12
"""Values of a segment column that are looked at, the largest first."""

NAN = float("nan")


def by_arm(
    question: Experiment, log: EventLog, arms: dict[str, int], exposures: Exposures, measured: Measured
) -> pd.DataFrame:
    """One row a metric and arm, control first."""
    still_open = {a: int(np.count_nonzero(exposures.still_open & (exposures.arms == c))) for a, c in arms.items()}
    rows: list[list[Any]] = []
    for k, metric in enumerate(question.metrics):
        adjusted = np.isfinite(measured.reduction[k])
        sides = {a: _side(measured, k, measured.arms == c, metric.rate and not adjusted) for a, c in arms.items()}
        control = sides[question.control]
        for arm, mine in sides.items():
            held = contrast.NONE
            if arm != question.control:
                held = contrast.between(mine, control, question.interval, question.tightest_users)
            if metric.kind == "money" and question.bootstrap and question.interval == "fixed" and held.error > 0:
                values = [measured.values[measured.arms == arms[a], k] for a in (arm, question.control)]
                held = held._replace(**bootstrap.difference(*values)._asdict())
            own = [metric.kind, metric.name(log), arm, mine.users, still_open[arm], *_level(mine, metric.rate)]
            against = _against(question, k, mine, control, held) if arm != question.control else [NAN] * 5
            place = [*_split(held[:3], metric.rate), *held[4:7], held.p, NAN, *_bet(question, k, held)]
            rows.append([*own, *place, *against[:3], measured.reduction[k], measured.cut_at[k]])
    return pd.DataFrame(rows, columns=COLUMNS)


def _side(measured: Measured, k: int, mine: np.ndarray, rate: bool) -> Moments:
    return contrast.moments(measured.values[mine, k], rate=rate)


def _level(side: Moments, rate: bool) -> list[float]:
    """Rate with Wilson's interval, or mean with Student's; a rate that CUPED adjusted has Student's."""
    if side.rate or (rate and not side.users):
        return [float(stats.rate(side.successes, side.users)), *stats.wilson(side.successes, side.users), NAN, NAN, NAN]
    level = [side.mean, *stats.mean_interval(side.users, side.mean, side.variance)]
    return [*level, NAN, NAN, NAN] if rate else [NAN, NAN, NAN, *level]


def _split(values: Any, rate: bool) -> list[float]:
    """Values in the columns of rates or in those of means."""
    none = [NAN] * len(values)
    return [*values, *none] if rate else [*none, *values]


def _bet(question: Experiment, k: int, held: Contrast) -> list[float]:
    """Chance to win, and expected loss in points or in the metric's unit."""
    metric, bet = question.metrics[k], held.bet
    if metric.better == "lower":
        return [1 - bet.above, *_split([bet.loss_if_below_wanted], metric.rate)]
    return [bet.above, *_split([bet.loss_if_above_wanted], metric.rate)]


def _against(question: Experiment, k: int, mine: Moments, control: Moments, held: Contrast) -> list[float]:
    """Smallest difference shown by so many users (points, unit), and users needed in each arm."""
    metric = question.metrics[k]
    if not held.error > 0:
        return [NAN, NAN, NAN]
    wider = 1.0
    if question.interval == "always_valid":
        users = mine.users + control.users
        wider = float(sequential.half_width(users, 1.0, tightest_users=question.tightest_users)) / 1.96
    if mine.rate:
        seen = power.detectable(control.mean, control.users, mine.users)
    else:
        seen = power.detectable_mean(control.users, control.variance, mine.users, mine.variance)
    return [*_split([seen * wider], metric.rate), _needed(control, question.worth) * wider**2]


def _needed(control: Moments, worth: float) -> float:
    """Users in each arm that would show a change by `worth` of the control's value; nan where that is 0."""
    change = abs(control.mean) * worth
    if not change > 0:
        return NAN
    if not control.rate:
        return power.users_needed_mean(control.variance, change)
    return power.users_needed(control.mean, change if control.mean + change < 1 else -change)


def by_segment(
    question: Experiment, log: EventLog, arms: dict[str, int], exposures: Exposures, measured: Measured
) -> pd.DataFrame:
    """One row a metric, arm, segment column and value, the largest values first."""
    rows: list[list[Any]] = []
    for column in question.segments:
        codes, words = values_at(log, column, exposures)
        codes = codes[measured.place]
        sizes = np.bincount(codes, minlength=len(words.values))
        for code in [c for c in np.argsort(-sizes, kind="stable") if c and sizes[c]][:MOST_VALUES]:
            rows += _segment(question, log, arms, measured, codes == code, [column, words.values[code]])
    return pd.DataFrame(rows, columns=BY_SEGMENT)


def _segment(
    question: Experiment, log: EventLog, arms: dict[str, int], measured: Measured, here: np.ndarray, named: list[str]
) -> list[list[Any]]:
    rows = []
    for k, metric in enumerate(question.metrics):
        rate = metric.rate and not np.isfinite(measured.reduction[k])
        sides = {a: _side(measured, k, here & (measured.arms == c), rate) for a, c in arms.items()}
        control = sides.pop(question.control)
        for arm, mine in sides.items():
            held = contrast.between(mine, control, question.interval, question.tightest_users)
            level = [
                v for pair in zip(*(_split([s.mean], metric.rate) for s in (mine, control)), strict=True) for v in pair
            ]
            own = [metric.kind, metric.name(log), *named, arm, mine.users, control.users, *level]
            rows.append([*own, *_split(held[:3], metric.rate), held.p, NAN])
    return rows


def adjust(*frames: pd.DataFrame) -> None:
    """Fills `p_adjusted` over all looks of all tables."""
    raw = np.concatenate([frame["p"].to_numpy(float) for frame in frames])
    told = stats.benjamini_hochberg(raw)
    for frame in frames:
        frame["p_adjusted"], told = told[: len(frame)], told[len(frame) :]


def by_day(question: Experiment, log: EventLog, arms: dict[str, int], measured: Measured) -> pd.DataFrame:
    """The first metric's difference over all users who had finished by the end of each day."""
    metric = question.metrics[0]
    named = BY_DAY if metric.rate else [c.replace("_points", "") for c in BY_DAY]
    if log.shape == "results" or not len(measured.users):
        return pd.DataFrame([], columns=named)
    done = measured.at + round(question.horizon_days * calendar.DAY_US)
    bounds, days = calendar.bounds(int(done.min()), int(done.max()) + 1, log.zone, "day")
    place = np.clip(np.searchsorted(bounds, done, side="right") - 1, 0, len(days) - 1)
    sums = {a: _running(measured, place, measured.arms == c, len(days)) for a, c in arms.items()}
    adjusted = bool(np.isfinite(measured.reduction[0]))
    frames = []
    for arm in list(arms)[1:]:
        bands = _bands(sums[arm], sums[question.control], metric.rate and not adjusted, question.tightest_users)
        columns = [days, [arm] * len(days), sums[arm][0].astype(int), sums[question.control][0].astype(int), *bands]
        frames.append(pd.DataFrame(dict(zip(named, columns, strict=True))))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame([], columns=named)


def _running(measured: Measured, place: np.ndarray, mine: np.ndarray, days: int) -> np.ndarray:
    """Users, mean and variance of an arm over all days up to each."""
    values, at = measured.values[mine, 0], place[mine]
    centre = float(values.mean()) if len(values) else 0.0
    n, one, two = (np.cumsum(np.bincount(at, w, days)) for w in (None, values - centre, (values - centre) ** 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(n > 0, one / n, np.nan)
        variance = np.where(n > 1, np.maximum(two - n * mean**2, 0) / (n - 1), np.nan)
    return np.array([n, mean + centre, variance])


def _bands(arm: np.ndarray, control: np.ndarray, rate: bool, tightest_users: float) -> list[np.ndarray]:
    """Difference, interval for one look, always-valid interval, day by day."""
    (n, mean, variance), (n0, mean0, variance0) = arm, control
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(variance / n + variance0 / n0)
    value = mean - mean0
    low, high = value - 1.96 * error, value + 1.96 * error
    if rate:  # Newcombe's, all days at once
        (a, b), (a0, b0) = stats.wilson(mean * n, n), stats.wilson(mean0 * n0, n0)
        low = value - np.sqrt((mean - a) ** 2 + (b0 - mean0) ** 2)
        high = value + np.sqrt((b - mean) ** 2 + (mean0 - a0) ** 2)
    half = sequential.half_width(n + n0, error, tightest_users=tightest_users)
    half = np.where(np.minimum(n, n0) >= sequential.FEWEST_USERS, half, np.nan)
    return [value, low, high, value - half, value + half]
