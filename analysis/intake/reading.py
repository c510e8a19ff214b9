"""What intake says: a Reading before the import, an Imported after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from analysis.events import EventLog, Shape
from analysis.intake.ledger import Ledger

Roles = Mapping[str, str | tuple[str, ...]]
Layout = Mapping[str, Any] | None

ROLES = (
    "user", "time", "clock", "event", "amount", "quantity", "price", "order", "channel", "campaign",
    "arm", "cost", "page", "element", "x", "y", "session", "consent", "milestone",
)  # fmt: skip
"""All roles. "clock" is a time of day in a column of its own; "milestone" takes several columns, and so
may "user": the first given id is the user's."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A column's likely role.

    Attributes:
        role: One of `ROLES`.
        column: The column's header.
        confidence: 0 to 1.
        evidence: Why, as an English template with the field `column`.
    """

    role: str
    column: str
    confidence: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was understood, before anything is imported.

    Attributes:
        format: "csv", "xlsx", "xls", "xlsb", "ods" or "parquet".
        encoding: Of text files; "" otherwise.
        delimiter: Of text files; "" otherwise.
        decimal: "." or ",".
        columns: Headers, trimmed and made different from each other.
        head: The first 20 rows as text.
        guesses: All likely roles, the most confident first.
        shape: Kind of log that the best guesses make.
        kind: What kind of table it is: a shape, or "attributes", "identities", "spend" or "catalogue".
        roles: The best guesses: role -> column; "milestone" -> columns.
        asks: What a person must decide: "day_first", "user", "time", "layout".
        header_key: Hash of the set of headers, to remember roles by.
        rows: Records in the file; -1 when they were not counted.
        notes: Flag code -> count, as in the ledger, for what was seen so far.
        layout: How the file is laid out (delimiter, sheet, …), as it can be given to `read`.
        other: The second-best layout, where the best is not certain; else None.
        doubt: Where both readings first differ: the rows there under each. () where the layout is certain.
        other_rows: Records under the second-best layout.
        other_notes: As `notes`, under it.
        sheets: Tables in the file and their rows, where there may be several.
    """

    format: str
    encoding: str
    delimiter: str
    decimal: str
    columns: tuple[str, ...]
    head: pa.Table
    guesses: tuple[Guess, ...]
    shape: Shape
    roles: dict[str, str | tuple[str, ...]]
    asks: tuple[str, ...]
    header_key: str
    rows: int = -1
    notes: dict[str, int] = field(default_factory=dict)
    layout: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] | None = None
    doubt: tuple[pa.Table, ...] = ()
    other_rows: int = -1
    other_notes: dict[str, int] = field(default_factory=dict)
    sheets: tuple[tuple[str, int], ...] = ()
    kind: str = "events"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; crosses the border of the child process."""
        said = {name: getattr(self, name) for name in self.__slots__}
        said["head"] = _said(self.head)
        said["doubt"] = [_said(part) for part in self.doubt]
        said["guesses"] = [[g.role, g.column, g.confidence, g.evidence] for g in self.guesses]
        return said

    @staticmethod
    def from_dict(said: Mapping[str, Any]) -> Reading:
        """The reading that `to_dict` wrote, lists from JSON made tuples again."""
        return Reading(
            **{
                **said,
                "columns": tuple(said["columns"]),
                "head": _table(said["head"]),
                "doubt": tuple(_table(part) for part in said["doubt"]),
                "sheets": tuple((str(name), int(rows)) for name, rows in said["sheets"]),
                "guesses": tuple(Guess(*g) for g in said["guesses"]),
                "roles": plain_roles(said["roles"]),
                "asks": tuple(said["asks"]),
            }
        )


@dataclass(slots=True)
class Imported:
    """A log, what was left out of it, and the account of both.

    Attributes:
        log: The events, with `log.ledger`.
        dropped: `line`, `reason`, the file's columns as text, and `record`: the whole row as it
            stands in the file, where its fields don't fit the columns.
        ledger: The account.
        roles: Role -> header that was used, as it can be given to `read` again.
        header_key: Hash of the set of headers.
    """

    log: EventLog
    dropped: pa.Table
    ledger: Ledger
    roles: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    header_key: str = ""


def columns_of(roles: Roles, role: str) -> tuple[str, ...]:
    """The columns that play a role: none, one, or, of "user" and "milestone", several."""
    given = roles.get(role, ())
    return (given,) if isinstance(given, str) else tuple(given)


def _said(head: pa.Table) -> dict[str, Any]:
    return {"names": head.column_names, "columns": [c.to_pylist() for c in head.columns]}


def _table(said: Mapping[str, Any]) -> pa.Table:
    return pa.table([pa.array(c, pa.string()) for c in said["columns"]], names=said["names"])


def plain_roles(roles: Mapping[str, Any]) -> dict[str, str | tuple[str, ...]]:
    """Roles with several columns as tuples, however JSON wrote them; roles without a column are left out."""
    return {r: tuple(c) if isinstance(c, (list, tuple)) else str(c) for r, c in roles.items() if c}
