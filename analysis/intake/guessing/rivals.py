"""Rivals: several columns that could play one role, and which of them plays it.

A file has many times, many sums and many ids. What decides, beside the header: a user, a time and
an event must be given in nearly every row, for rows without them are lost; and a sum must be the
line's. Where a file has a row for each line of an order and repeats the order's total on each, that
total is counted once a line: a sum of its own for each line is preferred to it, and so is quantity
× price, for which the total is then left out. With neither of them the total stays, with less trust.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from analysis.intake.guessing.headers import bare, spoken
from analysis.intake.guessing.profiles import Profile
from analysis.intake.values.cells import NOT_GIVEN, Cells, text_of

REASONS = {
    "fits": "The header “{column}” names it, and the values fit.",
    "header": "The header “{column}” names it.",
    "values": "The values of “{column}” look like it; the header says nothing.",
    "orders": "No column holds the buyer, so each “{column}” counts as one: who comes back can't be told.",
    "gaps": "The header “{column}” names it, but many rows lack it.",
    "other": "“{column}” could be it too, but another column fits better.",
    "happened": "Of the file's times, “{column}” is the one that says when it happened.",
    "person": "Of the file's ids, “{column}” stands best for the person.",
    "contact": "No column holds an id of the person, so “{column}” stands in.",
    "money": "Of the file's sums, “{column}” is closest to what was paid.",
    "repeated": "“{column}” repeats on every line of an order: adding it up would count orders twice.",
    "lines": "“{column}” is the same on all lines of an order.",
    "number": "“{column}” looks like a document number, and rows hold money.",
    "kind": "“{column}” says what happened at the file's time.",
    "arms": "“{column}” holds a few groups, and one is called like an arm.",
}
"""Why a column has a role: code -> template with the field `column`."""

Candidates = dict[str, tuple[float, str]]
"""Column -> confidence and code of the reason."""

_WINS = {"time": "happened", "user": "person", "amount": "money"}
_RUNNER_UP = 0.7

_TIME_OF = re.compile(r"(时间|日期|时刻)$|\b(time|date|timestamp|datetime|at|on)$")
_KIND_OF = re.compile(r"(类型|类别|方式|名称|动作|结果)$|\b(type|kind|name|action|result|outcome)$")
_DOCUMENT = re.compile(r"订单|单据|下单|支付|付款|预订|发票|\b(order|invoice|purchase|payment|booking|document)\b")
"""What is bought or booked: its type is a property, and buying it is the event."""


def settle(found: Mapping[str, Candidates], seen: Mapping[str, Profile], sample: Mapping[str, Cells]) -> None:
    """Weighs the candidates of each role against each other, in place."""
    for role in ("user", "time", "event"):
        if role == "event" and not found["event"]:
            found["event"].update(_kinds(found["time"], seen))
        for name, (confidence, why) in found.get(role, {}).items():
            share = seen[name].share or 1.0  # an empty column has lost its half already
            found[role][name] = (confidence * (0.5 + 0.5 * share), "gaps" if share < 0.7 else why)
    if not found["order"]:
        found["order"].update(_document_numbers(found, seen))
    order = max(found["order"], key=lambda n: found["order"][n][0], default=None)
    if order is not None and seen[order].distinct < seen[order].given:
        _lines(found, order, sample)
    for role, rivals in found.items():
        _rank(role, rivals)


def _rank(role: str, rivals: Candidates) -> None:
    """The first keeps its confidence, the others lose some: only one column plays a role."""
    if not rivals:
        return
    first = max(rivals, key=lambda n: rivals[n][0])
    best, why = rivals[first]
    if len(rivals) > 1 and why == "fits" and role in _WINS:
        rivals[first] = (best, _WINS[role])
    if role == "user" and why == "fits" and best < 0.8:
        rivals[first] = (best, "contact")
    for name, (confidence, why) in rivals.items():
        if name != first:
            rivals[name] = (_RUNNER_UP * confidence, "other" if why == "fits" else why)


def _kinds(times: Candidates, seen: Mapping[str, Profile]) -> Candidates:
    """Columns that say the kind of what the time is of: 签到类型 beside 签到时间, "visit type" beside "visit date"."""
    if not times:
        return {}
    stem = _TIME_OF.sub("", spoken(max(times, key=lambda n: times[n][0]))).strip()
    if len(stem) < 2 or _DOCUMENT.search(stem):
        return {}
    return {
        n: (0.82, "kind")
        for n, look in seen.items()
        if _KIND_OF.sub("", spoken(n)).strip() == stem and _KIND_OF.search(spoken(n)) and look.distinct < look.given
    }


def _document_numbers(found: Mapping[str, Candidates], seen: Mapping[str, Profile]) -> Candidates:
    """Columns called no more than "id" or "name" that number the documents of a table with money."""
    if not found["amount"] and not (found["quantity"] and found["price"]):
        return {}
    names = [n for n in seen if bare(n) in ("id", "name", "no", "number", "编号", "单号", "ref", "reference")]
    return {n: (0.5 + 0.2 * seen[n].share, "number") for n in names if seen[n].documents >= 0.9}


def _lines(found: Mapping[str, Candidates], order: str, sample: Mapping[str, Cells]) -> None:
    """Tells the totals of orders from the sums of their lines."""
    sums = found["amount"]
    repeated = {n for n in sums if _same_on_all_lines(sample[order], sample[n])}
    details = [n for r in ("amount", "quantity", "price") for n in found[r] if n not in repeated]
    if not any(_differs(sample[order], sample[n]) for n in details):
        return
    other = any(n not in repeated for n in sums) or (found["quantity"] and found["price"])
    for name in repeated:
        sums[name] = (sums[name][0] * (0.35 if other else 0.6), "repeated")
    confidence, why = found["order"][order]
    found["order"][order] = (confidence, "lines" if why == "fits" else why)


def _spread(order: Cells, column: Cells) -> tuple[np.ndarray, np.ndarray]:
    """Of each order: rows in which the column is given, and its different values there."""
    keys, values = text_of(order).without(NOT_GIVEN).codes, text_of(column).without(NOT_GIVEN).codes
    both = (keys >= 0) & (values >= 0)
    pairs = np.unique(np.stack([keys[both], values[both]]), axis=1)
    size = int(keys.max(initial=0)) + 1
    return np.bincount(keys[both], minlength=size), np.bincount(pairs[0], minlength=size)


def _same_on_all_lines(order: Cells, column: Cells) -> bool:
    lines, values = _spread(order, column)
    several = lines > 1
    return int(several.sum()) >= 2 and bool((values[several] == 1).mean() >= 0.95)


def _differs(order: Cells, column: Cells) -> bool:
    lines, values = _spread(order, column)
    return bool((values[lines > 1] > 1).any())
