"""Identities: a sheet of ids that belong to one person, joined to a log.

Each row of the sheet says that its ids are one person's; people are the connected components of all
rows. An id is its text, whichever column it stands in: the log has one column of users, and the sheet
speaks of those. Ids that the log has never seen still link: a phone number that stands beside two
user ids makes one person of the two. Ids that stand for nobody ("0", "guest") link nobody.

What is joined by mistake – a shared device, a test phone – can't be told from what is joined rightly;
so people of more than 50 ids are listed, and the sheet is to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.intake.components import LARGE, roots
from analysis.intake.people import for_nobody
from analysis.intake.values.cells import Text
from analysis.joins.attributes import nobody_matched
from analysis.joins.matching import key_of
from analysis.reshape import check_whole, with_owners


@dataclass(frozen=True, slots=True)
class IdentitiesAccount:
    """What became of a sheet of ids.

    Attributes:
        pairs: Rows of the sheet.
        empty: Rows with fewer than two ids; they join nothing.
        nobody: Rows of two ids or more, one of which stands for nobody; that one joins nothing.
        unknown: Rows of two ids or more, one of which the log lacks; it joins what else belongs to it.
        ids: Different ids in the sheet.
        known: Those that the log has.
        people_before: Users of the log.
        people_after: Users of the new log.
        large: People of more than 50 ids, ids that the log lacks among them: the id that was kept, and how
            many ids; the largest first.
        biggest: The same of the largest person of all; ("", 0) when the sheet joins no id to another.
    """

    pairs: int
    empty: int
    nobody: int
    unknown: int
    ids: int
    known: int
    people_before: int
    people_after: int
    large: tuple[tuple[str, int], ...]
    biggest: tuple[str, int]

    @property
    def merges(self) -> int:
        """Users of the log who became part of another user."""
        return self.people_before - self.people_after


def with_identities(
    log: EventLog, pairs: pa.Table, left: str, right: str, *more: str
) -> tuple[EventLog, IdentitiesAccount]:
    """The log in which users who are one person are one user.

    A person's rows stand in one order of time. The id that is kept is the one with the earliest event;
    of several, the one that comes first in the log.

    Args:
        log: A whole log with time.
        pairs: Rows of ids that belong to one person.
        left, right: Its columns of ids.
        more: Further columns of ids.

    Raises:
        UnknownValueError: The sheet lacks a column.
        IntakeError: No id of the sheet is a user of the log ("nobody_matched").
        ParameterError: The log is a view or a result table, or a column is named twice.
    """
    check_whole(log)
    names = (left, right, *more)
    if log.shape == "results":
        raise ParameterError.outside("log", log.shape, "a log with time")
    if len(set(names)) < len(names):
        raise ParameterError.outside("columns", ", ".join(names), "different columns of ids")
    texts = [key_of(pairs, name) for name in names]
    ids, cells = _numbered(log.user_ids, texts)
    if not any((cell[cell >= 0] < len(log.user_ids)).any() for cell in cells):
        raise nobody_matched(pairs.num_rows, left, texts[0].values, log.user_ids)
    no_one = np.append(for_nobody(ids), False)
    root = roots(len(ids), _linked([np.where(no_one[cell], -1, cell) for cell in cells]))
    owner = _owners(log, root[: len(log.user_ids)])
    done = with_owners(log, owner)
    return done, _account(log, done, cells, no_one, root, owner)


def _account(
    log: EventLog, done: EventLog, cells: Sequence[np.ndarray], no_one: np.ndarray, root: np.ndarray, owner: np.ndarray
) -> IdentitiesAccount:
    size = len(log.user_ids)
    seen = np.setdiff1d(np.concatenate(cells), [-1])
    full = np.sum([cell >= 0 for cell in cells], axis=0) >= 2
    sizes = np.bincount(root, minlength=len(root))[:size]  # a root is the lowest number: a user of the log, if any is
    order = np.argsort(-sizes, kind="stable")
    order = order[sizes[order] > 1][: max(1, int((sizes > LARGE).sum()))]
    people = tuple(zip(log.ids(owner[order]), sizes[order].tolist(), strict=True))
    return IdentitiesAccount(
        pairs=len(full),
        empty=int((~full).sum()),
        nobody=int((full & np.any([no_one[cell] for cell in cells], axis=0)).sum()),
        unknown=int((full & np.any([cell >= size for cell in cells], axis=0)).sum()),
        ids=len(seen),
        known=int((seen < size).sum()),
        people_before=size,
        people_after=len(done.user_ids),
        large=tuple(person for person in people if person[1] > LARGE),
        biggest=people[0] if people else ("", 0),
    )


def _numbered(users: pa.Array, texts: Sequence[Text]) -> tuple[pa.Array, list[np.ndarray]]:
    """All ids, the log's first, and the number of the id in each cell of each column; −1 where it is empty."""
    parts = [users.cast(pa.large_string()), *(text.values.cast(pa.large_string()) for text in texts)]
    encoded = pa.concat_arrays(parts).dictionary_encode()
    numbers = encoded.indices.to_numpy(zero_copy_only=False)
    bounds = np.cumsum([len(part) for part in parts])
    cells = [
        np.append(numbers[begin:end], np.int32(-1))[text.codes]
        for begin, end, text in zip(bounds[:-1], bounds[1:], texts, strict=True)
    ]
    return encoded.dictionary, cells


def _linked(cells: Sequence[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of the first id of each row with each of its others."""
    first = cells[0]
    for cell in cells[1:]:
        yield first, cell
        first = np.where(first < 0, cell, first)


def _owners(log: EventLog, root: np.ndarray) -> np.ndarray:
    """For each user the one of the same root who has the earliest event."""
    begins = np.full(len(root), np.iinfo(np.int64).max)
    some = log.ends > log.starts
    begins[some] = log.time[log.starts[some]]
    order = np.lexsort((np.arange(len(root)), begins, root))
    first = np.ones(len(order), bool)
    first[1:] = root[order][1:] != root[order][:-1]
    owner = np.empty(len(root), np.int64)
    owner[root[order[first]]] = order[first]
    return owner[root]
