"""The arms of a trial by name: which take part, the control first."""

from __future__ import annotations

import numpy as np

from analysis.errors import ParameterError
from analysis.events import Categories

MOST_ARMS = 20
"""Beyond this a column is no column of arms."""


def named(
    column: Categories,
    found: np.ndarray,
    control: str,
    treatments: tuple[str, ...] | None,
    planned_shares: tuple[float, ...] | None,
) -> dict[str, int]:
    """Name and code of each arm, control first.

    Args:
        column: The column of arms.
        found: Codes of the arms that users have.
        control: The arm the others are compared with.
        treatments: The others; None: all that were found.
        planned_shares: Checked to be one for each arm.

    Raises:
        ParameterError: Too many arms, or not one planned share for each.
        UnknownValueError: The column has no such arm.
    """
    others = treatments
    if others is None:
        others = tuple(sorted({column.values[c] for c in np.unique(found)} - {control}))
    if len(others) >= MOST_ARMS:
        raise ParameterError.outside("arm", f"{len(others) + 1} arms", f"a column of at most {MOST_ARMS} arms")
    names = (control, *others)
    if planned_shares is not None and len(planned_shares) != len(names):
        raise ParameterError.outside("planned_shares", planned_shares, "one share for each of " + ", ".join(names))
    return {name: column.code(name, "arm") for name in names}
