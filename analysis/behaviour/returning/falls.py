"""Sudden falls: a period that loses clearly more than the periods beside it.

Every curve of returns falls, fast at first and slower later. A fall is sudden only against its neighbours:
it must be larger than the fall before it and larger than the fall after it, by half again, and by more
than chance. A smooth curve, however steep, has no such place; a product that breaks in month six, a trial
that ends, a contract that runs out, have one.
"""

from __future__ import annotations

import numpy as np
from scipy import stats as sps

MARGIN = 1.5
"""How many times its neighbours' falls a sudden fall must be: the bend of a smooth S-shaped curve stays below."""

BEFORE = np.array([-1.0, 2.0, -1.0, 0.0])
AFTER = np.array([0.0, 1.0, -2.0, 1.0])
"""Contrasts of four rates in a row: by how much the fall from the second to the third exceeds the fall before it,
and the fall after it."""


def sudden(rates: np.ndarray, covariance: np.ndarray, *, last: bool = False) -> float:
    """p-value of a sudden fall from the second to the third of four rates in a row, the same users throughout.

    **Definition.** One-sided z-tests that the fall exceeds the fall before it and the fall after it. It must
    exceed both, so the larger p counts, which keeps the level; and it must be `MARGIN` times each of them, else p is 1.

    Args:
        rates: Four rates in a row.
        covariance: Of these rates, 4 × 4.
        last: There is no period after: only the fall before is compared, and the fourth rate is not used.

    Returns:
        p; 1 where nothing falls, or nothing varies.

    References:
        Intersection-union test: Berger (1982), Technometrics 24(4).
    """
    before, fall, after = -np.diff(rates)
    beside = max(before, 0.0) if last else max(before, after, 0.0)
    if not fall > MARGIN * beside:
        return 1.0
    worst = 0.0
    for weights in (BEFORE,) if last else (BEFORE, AFTER):
        variance = float(weights @ covariance @ weights)
        p = float(sps.norm.sf(weights @ rates / np.sqrt(variance))) if variance > 1e-15 else 1.0
        worst = max(worst, p)
    return worst
