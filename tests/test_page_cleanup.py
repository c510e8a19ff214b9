"""The clean-up card, as a person uses it: nothing acts before it is applied, and everything can be taken back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from analysis.edits import DeriveEvent, Edit, GroupEvents, HideEvents, RenameEvents, RenameValues, Repeated

OPEN = "cleanup:two:open"


def script() -> None:
    """A page with nothing but the card, over a log of ten events."""
    from dataclasses import replace

    import streamlit as st

    from analysis.events import from_rows
    from pages.start import cleanup

    names = ["view", "View", "view", "ping", "ping", "ping", "buy", "view", "view", "buy"]
    pages = ["/p/11", "/p/12", "/cart", "", "", "", "/cart", "/p/11", "/p/13", "/cart"]
    rows = [
        {"user": "u" if k < 7 else "v", "time": f"2026-01-{k + 1:02d}", "event": e, "page": p}
        for k, (e, p) in enumerate(zip(names, pages, strict=True))
    ]
    if "log" not in st.session_state:
        st.session_state["log"] = replace(from_rows([*rows, {**rows[3], "user": "w"}]), fingerprint="two")

    def save(edits: tuple[object, ...]) -> None:
        st.session_state["saved"] = edits
        st.rerun()

    cleanup.card(st.session_state["log"], st.session_state.get("saved", ()), save)


def opened(saved: tuple[Edit, ...] = (), language: str = "en") -> AppTest:
    at = AppTest.from_function(script, default_timeout=60)
    at.session_state["lang"] = language
    at.session_state["saved"] = saved
    at.session_state[OPEN] = True
    at.run()
    assert not at.exception, at.exception
    return at


def saved(at: AppTest) -> tuple[Edit, ...]:
    assert not at.exception, at.exception
    return at.session_state["saved"]


def press(at: AppTest, label: str) -> AppTest:
    found = [b for b in at.button if b.label == label]
    assert len(found) == 1 and not found[0].disabled, label
    found[0].click().run()
    assert not at.exception, at.exception
    return at


def field(kind, label: str):  # type: ignore[no-untyped-def]
    return next(w for w in kind if w.label == label)


def act(at: AppTest, action: str) -> AppTest:
    at.segmented_control[0].set_value(action).run()
    return at


def read(at: AppTest) -> str:
    return "\n".join([*(e.proto.body for e in at.get("html")), *(c.value for c in at.caption)])


def table(at: AppTest, k: int) -> dict[str, list[str]]:
    frame = at.dataframe[k].value
    return dict(zip(frame.iloc[:, 0], frame.iloc[:, 1:].to_numpy().tolist(), strict=True))


def test_a_closed_card_computes_nothing() -> None:
    at = AppTest.from_function(script, default_timeout=60).run()
    assert not at.dataframe and not at.exception


def test_events_are_listed_by_count_and_can_be_searched() -> None:
    at = opened()
    assert table(at, 0) == {
        "view": ["4", "36.4%"],
        "ping": ["4", "36.4%"],
        "buy": ["2", "18.2%"],
        "View": ["1", "9.09%"],
    }
    field(at.text_input, "Find an event").set_value("VIEW").run()
    assert list(table(at, 0)) == ["view", "View"] and "2 of 4 different events" in read(at)


def test_merge_acts_only_when_applied() -> None:
    at = opened()
    field(at.multiselect, "Rename or merge these").set_value(["view", "View"]).run()
    field(at.text_input, "New name").set_value("view").run()
    assert "“View” becomes “view”" in read(at) and "1 events change." in read(at)
    press(at, "Add to the recipe")
    assert saved(at) == ()
    assert table(at, 1) == {"all events": ["11", "11"], "view": ["4", "5"], "View": ["1", "0"]}
    press(at, "Apply")
    assert saved(at) == (RenameEvents({"View": "view"}),)
    assert next(b for b in at.button if b.label == "Apply").disabled


def test_hide_says_who_is_no_longer_counted() -> None:
    at = act(opened(), "hide")
    field(at.multiselect, "Hide these").set_value(["ping"]).run()
    press(at, "Add to the recipe")
    assert "Hide “ping”" in read(at) and "4 events are left out." in read(at)
    assert "1 users have no event left" in read(at)
    press(at, "Apply")
    assert saved(at) == (HideEvents("ping"),)


def test_hiding_everything_is_refused_before_it_is_added() -> None:
    at = act(opened(), "hide")
    field(at.multiselect, "Hide these").set_value(["view", "View", "ping", "buy"]).run()
    assert "fewer than all events" in at.warning[0].value
    assert next(b for b in at.button if b.label == "Add to the recipe").disabled


def test_a_suggested_group_is_taken_with_one_click() -> None:
    at = act(opened(), "group")
    field(at.selectbox, "In").set_value("page").run()
    assert "3 values that differ in ids only, 4 events" in read(at)
    press(at, "Use")
    assert field(at.text_input, "Pattern").value == "/p/:id"
    assert "3 of 4 different values fit: /p/11, /p/12, /p/13" in read(at)
    press(press(at, "Add to the recipe"), "Apply")
    assert saved(at) == (GroupEvents("/p/:id", "/p/*", column="page"),)


def test_a_derived_event_is_a_template_in_words() -> None:
    at = act(opened(), "derive")
    field(at.selectbox, "When").set_value("repeated").run()
    field(at.number_input, "Times").set_value(2).run()
    assert "New event “view 2 times”: “view” 2 times within 7 days" in read(at)
    press(press(at, "Add to the recipe"), "Apply")
    assert saved(at) == (DeriveEvent("view 2 times", Repeated("view", 2, 7)),)


def test_every_template_is_counted_or_refused_in_words() -> None:
    at = act(opened(), "derive")
    for kind in ("first", "nth", "repeated", "without", "after", "silent"):
        field(at.selectbox, "When").set_value(kind).run()
        assert not at.exception and "events are derived." in read(at), kind


def test_values_of_a_property_are_renamed() -> None:
    at = opened()
    field(at.selectbox, "In").set_value("page").run()
    field(at.multiselect, "Rename or merge these").set_value(["/cart"]).run()
    field(at.text_input, "New name").set_value("cart").run()
    press(press(at, "Add to the recipe"), "Apply")
    assert saved(at) == (RenameValues("page", {"/cart": "cart"}),)


def remove(at: AppTest, place: int) -> AppTest:
    next(b for b in at.button if b.help == "Remove" and f"remove:{place}" in str(b.key)).click().run()
    return at


def test_an_edit_is_taken_back() -> None:
    edits = (RenameEvents({"View": "view"}), HideEvents("ping"))
    at = remove(opened(edits), 0)
    assert "becomes" not in read(at) and "Hide “ping”" in read(at)
    assert saved(at) == edits
    press(at, "Apply")
    assert saved(at) == (HideEvents("ping"),)


def test_what_no_longer_fits_is_said_and_cannot_be_applied() -> None:
    edits = (RenameEvents({"View": "look"}), HideEvents("look"))
    at = remove(opened(edits), 0)
    assert "'look' does not occur" in at.error[0].value.replace("\\", "")
    assert next(b for b in at.button if b.label == "Apply").disabled
    press(at, "Drop the changes")
    assert not at.error and "becomes “look”" in read(at)


def test_the_order_is_the_users() -> None:
    edits = (HideEvents("ping"), RenameEvents({"View": "view"}))
    at = opened(edits)
    next(b for b in at.button if "up:1" in str(b.key)).click().run()
    press(at, "Apply")
    assert saved(at) == edits[::-1]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_names_of_events_are_text_and_nothing_else(language: str) -> None:
    nasty = "<img src=x onerror=alert(1)> **b** {x}"
    at = opened((RenameEvents({"View": nasty}), HideEvents("ping")), language)
    shown = [e.proto.body for e in at.get("html")]
    assert any("&lt;img" in body for body in shown) and not any("<img" in body for body in shown)
