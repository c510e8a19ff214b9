"""Edits: clean-up of events as a recipe of plain values, applied to a whole log.

>>> from analysis.edits import HideEvents, RenameEvents, recipe
>>> from analysis.events import from_rows
>>> log = from_rows([{"user": "u", "time": "2026-01-05", "event": e} for e in ("view", "look", "ping")])
>>> clean = recipe.apply(log, (RenameEvents({"look": "view"}), HideEvents(("ping",))))
>>> clean.n_events, clean.events.values
(2, ('', 'view'))
"""

from analysis.edits import recipe as recipe
from analysis.edits.derived import DeriveEvent as DeriveEvent
from analysis.edits.edit import Edit as Edit
from analysis.edits.events import HideEvents as HideEvents
from analysis.edits.events import RenameEvents as RenameEvents
from analysis.edits.events import RenameValues as RenameValues
from analysis.edits.patterns import Group as Group
from analysis.edits.patterns import GroupEvents as GroupEvents
from analysis.edits.patterns import suggest_groups as suggest_groups
from analysis.edits.rules import After as After
from analysis.edits.rules import First as First
from analysis.edits.rules import Nth as Nth
from analysis.edits.rules import Repeated as Repeated
from analysis.edits.rules import Rule as Rule
from analysis.edits.rules import Silent as Silent
from analysis.edits.rules import Without as Without
from analysis.edits.sentences import sentence as sentence
