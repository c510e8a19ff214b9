"""Dialect: how delimited text is laid out, told from its beginning.

Every likely delimiter is tried, with and without quotes. A reading is good when the most lines end
up in rows with the same number of fields, and when the fields look like fields: none holds
another delimiter, none still wears quote marks. Marks that stand in prose as well, such as a space
or a colon, must do better: they part a table only if every line has as many of them.

A second reading is given where the first is not certain: two delimiters that explain the text
equally well, or quotes that swallow lines which are whole rows without them. The page shows the
first rows under each and asks. Ordinary files have no second reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from typing import Any

from analysis.errors import ParameterError
from analysis.intake.files.heading import filled_end, header_place, outline
from analysis.intake.text.fields import Record, records

DELIMITERS = ",;\t|\x01^"
"""Marks that part fields in the files that are met, the most common first."""

WEAK = "\x1f\x1e\x02~!&*#/: "
"""Marks that part fields in some files and stand in the prose of many."""

_TRIED = 1 << 17
"""Characters by which delimiters are compared."""

_RECORDS = 300
"""Most records of them that are looked at."""

_ALL = 5_000
"""Records by which quotes are judged."""

_BALANCED = 0.97
"""A second delimiter that does as well as this share of the best makes the reading uncertain."""

_VALUE = re.compile(
    r"[(+-]? ?[¥￥$€£]? ?\d[\d.,]*(?:[eE][+-]?\d+)? ?[)%元€$]?"
    r"|\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?(?:[ T]\d{1,2}:\d\d\S*(?: [A-Z]{2,4})?)?|\d{1,2}:\d\d\S*"
)
"""A number, money, a date or a time."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How delimited text is laid out.

    Attributes:
        delimiter: One ASCII character between fields.
        quote: The mark around fields that hold delimiters or line ends; "" when there is none.
        escape: "" where a mark inside quotes is doubled, or a backslash where it stands before the mark.
        comment: Lines that begin with it are left out; "" when there are none.
        header: Number of the record that holds the headers, from 0, blank lines and comments counted;
            −1 when the first record is data already. Records above it are a preamble.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    comment: str = ""
    header: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the layout of a text file."""
        return asdict(self)

    @staticmethod
    def from_dict(said: Mapping[str, Any]) -> Dialect:
        """The dialect that `to_dict` wrote; refuses unknown names."""
        unknown = set(said) - set(Dialect.__slots__)
        if unknown:
            raise ParameterError.outside("layout", ", ".join(sorted(unknown)), "one of " + ", ".join(Dialect.__slots__))
        return Dialect(**said)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A dialect tried on a text.

    Attributes:
        dialect: The dialect.
        order: Share of the lines that are in rows of the usual width, 0 to 1, weighed by the width.
        clean: Share of the fields that look like fields.
        width: Fields of most rows.
        odd: Other lines, blank ones and comments aside.
        swallowed: Lines inside quoted fields of such rows.
    """

    dialect: Dialect
    order: float
    clean: float
    width: int
    odd: int
    swallowed: int

    @property
    def score(self) -> float:
        """How good the reading is."""
        return self.order * (0.5 + 0.5 * self.clean)


def detect(head: str) -> tuple[Dialect, Dialect | None]:
    """The best reading of a text's beginning, and the second-best where the best is not certain."""
    start = head[:_TRIED]
    start = start[: start.rfind("\n") + 1] or start if len(head) > _TRIED else head
    tried = _try_all(start, "#" if head.lstrip().startswith("#") else "")
    best = max(tried, key=lambda r: r.score)  # the first of equals
    rival = next((r for r in tried if _rivals(r, best)), None)
    comment = _comment(head, best)
    sure, unquoted = _quotes(head, replace(best.dialect, comment=comment))
    other = replace(rival.dialect, comment=comment) if rival else unquoted
    return _with_header(head, sure), None if other is None else _with_header(head, other)


def first_rows(text: str, dialect: Dialect, most: int = 500) -> list[list[str]]:
    """The first records' fields; none for blank lines and comments."""
    return [record.cells for record in islice(_records(text, dialect), most)]


def _records(text: str, dialect: Dialect) -> Iterator[Record]:
    return records(text, dialect.delimiter, dialect.quote, dialect.escape, dialect.comment)


def _with_header(head: str, dialect: Dialect) -> Dialect:
    return replace(dialect, header=header_place(first_rows(head, dialect, 200)))


# -- which delimiter ------------------------------------------------------------------------


def _try_all(head: str, comment: str) -> list[_Reading]:
    """Readings by each delimiter and kind of quotes, the more common ones first; as a lone column before all."""
    tried = [_measure(head, Dialect(",", comment=comment), lone=True)]
    for delimiter in DELIMITERS:
        if delimiter in head:
            tried += [_measure(head, d) for d in _kinds(head, Dialect(delimiter, comment=comment))]
    if all(r.score <= tried[0].score for r in tried):
        tried += _weak(head, comment)
    return tried


def _kinds(head: str, dialect: Dialect) -> list[Dialect]:
    """The dialect with each kind of quotes and escapes that the text has evidence of."""
    d, kinds = re.escape(dialect.delimiter), [dialect]
    if '"' in head:
        kinds += [replace(dialect, escape="\\")] if '\\"' in head else []
        kinds.append(replace(dialect, quote=""))
    opened = len(re.findall(rf"(?:^|(?<=[{d}]))'", head, re.M))
    closed = len(re.findall(rf"(?:^|(?<=[{d}]))'[^\r\n]{{0,500}}?'(?=[{d}\r\n]|\Z)", head, re.M)) if opened else 0
    if closed and 2 * closed >= opened and not re.search(rf'(?:^|[{d}])"', head, re.M):
        kinds.append(replace(dialect, quote="'"))
        kinds += [replace(dialect, quote="'", escape="\\")] if "\\'" in head else []
    return kinds


def _weak(head: str, comment: str) -> list[_Reading]:
    """The reading by a mark of prose by which every line is a row of values, if there is one."""
    for delimiter in WEAK:
        if delimiter not in head or delimiter == comment:
            continue
        dialect = Dialect(delimiter, comment=comment)
        rows = [r for r in first_rows(head, dialect, _RECORDS) if r]
        width, prose = len(rows[0]) if rows else 0, delimiter in " :/"
        if len(rows) < 3 or width < (3 if prose else 2) or any(len(row) != width for row in rows):
            continue
        if "://" in head or any(_VALUE.fullmatch(delimiter.join(row)) for row in rows[1:4]):
            continue  # addresses, or dates of one column
        cells = [cell for row in rows[1:20] for cell in row]
        if not prose or 2 * sum(1 for cell in cells if _VALUE.fullmatch(cell.strip())) >= len(cells):
            return [_Reading(dialect, 1.0, 1.0, width, 0, 0)]
    return []


def _measure(head: str, dialect: Dialect, lone: bool = False, most: int = _RECORDS) -> _Reading:
    """How good a reading of the text is; `lone` takes each line for one field."""
    reading = replace(dialect, delimiter="\0") if lone else dialect
    found = [r for r in islice(_records(head, reading), most) if filled_end(r.cells)]
    width, start, _score = outline([r.cells for r in found])
    if not width or (width == 1 and not lone):
        return _Reading(dialect, 0.0, 0.0, width, 0, 0)
    whole = [r for r in found[start:] if r.closed and filled_end(r.cells) <= width <= len(r.cells)]
    good, below = sum(r.lines for r in whole), sum(r.lines for r in found[start:])
    above = sum(r.lines for r in found[:start])
    order = (good - 0.5) / (below + 1 + 0.5 * above) * width / (width + 1)
    swallowed = sum(r.lines - 1 for r in whole)
    return _Reading(dialect, max(order, 0.0), _clean(whole, dialect), width, above + below - good, swallowed)


def _clean(whole: Sequence[Record], dialect: Dialect) -> float:
    """Share of the fields that hold no other delimiter, as prose or a number may, and wear no quotes."""
    others = re.escape("".join(mark for mark in DELIMITERS if mark != dialect.delimiter))
    foul = re.compile(rf"\s*\"[^\"]*\"\s*|'.*'|.*[{others}](?! ).*", re.S)
    cells = [cell for record in whole[:100] for cell in record.cells if cell]
    bad = sum(1 for cell in cells if foul.fullmatch(cell) and not _VALUE.fullmatch(cell.strip()))
    return 1 - bad / len(cells) if cells else 0.0


def _rivals(reading: _Reading, best: _Reading) -> bool:
    """Whether a reading by another delimiter is as good as the best one."""
    if reading.dialect.delimiter == best.dialect.delimiter or min(reading.width, best.width) < 2:
        return False
    return reading.score >= _BALANCED * best.score


# -- quotes and comments --------------------------------------------------------------------


def _quotes(head: str, dialect: Dialect) -> tuple[Dialect, Dialect | None]:
    """The dialect with its quotes settled by the whole beginning; and without quotes, where those are in doubt."""
    if dialect.quote == "'" or '"' not in head:
        return replace(dialect, quote=dialect.quote or '"'), None
    quoted = _measure(head, replace(dialect, quote='"', escape=""), most=_ALL)
    if '\\"' in head:
        escaped = _measure(head, replace(dialect, quote='"', escape="\\"), most=_ALL)
        told = len(re.findall(r'\\"[^,;\t|\r\n]', head)) > head.count('""')
        quoted = escaped if (escaped.odd, not told) <= (quoted.odd, False) else quoted
    if not quoted.odd and not quoted.swallowed:
        return quoted.dialect, None
    bare = _measure(head, replace(dialect, quote="", escape=""), most=_ALL)
    if bare.order > quoted.order + 0.01 and bare.score > quoted.score:
        return bare.dialect, quoted.dialect if bare.clean < 0.99 else None
    as_good = bare.width == quoted.width and bare.odd <= quoted.odd
    return quoted.dialect, bare.dialect if quoted.swallowed and as_good else None


def _comment(head: str, best: _Reading) -> str:
    """The mark of comments: lines begin with it, and none of them is a row as the others are."""
    for mark, start in (("#", "#"), ("/", "//"), ("%", "%")):
        if mark == best.dialect.delimiter or start not in head:
            continue
        lines = [r.comment for r in islice(_records(head, replace(best.dialect, comment=mark)), 2_000) if r.comment]
        rows = [row for line in lines for row in first_rows(line, replace(best.dialect, comment=""))]
        alike = any(filled_end(row) <= best.width <= len(row) for row in rows)
        if lines and not alike and all(line.startswith(start) for line in lines):
            return mark
    return ""
