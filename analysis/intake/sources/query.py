"""Queries: one reading statement, held to reading by the database itself.

Two guards, and either would do. The text: no semicolon but a last one, *wherever* it stands, so that
no dialect's quotes or comments can hide a second statement; SELECT or WITH after the comments. The
database: the statement runs in a transaction that can't write, with a time limit of its own. Where
a dialect offers no such transaction, queries are refused and tables are offered only.
"""

from __future__ import annotations

import re

from analysis.errors import IntakeError

DIALECTS = ("postgresql", "mysql", "mariadb", "sqlite")
"""Dialects that can hold a transaction to reading."""

LONGEST = 20_000
"""Characters of a query."""

_COMMENTS = re.compile(r"\s+|--[^\n]*(?:\n|$)|/\*(?![!+M]).*?\*/", re.DOTALL)
_FIRST = re.compile(r"(?:SELECT|WITH)\b", re.IGNORECASE)
_FILES = re.compile(r"\b(?:OUTFILE|DUMPFILE)\b", re.IGNORECASE)


def check_query(text: str) -> str:
    """The query without blanks and semicolons at its end.

    Raises:
        IntakeError: It is empty, too long, more than one statement, or not a SELECT.

    Examples:
        >>> check_query("SELECT 1; ")
        'SELECT 1'
    """
    query = text.strip()
    while query.endswith(";"):
        query = query[:-1].rstrip()
    if not query or len(query) > LONGEST or "\0" in query:
        raise IntakeError(
            "query_length", "The query must have 1 to {longest} characters. Write one SELECT.", longest=LONGEST
        )
    if ";" in query:
        raise IntakeError(
            "query_statements",
            "The query must be one statement, so it may hold no semicolon but a last one. Leave out all but one "
            "SELECT; inside text, write CHR(59) or CHAR(59) for a semicolon.",
        )
    start = 0
    while (blank := _COMMENTS.match(query, start)) is not None and blank.end() > start:
        start = blank.end()
    if _FIRST.match(query, start) is None or "/*!" in query or "/*M!" in query or _FILES.search(query):
        raise IntakeError(
            "query_kind", "The query must only read: it starts with SELECT or WITH and writes nothing. Rewrite it so."
        )
    return query


def guards(dialect: str, timeout_seconds: float, *, mariadb: bool = False) -> tuple[str, ...]:
    """Statements that hold what follows on this connection to reading, and to a time.

    They are the first of their transaction; the connection is closed afterwards.
    """
    wait_ms = max(1, int(timeout_seconds * 1000))
    if dialect == "postgresql":
        return ("SET TRANSACTION READ ONLY", f"SET LOCAL statement_timeout = {wait_ms}")
    if dialect in ("mysql", "mariadb"):
        wait = (
            f"SET SESSION max_statement_time = {wait_ms / 1000}"
            if mariadb
            else f"SET SESSION max_execution_time = {wait_ms}"
        )
        return (wait, "SET SESSION TRANSACTION READ ONLY", "START TRANSACTION READ ONLY")
    return ("PRAGMA query_only = ON",) if dialect == "sqlite" else ()


def check_dialect(dialect: str) -> None:
    """Refuses queries where nothing but their text would keep them from writing."""
    if dialect not in DIALECTS:
        raise IntakeError(
            "query_dialect",
            "Queries can be held to reading on {dialects} only, not on {dialect}. Choose a table, or ask for a view.",
            dialects=", ".join(DIALECTS),
            dialect=dialect,
        )
