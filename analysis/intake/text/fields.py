"""Fields: the first records of delimited text, by a plain reader of our own; for guessing alone.

It reads as `tokens` does, so that a layout which was found here holds there: a quote mark opens a
quoted field only at the field's start and closes it before a delimiter or a line end; other marks
inside are text if the line has a closing one further on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_END = re.compile(r"\r\n|\n|\r|\Z")


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        cells: Its fields; none for a blank line or a comment.
        lines: Physical lines it takes.
        closed: Whether its quotes are closed.
        comment: The line, where it is a comment.
    """

    cells: list[str]
    lines: int = 1
    closed: bool = True
    comment: str = ""


def records(text: str, delimiter: str, quote: str, escape: str, comment: str) -> Iterator[Record]:
    """The records of a text."""
    at, size = 0, len(text)
    marked = re.compile("|".join(re.escape(mark) for mark in (quote, escape) if mark) or r"(?!)")
    while at < size:
        stop = _END.search(text, at)
        assert stop is not None
        if comment and text.startswith(comment, at):
            yield Record([], comment=text[at : stop.start()])
        elif not marked.search(text, at, stop.start()):
            line = text[at : stop.start()]
            yield Record(line.split(delimiter) if line.strip(" \t") or delimiter in line else [])
        else:
            cells, end, closed = _marked(text, at, delimiter, quote, escape)
            stop = _END.match(text, end)
            assert stop is not None
            yield Record(cells, 1 + len(re.findall(r"\r\n|\n|\r", text[at:end].rstrip("\r\n"))), closed)
        at = stop.end()


def _marked(text: str, at: int, delimiter: str, quote: str, escape: str) -> tuple[list[str], int, bool]:
    """Fields of a record with marks in it, the place behind it, and whether its quotes are closed."""
    quoted, plain = _patterns(delimiter, quote, escape)
    cells: list[str] = []
    while True:
        inside = quoted.match(text, at) if quote and text.startswith(quote, at) else None
        if inside is not None:
            value = inside[1].replace(escape + quote if escape else quote + quote, quote) + inside[3]
            if not inside[2]:
                return [*cells, value], len(text), False
            at = inside.end()
        else:
            found = plain.match(text, at)
            assert found is not None
            value, at = found[0], found.end()
        cells.append(value)
        if not text.startswith(delimiter, at) or at == len(text):
            return cells, at, True
        at += 1


@lru_cache(64)
def _patterns(delimiter: str, quote: str, escape: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A quoted field (its inside, its closing mark, what follows that) and a plain one."""
    d, q, e = (re.escape(mark) for mark in (delimiter, quote, escape))
    ends = rf"(?:[{d}\r\n]|\Z)"
    inner = rf"(?!{q}{ends}){q}(?=[^\r\n]{{0,500}}?{q}{ends})"
    inner = rf"{e}.|{inner}" if escape else rf"{q}{q}|{inner}"
    body = rf"[^{q}{e}]*+(?:(?:{inner})[^{q}{e}]*+)*+"
    stop = rf"[^{d}\r\n{e}]*+"
    plain = rf"{stop}(?:{e}[^\r\n]?{stop})*+" if escape else stop
    return re.compile(rf"{q}({body})({q}?)([^{d}\r\n]*)", re.DOTALL), re.compile(plain)
