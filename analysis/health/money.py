"""Money: amounts that are missing, negative, zero, or far too large.

A *sale* is an event of which at least half the rows have an amount other than zero, or the one named as a purchase
when any of its rows has one. Refunds are negative, so a negative amount is nothing wrong by itself.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis import suggest
from analysis.events import EventLog, Numbers
from analysis.findings import Finding
from analysis.health.facts import Behind, Fact, by_share, share
from analysis.health.scan import rows_of

GIVEN, EMPTY, NEGATIVE, ZERO = range(4)


def facts(log: EventLog) -> list[Fact]:
    """All about the amounts; nothing where no column plays that role."""
    values = amounts(log)
    if values is None:
        return []
    by_event, income, largest = _money(log.starts, log.ends, log.events.codes, values, len(log.events.values))
    given, sold = int(by_event[:, GIVEN].sum()), _sold(log, by_event)
    if not given:
        told = Finding("No amount is given at all.", {}, "Money can't be told from this file: choose another column.")
        return [Fact("amount_missing", "careful", 1.0, "share", told)]
    return [
        _missing(by_event, sold),
        _negative(int(by_event[:, NEGATIVE].sum()), given),
        _zero(by_event, sold),
        *_largest(float(values[largest]) if largest >= 0 else 0.0, float(income), given),
    ]


def amounts(log: EventLog) -> np.ndarray | None:
    """The column of amounts; None where there is none."""
    column = log.columns.get(log.roles.get("amount", ""))
    return column.values if isinstance(column, Numbers) else None


def sales(log: EventLog) -> np.ndarray:
    """Truth value by code of event: whether it is a sale."""
    values = amounts(log)
    if values is None:
        return np.zeros(len(log.events.values), bool)
    return _sold(log, _money(log.starts, log.ends, log.events.codes, values, len(log.events.values))[0])


def _sold(log: EventLog, by_event: np.ndarray) -> np.ndarray:
    paid = by_event[:, GIVEN] - by_event[:, ZERO]
    out = (paid > 0) & (2 * paid >= by_event[:, GIVEN] + by_event[:, EMPTY])
    named = suggest.goal(log)
    if named is not None:
        code = log.events.values.index(named)
        out[code] |= paid[code] > 0
    return out


def missing_rows(log: EventLog) -> np.ndarray:
    """Rows of sales without an amount."""
    values = amounts(log)
    assert values is not None
    return rows_of(log, np.isnan(values) & sales(log)[log.events.codes])


def negative_rows(log: EventLog) -> np.ndarray:
    """Rows with a negative amount."""
    values = amounts(log)
    assert values is not None
    return rows_of(log, values < 0)


def zero_rows(log: EventLog) -> np.ndarray:
    """Rows of sales with an amount of zero."""
    values = amounts(log)
    assert values is not None
    return rows_of(log, (values == 0) & sales(log)[log.events.codes])


def largest_row(log: EventLog) -> np.ndarray:
    """The row with the largest amount, the first of several."""
    values = amounts(log)
    assert values is not None
    row = _money(log.starts, log.ends, log.events.codes, values, len(log.events.values))[2]
    return np.array([row])


def _missing(by_event: np.ndarray, sold: np.ndarray) -> Fact:
    rows, of = int(by_event[sold, EMPTY].sum()), int(by_event[sold, : EMPTY + 1].sum())
    part = share(rows, of)
    if not rows:
        told = Finding("Every sale has an amount.", {}, "Sums and averages of money miss nothing.")
        return Fact("amount_missing", "fine", 0, "rows", told)
    told = Finding(
        "Sales without an amount are {sale_share} of all sales.",
        {"sale_share": part},
        "They count as sales without money: sums are too low by what is missing.",
    )
    return Fact("amount_missing", by_share(part, 0.01, 0.2), rows, "rows", told, Behind("rows", rows, missing_rows))


def _negative(rows: int, given: int) -> Fact:
    if not rows:
        told = Finding("No amount is negative.", {}, "Refunds, if there are any, are not among the amounts.")
        return Fact("amount_negative", "fine", 0, "rows", told)
    part = share(rows, given)
    told = Finding(
        "Negative amounts are {amount_share} of all.",
        {"amount_share": part},
        "They are taken as refunds and lower the sums. Are they?",
    )
    return Fact("amount_negative", by_share(part, 0.1, 0.5), rows, "rows", told, Behind("rows", rows, negative_rows))


def _zero(by_event: np.ndarray, sold: np.ndarray) -> Fact:
    rows, of = int(by_event[sold, ZERO].sum()), int(by_event[sold, : EMPTY + 1].sum())
    if not rows:
        told = Finding("No sale has an amount of zero.", {}, "Each brought money or gave it back.")
        return Fact("amount_zero", "fine", 0, "rows", told)
    part = share(rows, of)
    told = Finding(
        "Sales with an amount of zero are {sale_share} of all sales.",
        {"sale_share": part},
        "Free items, samples or cancelled orders count as sales and lower the average.",
    )
    return Fact("amount_zero", by_share(part, 0.05, 0.5), rows, "rows", told, Behind("rows", rows, zero_rows))


def _largest(amount: float, income: float, given: int) -> list[Fact]:
    if amount <= 0:
        return []
    part = share(amount, income)
    severity = by_share(part, 0.05, 0.25) if given >= 100 else "fine"
    message = "It is {income_share} of all money that came in."
    facts = {"income_share": part}
    if severity == "fine":
        detail = "No single sale carries the averages."
    else:
        detail = "One row moves every average: a bulk order, a test, or a slipped decimal point?"
    if given < 100:
        detail = "With few amounts each weighs much."
    behind = Behind("rows", 1, largest_row)
    return [Fact("amount_largest", severity, amount, "number", Finding(message, facts, detail), behind)]


@nb.njit(nogil=True, cache=True)
def _money(starts, ends, codes, values, n):  # type: ignore[no-untyped-def]
    """By event: rows with an amount, without, negative, zero; the sum of what is positive; the row of the largest."""
    by_event, income, largest = np.zeros((n, 4), np.int64), 0.0, -1
    for i in range(len(starts)):
        for row in range(starts[i], ends[i]):
            value, code = values[row], codes[row]
            if np.isnan(value):
                by_event[code, 1] += 1
                continue
            by_event[code, 0] += 1
            by_event[code, 2] += value < 0
            by_event[code, 3] += value == 0
            if value > 0:
                income += value
            if largest < 0 or value > values[largest]:
                largest = row
    return by_event, income, largest
