"""Sessions, slowly and plainly: lists of events, in minutes."""

from __future__ import annotations

Row = tuple[str, int, str, str, str]  # user, minute, event, page, session


def sessions(rows: list[Row], timeout: float, by: str, event: str | None, until: int) -> list[tuple[str, list[Row]]]:
    """Every session: its user and its rows."""
    out: list[tuple[str, list[Row]]] = []
    for user in sorted({r[0] for r in rows}):
        mine = sorted((r for r in rows if r[0] == user and event in (None, r[2]) and r[1] < until), key=lambda r: r[1])
        if by == "column":
            words = dict.fromkeys(r[4] for r in mine if r[4])
            out += [(user, [r for r in mine if r[4] == word]) for word in words]
            continue
        current: list[Row] = []
        for row in mine:
            if current and row[1] - current[-1][1] > timeout:
                out.append((user, current))
                current = []
            current.append(row)
        if current:
            out.append((user, current))
    return out


def counted(
    rows: list[Row],
    timeout: float,
    by: str,
    event: str | None,
    bounce: str,
    goal: str,
    until: int,
    span: tuple[int, int],
) -> dict[str, dict[str, float]]:
    """By entry page: sessions, still open, users, bounces, exits, views."""
    found: dict[str, dict[str, float]] = {}
    who: dict[tuple[str, str], set[str]] = {}

    def add(page: str, what: str, n: float = 1) -> None:
        found.setdefault(page, {})[what] = found.get(page, {}).get(what, 0) + n

    for user, events in sessions(rows, timeout, by, event, until):
        if not span[0] <= events[0][1] < span[1]:
            continue
        pages = [e[3] for e in events if e[3]] or [""]
        add(pages[0], "sessions")
        who.setdefault((pages[0], "users"), set()).add(user)
        if until - events[-1][1] <= timeout:
            add(pages[0], "still_open")
            continue
        length = events[-1][1] - events[0][1]
        left = {
            "one_event": len(events) == 1,
            "short": length < 10,
            "no_goal": all(e[2] != goal for e in events),
        }[bounce]
        add(pages[0], "bounces", left)
        add(pages[0], "length", length)
        add(pages[0], "events", len(events))
        if left:
            who.setdefault((pages[0], "bounce_users"), set()).add(user)
        add(pages[-1], "exits")
        who.setdefault((pages[-1], "exit_users"), set()).add(user)
        for e in events:
            add(e[3], "views")
    for (page, what), users in who.items():
        add(page, what, len(users))
    return found


def clustered(pairs: list[tuple[float, float, float, float]]) -> float:
    """Squared error of the difference of two ratios, from each user's x and n inside and outside."""
    x, n, y, m = (sum(p[k] for p in pairs) for k in range(4))
    size = len(pairs)
    influence = [(a - x / n * b) / n - (c - y / m * d) / m for a, b, c, d in pairs]
    return size / (size - 1) * sum(v * v for v in influence)
