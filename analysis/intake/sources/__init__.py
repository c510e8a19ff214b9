"""Sources: folders, databases and storage the operator allows."""

from analysis.intake.sources.source import Item as Item
from analysis.intake.sources.source import Place as Place
from analysis.intake.sources.source import Source as Source
from analysis.intake.sources.source import browse as browse
from analysis.intake.sources.source import fetch as fetch
from analysis.intake.sources.source import fingerprint_of as fingerprint_of
from analysis.intake.sources.source import offered as offered
