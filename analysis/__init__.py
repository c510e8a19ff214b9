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
    from analysis.behaviour.funnel import Funnel as Funnel
    from analysis.behaviour.retention import Retention as Retention
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
    "AnalysisError": "errors",
    "Effect": "campaigns.effect",
    "EventLog": "events",
    "Funnel": "behaviour.funnel",
    "PeriodLifecycle": "lifecycle.periods",
    "Question": "questions",
    "RFM": "segments.rfm",
    "Retention": "behaviour.retention",
    "Stages": "lifecycle.stages",
    "Step": "questions",
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
