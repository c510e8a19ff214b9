"""Report: the health of a data set, all facts of it."""

from __future__ import annotations

from analysis.events import EventLog
from analysis.health import days, ids, money, names, people, repeats, results, stamps
from analysis.health.facts import NO_DAYS, Health, ordered
from analysis.health.scan import scan


def health(log: EventLog) -> Health:
    """What a data set can and can't tell, and what to be careful with.

    **Definition.** Each fact says what was found and what it means for the answers; the modules of this package say
    how each is judged. Rows after the end of the data (future stamps) are in no fact about days, hours and rhythm.

    Args:
        log: A whole data set or a view of it. A log without any event has no facts.

    Returns:
        The facts, most severe first, and the days.
    """
    if not log.n_events:
        return Health((), NO_DAYS)
    if log.shape == "results":
        return Health(ordered([*results.facts(log), *ids.facts(log)]), NO_DAYS)
    seen = scan(log)
    by_day = days.frame(log, seen)
    found = [
        *stamps.facts(log, seen),
        *days.facts(log, by_day),
        *people.facts(log),
        *ids.facts(log),
        *repeats.facts(log),
        *names.facts(log),
        *money.facts(log),
    ]
    return Health(ordered(found), by_day)
