"""Rates of sessions, by group: intervals and tests that know that one user has many sessions.

Sessions of one user are alike, so a thousand sessions of ten users say little more than ten users do. Every
interval and test here is therefore linearised and clustered by user.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats as sps

from analysis import stats
from analysis.behaviour.visits.session_walk import SUMS

COUNTS = ["sessions", "still_open", "users", "sessions_per_user"]
EVENTS = ["events_per_session", "events_per_session_low", "events_per_session_high"]
MEDIANS = [
    "median_duration_hours", "median_duration_hours_low", "median_duration_hours_high",
    "several_events_median_hours", "several_events_median_hours_low", "several_events_median_hours_high",
]  # fmt: skip
BOUNCES = ["bounces", "bounce_users", "bounce_rate", "bounce_rate_low", "bounce_rate_high"]
ENDS = ["entries", "exits", "exit_users", "views", "exit_rate", "exit_rate_low", "exit_rate_high"]
DIFFERENCES = ["difference_points", "difference_low_points", "difference_high_points", "p", "p_adjusted"]
COLUMNS = ["group", *COUNTS, *EVENTS, *MEDIANS, *BOUNCES, *ENDS, *DIFFERENCES]

FEW = 30
"""Users in a group, and outside it, below which its bounce rate is shown but not compared."""

MOST_TESTED = 50
"""Groups that are compared, the largest: more would be looks without a reader."""

HOUR_US = 3.6e9


def table(names: list[str], sums: np.ndarray, durations: list[np.ndarray], total: np.ndarray) -> pd.DataFrame:
    """The table of `COLUMNS`, one row a group.

    Args:
        names: What each group is called. sums: Its sums, as in `SUMS`; one row a group.
        durations: Durations (µs) of each group's closed sessions of several events.
        total: The sums of all sessions with a value: a group is compared with the others among them.
    """
    of: dict[str, Any] = dict(zip(SUMS, sums.T, strict=True))
    users = of["closed_users"]
    low, high = stats.ratio_interval(of["x"], of["n"], of["xx"], of["xn"], of["nn"], users)
    exit_low, exit_high = stats.ratio_interval(
        of["exits"], of["views"], of["exits2"], of["exits_views"], of["views2"], users
    )
    data: dict[str, Any] = {"group": names, **{c: of[c].astype(int) for c in COUNTS[:3]}}
    data["sessions_per_user"] = stats.rate(of["sessions"], of["users"])
    data |= dict(zip(EVENTS, _mean(of), strict=True))
    medians = [_medians(d, int(n)) for d, n in zip(durations, of["single"], strict=True)]
    data |= dict(zip(MEDIANS, np.array(medians, float).reshape(-1, 6).T, strict=True))
    rates = (of["x"].astype(int), of["bounce_users"].astype(int), stats.rate(of["x"], of["n"]), low, high)
    data |= dict(zip(BOUNCES, rates, strict=True))
    exits = (of["exits"].astype(int), of["exit_users"].astype(int), of["views"].astype(int))
    leaves = (stats.rate(of["exits"], of["views"]), exit_low, exit_high)
    data |= dict(zip(ENDS, (data["sessions"], *exits, *leaves), strict=True))
    tested: list[tuple[float, ...]] = [
        _difference(dict(zip(SUMS, row, strict=True)), dict(zip(SUMS, total, strict=True))) for row in sums
    ]
    for k, place in enumerate(np.argsort(-of["sessions"], kind="stable")):
        if not names[place]:
            tested[place] = (np.nan,) * 4  # sessions without a value are no group that others are compared with
        elif k >= MOST_TESTED:
            tested[place] = (*tested[place][:3], np.nan)
    data |= dict(zip(DIFFERENCES, np.array(tested, float).reshape(-1, 4).T, strict=False))
    data["p_adjusted"] = stats.benjamini_hochberg(data["p"])
    return pd.DataFrame(data, columns=COLUMNS)


def _mean(of: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Events per closed session, linearised and clustered by user (Cochran 1977, section 6.3); at least 1."""
    n, users = of["n"], of["closed_users"]
    mean = stats.rate(of["e"], n)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.maximum(of["ee"] - 2 * mean * of["en"] + mean**2 * of["nn"], 0)
        half = sps.norm.ppf(0.975) * np.where(users > 1, np.sqrt(users / (users - 1) * spread) / n, np.nan)
    return mean, np.maximum(mean - half, 1), mean + half


def _medians(durations: np.ndarray, single: int) -> list[float]:
    """Median duration in hours with its interval: of all closed sessions, then of those of several events."""
    ordered = np.sort(durations)
    return [*_median(ordered, single), *_median(ordered, 0)]


def _median(ordered: np.ndarray, zeros: int) -> tuple[float, float, float]:
    """Median and its interval by order statistics, with `zeros` further values of 0 in front.

    References:
        Conover (1999), Practical Nonparametric Statistics, 3rd ed., section 3.2.
    """
    n = len(ordered) + zeros

    def at(rank: int) -> float:
        return 0.0 if rank < zeros else float(ordered[rank - zeros]) / HOUR_US

    if not n:
        return np.nan, np.nan, np.nan
    low, high = int(sps.binom.ppf(0.025, n, 0.5)) - 1, int(sps.binom.ppf(0.975, n, 0.5))
    median = (at((n - 1) // 2) + at(n // 2)) / 2
    return median, at(low) if low >= 0 else np.nan, at(high) if high < n else np.nan


def _difference(one: dict[str, Any], all_: dict[str, Any]) -> stats.Difference:
    """Bounce rate of one group against all others, clustered by user.

    A user may have sessions in the group and outside it; the user's own influence on the difference is what is
    squared and summed. The test puts the common rate into it, as a score test does; the interval the two rates.

    References:
        Linearisation: Cochran (1977), section 6.3; with few users, t with one less than the smaller side's.
    """
    n, rest = one["n"], all_["n"] - one["n"]
    if n <= 0 or rest <= 0:
        return stats.Difference(np.nan, np.nan, np.nan, np.nan)
    here, there = one["x"] / n, (all_["x"] - one["x"]) / rest
    inside = one["closed_users"]
    outside = all_["closed_users"] - inside + one["also_outside"]
    users = all_["closed_users"]
    value = here - there
    if min(inside, outside) < 2:
        return stats.Difference(value, np.nan, np.nan, np.nan)
    degrees = min(inside, outside) - 1
    error = np.sqrt(users / (users - 1) * _spread(one, all_, here, there))
    half = float(sps.t.ppf(0.975, degrees)) * error
    if min(inside, outside) < FEW:
        return stats.Difference(value, value - half, value + half, np.nan)
    common = all_["x"] / all_["n"]
    null = np.sqrt(users / (users - 1) * _spread(one, all_, common, common))
    p = float(2 * sps.t.sf(abs(value) / null, degrees)) if null > 0 else 1.0
    return stats.Difference(value, max(value - half, -1.0), min(value + half, 1.0), p)


def _spread(one: dict[str, Any], all_: dict[str, Any], here: float, there: float) -> float:
    """Σ over users of (influence)²: ((x − here·n) / n_here − ((X − x) − there·(N − n)) / n_rest)²."""
    n, rest = one["n"], all_["n"] - one["n"]
    a = one["xx"] - 2 * here * one["xn"] + here**2 * one["nn"]
    whole = all_["xx"] - 2 * there * all_["xn"] + there**2 * all_["nn"]
    # b is what a user has outside: the whole less the inside, both at the outside's rate
    mixed = one["x_all_x"] - there * one["x_all_n"] - there * one["n_all_x"] + there**2 * one["n_all_n"]
    inside = one["xx"] - 2 * there * one["xn"] + there**2 * one["nn"]
    b = whole - 2 * mixed + inside
    # a·b summed: (x − here·n)(X − there·N) − (x − here·n)(x − there·n)
    cross = one["x_all_x"] - there * one["x_all_n"] - here * one["n_all_x"] + here * there * one["n_all_n"]
    cross -= one["xx"] - (here + there) * one["xn"] + here * there * one["nn"]
    return float(max(a / n**2 + b / rest**2 - 2 * cross / (n * rest), 0.0))
