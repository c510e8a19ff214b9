"""Table: the chosen rows as the columns of a log."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.events import EVENT, Categories, Column, EventLog, Numbers
from analysis.intake.assemble import assemble, categories
from analysis.intake.reading import columns_of
from analysis.intake.rows import Rows, Rules, free_name
from analysis.intake.values import numerals
from analysis.intake.values.cells import NO_WORD, Cells, Text
from analysis.intake.values.kinds import NUMERIC, WORDS, numeric, whole_ids

RESERVED = {"user": None, "time": None, EVENT: None}
"""Names that a property can't have: `EventLog` means something else by them."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows that become events, in the order of the log.

    Attributes:
        rows: Row of the sheet; a row stands several times where it has several milestones.
        instants: µs UTC.
        bounds: Where the rows of each user begin, and the end of the last.
        milestone: Which milestone it is; None for other shapes.
    """

    rows: np.ndarray
    instants: np.ndarray
    bounds: np.ndarray
    milestone: np.ndarray | None = None


def log_of(rows: Rows, rules: Rules, user: Text, chosen: Chosen) -> EventLog:
    """The log of the chosen rows."""
    taken = {c for r in ("user", "time", "clock", "event", "milestone") for c in columns_of(rules.roles, r)}
    role_of = {c: r for r, c in rules.roles.items() if isinstance(c, str) and c not in taken}
    makers: dict[str, Callable[[], Column]] = {EVENT: _event(rows, rules, chosen)}
    names: dict[str, str] = {"event": EVENT}
    for name, column in rows.sheet.columns.items():
        if name in taken:
            continue
        role = role_of.get(name, "")
        ours = free_name(name, {**makers, **RESERVED})
        makers[ours] = _property(rows, name, column, role, rules.decimal, chosen)
        if role:
            names[role] = ours
    with ThreadPoolExecutor(2) as pool:
        columns = dict(zip(makers, pool.map(lambda make: make(), makers.values()), strict=True))
    if rules.shape == "orders":
        columns[EVENT] = _order_event(columns, names, len(chosen.rows))
    present = np.diff(chosen.bounds) > 0
    who = user if present.all() else Text(user.codes, user.values.filter(pa.array(present)))
    bounds = chosen.bounds if present.all() else np.append(chosen.bounds[:-1][present], chosen.bounds[-1])
    return assemble(
        who, bounds, chosen.instants, columns, zone=rules.zone, roles=names, shape=rules.shape, now=rules.now
    )


def _property(rows: Rows, name: str, column: Cells, role: str, decimal: str, chosen: Chosen) -> Callable[[], Column]:
    """A function that makes the column; what it needs is settled here, in one thread."""
    typed = any(t(column.type) for t in _TYPED)
    if role in NUMERIC:
        source = column if typed else pa.chunked_array([rows.text(name).to_arrow()])
        values, bad = numerals.numbers_of(source, decimal)
        if bad.any():
            unreadable = int(bad[rows.reason == 0].sum())
            rows.flagged["unreadable_numbers"] = rows.flagged.get("unreadable_numbers", 0) + unreadable
        return lambda: Numbers(np.take(values, chosen.rows))
    if typed and role not in WORDS and not whole_ids(column):
        return lambda: Numbers(np.take(numerals.numbers_of(column)[0], chosen.rows))
    text = rows.text(name)
    if role not in WORDS and pa.types.is_dictionary(column.type):
        found = numeric(text, decimal)
        if found is not None:
            return lambda: Numbers(np.take(found, chosen.rows))
    return lambda: categories(text.without(NO_WORD), chosen.rows)


_TYPED = (pa.types.is_floating, pa.types.is_integer, pa.types.is_boolean, pa.types.is_decimal)


def _event(rows: Rows, rules: Rules, chosen: Chosen) -> Callable[[], Column]:
    if chosen.milestone is not None:
        which = Text(chosen.milestone.astype(np.int32), pa.array(columns_of(rules.roles, "milestone")))
        return lambda: categories(which.compact(), np.arange(len(which.codes)))
    name = rules.roles.get("event")
    if name is None or rules.shape == "results":
        word = {"results": "result", "orders": "purchase"}.get(rules.shape, "event")
        return lambda: Categories(np.ones(len(chosen.rows), np.int8), ("", word))
    text = rows.text(str(name))
    return lambda: categories(text.without(NO_WORD), chosen.rows)


def _order_event(columns: dict[str, Column], names: dict[str, str], size: int) -> Categories:
    """Purchase, or refund where quantity or amount is negative; adds the amount where none is given."""
    given = {r: columns[names[r]] for r in ("amount", "quantity", "price") if r in names}
    number = {r: c.values for r, c in given.items() if isinstance(c, Numbers)}
    if "amount" not in number and {"quantity", "price"} <= number.keys():
        number["amount"] = number["quantity"] * number["price"]
        names["amount"] = free_name("amount", columns)
        columns[names["amount"]] = Numbers(number["amount"])
    back = np.zeros(size, bool)
    for role in ("amount", "quantity"):
        if role in number:
            back |= number[role] < 0
    return Categories(1 + back.astype(np.int8), ("", "purchase", "refund") if back.any() else ("", "purchase"))
