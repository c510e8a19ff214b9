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
    from analysis.behaviour.active_users import ActiveUsers as ActiveUsers
    from analysis.behaviour.aha import Aha as Aha
    from analysis.behaviour.click_map import ClickMap as ClickMap
    from analysis.behaviour.conversion_by_day import ConversionByDay as ConversionByDay
    from analysis.behaviour.drivers import Drivers as Drivers
    from analysis.behaviour.element_clicks import ElementClicks as ElementClicks
    from analysis.behaviour.exclude import Exclusion as Exclusion
    from analysis.behaviour.experiment import Experiment as Experiment
    from analysis.behaviour.experiment_plan import ExperimentPlan as ExperimentPlan
    from analysis.behaviour.explain_change import ExplainChange as ExplainChange
    from analysis.behaviour.faults import Faults as Faults
    from analysis.behaviour.funnel import Funnel as Funnel
    from analysis.behaviour.funnel_comparison import FunnelComparison as FunnelComparison
    from analysis.behaviour.leavers import Leavers as Leavers
    from analysis.behaviour.metric import Metric as Metric
    from analysis.behaviour.overview import Overview as Overview
    from analysis.behaviour.paths import Paths as Paths
    from analysis.behaviour.rage_clicks import RageClicks as RageClicks
    from analysis.behaviour.retention import Retention as Retention
    from analysis.behaviour.retention_curve import RetentionCurve as RetentionCurve
    from analysis.behaviour.session_gaps import SessionGaps as SessionGaps
    from analysis.behaviour.sessions import Sessions as Sessions
    from analysis.behaviour.stickiness import Stickiness as Stickiness
    from analysis.behaviour.tenure import Tenure as Tenure
    from analysis.behaviour.time_to_convert import TimeToConvert as TimeToConvert
    from analysis.behaviour.transitions import Transitions as Transitions
    from analysis.behaviour.trend import Trend as Trend
    from analysis.behaviour.weekday_hour import WeekdayHour as WeekdayHour
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
    "ActiveUsers": "behaviour.active_users",
    "Aha": "behaviour.aha",
    "AnalysisError": "errors",
    "ClickMap": "behaviour.click_map",
    "Drivers": "behaviour.drivers",
    "ConversionByDay": "behaviour.conversion_by_day",
    "Effect": "campaigns.effect",
    "ElementClicks": "behaviour.element_clicks",
    "EventLog": "events",
    "Experiment": "behaviour.experiment",
    "ExperimentPlan": "behaviour.experiment_plan",
    "ExplainChange": "behaviour.explain_change",
    "Exclusion": "behaviour.exclude",
    "Faults": "behaviour.faults",
    "Funnel": "behaviour.funnel",
    "Leavers": "behaviour.leavers",
    "FunnelComparison": "behaviour.funnel_comparison",
    "Metric": "behaviour.metric",
    "Overview": "behaviour.overview",
    "Paths": "behaviour.paths",
    "PeriodLifecycle": "lifecycle.periods",
    "Question": "questions",
    "RFM": "segments.rfm",
    "RageClicks": "behaviour.rage_clicks",
    "Retention": "behaviour.retention",
    "RetentionCurve": "behaviour.retention_curve",
    "SessionGaps": "behaviour.session_gaps",
    "Sessions": "behaviour.sessions",
    "Stages": "lifecycle.stages",
    "Step": "questions",
    "Stickiness": "behaviour.stickiness",
    "Tenure": "behaviour.tenure",
    "Trend": "behaviour.trend",
    "WeekdayHour": "behaviour.weekday_hour",
    "TimeToConvert": "behaviour.time_to_convert",
    "Transitions": "behaviour.transitions",
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
