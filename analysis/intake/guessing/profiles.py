"""Profiles: what the first values of a column look like, whatever its header says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.intake.values import numerals, stamps, times
from analysis.intake.values.cells import NOT_GIVEN, Cells, text_of

CONTROL = (
    r"(?i)^(?:control|treatment|holdout|test|variant.*|placebo|a|b|no e-?mail|对照.*|实验.*|control.*|treat.*|试验.*)$"
)
"""Words for an arm of an experiment."""

_SPLIT = r"(?i)^(?:train|training|valid|validation|dev|prior|eval)$"
"""Words beside "test" that make a column the split of a data set for learning, and no experiment."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the first values of a column look like; shares are of the given cells.

    Attributes:
        given: Cells that say something.
        distinct: Different values among them.
        dates: Share that reads as dates with separators; of typed stamps 1.
        stamps: Share that reads as times in any way, bare numbers included.
        clocks: Share that reads as a time of day.
        numbers: Share that reads as numbers.
        arms: Whether few values occur, one of which is a word for an arm.
        long_ids: Whether most numbers have ten digits or more, or a leading zero.
        rows: Cells, given or not.
        documents: Share that looks like the number of a document: `#1001`, `SO0042`, `000000101`.
    """

    given: int
    distinct: int
    dates: float
    stamps: float
    clocks: float
    numbers: float
    arms: bool
    long_ids: bool
    rows: int = 0
    documents: float = 0.0

    @property
    def share(self) -> float:
        """Share of the rows in which it is given."""
        return self.given / self.rows if self.rows else 0.0

    @property
    def unique(self) -> bool:
        """Whether nearly no value comes twice."""
        return self.given > 1 and self.distinct >= 0.98 * self.given


def profile(column: Cells) -> Profile:
    """Looks at the first values of a column."""
    kind = column.type
    stamped = pa.types.is_timestamp(kind) or pa.types.is_date(kind)
    text = text_of(column).without(NOT_GIVEN)
    count = np.bincount(text.codes[text.codes >= 0], minlength=len(text.values)).astype(float)
    if not len(text.values):
        return Profile(0, 0, 0, 0, 0, 0, False, False, len(column))
    given = max(count.sum(), 1.0)
    parts, _ = stamps.take_apart(text.values)
    dated = np.isin(parts[:, 0], (stamps.KIND_YMD, stamps.KIND_UNSURE))
    _, any_time = times.parse_either(text.values)
    _, bad = numerals.parse(text.values)

    def share(pattern: str) -> float:
        fits = pc.match_substring_regex(text.values, pattern).to_numpy(zero_copy_only=False)
        return float(count[fits].sum() / given)

    return Profile(
        int(count.sum()),
        len(text.values),
        1.0 if stamped else float(count[dated & any_time].sum() / given),
        1.0 if stamped else float(count[any_time].sum() / given),
        float(count[parts[:, 0] == stamps.KIND_CLOCK].sum() / given),
        0.0 if stamped else float(count[~bad].sum() / given),
        2 <= len(text.values) <= 12 and share(CONTROL) > 0 and not share(_SPLIT),
        share(r"^(?:0\d+|\d{10,})$") > 0.5,
        len(column),
        share(r"^(?:#\d{3,}|[#A-Z]{1,6}[-_]?\d{3,}[\d-]*|0\d{4,})$"),
    )
