"""Importing: done in a thread, shown, cancelled; the page stays alive meanwhile."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.errors import IntakeError
from pages.notebook import importing

STORY: dict[str, Any] = {}
"""What the page of a test does, and what it saw."""


def page() -> None:
    import streamlit as st

    from pages.notebook import importing
    from tests.test_importing import STORY

    st.session_state.setdefault("lang", "en")
    if st.button("go"):
        importing.start("k", STORY["work"], "a_b.csv")
    found = importing.shown("k")
    if found is not None:
        STORY.setdefault("found", []).append(found)
        st.write("over")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> AppTest:
    STORY.clear()
    monkeypatch.setattr(importing, "AT_ONCE_SECONDS", 0.3)
    return AppTest.from_function(page, default_timeout=20).run()


def go(at: AppTest) -> AppTest:
    return at.button[0].click().run()


def ended() -> None:
    for thread in threading.enumerate():
        if thread.name == "import":
            thread.join(10)


def said(at: AppTest) -> str:
    return at.get("progress")[0].proto.text


def test_nothing_is_shown_before_it_starts(at: AppTest) -> None:
    assert not at.get("progress")
    assert len(at.button) == 1


def test_a_small_file_is_there_in_the_same_run(at: AppTest) -> None:
    STORY["work"] = lambda progress: "data set"
    go(at)
    assert STORY["found"] == ["data set"]
    assert not at.get("progress")
    at.run()
    assert STORY["found"] == ["data set"]  # handed over once


def test_a_long_one_shows_share_and_rows_and_the_page_comes_back_meanwhile(at: AppTest) -> None:
    release = threading.Event()

    def work(progress: Any) -> str:
        progress(0.25, 1_234)
        release.wait(20)
        return "data set"

    STORY["work"] = work
    go(at)
    assert said(at) == r"Reading a\_b\.csv: 25%, 1,234 rows read"
    assert at.get("progress")[0].proto.value == 25
    assert "found" not in STORY
    at.run()
    assert "found" not in STORY
    release.set()
    ended()
    at.run()
    assert STORY["found"] == ["data set"]


def test_rows_need_not_be_known(at: AppTest) -> None:
    release = threading.Event()

    def work(progress: Any) -> str:
        progress(0.5)
        release.wait(20)
        return "data set"

    STORY["work"] = work
    assert said(go(at)) == r"Reading a\_b\.csv: 50%"
    release.set()
    ended()


def test_a_second_start_of_the_same_key_changes_nothing(at: AppTest) -> None:
    release, begun = threading.Event(), []

    def work(progress: Any) -> str:
        begun.append(1)
        release.wait(20)
        return "data set"

    STORY["work"] = work
    go(at)
    go(at)
    release.set()
    ended()
    at.run()
    assert (begun, STORY["found"]) == ([1], ["data set"])


def test_cancel_ends_it_at_its_next_sign_of_life(at: AppTest) -> None:
    stopped = threading.Event()

    def work(progress: Any) -> str:
        try:
            for _ in range(2_000):
                progress(0.1, 1)
                threading.Event().wait(0.01)
        except importing.CancelledError:
            stopped.set()
            raise
        return "data set"

    STORY["work"] = work
    go(at)
    next(b for b in at.button if b.label == "Cancel").click().run()
    assert stopped.wait(10)
    ended()
    at.run()
    (found,) = STORY["found"]
    assert isinstance(found, IntakeError)
    assert found.code == "cancelled"


def test_what_is_refused_is_handed_over(at: AppTest) -> None:
    refusal = IntakeError("header", "No header.")

    def work(progress: Any) -> str:
        raise refusal

    STORY["work"] = work
    go(at)
    assert STORY["found"] == [refusal]


def test_a_fault_of_ours_surfaces(at: AppTest) -> None:
    def work(progress: Any) -> str:
        raise ZeroDivisionError("ours")

    STORY["work"] = work
    go(at)
    assert "ours" in at.exception[0].value or at.exception


def test_shares_outside_zero_and_one_do_no_harm() -> None:
    run = importing._Run("a.csv")
    for given, shown in ((-0.5, 0.0), (0.3, 0.3), (1.0001, 1.0)):
        run.progress(given)
        assert run.share == shown
