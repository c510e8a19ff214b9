"""Sudden falls: a period that loses clearly more than the periods beside it.

Every curve of returns falls, fast at first and slower later. A fall is sudden only against its neighbours:
it must be larger than the fall before it and larger than the fall after it, each by half again, and
beyond chance. A smooth curve, however steep, has no such place; a product that breaks in month six, a trial
that ends, a contract that runs out, have one.
"""

from __future__ import annotations

import numpy as np
from scipy import stats as sps

MARGIN = 1.5
"""How many times its neighbour's fall a sudden fall must be: the bend of a smooth S-shaped curve stays below."""

BEFORE = np.array([[-1.0, 2.0, -1.0, 0.0], [-MARGIN, 1 + MARGIN, -1.0, 0.0]])
AFTER = np.array([[0.0, 1.0, -2.0, 1.0], [0.0, 1.0, -1 - MARGIN, MARGIN]])
"""Contrasts of four rates in a row, the fall being from the second to the third: by how much it exceeds the fall
before it (or after it), once as it is and once `MARGIN` times."""


def sudden(rates: np.ndarray, covariance: np.ndarray, *, last: bool = False) -> float:
    """p-value of a sudden fall from the second to the third of four rates in a row, the same users throughout.

    **Definition.** One-sided z-tests that the fall exceeds the fall before it and the fall after it, each once
    and `MARGIN` times; the fall must pass all, so the largest p counts, which keeps the level.

    Args:
        rates: Four rates in a row.
        covariance: Of these rates, 4 × 4.
        last: There is no period after: only the fall before is compared, and the fourth rate is not used.

    Returns:
        p; 1 where nothing falls, or nothing varies.

    References:
        Intersection-union test: Berger (1982), Technometrics 24(4).
    """
    if not rates[1] > rates[2]:
        return 1.0
    contrasts = BEFORE if last else np.vstack([BEFORE, AFTER])
    worst = 0.0
    for weights in contrasts:
        variance = float(weights @ covariance @ weights)
        p = float(sps.norm.sf(weights @ rates / np.sqrt(variance))) if variance > 1e-15 else 1.0
        worst = max(worst, p)
    return worst
