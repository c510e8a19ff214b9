"""Result tables: one row a user, an arm and outcomes, no time."""

from __future__ import annotations

import numpy as np

from analysis.events import EventLog, Numbers
from analysis.findings import Finding
from analysis.health.facts import Behind, Fact, Severity, by_share, share
from analysis.health.scan import tally

SMALL_ARM = 100


def facts(log: EventLog) -> list[Fact]:
    """What a result table can and can't tell."""
    return [_users(log), *_several(log), *_arms(log), *_missing(log)]


def in_several_rows(log: EventLog) -> np.ndarray:
    """Indices of the users with more than one row."""
    return log.users[log.ends - log.starts > 1]


def without_arm(log: EventLog) -> np.ndarray:
    """Indices of the users who have a row without an arm."""
    return _owners(log, log.words(log.roles["arm"]).codes == 0)


def without_outcome(log: EventLog) -> np.ndarray:
    """Indices of the users who lack a number in some column."""
    gone = np.zeros(len(log.time), bool)
    for column in log.columns.values():
        if isinstance(column, Numbers):
            gone |= np.isnan(column.values)
    return _owners(log, gone)


def _owners(log: EventLog, rows: np.ndarray) -> np.ndarray:
    before = np.concatenate([[0], np.cumsum(rows)])
    return log.users[before[log.ends] > before[log.starts]]


def _users(log: EventLog) -> Fact:
    told = Finding("One row a user, without time.", {}, "Only the Effect page can use it: other pages need times.")
    return Fact("results", "fine", log.n_users, "users", told)


def _several(log: EventLog) -> list[Fact]:
    users = in_several_rows(log)
    if not len(users):
        return []
    told = Finding(
        "A user should stand in one row.",
        {},
        "Was the table exported before it was summed up by user?",
    )
    return [Fact("several_rows", "careful", len(users), "users", told, Behind("users", len(users), in_several_rows))]


def _arms(log: EventLog) -> list[Fact]:
    if "arm" not in log.roles:
        return []
    words = log.words(log.roles["arm"])
    sizes = tally(log.starts, log.ends, words.codes, len(words.values))
    arms = [c for c in np.argsort(sizes, kind="stable").tolist() if c and sizes[c]]
    out = []
    if len(arms) < 2:
        detail = "Without a second arm there is nothing to compare with."
        out.append(Fact("arms", "careful", len(arms), "arms", Finding("There is one arm only.", {}, detail)))
    else:
        small, large = arms[0], arms[-1]
        facts = {"small": words.values[small], "large": words.values[large]}
        facts |= {"fewest": int(sizes[small]), "most": int(sizes[large]), "least": SMALL_ARM}
        if sizes[small] < SMALL_ARM:
            detail = "Below {least} users an arm shows only very large effects."
        else:
            detail = "The Effect page tests whether the arms were really dealt by lot."
        message = "The smallest arm, {small}, has {fewest} users; the largest, {large}, has {most}."
        severity: Severity = "look" if sizes[small] < SMALL_ARM else "fine"
        out.append(Fact("arms", severity, len(arms), "arms", Finding(message, facts, detail)))
    lost = without_arm(log)
    if len(lost):
        part = share(len(lost), log.n_users)
        facts = {"user_share": part}
        told = Finding("Users without an arm are {user_share} of all.", facts, "They are in no comparison.")
        behind = Behind("users", len(lost), without_arm)
        out.append(Fact("arm_missing", by_share(part, 0, 0.05), len(lost), "users", told, behind))
    return out


def _missing(log: EventLog) -> list[Fact]:
    gaps = {
        name: int(np.count_nonzero(np.isnan(c.values))) for name, c in log.columns.items() if isinstance(c, Numbers)
    }
    if not gaps:
        told = Finding("No column holds numbers.", {}, "An effect needs an outcome: 0 and 1, or an amount.")
        return [Fact("outcome_missing", "careful", float("nan"), "none", told)]
    users = without_outcome(log)
    if not len(users):
        told = Finding("Every user has every outcome.", {}, "Nobody is left out of a comparison for want of a number.")
        return [Fact("outcome_missing", "fine", 0, "users", told)]
    worst = max(gaps, key=lambda name: gaps[name])
    part = share(len(users), log.n_users)
    told = Finding(
        "Most often {column} is empty: in {row_share} of rows.",
        {"column": worst, "row_share": share(gaps[worst], len(log.time))},
        "If those who did nothing were left empty, write 0 for them: else rates are of the others only.",
    )
    behind = Behind("users", len(users), without_outcome)
    return [Fact("outcome_missing", by_share(part, 0, 0.2), len(users), "users", told, behind)]
