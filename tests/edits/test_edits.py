"""Rename, merge, hide and the recipe: by hand, and what holds for every edit."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis.edits
from analysis.edits import (
    After,
    DeriveEvent,
    Edit,
    First,
    GroupEvents,
    HideEvents,
    Nth,
    RenameEvents,
    RenameValues,
    Repeated,
    Rule,
    Silent,
    Without,
    recipe,
    sentence,
)
from analysis.errors import ParameterError, SchemaError, UnknownValueError
from analysis.events import EventLog, from_rows
from analysis.words import Words
from tests.shop import days

EVERY = [
    RenameEvents({"view": "see", "look": "see"}),
    RenameValues("phone", (("IOS", "iOS"),)),
    HideEvents(("ping", "look")),
    GroupEvents("/p/:id", "/p/*", column="page"),
    GroupEvents("v*", "any view", ignore_query=False),
    DeriveEvent("first", First("view")),
    DeriveEvent("third", Nth("view", 3)),
    DeriveEvent("often", Repeated("view", 2, 7)),
    DeriveEvent("left", Without("view", 2, "buy", 0.5)),
    DeriveEvent("silent", Silent(3)),
    DeriveEvent("no buy", Silent(3, "buy")),
    DeriveEvent("quick", After("view", "buy", 7)),
]


def small() -> EventLog:
    rows = [
        *days("u", [0, 1], "view"),
        *days("u", [2], "buy"),
        *days("v", [0], "look"),
        *days("w", [0, 3, 9], "ping"),
        *days("v", [5], "view"),
    ]
    pages = ["/p/1", "/p/2?x=1", "", "/cart", "/p/1/", "", "", "/p/list"]
    phones = ["IOS", "iOS", "iOS", "", "IOS", "", "", "web"]
    return from_rows([{**r, "page": g, "phone": f} for r, g, f in zip(rows, pages, phones, strict=True)])


def events(log: EventLog) -> dict[str, int]:
    return {log.events.values[c]: int(n) for c, n in enumerate(np.bincount(log.events.codes)) if n}


def test_rename_and_merge() -> None:
    edit = RenameEvents({"view": "see", "look": "see"})
    assert edit.count(small()) == 4
    assert events(edit.apply(small())) == {"see": 4, "buy": 1, "ping": 3}
    assert edit.apply(small()).events.values == ("", "see", "buy", "ping")  # the old names are gone
    assert events(small())["view"] == 3  # the given log is not touched


def test_a_new_name_that_occurs_is_joined_and_two_may_swap() -> None:
    assert events(RenameEvents({"look": "view"}).apply(small())) == {"view": 4, "buy": 1, "ping": 3}
    assert events(RenameEvents({"buy": "ping", "ping": "buy"}).apply(small()))["buy"] == 3


def test_hide_leaves_out_rows_and_users_without_others_but_not_time() -> None:
    log, edit = small(), HideEvents("ping")
    clean = edit.apply(log)
    assert edit.count(log) == 3 and clean.n_events == 5
    assert clean.user_ids.to_pylist() == ["u", "v"] and clean.ends_at == log.ends_at
    with pytest.raises(UnknownValueError, match="'ping' does not occur"):
        edit.apply(clean)
    with pytest.raises(ParameterError, match="fewer than all events"):
        HideEvents(tuple(events(log))).apply(log)


def test_values_of_a_property_are_merged() -> None:
    edit = RenameValues("phone", {"IOS": "iOS"})
    words = edit.apply(small()).words("phone")
    assert edit.count(small()) == 2
    assert words.values == ("", "iOS", "web") and np.bincount(words.codes).tolist() == [3, 4, 1]


def test_an_edit_sees_what_the_edits_before_it_leave() -> None:
    edits = (RenameEvents({"look": "view"}), DeriveEvent("first", First("view")), HideEvents("view"))
    assert recipe.counts(small(), edits) == (1, 2, 4)
    assert events(recipe.apply(small(), edits)) == {"first": 2, "buy": 1, "ping": 3}
    with pytest.raises(UnknownValueError):
        recipe.apply(small(), edits[::-1])
    assert recipe.apply(log := small(), ()) is log


@pytest.mark.parametrize("edit", EVERY, ids=repr)
def test_an_edit_is_a_plain_value(edit: Edit) -> None:
    assert eval(repr(edit), vars(analysis.edits)) == edit
    again = Edit.from_dict(json.loads(json.dumps(edit.to_dict())))
    assert again == edit and hash(again) == hash(edit)
    for language in ("en", "zh"):
        assert len(sentence(edit, Words(language))) > 5 and "{" not in sentence(edit, Words(language))


@pytest.mark.parametrize("edit", EVERY, ids=repr)
def test_views_are_refused(edit: Edit) -> None:
    view = small().between("2026-01-05", "2026-01-06")
    for act in (edit.apply, edit.count):
        with pytest.raises(ParameterError, match="a whole log, not a view"):
            act(view)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: RenameEvents({}),
        lambda: RenameEvents({"a": " "}),
        lambda: RenameEvents({"a": "a"}),
        lambda: RenameEvents((("a", "b"), ("a", "c"))),
        lambda: RenameEvents(5),  # type: ignore[arg-type]
        lambda: RenameEvents([[["a"], "b"]]),  # type: ignore[list-item]
        lambda: HideEvents(()),
        lambda: HideEvents([["a"]]),  # type: ignore[list-item]
        lambda: GroupEvents("", "x"),
        lambda: GroupEvents("x", 5),  # type: ignore[arg-type]
        lambda: DeriveEvent("x", "First"),  # type: ignore[arg-type]
        lambda: DeriveEvent("x", {"kind": "HideEvents", "events": ["a"]}),  # type: ignore[arg-type]
        lambda: Edit.from_dict({"kind": "First", "event": "a"}),
        lambda: Edit.from_dict({"kind": "Edit"}),
        lambda: Edit.from_dict({"kind": "HideEvents"}),
        lambda: Edit.from_dict({"kind": "HideEvents", "events": ["a"], "x": 1}),
        lambda: Rule.from_dict({}),
    ],
)
def test_bad_values_are_refused_with_the_rule(bad) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ParameterError, match="was given, but it must be"):
        bad()


def test_columns_of_numbers_and_unknown_columns_are_refused() -> None:
    log = from_rows([{"user": "u", "time": "2026-01-05", "event": "x", "amount": 1.0}])
    with pytest.raises(SchemaError, match="holds numbers"):
        RenameValues("amount", {"1": "2"}).apply(log)
    with pytest.raises(UnknownValueError, match="column"):
        GroupEvents("*", "x", column="pag").count(log)


@settings(max_examples=100, deadline=None)
@given(
    names=st.dictionaries(st.sampled_from("abcd"), st.sampled_from("abcdxy"), min_size=1),
    rows=st.lists(st.tuples(st.sampled_from("uv"), st.integers(0, 5), st.sampled_from("abcd")), max_size=15),
)
def test_renaming_keeps_every_row_in_its_place(names: dict[str, str], rows: list[tuple[str, int, str]]) -> None:
    base = [("end", 9, e) for e in "abcd"]
    log = from_rows([{"user": u, "time": f"2026-01-0{1 + d % 9}", "event": e} for u, d, e in [*rows, *base]])
    if all(old == new for old, new in names.items()):
        return
    edit = RenameEvents(names)
    clean = edit.apply(log)
    said = [log.events.values[c] for c in log.events.codes]
    assert [clean.events.values[c] for c in clean.events.codes] == [names.get(e, e) for e in said]
    assert clean.time.tolist() == log.time.tolist()
    assert edit.count(log) == sum(names.get(e, e) != e for e in said)
