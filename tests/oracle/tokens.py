"""Slow and plain: the records of delimited text, a character at a time, by the definition of `analysis.intake.text.tokens`."""

from __future__ import annotations


def records(text: str, delimiter: str = ",", quote: str = '"', escape: str = "") -> list[tuple[list[str], int]]:
    """Fields of each record, and the line ends inside its quotes."""
    out, at = [], 0
    while at < len(text):
        fields, inside = [], 0
        while True:
            if quote and text.startswith(quote, at):
                at, field, more = _quoted(text, at, delimiter, quote, escape)
                inside += more
            else:
                at, field = _plain(text, at, delimiter, quote, escape)
            fields.append(field)
            if text[at : at + 1] != delimiter:
                break
            at += 1
        out.append((fields, inside))
        at += 2 if text.startswith("\r\n", at) else 1
    return out


def _plain(text: str, at: int, delimiter: str, quote: str, escape: str) -> tuple[int, str]:
    field = ""
    while at < len(text) and text[at] not in (delimiter, "\n", "\r"):
        following = text[at + 1 : at + 2]
        if escape and text[at] == escape and following and following in (delimiter, quote, escape):
            field, at = field + following, at + 2
        else:
            field, at = field + text[at], at + 1
    return at, field


def _quoted(text: str, at: int, delimiter: str, quote: str, escape: str) -> tuple[int, str, int]:
    field, inside, at = "", 0, at + 1
    while at < len(text):
        c, following = text[at], text[at + 1 : at + 2]
        if escape and c == escape and following and following in (quote, escape):
            field, at = field + following, at + 2
            continue
        if c == quote and not escape and following == quote:
            field, at = field + quote, at + 2
            continue
        if c == quote and (not following or following in (delimiter, "\n", "\r")):
            return at + 1, field, inside
        if c == quote and not _closes_later(text, at + 1, delimiter, quote):
            end, rest = _plain(text, at + 1, delimiter, "", "")
            return end, field + rest, inside
        if c == "\n" or (c == "\r" and following != "\n"):
            inside += 1
        field, at = field + c, at + 1
    return at, field, inside - (1 if text[-1] in "\n\r" else 0)


def _closes_later(text: str, at: int, delimiter: str, quote: str) -> bool:
    while at < len(text) and text[at] not in "\n\r":
        if text[at] == quote and text[at + 1 : at + 2] in ("", delimiter, "\n", "\r"):
            return True
        at += 1
    return False
