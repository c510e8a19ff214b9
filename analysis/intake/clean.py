"""Clean: the rows of a sheet to a log, each row used or dropped for one reason.

Nothing is repaired: a row without a user or a readable time can't be placed on anyone's path, and
a row that repeats another in every column was most likely exported twice. All else is kept, and
flagged where it looks odd.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pyarrow as pa

from analysis.errors import IntakeError
from analysis.events import EVENT, EventLog, Shape
from analysis.intake import duplicates, numerals
from analysis.intake.cells import NO_WORD, NOT_GIVEN, Cells, Text, look_up, text_of
from analysis.intake.flags import flags_of
from analysis.intake.kinds import NUMERIC, WORDS, milestones, numeric, whole_ids
from analysis.intake.ledger import REASONS, Ledger
from analysis.intake.reading import Imported, Roles
from analysis.intake.roles import shape_of
from analysis.intake.sheet import Sheet, Source
from analysis.intake.times import BAD, FINE, GONE, Times, times_of

Duplicates = Literal["drop", "keep"]
Progress = Callable[[float], None] | None

_CODE = {reason: code for code, reason in enumerate(REASONS, start=1)}


@dataclass(slots=True)
class Rules:
    """All that is chosen about an import, as `read` was given it."""

    roles: Roles
    zone: str = "UTC"
    duplicates: Duplicates = "drop"
    day_first: bool | None = None
    decimal: str = ""
    now: int = 0

    @property
    def shape(self) -> Shape:
        """The kind of table that the roles make."""
        return shape_of(self.roles)


@dataclass(slots=True)
class Rows:
    """A sheet's rows on their way: 0 is used, other codes are reasons."""

    sheet: Sheet
    reason: np.ndarray
    texts: dict[str, Text] = field(default_factory=dict)
    flagged: dict[str, int] = field(default_factory=dict)

    def text(self, name: str) -> Text:
        """A column as text, made once."""
        if name not in self.texts:
            self.texts[name] = text_of(self.sheet.columns[name])
        return self.texts[name]

    def drop(self, where: np.ndarray, reason: str) -> None:
        """Drops rows that have no reason yet."""
        self.reason[where & (self.reason == 0)] = _CODE[reason]

    def kept(self) -> np.ndarray | None:
        """Rows that are used; None when all are."""
        return np.flatnonzero(self.reason == 0) if self.reason.any() else None


def clean(source: Source, sheet: Sheet, rules: Rules, progress: Progress = None) -> Imported:
    """The log of a sheet, the rows left out, and the account of both."""
    say = progress or (lambda done: None)
    rows = Rows(sheet, np.zeros(sheet.height, np.int8), flagged=dict(sheet.notes))
    user = _user(rows, rules)
    times = _times(rows, rules)
    say(0.55)
    if rules.duplicates == "drop" and rules.shape != "results":
        _drop_repeats(rows, times)
    say(0.7)
    kept = rows.kept()
    if sheet.height == 0 or (kept is not None and not len(kept)):
        raise _nothing_left(rows)
    table, names = _table(rows, rules, user, times, kept)
    log = EventLog.build(table, zone=rules.zone, roles=names, shape=rules.shape, now=rules.now)
    say(0.9)
    ledger = _account(rows, log, rules)
    dropped = _dropped(source, rows)
    return Imported(replace(log, ledger=ledger), dropped, ledger, {r: c for r, c in rules.roles.items()})


def _user(rows: Rows, rules: Rules) -> Text:
    name = rules.roles.get("user")
    if name is None:  # a result table: each row is somebody
        height = rows.sheet.height
        ids = pa.array(np.arange(1, height + 1)).cast(pa.string())
        return Text(np.arange(height, dtype=np.int32), ids)
    raw = rows.text(str(name))
    text = raw.without(NOT_GIVEN)
    missing = text.codes < 0
    if missing.any():
        some = np.flatnonzero(missing)
        empty = np.ones(len(some), bool)
        for column in rows.sheet.columns:
            if not empty.any():
                break
            cell = rows.text(column).take(some).without(NO_WORD)
            empty &= cell.codes < 0
        blank = np.zeros(len(missing), bool)
        blank[some[empty]] = True
        rows.drop(blank, "blank")
        rows.drop(missing, "no_user")
    return text


def _times(rows: Rows, rules: Rules) -> dict[str, Times]:
    """Instants of the time column, or of each milestone."""
    columns, roles = rows.sheet.columns, rules.roles
    stones = milestones(roles)
    if stones:
        found = {name: times_of(columns[name], rules.zone, rules.day_first) for name in stones}
        states = np.stack([t.state for t in found.values()])
        rows.drop((states == GONE).all(axis=0), "no_time")
        rows.drop(~(states == FINE).any(axis=0), "bad_time")
        broken = int((states[:, rows.reason == 0] == BAD).sum())
        if broken:
            rows.flagged["unreadable_milestones"] = broken
        return found
    name = roles.get("time")
    if name is None:
        return {}
    clock = columns[str(roles["clock"])] if "clock" in roles else None
    column = columns[str(name)]
    if pa.types.is_dictionary(column.type):
        column = pa.chunked_array([rows.text(str(name)).to_arrow()])
    times = times_of(column, rules.zone, rules.day_first, clock)
    if (times.state != FINE).any():
        rows.drop(times.state == GONE, "no_time")
        rows.drop(times.state == BAD, "bad_time")
    return {str(name): times}


def _drop_repeats(rows: Rows, times: Mapping[str, Times]) -> None:
    keys = []
    for name, column in rows.sheet.columns.items():
        kind = column.type
        if pa.types.is_floating(kind) or pa.types.is_integer(kind):
            keys.append(
                numerals.numbers_of(column)[0] if column.null_count or pa.types.is_floating(kind) else column.to_numpy()
            )
        elif name in times and not pa.types.is_dictionary(kind):
            keys.append(
                np.where(times[name].state == FINE, times[name].instants, np.iinfo(np.int64).min)
                if column.null_count
                else times[name].instants
            )
        else:
            keys.append(rows.text(name).codes)
    again = duplicates.repeats(keys, rows.kept())
    rows.reason[again] = _CODE["duplicate"]


def _table(
    rows: Rows, rules: Rules, user: Text, times: Mapping[str, Times], kept: np.ndarray | None
) -> tuple[pa.Table, dict[str, str]]:
    """The table that `EventLog.build` sorts, and role -> column in it."""
    shape, stones = rules.shape, milestones(rules.roles)
    event: pa.Array
    if shape == "milestones":
        matrix = np.stack([times[name].state == FINE for name in stones], axis=1) & (rows.reason == 0)[:, None]
        kept, which = np.nonzero(matrix)
        instants = np.stack([times[name].instants for name in stones], axis=1)[kept, which]
        event = pa.DictionaryArray.from_arrays(pa.array(which.astype(np.int32)), pa.array(stones))
    else:
        instants = _pick(next(iter(times.values())).instants, kept) if times else np.zeros(_size(rows, kept), np.int64)
    taken = {c for r, c in rules.roles.items() if r in ("user", "time", "clock", "event", "milestone")} | set(stones)
    data: dict[str, pa.Array] = {"user": _words(user, kept), "time": pa.array(instants)}
    names: dict[str, str] = {}
    data[EVENT] = pa.nulls(0)
    role_of = {c: r for r, c in rules.roles.items() if isinstance(c, str) and c not in taken}
    for name, column in rows.sheet.columns.items():
        if name in taken:
            continue
        role = role_of.get(name, "")
        ours = _free(name, data)
        data[ours] = _property(rows, name, column, role, rules.decimal, kept)
        if role:
            names[role] = ours
    if shape == "orders":
        event = _order_event(data, names)
    elif shape != "milestones":
        event = _event(rows, rules, shape, kept)
    data[EVENT] = event
    return pa.table(data), {"event": EVENT, **names}


def _property(rows: Rows, name: str, column: Cells, role: str, decimal: str, kept: np.ndarray | None) -> pa.Array:
    kind = column.type
    typed = (
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    )
    if role in NUMERIC:
        source = column if typed else pa.chunked_array([rows.text(name).to_arrow()])
        values, bad = numerals.numbers_of(source, decimal)
        if bad.any():
            rows.flagged["unreadable_numbers"] = rows.flagged.get("unreadable_numbers", 0) + int(
                bad[rows.reason == 0].sum()
            )
        return pa.array(_pick(values, kept))
    if typed and role not in WORDS and not whole_ids(column):
        return pa.array(_pick(numerals.numbers_of(column)[0], kept))
    text = rows.text(name)
    if role not in WORDS and pa.types.is_dictionary(kind):
        found = numeric(text, decimal)
        if found is not None:
            return pa.array(_pick(found, kept))
    return _words(text.without(NO_WORD), kept)


def _event(rows: Rows, rules: Rules, shape: Shape, kept: np.ndarray | None) -> pa.Array:
    name = rules.roles.get("event")
    if name is None or shape == "results":
        word = "result" if shape == "results" else "event"
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(_size(rows, kept), np.int32)), pa.array([word]))
    return _words(rows.text(str(name)).without(NO_WORD), kept)


def _order_event(data: dict[str, pa.Array], names: dict[str, str]) -> pa.Array:
    """Purchase, or refund where quantity or amount is negative; adds the amount where none is given."""
    size = len(data["time"])
    number = {r: data[names[r]].to_numpy() for r in ("amount", "quantity", "price") if r in names}
    if "amount" not in number and {"quantity", "price"} <= number.keys():
        number["amount"] = number["quantity"] * number["price"]
        names["amount"] = _free("amount", data)
        data[names["amount"]] = pa.array(number["amount"])
    back = np.zeros(size, bool)
    for role in ("amount", "quantity"):
        if role in number:
            back |= number[role] < 0
    codes = back.astype(np.int32)
    words = ["purchase", "refund"] if back.any() else ["purchase"]
    return pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(words))


def _account(rows: Rows, log: EventLog, rules: Rules) -> Ledger:
    dropped = dict.fromkeys(REASONS, 0)
    for reason in rows.sheet.lost.reasons:
        dropped[reason] += 1
    counts = np.bincount(rows.reason, minlength=len(REASONS) + 1)
    for reason, code in _CODE.items():
        dropped[reason] += int(counts[code])
    return Ledger(
        rows=rows.sheet.rows,
        lines=rows.sheet.lines,
        used=int(counts[0]),
        dropped={r: n for r, n in dropped.items() if n},
        flagged={f: n for f, n in {**rows.flagged, **flags_of(log, rules.now)}.items() if n},
        events=log.n_events,
        header_lines=rows.sheet.header_lines,
    )


def _dropped(source: Source, rows: Rows) -> pa.Table:
    """Every row left out: line, reason, cells as text, and the whole record where cells don't fit."""
    gone = np.flatnonzero(rows.reason)
    lines, cells = source.where(gone) if len(gone) else (np.empty(0, np.int64), None)
    names, lost = list(rows.sheet.columns), rows.sheet.lost
    reason = np.array(["", *REASONS])[rows.reason[gone]].tolist() + lost.reasons
    table = {
        "line": pa.array(np.concatenate([lines, lost.lines]).astype(np.int64)),
        "reason": pa.array(reason, pa.string()),
    }
    for name in names:
        column = cells[name].cast(pa.string()) if cells is not None else pa.array([], pa.string())
        table[_free(name, table)] = pa.chunked_array([*_chunks(column), pa.nulls(len(lost.lines), pa.string())])
    table[_free("record", table)] = pa.chunked_array(
        [pa.nulls(len(gone), pa.string()), pa.array(lost.records, pa.string())]
    )
    return pa.table(table).sort_by("line")


def _nothing_left(rows: Rows) -> IntakeError:
    codes = [_CODE[r] for r in rows.sheet.lost.reasons] + rows.reason.tolist()[:1_000_000]
    if not codes:
        return IntakeError("empty", "The file is empty. Choose one with a header and at least one row.")
    most = list(REASONS)[int(np.bincount(codes).argmax()) - 1]
    return IntakeError(
        "nothing_left",
        "None of the {rows} rows can be used. The most common reason: {reason} Check the roles of the columns.",
        rows=rows.sheet.rows,
        reason=REASONS[most],
    )


def _free(name: str, taken: Mapping[str, object]) -> str:
    ours, again = name, 2
    while ours in taken:
        ours, again = f"{name} {again}", again + 1
    return ours


def _words(text: Text, kept: np.ndarray | None) -> pa.Array:
    return (text.compact() if kept is None else text.take(kept)).to_arrow()


def _pick(values: np.ndarray, kept: np.ndarray | None) -> np.ndarray:
    return values if kept is None else values[kept]


def _size(rows: Rows, kept: np.ndarray | None) -> int:
    return rows.sheet.height if kept is None else len(kept)


def _chunks(column: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return column.chunks if isinstance(column, pa.ChunkedArray) else [column]
