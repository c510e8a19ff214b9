"""Findings: what stands out, as facts; the words come last.

A finding is a message id (English), its facts, an effect with its interval, an adjusted
p-value and the number of units behind it. `analysis.words` says it in either language, so
the same finding reads in English and in 中文, to the digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from analysis import stats

Tone = Literal["neutral", "good", "bad", "caution"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence's worth of answer.

    Attributes:
        message: English template and message id. A field's name says its unit, as everywhere:
            `_rate` and `_share` are shown as percent, `_points` as percentage points, counts with
            thousands, `_days` as numbers, `_hours` as a span with its unit, text as it is.
        facts: Values of the template's fields.
        detail: A second, smaller sentence: interval, base, condition. May be empty.
        effect: Size of what was found, in the unit of its interval; nan when it has none.
        low, high: 95 % interval of the effect; nan when it has none.
        p: p-value; after `adjusted`, corrected for all that was looked at. nan when nothing was tested.
        n: Units behind it.
        looks: How many comparisons were looked at.
        tone: What it means for the reader.
        weight: Order among the findings of one answer; larger first.
    """

    message: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""
    effect: float = float("nan")
    low: float = float("nan")
    high: float = float("nan")
    p: float = float("nan")
    n: int = 0
    looks: int = 0
    tone: Tone = "neutral"
    weight: float = 0.0

    def toned(self, tone: Tone, weight: float) -> Finding:
        """The same finding, with what it means and how much it matters."""
        return replace(self, tone=tone, weight=weight)


def adjusted(findings: Iterable[Finding], *, looks: int | None = None, alpha: float = 0.05) -> list[Finding]:
    """Those that stand after Benjamini-Hochberg over all that was looked at.

    Args:
        findings: One a comparison, p-values unadjusted. Those without a p-value pass unchanged.
        looks: Comparisons looked at; the tested findings' number when not given.
        alpha: False discovery rate.
    """
    findings = list(findings)
    tested = [f for f in findings if not np.isnan(f.p)]
    q = stats.benjamini_hochberg(np.array([f.p for f in tested]), looks=looks)
    kept = {id(f): replace(f, p=float(v), looks=looks or len(tested)) for f, v in zip(tested, q, strict=True)}
    told = [kept.get(id(f), f) for f in findings]
    return sorted((f for f in told if not f.p > alpha), key=lambda f: -f.weight)
