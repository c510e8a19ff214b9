"""G26: a moment lies in the same day in every panel, across daylight saving and in every zone."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from analysis import ActiveUsers, ConversionByDay, EventLog, Retention, Trend
from analysis.events import from_rows


def days(log: EventLog) -> dict[str, set[date]]:
    """The days on which each panel sees anything of user a."""

    def told(frame: pd.DataFrame, column: str, count: str) -> set[date]:
        return {d.date() for d in pd.to_datetime(frame.loc[frame[count] > 0, column])}

    active = ActiveUsers(event="x").ask(log).table
    return {
        "trend": told(Trend(event="x").ask(log).table, "day", "users"),
        "active": told(active[active["measure"] == "daily"], "period", "users"),
        "retention": told(Retention(start="x", returning="x", period="day").ask(log).table, "cohort", "users"),
        "conversion": told(ConversionByDay(steps=("x",), period="day").ask(log).table, "start", "users"),
    }


@pytest.mark.parametrize(
    ("zone", "stamps"),
    [("Europe/Berlin", ("2026-03-29 01:30", "2026-03-29 03:30")), ("Asia/Shanghai", ("2026-03-29 00:30",))],
)
def test_g26_the_same_day_in_every_panel(zone: str, stamps: tuple[str, ...]) -> None:
    rows = [{"user": "a", "time": t, "event": "x"} for t in stamps]
    end = [{"user": "z", "time": "2026-04-30 12:00", "event": "end"}]
    for panel, seen in days(from_rows([*rows, *end], zone=zone)).items():
        assert seen == {date(2026, 3, 29)}, panel
