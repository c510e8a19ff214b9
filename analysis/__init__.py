"""Ask a question of a log: everything Footprints computes, without the app.

>>> import analysis
>>> sorted(n for n in ("load", "EventLog") if hasattr(analysis, n))
['EventLog', 'load']
"""

from analysis.errors import AnalysisError as AnalysisError
from analysis.behaviour.funnel import Funnel as Funnel
from analysis.events import EventLog as EventLog
from analysis.questions import Question as Question
from analysis.questions import Step as Step
from analysis.questions import Where as Where
