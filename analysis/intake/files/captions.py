"""Captions: where a sheet's table begins, and what its columns are called.

In a sheet all rows are equally wide, so that width tells nothing. The header is the row that names
the most columns, in words, each once, above cells of another kind: titles and notes fill a cell or
two, rows of data look like the rows below them. Where the header repeats names, as under
"Current" and "Projected", leaves some out, or has bare numbers, the rows directly above it that name
groups of columns are read with it: "Sales" over "2020" is "Sales 2020".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.intake.files.heading import LOOKS_AT, is_data
from analysis.intake.files.typed import said

Span = tuple[tuple[int, int], tuple[int, int]]
"""First and last cell, row and column, of cells that were merged."""

_TRIED = 40
"""Rows among which the header is sought."""

_COLUMNS = 500
"""Columns that are looked at: more would tell no more."""

_LATER = 0.04
"""What each row that stands above a header counts against it."""


def place(rows: Sequence[Sequence[Any]]) -> int:
    """Place of the header among a sheet's first rows; −1 when the first row with cells is data already."""
    rows = [row[:_COLUMNS] for row in rows]
    text = [[said(cell) for cell in row] for row in rows]
    full = [k for k, row in enumerate(text) if any(row)]
    if not full:
        return 0
    width = max(sum(1 for cell in text[k] if cell) for k in full)
    best, score = full[0], -1.0
    for above, k in enumerate(full[:_TRIED]):
        later = [rows[m] for m in full[above + 1 : above + 1 + LOOKS_AT]]
        found = _fit(rows[k], text[k], later) - _LATER * above if later or not above else -1.0
        if found > score + 1e-9:
            best, score = k, found
        if _is_values(rows[k], width):
            break  # no header stands below data
    body = [text[k] for k in full if k > best][:LOOKS_AT]
    return -1 if _values_alone(rows[best], text[best]) or is_data(text[best], body) else best


def names(rows: Sequence[Sequence[Any]], at: int, spans: Sequence[Span] | None) -> list[str]:
    """Names of all columns by the header at row `at`; "" where a column has none.

    Args:
        rows: The sheet's rows down to the header at least.
        at: Place of the header.
        spans: Cells that were merged; None where the format doesn't tell.
    """
    bare = [said(cell) for cell in rows[at]]
    heads = _spread(bare, at, spans or [])
    given = [name for name in bare if name]
    if len(set(given)) == len(given) == len(bare) and not any(_is_number(name) for name in given):
        return heads
    groups: list[list[str]] = []
    for k in range(at - 1, max(at - 4, -1), -1):
        row = [said(cell) for cell in rows[k]]
        if not _names_groups(row, k, spans):
            break
        groups.insert(0, _spread(row, k, spans) if spans is not None else _forward(row))
    joined = []
    for column, name in enumerate(bare):
        parts = [group[column] for group in groups] + [name]
        kept = [p for n, p in enumerate(parts) if p and (n == 0 or p != parts[n - 1])]
        joined.append(" ".join(kept) or heads[column])
    return joined


def _fit(row: Sequence[Any], text: Sequence[str], below: Sequence[Sequence[Any]]) -> float:
    """How much a row looks like the header of the rows below it."""
    kinds = [[type(r[k]) for r in below if r[k] != ""] for k in range(len(row))]
    used = [k for k, found in enumerate(kinds) if found] or [k for k, cell in enumerate(text) if cell]
    given = [cell for cell in text if cell]
    named = [k for k in used if text[k]]
    words = sum(1 for k in named if isinstance(row[k], str))
    typed = sum(1 for k in named if isinstance(row[k], str) and _mostly_values(kinds[k]))
    distinct = len(set(given)) / len(given)
    return len(named) / len(used) + 0.5 * words / len(given) + 0.3 * distinct + typed / len(used)


def _mostly_values(kinds: list[type]) -> bool:
    return bool(kinds) and sum(1 for kind in kinds if kind is not str) >= 0.9 * len(kinds)


def _values_alone(row: Sequence[Any], text: Sequence[str]) -> bool:
    """Whether a row holds no word at all, years aside: numbers and dates name no columns."""
    given = [(cell, word) for cell, word in zip(row, text, strict=True) if word]
    years = all(_is_year(cell) for cell, _word in given)
    return bool(given) and not years and all(not isinstance(cell, str) for cell, _word in given)


def _is_values(row: Sequence[Any], width: int) -> bool:
    """Whether most cells of a row that fills half of the width or more are numbers or dates."""
    given = [cell for cell in row if cell != ""]
    values = sum(1 for cell in given if not isinstance(cell, str) and not _is_year(cell))
    return 2 * len(given) >= width and 2 * values > len(given)


def _is_year(cell: Any) -> bool:
    return isinstance(cell, float) and 1900 <= cell <= 2100 and cell.is_integer()


def _names_groups(row: Sequence[str], at: int, spans: Sequence[Span] | None) -> bool:
    """Whether a row names groups of columns, several or one merged over some columns, and is no title."""
    given = [k for k, name in enumerate(row) if name]
    if len(given) != 1:
        return len(given) > 1
    merged = [b[1] - a[1] + 1 for a, b in spans or [] if a[0] <= at <= b[0] and a[1] == given[0]]
    return given[0] > 0 and any(1 < width < len(row) for width in merged)


def _spread(row: Sequence[str], at: int, spans: Sequence[Span]) -> list[str]:
    """The row with the text of merged cells in each of them."""
    out = list(row)
    for (top, left), (_bottom, right) in spans:
        if top == at and left < len(row):
            out[left : right + 1] = [row[left]] * (min(right, len(row) - 1) - left + 1)
    return out


def _forward(row: Sequence[str]) -> list[str]:
    """The row with each name repeated up to the next one."""
    out: list[str] = []
    for name in row:
        out.append(name or (out[-1] if out else ""))
    return out


def _is_number(name: str) -> bool:
    return name.replace(".", "", 1).isdecimal()
