"""Heading: where a table begins, and what its columns are called.

The table is as wide as the rows that follow each other with the same number of fields: a title, a
report's parameters or a note are of another width, or fill one field only. The first row of that
width holds the headers, unless it looks like the rows below it: where a column below holds
numbers or dates and the first row holds one as well, that row is data already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from analysis.intake.values import numerals, times
from analysis.intake.values.cells import NOT_GIVEN

Row = Sequence[str]

LOOKS_AT = 100
"""Rows below a header that are held against it."""

_COLUMNS = 300
"""Columns that are looked at: more would tell no more."""

_MOSTLY = 0.9
"""Share of a column's cells that must be numbers or dates: a note below the table is neither."""


def outline(rows: Sequence[Row]) -> tuple[int, int, float]:
    """How wide the table is, its first row, and how well the rows keep to that: 0 to 1.

    A row keeps to a width when it has as many fields, further empty ones at its end aside. Of all
    widths that is taken which the most rows keep to from its first row on; a wider table counts for
    more, for chance makes narrow ones. Empty rows don't count.
    """
    sizes = [(k, len(row), filled_end(row)) for k, row in enumerate(rows)]
    sizes = [(k, size, end) for k, size, end in sizes if end]
    if not sizes:
        return 0, 0, 0.0
    widths = dict.fromkeys([sizes[0][1], *(w for w, _n in Counter(s[2] for s in sizes).most_common(20))])
    best = (0, 0, -1.0)
    for width in widths:
        fits = [end <= width <= size for _k, size, end in sizes]
        if not any(fits):
            continue
        first = fits.index(True)
        below = len(sizes) - first
        score = (sum(fits) - 1) / (below + 1 + 0.5 * first) * width / (width + 1)
        if score > best[2] + 1e-9:
            best = (width, sizes[first][0], score)
    return best


def header_place(rows: Sequence[Row]) -> int:
    """Place of the header among the first rows of delimited text; −1 when the first row is data already.

    A first row that fills a field or two of many is a title that was padded with delimiters, if the
    next row fills most. A header may have one name too few: then the last column has none.
    """
    width, first, _score = outline(rows)
    if not width:
        return 0
    whole = [k for k in range(first, len(rows)) if filled_end(rows[k]) <= width <= len(rows[k])]
    whole = [k for k in whole if filled_end(rows[k])]
    at = 0
    while at < 3 and at + 1 < len(whole) and _is_title(rows, whole[at:], width):
        at += 1
    place = whole[at]
    body = [rows[k] for k in whole[at + 1 : at + 1 + LOOKS_AT]]
    told = is_data(rows[place], body)
    if told and width > 2 and place > 0 and len(rows[place - 1]) == width - 1 == filled_end(rows[place - 1]):
        return place - 1
    return -1 if told else place


def is_data(head: Row, body: Sequence[Row]) -> bool:
    """Whether a row looks like the rows below it rather than like their header.

    Each column below that holds numbers or dates has a vote: for data if the row holds one there as
    well, for a header if not. Years may be headers. One voice for a header is enough, unless more
    than ten are for data; rising numbers, as above the columns of a pivot table, are headers then.
    """
    if not body:
        return any(_is_value(cell) for cell in head[:_COLUMNS])
    names, years, values = 0, 0, []
    for k, cell in enumerate(head[:_COLUMNS]):
        below = [row[k] for row in body if k < len(row) and row[k].strip() not in NOT_GIVEN]
        reads = next((reads for reads in (_numbers, _dates) if below and reads(below) >= _MOSTLY), None)
        if reads is None or cell.strip() in NOT_GIVEN:
            continue
        if _is_year(cell):
            years += 1
        elif reads([cell]) < 1:
            names += 1
        else:
            values.append(cell)
    if names:
        return len(values) > 10 * names and not _rises(values)
    return bool(values) or (not years and _repeats(head, body))


def filled_end(row: Row) -> int:
    """Number of fields up to the last one that isn't empty."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return end


def filled(row: Row) -> int:
    """Number of fields that aren't empty."""
    return sum(1 for cell in row if cell.strip())


def _is_title(rows: Sequence[Row], whole: list[int], width: int) -> bool:
    """Whether the first of these rows is a title above the header, which the second one then is."""
    head, following = rows[whole[0]], rows[whole[1]]
    if width < 3 or filled(head) * 4 > width + 1 or filled(following) < max(2, 2 * filled(head)):
        return False
    return not is_data(following, [rows[k] for k in whole[2 : 2 + LOOKS_AT]])


def _repeats(head: Row, body: Sequence[Row]) -> bool:
    """Whether the row's words are words of the rows below it, column by column: then it is one of them."""
    words = [(k, cell.strip()) for k, cell in enumerate(head[:_COLUMNS]) if cell.strip() not in NOT_GIVEN]
    least = max(2, len(body) // 20)
    again = [sum(1 for row in body if k < len(row) and row[k].strip() == cell) >= least for k, cell in words]
    return bool(words) and 2 * sum(again) >= len(words)


def _rises(cells: list[str]) -> bool:
    values = numerals.parse(pa.array(cells, pa.string()))[0]
    return bool((values[1:] > values[:-1]).all())


def _is_value(cell: str) -> bool:
    text = cell.strip()
    return text not in NOT_GIVEN and not _is_year(text) and (_numbers([text]) == 1 or _dates([text]) == 1)


def _is_year(cell: str) -> bool:
    text = cell.strip()
    return len(text) == 4 and text.isdecimal() and 1900 <= int(text) <= 2100


def _numbers(cells: list[str]) -> float:
    return float(1 - numerals.parse(pa.array(cells, pa.string()))[1].mean())


def _dates(cells: list[str]) -> float:
    return float(times.parse_either(pa.array(cells, pa.string()))[1].mean())
