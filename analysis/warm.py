"""Compiles every kernel once, during set-up, so that the first click is fast.

numba keeps the compiled code beside the source. Each question is asked of a log of a few rows
saved and opened again, because memory-mapped columns are a type of their own.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from analysis import suggest
from analysis.behaviour.clicks.click_map import ClickMap
from analysis.behaviour.clicks.element_clicks import ElementClicks
from analysis.behaviour.clicks.rage_clicks import RageClicks
from analysis.behaviour.clicks.weekday_hour import WeekdayHour
from analysis.behaviour.experiments.experiment import Experiment
from analysis.behaviour.experiments.experiment_plan import ExperimentPlan
from analysis.behaviour.experiments.metric import Metric
from analysis.behaviour.funnels.funnel import Funnel
from analysis.behaviour.journeys.paths import Paths
from analysis.behaviour.journeys.transitions import Transitions
from analysis.behaviour.overview import Overview
from analysis.behaviour.returning.active_users import ActiveUsers
from analysis.behaviour.returning.retention import Retention
from analysis.behaviour.returning.retention_curve import RetentionCurve
from analysis.behaviour.returning.stickiness import Stickiness
from analysis.behaviour.returning.tenure import Tenure
from analysis.behaviour.trends.explain_change import ExplainChange
from analysis.behaviour.trends.trend import Trend
from analysis.behaviour.visits.session_gaps import SessionGaps
from analysis.behaviour.visits.sessions import Sessions
from analysis.edits import After, DeriveEvent, First, Nth, Repeated, Silent, Without
from analysis.events import EventLog, from_rows
from analysis.health import health
from analysis.intake import read
from analysis.lifecycle.periods import PeriodLifecycle
from analysis.questions import Question, Step, Where

ROWS = """user_id,time,event,channel,amount,order_id,arm,page,element,x,y
u1,2026-01-05 10:00:00,visit,a,,,treated,home,buy,10,20
u1,2026-01-05 10:00:00,order,a,10.5,o1,,,,,
u2,2026-01-06 10:00:01,visit,b,,,control,home,help,30,40
u2,2026-01-16 10:00:00,order,b,20,o2,,,,,
u2,2026-03-16 10:00:00,visit,b,,,,home,buy,10,20
"""


def questions(log: EventLog) -> list[Question]:
    """One question of every kind, with and without conditions on the rows."""
    filtered = Step("order", where=(Where("amount", 1, ">"),))
    return [
        Funnel(steps=(Step("visit"), Step("order"))),
        Funnel(steps=(Step("visit"), filtered), split="channel"),
        Funnel(steps=(Step("visit"), filtered), exclude=("visit",), hold=("channel",), unit="sessions"),  # type: ignore[arg-type]
        Funnel(steps=(Step("visit"), Step("visit", optional=True), Step("order", within_hours=999))),
        Retention(),
        Retention(start=Step("visit"), returning=filtered),
        Retention(measure="money", split="channel"),
        Retention(measure="times", returning=filtered),
        RetentionCurve(),
        Tenure(),
        Tenure(active=Step("visit"), buying=filtered),
        Stickiness(),
        Stickiness(event=filtered),
        ActiveUsers(),
        ActiveUsers(event=filtered),
        suggest.funnel(log),
        suggest.rfm(log),
        suggest.stages(log),
        suggest.effect(log),
        Overview(),
        suggest.faults(log),
        suggest.experiment(log),
        Experiment(
            control="control", metrics=(Metric("money", event=filtered),), exposure=Step("visit"), segments=("channel",)
        ),
        suggest.experiment_plan(log),
        ExperimentPlan(metric=Metric("money", event=filtered)),
        suggest.time_to_convert(log),
        suggest.conversion_by_day(log),
        suggest.funnel_comparison(log),
        suggest.trend(log),
        Trend(measure="money", event=filtered, split="channel"),
        Trend(measure="orders", event=Step("order")),
        Trend(measure="rate", event=filtered),
        suggest.explain_change(log),
        ExplainChange(event=filtered, measure="money", by="channel"),
        suggest.drivers(log),
        suggest.leavers(log),
        suggest.sessions(log),
        Sessions(),
        SessionGaps(),
        suggest.aha(log),
        Paths(),
        Paths(start=Step("visit"), end=filtered, compare="channel", values=("a", "b"), include_open=True),
        Transitions(),
        WeekdayHour(),
        WeekdayHour(event=filtered, measure="events", compare="channel"),
        ElementClicks(click=Step("visit"), view=Step("order"), compare="channel"),
        ElementClicks(click=Step("visit", where=(Where("x", 1, ">"),))),
        ClickMap(click=Step("visit"), compare="channel"),
        ClickMap(click=Step("visit"), width="x", height="y"),
        RageClicks(click=Step("visit"), compare="channel"),
        PeriodLifecycle(),
        PeriodLifecycle(event=Step("order")),
    ]


RULES = (
    First("visit"),
    Nth("visit", 2),
    Repeated("visit", 2, within_days=90),
    Without("visit", 2, "order", within_days=90),
    Silent(5),
    After("visit", "order", within_days=7),
)
"""One rule of every kind."""


def small() -> EventLog:
    """The log of a few rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warm.csv"
        path.write_text(ROWS, encoding="utf-8")
        return read(path).log


def main() -> None:
    """Asks every question once of a small log, built and opened; every rule and the health too."""
    with tempfile.TemporaryDirectory() as folder:
        built = small()
        built.save(Path(folder) / "log")
        opened = EventLog.open(Path(folder) / "log")
        for log in (built, opened, opened.where("channel", "b").between("2026-01-05", "2026-02-01")):
            for question in questions(log):
                question.ask(log).findings()
            health(log)
        for log in (built, opened):
            for rule in RULES:
                DeriveEvent("made", rule).apply(log)
        from_rows([{"user": "u", "time": "2026-01-05", "event": "x"}])


if __name__ == "__main__":
    main()
