"""What heat-maps share: the colours of a difference, what is under the noise floor, the legend."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from analysis.charts.look import Look


def beyond_noise(table: pd.DataFrame) -> Any:
    """Cells whose difference was tested and is more than 1.96 standard errors from zero."""
    return table["p"].notna() & (table["difference_points"].abs() > table["floor_points"])


def diverging(values: Any, look: Look) -> alt.Scale:
    """From B's colour over the paper to A's, the same reach on both sides."""
    values = np.asarray(values, float)
    most = float(np.abs(values).max(initial=0.0)) or 1.0
    return alt.Scale(domain=[-most, 0, most], range=[look.series[1], look.paper, look.accent], interpolate="rgb")


def legend(title: str, look: Look, labels: str) -> alt.Legend:
    """A strip of the colours above the map, `labels` being a d3 format."""
    return alt.Legend(
        orient="top",
        title=title,
        titleFontWeight="normal",
        titleLimit=round(900 * look.scale),
        gradientLength=round(220 * look.scale),
        gradientThickness=10,
        tickCount=3,
        format=labels,
    )


def spans(low: Iterable[float], high: Iterable[float], say: Callable[[float], str]) -> list[str]:
    """Intervals in words."""
    return [f"{say(a)} – {say(b)}" for a, b in zip(low, high, strict=True)]
