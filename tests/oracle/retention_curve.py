"""The fate of every user, one by one, and the likelihood of a curve on a grid."""

from __future__ import annotations

from math import lgamma

import numpy as np


def fates(days: dict[str, list[int]], last_day: int, wait: int) -> tuple[dict[int, int], dict[int, int]]:
    """Users lost in day k after their first, and users followed to the end, by the days followed; whole days only."""
    lost: dict[int, int] = {}
    ended: dict[int, int] = {}
    for seen in days.values():
        began = min(seen)
        followed = last_day - began - wait
        if followed <= 0:
            continue
        stayed = max(seen) - began
        if stayed >= followed:
            ended[followed] = ended.get(followed, 0) + 1
        else:
            lost[stayed + 1] = lost.get(stayed + 1, 0) + 1
    return lost, ended


def likelihood(alpha: float, beta: float, alive: np.ndarray) -> float:
    """Log-likelihood of survivors, by the beta functions of the paper (equations 5 and 6)."""

    def log_beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    total, last = 0.0, len(alive) - 1
    for t in range(1, last + 1):
        total += (alive[t - 1] - alive[t]) * (log_beta(alpha + 1, beta + t - 1) - log_beta(alpha, beta))
    return total + alive[last] * (log_beta(alpha, beta + last) - log_beta(alpha, beta))
