"""Ledger: what became of every row of a file.

`rows = used + Σ dropped`, to the row: a row is used or it is dropped for exactly one reason, the
first of `REASONS` that applies. Flags count what was kept but deserves a look. For text files
our own count of physical lines must agree as well: a quoted field that swallows lines makes one
row of many, which every CSV reader does in silence, so the swallowed lines are a flag with a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

REASONS: dict[str, str] = {
    "preamble": "The row stands above the header.",
    "comment": "The line is a comment.",
    "ragged": "The row has more or fewer fields than the header.",
    "blank": "The row is empty.",
    "total": "The row is a total of other rows.",
    "no_user": "No user is given.",
    "no_time": "No time is given.",
    "bad_time": "The time can't be read.",
    "duplicate": "The row repeats an earlier row in every column.",
    "overlap": "The row stands in an earlier file of the data set.",
}
"""Reason code -> sentence, in the order in which they are tried."""

FLAGS: dict[str, str] = {
    "future": "Rows with a time in the future. They are kept, but don't move the end of the data.",
    "heavy_users": "Users above the 99.9th percentile of events a day: robots, or one id for many people.",
    "unknown_ids": "Rows of ids that stand for nobody, such as 0 or unknown. They count as one user each.",
    "lines_in_quotes": "Lines that lie inside quoted fields. A stray quote mark swallows rows: look at these.",
    "replaced_bytes": "Characters that the file's encoding can't explain, shown as �, and NUL characters, which are "
    "left out.",
    "error_cells": "Cells with an error of the spreadsheet, such as #N/A. They count as not given.",
    "long_numbers": "Whole numbers of sixteen digits or more. Spreadsheets keep fifteen, so the last digits are lost: "
    "check the ids.",
    "merged_cells": "Cells filled from merged ones: texts and dates are repeated on each row, numbers are not, so sums "
    "stay right.",
    "unreadable_numbers": "Cells of a numeric role that can't be read as numbers; they are empty.",
    "ids_joined": "People who were known by several ids and are counted as one.",
    "large_identities": "People of more than 50 ids: a shared device, or an id that stands for many. Look at these.",
    "shared_devices": "People with several ids of the first id column: a device that they share has made them one.",
    "unreadable_milestones": "Milestone cells that can't be read as times; the row's other milestones are used.",
}
"""Flag code -> sentence; what is flagged is kept."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Account of the rows of one file.

    Attributes:
        rows: Records in the file, the header not among them.
        lines: Physical lines by our own count, quotes minded or not; 0 for formats without lines.
        used: Rows that became events.
        dropped: Reason code -> rows; only reasons that occurred.
        flagged: Flag code -> count; only flags that occurred.
        events: Events made of the used rows; more than `used` only for milestones.
        header_lines: Physical lines that the header takes.
        parts: Display name and ledger of each file, where the data set was put together from several;
            the figures above are their sums. () for one file.
    """

    rows: int
    lines: int
    used: int
    dropped: dict[str, int] = field(default_factory=dict)
    flagged: dict[str, int] = field(default_factory=dict)
    events: int = 0
    header_lines: int = 0
    parts: tuple[tuple[str, Ledger], ...] = ()

    def closes(self) -> bool:
        """Whether every row, and every physical line, is accounted for."""
        if self.parts:
            whole = Ledger.joined(self.parts)
            return whole == self and all(part.closes() for _name, part in self.parts)
        by_line = self.rows + self.header_lines + self.flagged.get("lines_in_quotes", 0)
        return self.rows == self.used + sum(self.dropped.values()) and self.lines in (0, by_line)

    @staticmethod
    def joined(parts: Sequence[tuple[str, Ledger]]) -> Ledger:
        """The account of several files."""
        ledgers = [part for _name, part in parts]
        dropped, flagged = Counter[str](), Counter[str]()
        for part in ledgers:
            dropped.update(part.dropped)
            flagged.update(part.flagged)
        return Ledger(
            rows=sum(part.rows for part in ledgers),
            lines=sum(part.lines for part in ledgers),
            used=sum(part.used for part in ledgers),
            dropped=dict(dropped),
            flagged=dict(flagged),
            events=sum(part.events for part in ledgers),
            header_lines=sum(part.header_lines for part in ledgers),
            parts=tuple(parts),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "parts": [[name, part.to_dict()] for name, part in self.parts]}

    @staticmethod
    def from_dict(said: Mapping[str, Any]) -> Ledger:
        """The ledger that `to_dict` wrote."""
        parts = tuple((str(name), Ledger.from_dict(part)) for name, part in said.get("parts", ()))
        return Ledger(**{**said, "parts": parts})
