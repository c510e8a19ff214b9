"""Ask a question of a log: everything Footprints computes, without the app.

    >>> import analysis
    >>> from analysis.events import from_rows
    >>> log = from_rows([{"user": "u1", "time": "2026-01-05", "event": "view"}])
    >>> analysis.Funnel(steps=("view",), window_days=None).ask(log).table["users"].tolist()
    [1]

`load` reads a file as the app does; each question is a class; `ask` gives the answer, `table` its main result.

Names are imported when they are first used: the process that reads a file needs no statistics, and
scipy alone takes it most of a second.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.behaviour.clicks.click_map import ClickMap as ClickMap
    from analysis.behaviour.clicks.element_clicks import ElementClicks as ElementClicks
    from analysis.behaviour.clicks.rage_clicks import RageClicks as RageClicks
    from analysis.behaviour.clicks.weekday_hour import WeekdayHour as WeekdayHour
    from analysis.behaviour.experiments.experiment import Experiment as Experiment
    from analysis.behaviour.experiments.experiment_plan import ExperimentPlan as ExperimentPlan
    from analysis.behaviour.experiments.metric import Metric as Metric
    from analysis.behaviour.funnels.conversion_by_day import ConversionByDay as ConversionByDay
    from analysis.behaviour.funnels.exclude import Exclusion as Exclusion
    from analysis.behaviour.funnels.faults import Faults as Faults
    from analysis.behaviour.funnels.funnel import Funnel as Funnel
    from analysis.behaviour.funnels.funnel_comparison import FunnelComparison as FunnelComparison
    from analysis.behaviour.funnels.time_to_convert import TimeToConvert as TimeToConvert
    from analysis.behaviour.journeys.paths import Paths as Paths
    from analysis.behaviour.journeys.transitions import Transitions as Transitions
    from analysis.behaviour.leaving.drivers import Drivers as Drivers
    from analysis.behaviour.leaving.leavers import Leavers as Leavers
    from analysis.behaviour.moments.aha import Aha as Aha
    from analysis.behaviour.overview import Overview as Overview
    from analysis.behaviour.returning.active_users import ActiveUsers as ActiveUsers
    from analysis.behaviour.returning.retention import Retention as Retention
    from analysis.behaviour.returning.retention_curve import RetentionCurve as RetentionCurve
    from analysis.behaviour.returning.stickiness import Stickiness as Stickiness
    from analysis.behaviour.returning.tenure import Tenure as Tenure
    from analysis.behaviour.trends.explain_change import ExplainChange as ExplainChange
    from analysis.behaviour.trends.trend import Trend as Trend
    from analysis.behaviour.visits.session_gaps import SessionGaps as SessionGaps
    from analysis.behaviour.visits.sessions import Sessions as Sessions
    from analysis.campaigns.effect import Effect as Effect
    from analysis.errors import AnalysisError as AnalysisError
    from analysis.events import EventLog as EventLog
    from analysis.intake import load as load
    from analysis.lifecycle.periods import PeriodLifecycle as PeriodLifecycle
    from analysis.lifecycle.stages import Stages as Stages
    from analysis.questions import Question as Question
    from analysis.questions import Step as Step
    from analysis.questions import Where as Where
    from analysis.segments.rfm import RFM as RFM

HOMES = {
    "ActiveUsers": "behaviour.returning.active_users",
    "Aha": "behaviour.moments.aha",
    "AnalysisError": "errors",
    "ClickMap": "behaviour.clicks.click_map",
    "Drivers": "behaviour.leaving.drivers",
    "ConversionByDay": "behaviour.funnels.conversion_by_day",
    "Effect": "campaigns.effect",
    "ElementClicks": "behaviour.clicks.element_clicks",
    "EventLog": "events",
    "Experiment": "behaviour.experiments.experiment",
    "ExperimentPlan": "behaviour.experiments.experiment_plan",
    "ExplainChange": "behaviour.trends.explain_change",
    "Exclusion": "behaviour.funnels.exclude",
    "Faults": "behaviour.funnels.faults",
    "Funnel": "behaviour.funnels.funnel",
    "Leavers": "behaviour.leaving.leavers",
    "FunnelComparison": "behaviour.funnels.funnel_comparison",
    "Metric": "behaviour.experiments.metric",
    "Overview": "behaviour.overview",
    "Paths": "behaviour.journeys.paths",
    "PeriodLifecycle": "lifecycle.periods",
    "Question": "questions",
    "RFM": "segments.rfm",
    "RageClicks": "behaviour.clicks.rage_clicks",
    "Retention": "behaviour.returning.retention",
    "RetentionCurve": "behaviour.returning.retention_curve",
    "SessionGaps": "behaviour.visits.session_gaps",
    "Sessions": "behaviour.visits.sessions",
    "Stages": "lifecycle.stages",
    "Step": "questions",
    "Stickiness": "behaviour.returning.stickiness",
    "Tenure": "behaviour.returning.tenure",
    "Trend": "behaviour.trends.trend",
    "WeekdayHour": "behaviour.clicks.weekday_hour",
    "TimeToConvert": "behaviour.funnels.time_to_convert",
    "Transitions": "behaviour.journeys.transitions",
    "Where": "questions",
    "load": "intake",
}
"""Public name -> module that holds it."""

__all__ = [*HOMES]


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"analysis.{HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *HOMES])
