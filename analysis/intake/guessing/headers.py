"""Headers: the words by which columns are called in English and Chinese.

A header is compared without case, blanks, marks and units: `实付金额(元)` is 实付金额, and
`properties.$current_url` is current url. Whole headers say most; a pattern inside a longer header
says less. Each has its own figure, the share of headers so called that play the role and no other:
it also ranks columns of one file that could play the same role, such as the several times or sums
of an order.
"""

from __future__ import annotations

import re
from functools import lru_cache

from analysis.intake.guessing.header_patterns import LIFELONG as LIFELONG
from analysis.intake.guessing.header_patterns import PART
from analysis.intake.guessing.header_words import WHOLE

_UNIT = re.compile(r"\s*[(（\[【][^)）\]】]*[)）\]】]\s*$")
_MARKS = re.compile(r"[\s_\-./:$#()（）\[\]【】*]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GLUED = re.compile(r"(user|customer|member|visitor|client|order|session|device|transaction|product|item)(id|no)\b")
_EXACT = {role: {w: figure for figure, words in by.items() for w in words.split()} for role, by in WHOLE.items()}


def bare(header: str) -> str:
    """A header without case, blanks, marks and the unit in brackets at its end."""
    return _MARKS.sub("", _unitless(header)).lower()


def spoken(header: str) -> str:
    """A header's words: `eventTime` is "event time", `context.page.path` is "context page path"."""
    words = _MARKS.sub(" ", _CAMEL.sub(" ", _unitless(header))).strip().lower()
    return _GLUED.sub(r"\1 \2", words)


def _unitless(header: str) -> str:
    """Without a unit in brackets; what stands behind one letter, as in `M (total amount)`, is no unit."""
    rest = _UNIT.sub("", header)
    return rest if len(rest) > 1 else header


@lru_cache(maxsize=16_384)
def fit(role: str, header: str) -> float:
    """How well a header names a role: 0 to 1."""
    exact = _EXACT.get(role, {})
    name, last = bare(header), bare(re.split(r"[./:]", header)[-1])
    if name in exact:
        return exact[name]
    words = spoken(header)
    inside = next((figure for pattern, figure in PART.get(role, ()) if re.search(pattern, words)), None)
    if last in exact and (inside is None or inside > 0.5):  # `order.id`, but not `refund.amount`
        return round(0.95 * exact[last], 3)
    return inside or 0.0
