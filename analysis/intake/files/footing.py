"""Footing: what stands below a sheet's table: totals and notes.

A total would be counted as one more order. The last rows are totals when they say so ("Total", 合计)
and hold numbers; one that is as full as any other row must also be the sum of those above it, for
a product may be called Total. Notes are last rows of a few texts only, if something else shows that they
are none of the table: an empty row before them, a text where the column holds numbers, a long sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from analysis.intake.files.captions import Span

_TOTAL = re.compile(
    r"(?:(?:grand|sub|overall|report)[ -]?)?totals?|sum|итого|всего"
    r"|[合总總小共累]\s*[计計]|总\s*[和额数]"
    r"|gesamt(?:summe)?|summe|somma|totale|total (?:g[ée]n[ée]ral|general)|suma|totaal",
    re.IGNORECASE,
)
_NOTE = re.compile(r"\s*(?:[*※注]|备注|说明|note|source|disclaimer|来源|数据来源)", re.IGNORECASE)
_NUMBER = re.compile(r"[+\-(¥￥$€£\s]*\d[\d.,\s]*[%元)]?\s*")

_LONG = 30
"""A text of more characters is a sentence."""

_LOOKS_AT = 100


def below(rows: Sequence[Sequence[Any]], first: int, given: np.ndarray, spans: Sequence[Span]) -> dict[int, str]:
    """Rows below the table, each with the reason "total" or "comment".

    Args:
        rows: All rows of the sheet.
        first: The table's first row.
        given: Number of filled cells of each row.
        spans: Cells that were merged.
    """
    full = given[first:][given[first:] > 0]
    usual = int(np.quantile(full, 0.75)) if len(full) else 0
    totals: list[int] = []
    notes: list[int] = []
    for k in range(len(rows) - 1, first, -1):
        if not given[k]:
            continue
        if _is_total(rows, first, k, given[k] >= usual):
            totals.append(k)
        elif usual >= 2 and (3 * given[k] <= usual or given[k] == 1) and all(isinstance(c, str) for c in rows[k]):
            notes.append(k)
        else:
            break
    last = min([*totals, *notes], default=first)
    sure = any(_is_note(rows, first, last, k, given, spans) for k in notes)
    return dict.fromkeys(totals, "total") | (dict.fromkeys(notes, "comment") if sure else {})


def _is_total(rows: Sequence[Sequence[Any]], first: int, at: int, full: bool) -> bool:
    cells = [(k, c) for k, c in enumerate(rows[at]) if c != ""]
    labels = [c for _k, c in cells[:3] if isinstance(c, str)]
    if not any(_TOTAL.fullmatch(label.strip().rstrip(":：. ")) for label in labels):
        return False
    numbers = [k for k, c in cells if _number(c) is not None]
    return bool(numbers) and (not full or any(_is_sum(rows, first, at, k) for k in numbers))


def _is_sum(rows: Sequence[Sequence[Any]], first: int, at: int, column: int) -> bool:
    above = [_number(rows[k][column]) or 0.0 for k in range(first, at)]
    total = _number(rows[at][column])
    return total is not None and bool(np.isclose(sum(above), total, rtol=1e-6, atol=0.01))


def _number(cell: Any) -> float | None:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return float(cell)
    if isinstance(cell, str) and _NUMBER.fullmatch(cell):
        try:
            return float(re.sub(r"[^\d.]", "", cell))
        except ValueError:
            return None
    return None


def _is_note(
    rows: Sequence[Sequence[Any]], first: int, last: int, at: int, given: np.ndarray, spans: Sequence[Span]
) -> bool:
    """Whether a row of few texts shows that it is none of the table's; `last` is the first of such rows."""
    texts = [(k, c) for k, c in enumerate(rows[at]) if c.strip()]
    if not given[at - 1] or any(len(c) > _LONG or _NOTE.match(c) for _k, c in texts):
        return True
    if any(top == at and right > left for (top, left), (_bottom, right) in spans):
        return True
    above = range(max(first, last - _LOOKS_AT), last)
    kinds = [[type(rows[k][column]) for k in above if rows[k][column] != ""] for column, _c in texts]
    return any(found and 10 * found.count(str) <= len(found) for found in kinds)
