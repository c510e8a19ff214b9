"""What goes with falling silent, as risk ratios."""

from __future__ import annotations

from typing import Any

from analysis.behaviour.leaving.leavers import LeaversAnswer
from analysis.charts.forest import draw_forest
from analysis.charts.look import Look
from analysis.events import EVENT
from analysis.words import Words


def names(answer: LeaversAnswer, words: Words) -> list[str]:
    """What each row of the table is called."""
    said = []
    for column, value, last in answer.table[["column", "value", "very_last"]].itertuples(index=False):
        own = value if column == EVENT else f"{column}: {value}"
        said.append(words("{feature} (the very last event)", feature=own) if last else own)
    return said


def draw(answer: LeaversAnswer, words: Words, look: Look) -> Any:
    """The clearest features, one a row."""
    return draw_forest(answer.table, names(answer, words), words, look)
