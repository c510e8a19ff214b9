"""Small logs written by hand, for all tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REAL = ROOT.parent / "shared" / "data"


def real(name: str) -> Path:
    """A real file to verify against; the test is skipped, with the reason, where it is not there."""
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the checkout")
    return path


def footprints(user: str, said: str, day: str = "2026-01-05") -> list[dict[str, object]]:
    """Rows from "A 1:00, B 1:45": events and hours of one day."""
    out = []
    for part in said.split(", "):
        event, clock = part.rsplit(" ", 1)
        hours, minutes = (int(x) for x in clock.split(":"))
        when = datetime.fromisoformat(day) + timedelta(hours=hours, minutes=minutes)
        out.append({"user": user, "time": when.isoformat(), "event": event})
    return out


def journey(
    user: str, events: Iterable[str], start: str = "2026-01-05 00:00", hours: float = 1
) -> list[dict[str, object]]:
    """Rows of one user, an event an hour."""
    at = datetime.fromisoformat(start)
    return [
        {"user": user, "time": (at + timedelta(hours=hours * k)).isoformat(), "event": e} for k, e in enumerate(events)
    ]


def days(user: str, which: Iterable[int], event: str = "x", start: str = "2026-01-05 10:00") -> list[dict[str, object]]:
    """Rows of one user on some days after the start."""
    at = datetime.fromisoformat(start)
    return [{"user": user, "time": (at + timedelta(days=d)).isoformat(), "event": event} for d in which]
