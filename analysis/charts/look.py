"""How charts look: one accent, greys for the rest, one colour for good and one for bad.

Charts get their colours here and never from the browser's theme, so that the page, the report
and an exported picture look alike. All data columns are given neutral names before they reach a
chart: fields called `title`, `image` or `url` mean something to Vega.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
from altair.utils import schemapi

schemapi.disable_debug_mode()  # the whole chart is validated when it becomes JSON; its parts need not be before

FONT = "'Source Sans', Inter, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and sizes of a chart.

    Attributes:
        dark: On a dark page.
        scale: 1, or 1.25 in a meeting.
    """

    dark: bool = False
    scale: float = 1.0

    @property
    def ink(self) -> str:
        """Text that must be read."""
        return "#e8eaed" if self.dark else "#1a2233"

    @property
    def soft(self) -> str:
        """Text beside it: intervals, axes."""
        return "#a3acba" if self.dark else "#5d6675"

    @property
    def line(self) -> str:
        """Grid and rules."""
        return "#333b49" if self.dark else "#e3e6eb"

    @property
    def accent(self) -> str:
        """The one colour that means "this"."""
        return "#6ea0ff" if self.dark else "#2f6fde"

    @property
    def grey(self) -> str:
        """Everything that is not "this"."""
        return "#5b6678" if self.dark else "#b6bfcc"

    @property
    def good(self) -> str:
        """Better. Blue-green and orange-red are told apart by the colour-blind."""
        return "#2bb5a0" if self.dark else "#0b8a7a"

    @property
    def bad(self) -> str:
        """Worse."""
        return "#ff8a5c" if self.dark else "#cf4a1c"

    @property
    def paper(self) -> str:
        """What the chart stands on."""
        return "#10141c" if self.dark else "#ffffff"

    @property
    def series(self) -> list[str]:
        """Colours of several series, distinguishable in both themes (after Okabe and Ito, 2008)."""
        light = ["#2f6fde", "#d9730d", "#0b8a7a", "#a63d8f", "#8a6d00", "#4f86a6", "#6b7280", "#b23a48"]
        dark = ["#6ea0ff", "#f5a04d", "#2bb5a0", "#e28fd0", "#d9b93b", "#8fc1dd", "#9aa3b2", "#ef7d8a"]
        return dark if self.dark else light

    @property
    def ramp(self) -> list[str]:
        """From little to much, for cells of one colour scale."""
        return (
            ["#141b28", "#26457f", "#4f86e6", "#a9c8ff"] if self.dark else ["#f3f6fb", "#b9d0f5", "#5b8fe6", "#1f4fae"]
        )

    def size(self, points: float = 14) -> float:
        """Font size in px, scaled."""
        return points * self.scale


def finish(chart: alt.TopLevelMixin, look: Look, *, height: float | None = None) -> Any:
    """Applies the look to a finished chart: fonts, axes, background, no frame, full width."""
    settings: dict[str, Any] = {"background": look.paper, "padding": {"left": 4, "right": 12, "top": 6, "bottom": 6}}
    if not isinstance(chart, (alt.HConcatChart, alt.VConcatChart, alt.ConcatChart, alt.FacetChart)):
        settings["width"] = "container"
        if height is not None:
            settings["height"] = height * look.scale
    axis = {
        "labelFontSize": look.size(),
        "titleFontSize": look.size(),
        "titleFontWeight": "normal",
        "labelColor": look.soft,
        "titleColor": look.soft,
        "gridColor": look.line,
        "domainColor": look.line,
        "tickColor": look.line,
        "labelLimit": 260,
    }
    words = {
        "labelFontSize": look.size(),
        "titleFontSize": look.size(),
        "labelColor": look.ink,
        "titleColor": look.soft,
    }
    return chart.properties(**settings).configure(
        font=FONT,
        axis=axis,
        legend=words,
        header=words,
        view={"stroke": None},
        text={"fontSize": look.size(), "font": FONT},
    )


def neutral(**columns: Any) -> pd.DataFrame:
    """The chart's data under the chart's own names; arrays, series and scalars of one length."""
    return pd.DataFrame({name: list(values) for name, values in columns.items()})


def pick() -> alt.Parameter:
    """A click on a mark opens the people behind it: those of the group whose key is in the data's column `who`.

    Added to one layer, `layer.add_params(pick())`; marks with an empty `who` open nothing.
    """
    return alt.selection_point(name="who", fields=["who"], on="click", empty=False)
