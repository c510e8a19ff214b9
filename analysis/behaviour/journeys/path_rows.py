"""What each row can be on a path: seen on the way, a start, an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.behaviour.journeys import path_tree
from analysis.events import EventLog
from analysis.questions import Step, step_bits
from analysis.reshape import derived_rows

if TYPE_CHECKING:
    from analysis.behaviour.journeys.paths import Paths


def marked(question: Paths, log: EventLog) -> tuple[np.ndarray, np.ndarray]:
    """Which rows are considered, a start, an end; see `path_tree.CONSIDERED`."""
    by_event = np.zeros(len(log.events.values), dtype=np.uint16)
    by_row = np.empty(0, dtype=np.uint16)
    parts: list[tuple[int, Step | None]] = [
        (path_tree.CONSIDERED, Step(*question.events) if question.events is not None else None),
        (path_tree.STARTS, question.start),
        (path_tree.ENDS, question.end),
    ]
    for bit, step in parts:
        if step is None:
            allowed = bit == path_tree.CONSIDERED
            by_event |= np.uint16(bit if allowed else 0)
            continue
        events, rows = step_bits(log, (step,))
        by_event |= (events * bit).astype(np.uint16)
        if len(rows):
            by_row = by_row if len(by_row) else np.full(len(log.time), 7, dtype=np.uint16)
            by_row[rows & 1 == 0] &= np.uint16(7 ^ bit)
    if question.events is None:
        made = derived_rows(log)  # what a rule made is nothing that the user did
        if made.any():
            by_row = by_row if len(by_row) else np.full(len(log.time), 7, dtype=np.uint16)
            by_row[made] &= np.uint16(7 ^ path_tree.CONSIDERED)
    if question.anchor == "start" and question.start is None:
        by_event |= (by_event & path_tree.CONSIDERED) * np.uint16(path_tree.STARTS)
        if len(by_row):
            by_row &= np.where(by_row & path_tree.CONSIDERED, 7, 7 ^ path_tree.STARTS).astype(np.uint16)
    return by_event, by_row
