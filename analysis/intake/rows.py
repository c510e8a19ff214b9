"""Rows: a sheet's rows on their way to a log, and what was chosen about them."""

from __future__ import annotations

from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa

from analysis.events import Shape
from analysis.intake.files.sheet import Sheet
from analysis.intake.guessing.roles import shape_of
from analysis.intake.ledger import REASONS
from analysis.intake.reading import Roles
from analysis.intake.values.cells import Text, text_of

Duplicates = Literal["drop", "keep"]

CODE = {reason: code for code, reason in enumerate(REASONS, start=1)}
"""Code of each reason; 0 is used."""


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
    """A sheet's rows: 0 is used, other codes are reasons.

    Attributes:
        sheet: The table as it was read.
        reason: Code of each row.
        texts: Columns as text, made once.
        flagged: Flag code -> count.
    """

    sheet: Sheet
    reason: np.ndarray
    texts: dict[str, Text] = field(default_factory=dict)
    flagged: dict[str, int] = field(default_factory=dict)

    def text(self, name: str) -> Text:
        """A column as text."""
        if name not in self.texts:
            self.texts[name] = text_of(self.sheet.columns[name])
        return self.texts[name]

    def prepare(self) -> None:
        """Makes the text of all columns of text, two at a time."""
        names = [name for name, column in self.sheet.columns.items() if pa.types.is_dictionary(column.type)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.text, names))

    def drop(self, where: np.ndarray, reason: str) -> None:
        """Drops rows that have no reason yet."""
        self.reason[where & (self.reason == 0)] = CODE[reason]

    def kept(self) -> np.ndarray:
        """Rows that are used, in the order of the file."""
        return np.flatnonzero(self.reason == 0)


def free_name(name: str, taken: Container[str]) -> str:
    """The name, or the name with the first number that makes it a new one."""
    ours, again = name, 2
    while ours in taken:
        ours, again = f"{name} {again}", again + 1
    return ours
