"""Ids: those of people who are no customers, of nobody, and of many people at once.

A *test account* has an id with a word such as test, qa, admin or demo in it, standing by itself (digits may follow:
test2, qa-7, not latest), 测试 or 内部, or an address at example.com. *One id for many* has more than 5 % of all
events, and at least ten times the average user's: a till, a shared login, or an id that the tracker gives to those
it doesn't know.
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from analysis.events import EventLog
from analysis.findings import Finding
from analysis.health.facts import Behind, Fact, by_share, share
from analysis.health.people import busy
from analysis.health.scan import events_of, rows_of_users
from analysis.intake.flags import nobody

ONE_ID_SHARE = 0.05
ONE_ID_TIMES = 10

TEST_ID = (
    r"(?i)(?:^|[^\p{L}\p{N}])(?:tests?|tester|testing|testuser|testaccount|qa|admin|administrator|demo|dummy|internal)"
    r"\d*(?:$|[^\p{L}\p{N}])|测试|内部|演示|管理员|@example\.(?:com|org|net)$"
)
"""An id of somebody who tries the product out for a living."""


def facts(log: EventLog) -> list[Fact]:
    """What the ids alone tell; holds for result tables too."""
    return [_tests(log), _nobody(log), *_one(log)]


def insiders(log: EventLog) -> np.ndarray:
    """Indices of the users whose id looks like a test's; those that stand for nobody aside."""
    hit = pc.match_substring_regex(log.user_ids, TEST_ID).to_numpy(zero_copy_only=False)
    return np.setdiff1d(log.users[hit[log.users]], nobody(log))


def one_for_many(log: EventLog) -> np.ndarray:
    """Indices of the users with a twentieth of all events and ten times the average user's."""
    events = log.ends - log.starts
    total = events.sum()
    big = (events > ONE_ID_SHARE * total) & (events >= ONE_ID_TIMES * total / max(1, log.n_users))
    return np.setdiff1d(log.users[big], nobody(log))


def _tests(log: EventLog) -> Fact:
    users = insiders(log)
    if not len(users):
        told = Finding(
            "No id looks like a test account.", {}, "Words such as test, qa, admin and demo were looked for."
        )
        return Fact("test_accounts", "fine", 0, "users", told)
    part = share(events_of(log, users), log.n_events)
    told = Finding(
        "Ids that look like test accounts make {event_share} of all events.",
        {"event_share": part},
        "Colleagues act as no customer does. Look through the list before you trust small numbers.",
    )
    return Fact(
        "test_accounts",
        by_share(part, 0, 0.05),
        len(users),
        "users",
        told,
        Behind("users", len(users), insiders, busy),
    )


def _nobody(log: EventLog) -> Fact:
    users = nobody(log)
    rows = events_of(log, users)
    if not rows:
        told = Finding("No id stands for nobody.", {}, "Ids such as 0, unknown and guest were looked for.")
        return Fact("unknown_ids", "fine", 0, "rows", told)
    part = share(rows, log.n_events)
    told = Finding(
        "Ids that stand for nobody make {event_share} of all events.",
        {"event_share": part},
        "Each such id counts as one very busy user, and the people behind it can't be followed.",
    )
    behind = Behind("rows", rows, lambda log: rows_of_users(log, nobody(log)))
    return Fact("unknown_ids", by_share(part, 0, 0.05), rows, "rows", told, behind)


def _one(log: EventLog) -> list[Fact]:
    users = one_for_many(log)
    if not len(users):
        return []
    part = share(events_of(log, users), log.n_events)
    told = Finding(
        "One id makes {event_share} of all events."
        if len(users) == 1
        else "These ids make {event_share} of all events.",
        {"event_share": part},
        "A till, a shared login, or what the tracker writes for those it doesn't know: hardly one person.",
    )
    return [Fact("one_id", "careful", len(users), "users", told, Behind("users", len(users), one_for_many, busy))]
