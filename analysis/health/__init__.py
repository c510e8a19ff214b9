"""Health: what a data set can and can't tell, before anybody asks it anything."""

from analysis.health.facts import Behind as Behind
from analysis.health.facts import Fact as Fact
from analysis.health.facts import Health as Health
from analysis.health.report import health as health
