"""One compiled pass over attempts each: how many reached what, how long it took, and by which value."""

from __future__ import annotations

import numba as nb
import numpy as np

_jit = nb.njit(nogil=True, cache=True)

AT_FIRST, AT_LAST, AT_ALL = -1, -2, -3
"""Where the value of an attempt is taken, beside the place of a step."""


@_jit
def in_order(rows):  # type: ignore[no-untyped-def]
    """Rows of each attempt in the order in which they were reached, those not reached (-1) last."""
    out = np.full_like(rows, -1)
    for i in range(len(rows)):
        n = 0
        for k in range(rows.shape[1]):
            row = rows[i, k]
            if row >= 0:
                place = n
                while place > 0 and out[i, place - 1] > row:
                    out[i, place] = out[i, place - 1]
                    place -= 1
                out[i, place] = row
                n += 1
    return out


@_jit
def count(rows, still_open):  # type: ignore[no-untyped-def]
    """Attempts that reached each step: row 0 the closed ones, row 1 those still open."""
    out = np.zeros((2, rows.shape[1]), np.int64)
    for i in range(len(rows)):
        for k in range(rows.shape[1]):
            out[np.int64(still_open[i]), k] += rows[i, k] >= 0
    return out


@_jit
def count_values(rows, still_open, codes, n_values):  # type: ignore[no-untyped-def]
    """Closed attempts that reached each step, by the code of their value: steps × values."""
    out = np.zeros((rows.shape[1], n_values), np.int64)
    for i in range(len(rows)):
        if not still_open[i]:
            for k in range(rows.shape[1]):
                out[k, codes[i]] += rows[i, k] >= 0
    return out


@_jit
def spans(rows, before, still_open, counts, time):  # type: ignore[no-untyped-def]
    """Time from the step `before[k]` to step k of the closed attempts that reached k, step by step one behind another.

    Args:
        counts: Closed attempts that reached each step.
    """
    n = rows.shape[1]
    place = np.zeros(n + 1, np.int64)
    for k in range(1, n):
        place[k + 1] = place[k] + counts[k]
    out, at = np.empty(place[n], np.int64), place.copy()
    for i in range(len(rows)):
        if still_open[i]:
            continue
        for k in range(1, n):
            row = rows[i, k]
            if row >= 0:
                out[at[k]] = time[row] - time[rows[i, before[k]]]
                at[k] += 1
    return out, place


@_jit
def values(rows, codes, at):  # type: ignore[no-untyped-def]
    """Code of each attempt's value, 0 for none; `at` is a step's place or one of AT_FIRST, AT_LAST, AT_ALL."""
    out = np.zeros(len(rows), np.int32)
    for i in range(len(rows)):
        if at >= 0:
            row = rows[i, at]
            out[i] = codes[row] if row >= 0 else 0
            continue
        best = np.int64(-1)
        for k in range(rows.shape[1]):
            row = rows[i, k]
            if row < 0:
                continue
            code = codes[row]
            if at == AT_ALL:
                if k == 0:
                    out[i] = code
                elif code != out[i]:
                    out[i] = 0
                    break
            elif code > 0 and (best < 0 or (row < best) == (at == AT_FIRST)):
                best, out[i] = row, code
    return out
