"""Intake: a file to a log, every row accounted for."""

from analysis.intake.ledger import Ledger as Ledger
from analysis.intake.reader import inspect as inspect
from analysis.intake.reader import load as load
from analysis.intake.reader import read as read
from analysis.intake.reading import Guess as Guess
from analysis.intake.reading import Imported as Imported
from analysis.intake.reading import Reading as Reading
