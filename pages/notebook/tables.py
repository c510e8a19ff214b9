"""Tables as a meeting reads them: headers in words, rates as percent, "–" for none."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from analysis.behaviour.journeys.paths import BEFORE, LEFT, MORE
from analysis.behaviour.journeys.transitions import END, OTHER, START
from analysis.charts.weekday_hour import weekdays
from analysis.words import NONE, Words

SPOKEN = (
    "activation days",
    "mature days",
    "warning gaps",
    "churned days",
    "learned",
    "given",
    "assumed",
    "longest credible",
    "at the step",
    "after the look ahead",
)
"""What the columns of our own words may hold, stages, classes and measures aside."""

OURS = {"rule", "source", "stage", "segment", "measure"}
"""Columns whose words are ours, and are said in the language in use; all others are user data."""


NODES = {BEFORE, LEFT, MORE, END, OTHER, START}
"""What a path's columns hold in place of an event."""


def shown(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """The table as text, formatted by what each column's name says; an interval stands behind its estimate."""
    bounds = intervals([str(n) for n in frame.columns])
    out = {}
    for name in visible(frame):
        cells = [_cell(name, v, words) for v in frame[name]]
        if name in bounds:
            low, high = ([_cell(b, v, words) for v in frame[b]] for b in bounds[name])
            told = zip(cells, low, high, strict=True)
            cells = [f"{c} ({a} – {b})" if NONE not in (a, b) else c for c, a, b in told]
        out[words(header(name))] = cells
    return pd.DataFrame(out)


def intervals(names: list[str]) -> dict[str, tuple[str, str]]:
    """For every estimate the columns of its interval: `rate` has `rate_low` and `rate_high`."""
    found = {}
    for name in names:
        stem = name.removesuffix("_points")
        for low, high in ((f"{name}_low", f"{name}_high"), (f"{stem}_low_points", f"{stem}_high_points")):
            if low in names and high in names:
                found[name] = (low, high)
    return found


def visible(frame: pd.DataFrame) -> list[str]:
    """The columns that are shown as columns: bounds stand behind their estimate, and a column that says nothing is left
    to the download."""
    names = [str(n) for n in frame.columns]
    inside = {b for pair in intervals(names).values() for b in pair}
    empty = {n for n in names if len(frame) and frame[n].isna().all()}
    return [n for n in names if n not in inside | empty]


def header(name: str) -> str:
    """A column's name in words, to be translated: `step_rate` is "step rate"; the unit stands in the cell."""
    return name.removeprefix("iso_").removesuffix("_hours").removesuffix("_points").replace("_", " ")


def _cell(name: str, value: Any, words: Words) -> str:
    if isinstance(value, (bool, np.bool_)):
        return words("yes") if value else words("no")
    if isinstance(value, str):
        if name in OURS or value in NODES:
            return words(value.replace("_", " ")) or NONE
        return value or NONE
    if value is None or value is pd.NaT:
        return NONE
    if isinstance(value, pd.Timestamp):
        midnight = value.hour == value.minute == value.second == 0
        return value.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if name == "iso_weekday":
        return weekdays(words)[int(value) - 1]
    if name == "hours" or "_hours" in name:
        return words.span(float(value))
    if "money" in name or "revenue" in name or "cost" in name:
        return words.money(float(value))
    return words.fact(name, float(value))
