"""Tables as a meeting reads them: headers in words, rates as percent, "–" for none."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from analysis.words import NONE, Words


def shown(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    """The table as text, formatted by what each column's name says."""
    out = {header(str(name), words): [_cell(str(name), v, words) for v in frame[name]] for name in frame.columns}
    return pd.DataFrame(out)


def header(name: str, words: Words) -> str:
    """A column's name in words: `step_rate_low` is "step rate low"."""
    return words(name.replace("_", " "))


def _cell(name: str, value: Any, words: Words) -> str:
    if isinstance(value, (bool, np.bool_)):
        return words("yes") if value else words("no")
    if isinstance(value, str):
        return value or NONE
    if value is None or value is pd.NaT:
        return NONE
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if "money" in name or "revenue" in name or "cost" in name:
        return words.money(float(value))
    return words.fact(name, float(value))
