"""Identities: users joined by a sheet of ids, by hand and against a walk along all pairs."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import IntakeError, ParameterError, UnknownValueError
from analysis.events import from_rows
from analysis.joins import with_identities
from analysis.reshape import users_of_rows
from tests.oracle import identities as oracle

LOG = from_rows([
    {"user": "u1", "time": "2026-01-05 10:00", "event": "a"},
    {"user": "u1", "time": "2026-01-08 10:00", "event": "b"},
    {"user": "d1", "time": "2026-01-04 10:00", "event": "c"},
    {"user": "d1", "time": "2026-01-06 10:00", "event": "d"},
    {"user": "u2", "time": "2026-01-05 10:00", "event": "e"},
])  # fmt: skip


def sheet(*rows):
    return pa.table({"left": [r[0] for r in rows], "right": [r[1] for r in rows]})


def test_joined_users_are_one_in_one_order_of_time_under_the_id_with_the_earliest_event():
    log, account = with_identities(LOG, sheet(("u1", "d1")), "left", "right")
    assert log.ids(log.users) == ["d1", "u2"]
    assert [log.events.values[c] for c in log.events.codes] == ["c", "a", "d", "b", "e"]
    assert (account.people_before, account.people_after, account.merges) == (3, 2, 1)
    assert account.biggest == ("d1", 2) and account.large == ()
    assert LOG.n_users == 3


def test_of_several_earliest_the_first_in_the_log_is_kept():
    log, _ = with_identities(LOG, sheet(("u2", "u1")), "left", "right")
    assert log.ids(log.users) == ["u1", "d1"]


def test_an_id_that_the_log_lacks_still_links_and_is_counted():
    log, account = with_identities(LOG, sheet(("u1", "phone"), ("phone", "u2"), ("x", "y")), "left", "right")
    assert log.ids(log.users) == ["u1", "d1"] and account.merges == 1
    assert (account.pairs, account.unknown, account.ids, account.known) == (3, 3, 5, 2) and account.biggest == ("u1", 3)


def test_a_pair_with_an_empty_cell_joins_nothing_and_is_counted():
    _, account = with_identities(LOG, sheet(("u1", ""), ("NA", "d1"), ("u2", "d1")), "left", "right")
    assert account.empty == 2 and account.merges == 1


def test_ids_that_stand_for_nobody_join_nobody():
    _, account = with_identities(LOG, sheet(("u1", "guest"), ("u2", "guest")), "left", "right")
    assert account.merges == 0 and account.nobody == 2 and account.biggest == ("", 0)


def test_a_row_of_three_ids_joins_all_of_them():
    table = pa.table({"a": ["u1", ""], "b": ["", "d1"], "c": ["z", "z"]})
    log, account = with_identities(LOG, table, "a", "b", "c")
    assert log.ids(log.users) == ["d1", "u2"] and account.empty == 0


def test_people_of_more_than_fifty_ids_are_listed_largest_first():
    pairs = [("u1", f"x{k}") for k in range(49)] + [("u2", f"y{k}") for k in range(50)]
    _, account = with_identities(LOG, sheet(*pairs), "left", "right")
    assert account.large == (("u2", 51),) and account.biggest == ("u2", 51)
    _, account = with_identities(LOG, sheet(*pairs, ("u1", "z"), ("u1", "z2")), "left", "right")
    assert account.large == (("u1", 52), ("u2", 51))


def test_what_does_not_fit_is_refused():
    with pytest.raises(IntakeError) as error:
        with_identities(LOG, sheet(("x", "y")), "left", "right")
    assert error.value.code == "nobody_matched"
    with pytest.raises(UnknownValueError):
        with_identities(LOG, sheet(("u1", "d1")), "left", "wrong")
    with pytest.raises(ParameterError):
        with_identities(LOG, sheet(("u1", "d1")), "left", "left")
    with pytest.raises(ParameterError):
        with_identities(LOG.between("2026-01-05", "2026-01-05"), sheet(("u1", "d1")), "left", "right")
    results = from_rows([{"user": "u1", "time": "2026-01-05", "event": "a"}], shape="results")
    with pytest.raises(ParameterError):
        with_identities(results, sheet(("u1", "d1")), "left", "right")


ids = st.sampled_from([f"u{k}" for k in range(8)] + ["x", "y", "z", ""])


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.tuples(ids, ids), min_size=1, max_size=15),
    st.lists(st.tuples(st.integers(0, 7), st.integers(1, 28)), min_size=1, max_size=30),
)
def test_people_are_the_connected_components_of_all_pairs(pairs, seen):
    events = [{"user": f"u{u}", "time": f"2026-01-{d:02d}", "event": str(k)} for k, (u, d) in enumerate(seen)]
    log = from_rows(events)
    users = {f"u{u}" for u, _ in seen}
    groups = [*oracle.components([p for p in pairs if all(p)]), *({u} for u in users)]
    person = {u: min(next(g for g in groups if u in g) & users) for u in users}
    try:
        done, account = with_identities(log, sheet(*pairs), "left", "right")
    except IntakeError:
        assert not users & {i for p in pairs for i in p}
        return
    owner = dict(zip(
        [done.events.values[c] for c in done.events.codes],
        [done.user_ids[int(u)].as_py() for u in users_of_rows(done)], strict=True,
    ))  # fmt: skip
    assert account.people_after == done.n_users == len(set(person.values()))
    for u in users:
        mine = [e for e in events if person[e["user"]] == person[u]]
        first = min(e["time"] for e in mine)
        assert {owner[e["event"]] for e in mine} == {owner[mine[0]["event"]]}
        assert owner[mine[0]["event"]] in {e["user"] for e in mine if e["time"] == first}
    inside = users_of_rows(done)
    assert all(np.diff(done.time)[np.diff(inside) == 0] >= 0) and done.n_events == len(seen)
