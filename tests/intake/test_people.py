"""People: one person from several id columns, by hand and against a walk along all rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.intake import components, read
from analysis.intake.people import people
from analysis.intake.values.cells import NOT_GIVEN, from_strings, text_of
from tests.oracle import identities as oracle


def of(*rows, names=("user_id", "anonymous_id", "phone")):
    columns = zip(*rows, strict=True)
    texts = {n: text_of(from_strings(list(c))).without(NOT_GIVEN) for n, c in zip(names, columns, strict=False)}
    text, flags = people(texts)
    words = text.values.to_pylist()
    return [words[c] if c >= 0 else None for c in text.codes], flags


def test_the_user_of_a_row_is_its_first_given_id():
    said, flags = of(("u1", ""), ("", "a2"), ("NA", "a3"))
    assert said == ["u1", "a2", "a3"] and flags["ids_joined"] == 0


def test_a_row_without_any_id_has_no_user():
    assert of(("u1", "a1"), ("", ""))[0] == ["u1", None]


def test_a_row_with_two_ids_joins_all_rows_of_both():
    said, flags = of(("", "a1"), ("u1", "a1"), ("u1", ""), ("", "a2"))
    assert said == ["u1", "u1", "u1", "a2"]
    assert flags == {"ids_joined": 1, "large_identities": 0, "shared_devices": 0}


def test_chains_join_however_long():
    said, flags = of(("u1", "a1", ""), ("", "a1", "p1"), ("", "a2", "p1"), ("", "a2", ""))
    assert said == ["u1"] * 4 and flags["ids_joined"] == 1


def test_one_text_in_two_columns_is_two_people_until_a_row_has_both():
    said, flags = of(("12", ""), ("", "12"))
    assert said == ["12", "12 (anonymous_id)"] and flags["ids_joined"] == 0
    assert of(("12", ""), ("", "12"), ("12", "12"))[0] == ["12"] * 3


def test_a_shown_id_is_never_that_of_another():
    said, _ = of(("12", ""), ("12 (anonymous_id)", ""), ("", "12"))
    assert said == ["12", "12 (anonymous_id)", "12 (anonymous_id) 2"]


def test_the_shown_id_is_the_first_columns_first_value_else_the_seconds():
    assert of(("u2", "a1"), ("u1", "a1"))[0] == ["u2", "u2"]
    assert of(("", "a2", "p1"), ("", "a1", "p1"))[0] == ["a2", "a2"]


def test_a_device_that_two_users_share_makes_one_person_and_is_counted():
    said, flags = of(("u1", "a1"), ("u2", "a1"), ("u3", "a3"), ("u3", "a4"))
    assert said == ["u1", "u1", "u3", "u3"] and flags["shared_devices"] == 1 and flags["ids_joined"] == 2


def test_people_of_more_than_fifty_ids_are_counted():
    assert of(*[("u1", f"a{k}") for k in range(49)])[1]["large_identities"] == 0  # 50 ids
    assert of(*[("u1", f"a{k}") for k in range(50)])[1]["large_identities"] == 1  # 51


def test_ids_that_stand_for_nobody_join_nobody():
    said, flags = of(("guest", "a1"), ("Guest", "a2"), ("guest", ""), ("0", "a1"))
    assert said == ["a1", "a2", "guest", "a1"] and flags["ids_joined"] == 0


@settings(deadline=None, max_examples=200)
@given(st.lists(st.tuples(*[st.sampled_from(["", *"abcdefghij"])] * 3), min_size=1, max_size=25))
def test_people_are_the_connected_components(rows):
    said, flags = of(*rows)
    nodes = [[(k, c) for k, c in enumerate(row) if c] for row in rows]
    groups = oracle.components((row[0], other) for row in nodes for other in row)
    mine = [next((g for g, group in enumerate(groups) if row and row[0] in group), None) for row in nodes]
    for k, one in enumerate(mine):
        assert (said[k] is None) == (one is None)
        assert all((said[k] == said[j]) == (one == other) for j, other in enumerate(mine) if None not in (one, other))
    assert flags["ids_joined"] == sum(len(g) > 1 for g in groups)
    assert flags["shared_devices"] == sum(sum(k == 0 for k, _ in g) > 1 for g in groups)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 30), st.integers(-1, 30)), max_size=40))
def test_roots_are_the_lowest_of_each_component(pairs):
    ends = np.array(pairs, np.int32).reshape(-1, 2)
    root = components.roots(31, [(ends[:, 0], ends[:, 1])])
    groups = oracle.components([p for p in pairs if min(p) >= 0])
    lowest = {k: min(group) for group in groups for k in group}
    assert root.tolist() == [lowest.get(k, k) for k in range(31)]


FILE = """user_id,anonymous_id,time,event
,a1,2026-01-05 10:00,view
u1,a1,2026-01-05 10:05,login
u1,,2026-01-06 10:00,buy
,007,2026-01-07 10:00,view
,,2026-01-07 10:00,view
u1,007,,view
"""


def test_a_file_with_two_id_columns(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text(FILE)
    done = read(path, roles={"user": ("user_id", "anonymous_id"), "time": "time", "event": "event"})
    # The last row has no time, but says that 007 is u1 all the same.
    assert done.log.ids(done.log.users) == ["u1"] and done.log.n_events == 4 and done.ledger.closes()
    assert done.ledger.dropped == {"no_user": 1, "no_time": 1} and done.ledger.flagged["ids_joined"] == 1
    assert set(done.log.columns) == {"event"}
    assert done.roles["user"] == ("user_id", "anonymous_id")


@pytest.mark.parametrize("one", ["anonymous_id", ("anonymous_id",)])
def test_one_column_is_as_it_was(tmp_path, one):
    path = tmp_path / "one.csv"
    path.write_text(FILE)
    done = read(path, roles={"user": one, "time": "time", "event": "event"})
    assert sorted(done.log.ids(done.log.users)) == ["007", "a1"] and "ids_joined" not in done.ledger.flagged
