"""Clicks on elements, slowly and plainly: lists of rows."""

from __future__ import annotations

Row = tuple[str, str, str, str]  # user, event, page, element


def elements(rows: list[Row], page: str) -> dict[str, tuple[int, set[str]]]:
    """Clicks and users per element of a page."""
    found: dict[str, tuple[int, set[str]]] = {}
    for user, event, at, element in rows:
        if event == "click" and at == page and element:
            clicks, who = found.get(element, (0, set()))
            found[element] = clicks + 1, who | {user}
    return found


def views(rows: list[Row], page: str) -> int:
    """Views of a page."""
    return sum(event == "view" and at == page for _, event, at, _ in rows)


def pairs(rows: list[Row], page: str, first: str, second: str) -> tuple[int, int]:
    """Users who clicked only the first, and only the second."""
    found = elements(rows, page)
    one, two = (found.get(name, (0, set()))[1] for name in (first, second))
    return len(one - two), len(two - one)
