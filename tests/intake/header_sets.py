"""Header sets: tables in the style of real exports, and the role of each column.

The field names are those that the systems' public documentation and the public programs that read
their exports use; the values are invented, in each system's own forms. A set reads

    ### name
    role=column; …; shape=…; kind=…
    header | header | …
    value | value | …

`a / b` are equally right answers, `none` says that no column has the role, and a role of the log
(`LOG_ROLES`) that is not named must not be guessed either. Other roles count only where they are named.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analysis.intake.guessing import roles
from analysis.intake.values import cells
from analysis.intake.values.cells import Cells

LOG_ROLES = ("user", "time", "event", "amount", "order", "quantity", "price", "arm")
OTHER_ROLES = ("channel", "campaign", "page", "session")


@dataclass(frozen=True)
class HeaderSet:
    name: str
    answers: dict[str, tuple[str, ...]]
    columns: dict[str, list[str]]

    def sample(self) -> dict[str, Cells]:
        return {name: cells.from_strings([v or None for v in column]) for name, column in self.columns.items()}

    def right(self, role: str, column: str | None) -> bool:
        return (column or "none") in self.answers.get(role, ("none",))

    def wrong(self) -> list[str]:
        """What `roles` gets wrong: `role: guessed, not right`."""
        sample = self.sample()
        best = roles.choose(roles.guess(sample), sample)
        asked = [r for r in OTHER_ROLES if r in self.answers]
        asked += [] if self.is_profile else LOG_ROLES
        asked += ["user"] if self.is_profile and "user" in self.answers else []
        found = [
            f"{r}: {best.get(r, 'none')}, not {' / '.join(self.answers.get(r, ('none',)))}"
            for r in asked
            if not self.right(r, best.get(r))
        ]
        shape = roles.shape_of(best)
        return found + ([f"shape: {shape}"] if "shape" in self.answers and shape not in self.answers["shape"] else [])

    @property
    def is_profile(self) -> bool:
        """Whether it is no log at all: then only the user is held to."""
        return "shape" not in self.answers


def parse(text: str) -> list[HeaderSet]:
    sets = []
    for block in text.split("### ")[1:]:
        name, answer, header, *rows = [line for line in block.splitlines() if line.strip()]
        answers = dict(part.strip().split("=", 1) for part in answer.split(";"))
        names = [h.strip() for h in header.split(" | ")]
        table = [[c.strip() for c in (row + " ").split("| ")] for row in rows]
        assert all(len(row) <= len(names) for row in table), name
        filled = [row + [""] * (len(names) - len(row)) for row in table]
        sets.append(
            HeaderSet(
                name,
                {r: tuple(c.strip() for c in a.split(" / ")) for r, a in answers.items()},
                {h: [row[k] for row in filled] for k, h in enumerate(names)},
            )
        )
    return sets


def load(*names: str) -> list[HeaderSet]:
    here = Path(__file__).parent
    return [s for name in names for s in parse((here / f"header_sets_{name}.txt").read_text(encoding="utf-8"))]


SETS = load("zh", "en", "held_out_1", "held_out_2", "held_out_3")
"""Logs; the held-out ones were written after the words were chosen, and measured before any was added."""

KINDS = load("kinds")
"""Tables beside a log, and logs that could be taken for them."""
