"""Words and numbers of a language, at the last moment.

Every visible text is English in the code and looked up in `locales/<language>.po`. A text that
is not found stays English, and a test fails. Numbers follow the language that was switched to,
not the browser's: three significant digits, the language's thousands separators, "–" for what
is undefined.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, dates, numbers
from babel.messages.pofile import read_po

from analysis.errors import AnalysisError
from analysis.findings import Finding

LANGUAGES = {"en": "English", "zh": "中文"}
"""Code of each language and the name it gives itself."""

NONE = "–"

LONGEST = 60
"""Characters of a name that a sentence bears."""

OURS = ("segment", "stage")
"""Facts whose words are ours and are translated; all other text is user data, said as it is."""

_LOCALES = {"en": Locale("en"), "zh": Locale("zh", "CN", script="Hans")}


@cache
def _catalogue(language: str) -> Mapping[str, str]:
    path = Path(__file__).parent.parent / "locales" / f"{language}.po"
    if language == "en" or not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string and not m.fuzzy}


def brief(text: str) -> str:
    """User data within a sentence: long names lose their middle, as many long names begin alike.

    Examples:
        >>> len(brief("e" * 200))
        60
    """
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 24]}…{text[-23:]}"


class Words:
    """Says texts, numbers, findings and errors in one language.

    Examples:
        >>> Words("en")("{users} users", users=12345)
        '12,345 users'
        >>> Words("en").rate(0.6197)
        '62.0%'
    """

    def __init__(self, language: str = "en") -> None:
        self.language = language if language in LANGUAGES else "en"
        self._locale = _LOCALES[self.language]
        self._signs = numbers.get_group_symbol(self._locale), numbers.get_decimal_symbol(self._locale)

    def __call__(self, message: str, **facts: object) -> str:
        """The message in this language, its fields filled in and formatted by the unit in their names."""
        said = _catalogue(self.language).get(message, message)
        return said.format(**{k: self.fact(k, v) for k, v in facts.items()}) if facts else said

    def fact(self, name: str, value: Any) -> str:
        """A value, formatted by what its name says."""
        if isinstance(value, str):
            return value
        if value is None:
            return NONE
        if name in ("p", "p_adjusted") or name.endswith(("_p", "_p_adjusted")):
            return "< 0.001" if value < 0.001 else f"{value:.3f}" if value == value else NONE
        if isinstance(value, (date, datetime)):
            return self.day(value)
        if "points" in name:
            return self.points(value)
        if name.endswith("_hours"):
            return self.span(value)
        if "rate" in name or "share" in name:
            return self.rate(value)
        return self.number(value)

    def number(self, value: float | None, digits: int = 3) -> str:
        """Whole numbers in full, others with three significant digits."""
        if value is None or not math.isfinite(value):
            return NONE
        if float(value).is_integer():
            return self._decimal(value, 0)
        places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        return self._decimal(value, min(places, 6))

    def money(self, value: float | None) -> str:
        """Two decimals under a hundred, whole from there; the currency is the file's."""
        if value is None or not math.isfinite(value):
            return NONE
        return self._decimal(value, 2 if abs(value) < 100 else 0)

    def rate(self, value: float | None, digits: int = 3) -> str:
        """A fraction as percent: 0.6197 is 62.0%; no more than two decimals."""
        if value is None or not math.isfinite(value):
            return NONE
        percent = abs(value * 100)
        places = 0
        if 0 < percent < 100:
            places = min(2, max(0, digits - 1 - math.floor(math.log10(percent))))
        return self._decimal(value * 100, places) + "%"

    def points(self, value: float | None) -> str:
        """A difference of fractions as percentage points, with its sign."""
        if value is None or not math.isfinite(value):
            return NONE
        sign = "+" if value > 0 else "−" if value < 0 else "±"
        return sign + self._decimal(abs(value) * 100, 2 if abs(value) < 0.1 else 1) + self(" pt")

    def _decimal(self, value: float, places: int) -> str:
        """A number with the language's separators. Tables hold thousands, so Babel is asked for the signs only."""
        said = f"{value:,.{places}f}"
        return said if self._signs == (",", ".") else said.translate(str.maketrans(",.", "".join(self._signs)))

    def span(self, hours: float | None) -> str:
        """A duration in the unit a person would say it in."""
        if hours is None or not math.isfinite(hours):
            return NONE
        for size, unit in ((24.0, self(" d")), (1.0, self(" h")), (1 / 60, self(" min"))):
            if abs(hours) >= size:
                return self.number(hours / size, 2 if hours / size < 100 else 3) + unit
        return self.number(round(hours * 3600, 1), 2) + self(" s")

    def day(self, value: date | datetime) -> str:
        """A day, as the language writes it."""
        return dates.format_date(value, format="d MMM y" if self.language == "en" else "y年M月d日", locale=self._locale)

    def finding(self, finding: Finding) -> tuple[str, str]:
        """Headline and detail of a finding."""
        told = {k: brief(v) if isinstance(v, str) else v for k, v in finding.facts.items()}
        facts = {**told, "p": finding.p, "looks": finding.looks, "n": finding.n}
        facts |= {k: self(str(facts[k])) for k in OURS if k in facts}
        return self(finding.message, **facts), self(finding.detail, **facts) if finding.detail else ""

    def error(self, error: AnalysisError) -> str:
        """An error, as its facts fill the translated template."""
        return self(error.message, **{k: self(v) if isinstance(v, str) else v for k, v in error.facts.items()})
