"""What goes with leaving at a step, as risk ratios."""

from __future__ import annotations

from typing import Any

from analysis.behaviour.leaving.drivers import DriversAnswer
from analysis.charts.forest import draw_forest
from analysis.charts.look import Look
from analysis.events import EVENT
from analysis.words import Words


def names(answer: DriversAnswer, words: Words) -> list[str]:
    """What each row of the table is called."""
    said = []
    for column, value, late in answer.table[["column", "value", "after_step"]].itertuples(index=False):
        own = value if column == EVENT else f"{column}: {value}"
        said.append(words("{feature} (after the step)", feature=own) if late else own)
    return said


def draw(answer: DriversAnswer, words: Words, look: Look) -> Any:
    """The clearest features, one a row."""
    return draw_forest(answer.table, names(answer, words), words, look)
