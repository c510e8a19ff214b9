"""The parts of a change: exact sums, and their intervals over users.

A rate moves because the groups' own rates move, or because the groups' shares of the users do (mix). With the mean of
both periods as weights the two add up to the whole, with nothing left over and no order of before and after. Money
moves with the users, their mix, the rate of those who pay, and what each who pays is worth; its parts are weighted
with the logarithmic mean, which also leaves nothing over.

References:
    Kitagawa (1955), JASA 50(272), components of a difference between two rates, two components. Ang (2004), Energy
    Policy 32(9), logarithmic mean Divisia index. Efron and Stein (1981), Annals of Statistics 9(3), jackknife.
"""

from __future__ import annotations

import numpy as np
from scipy import stats as sps

BUCKETS = 100
"""Users are dealt into so many groups; each is left out once."""


def rate_parts(sums: np.ndarray) -> np.ndarray:
    """Mix and rate of a change of a rate, by group.

    Args:
        sums: … × groups × 6: users, converted, money of the first period, then of the second.

    Returns:
        … × groups × 3: mix, rate, and the group's change of rate against that of all other groups together. The sum
        of mix and rate over groups is the change of the whole. A group that is in one period only has no change of
        its own: it is all mix.
    """
    n1, x1, n2, x2 = (sums[..., k].astype(float) for k in (0, 1, 3, 4))
    with np.errstate(divide="ignore", invalid="ignore"):
        w1, w2 = n1 / n1.sum(-1, keepdims=True), n2 / n2.sum(-1, keepdims=True)
        r1, r2 = x1 / n1, x2 / n2
        others = [v.sum(-1, keepdims=True) - v for v in (n1, x1, n2, x2)]
        against = (r2 - r1) - (others[3] / others[2] - others[1] / others[0])
        whole = (x1.sum(-1, keepdims=True) / n1.sum(-1, keepdims=True)) + x2.sum(-1, keepdims=True) / n2.sum(
            -1, keepdims=True
        )
    r1, r2 = np.where(n1 > 0, r1, r2), np.where(n2 > 0, r2, r1)
    r1, r2 = np.nan_to_num(r1), np.nan_to_num(r2)
    mix = (w2 - w1) * ((r1 + r2) - whole) / 2
    return np.stack([mix, (w1 + w2) / 2 * (r2 - r1), against], axis=-1)


def money_parts(sums: np.ndarray) -> np.ndarray:
    """Users, mix, rate, value and rest of a change of money, by group; see `rate_parts`.

    A group whose money is not above zero in both periods has no logarithm: its whole change is the rest.
    """
    n1, x1, m1, n2, x2, m2 = (sums[..., k].astype(float) for k in range(6))
    with np.errstate(divide="ignore", invalid="ignore"):
        fine = (m1 > 0) & (m2 > 0) & (x1 > 0) & (x2 > 0)
        growth = np.log(np.where(fine, m2, 1.0)) - np.log(np.where(fine, m1, 1.0))
        weight = np.where(np.abs(growth) > 1e-9, (m2 - m1) / growth, (m1 + m2) / 2)
        users = np.broadcast_to(np.log(n2.sum(-1, keepdims=True) / n1.sum(-1, keepdims=True)), m1.shape)
        mix = np.log(n2 / n1) - users
        rate = np.log((x2 / n2) / (x1 / n1))
        value = growth - users - mix - rate
        parts = [np.where(fine, weight * part, 0.0) for part in (users, mix, rate, value)]
    return np.stack([*parts, np.where(fine, 0.0, m2 - m1)], axis=-1)


def dealt(bucket: np.ndarray, group: tuple[np.ndarray, np.ndarray], groups: int, values: np.ndarray) -> np.ndarray:
    """Sums by bucket and group, `BUCKETS` × groups × 6.

    Args:
        bucket: Of each user.
        group: Of each user in both periods; -1 where not of its users.
        groups: How many.
        values: Users × 6.
    """
    found = np.zeros((BUCKETS, groups, 6))
    for k in range(6):
        g = group[k // 3]
        there = g >= 0
        place = bucket[there] * groups + g[there]
        found[..., k] = np.bincount(place, values[there, k], BUCKETS * groups).reshape(BUCKETS, groups)
    return found


def without_each(sums: np.ndarray) -> np.ndarray:
    """The sums over all buckets but one, brought back to the size of all."""
    return (sums.sum(axis=0) - sums) * (BUCKETS / (BUCKETS - 1))


def error(found: np.ndarray) -> np.ndarray:
    """Standard error of what was found with each bucket left out in turn."""
    apart = found - found.mean(axis=0)
    return np.asarray(np.sqrt((BUCKETS - 1) / BUCKETS * (apart**2).sum(axis=0)))


def interval(value: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """95 % interval and two-sided p-value; nan where there is no spread to judge by."""
    half = float(sps.t.ppf(0.975, BUCKETS - 1)) * spread
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * sps.t.sf(np.abs(value / spread), BUCKETS - 1)
    known = spread > 0
    return np.where(known, value - half, np.nan), np.where(known, value + half, np.nan), np.where(known, p, np.nan)
