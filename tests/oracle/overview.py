"""Benjamini and Hochberg's adjustment, slowly and plainly."""

from __future__ import annotations


def adjusted(p: list[float]) -> list[float]:
    """Each p-value times the looks over its rank, and never above that of a larger one."""
    n = len(p)
    return [min(1.0, *(v * n / sum(w <= v for w in p) for v in p if v >= own)) for own in p]
