"""The drop zone's Python side: what the desk has becomes an upload, for the session whose zone it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from analysis.store import Upload
from pages.notebook import dropzone, session

SAW: dict[str, Any] = {}


def one() -> None:
    import streamlit as st

    from pages.notebook import upload
    from tests.test_dropzone import SAW

    SAW["found"] = upload.received("k", "Drop it")
    if st.button("done"):
        upload.done("k")


def several() -> None:
    import streamlit as st

    from pages.notebook import upload
    from tests.test_dropzone import SAW

    SAW["found"] = upload.received_all("k", "Drop them")
    if st.button("done"):
        upload.done("k")


def visit(page: Any, language: str = "en") -> AppTest:
    SAW.clear()
    at = AppTest.from_function(page, default_timeout=20)
    at.session_state["lang"] = language
    return at.run()


def handed(at: AppTest) -> dict[str, Any]:
    """What the zone's browser side is given."""
    return dict(json.loads(at.get("bidi_component")[0].proto.json))


def send(token: str, name: str, content: bytes, which: int = 0) -> None:
    part = dropzone.desk().begin(token, which, at=0, size=len(content), name=name)
    dropzone.desk().append(part, content)
    dropzone.desk().end(part)


def test_a_file_that_has_arrived_is_an_upload_until_done() -> None:
    at = visit(one)
    assert SAW["found"] is None
    send(handed(at)["token"], "orders.csv", b"a,b\n1,2\n")
    at.run()
    found = SAW["found"]
    assert isinstance(found, Upload)
    assert (found.name, found.size, found.path.read_bytes()) == ("orders.csv", 8, b"a,b\n1,2\n")
    at.run()
    assert SAW["found"] == found
    at.button[0].click().run()
    at.run()
    assert SAW["found"] is None
    assert not found.path.exists()


def test_a_later_file_takes_the_place_of_the_former() -> None:
    at = visit(one)
    token = handed(at)["token"]
    send(token, "first.csv", b"1")
    at.run()
    first = SAW["found"]
    send(token, "second.csv", b"22", which=1)
    at.run()
    assert SAW["found"].name == "second.csv"
    assert not first.path.exists()
    session.workspace().discard(SAW["found"])


def test_several_files_in_their_order_until_done() -> None:
    at = visit(several)
    assert SAW["found"] == []
    token = handed(at)["token"]
    send(token, "a.csv", b"1")
    send(token, "b.csv", b"2", which=1)
    at.run()
    send(token, "c.csv", b"3", which=2)
    at.run()
    found = SAW["found"]
    assert [upload.name for upload in found] == ["a.csv", "b.csv", "c.csv"]
    at.button[0].click().run()
    at.run()
    assert SAW["found"] == []
    assert not any(upload.path.exists() for upload in found)


def test_a_test_may_hand_an_upload_over() -> None:
    upload = session.workspace().receive([b"a,b\n"], "a.csv")
    at = AppTest.from_function(one, default_timeout=20)
    at.session_state["lang"] = "en"
    at.session_state["k"] = upload
    at.run()
    assert SAW["found"] == upload
    session.workspace().discard(upload)


def test_another_session_does_not_get_it() -> None:
    mine, theirs = visit(one), visit(one)
    send(handed(mine)["token"], "mine.csv", b"1")
    theirs.run()
    assert SAW["found"] is None
    mine.run()
    assert SAW["found"].name == "mine.csv"
    session.workspace().discard(SAW["found"])


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\boot.ini", "/abs/olute.csv", "", "."])
def test_a_name_is_for_display_and_never_a_place(name: str) -> None:
    at = visit(one)
    send(handed(at)["token"], name, b"1")
    at.run()
    found = SAW["found"]
    assert found.path.parent == session.workspace().folder / "in"
    assert not set(found.name) & {"/", "\\"}
    assert found.name
    session.workspace().discard(found)


def test_the_token_stays_on_a_rerun_and_is_new_when_the_browser_asks() -> None:
    at = visit(one)
    token = handed(at)["token"]
    at.run()
    assert handed(at)["token"] == token
    del at.session_state["k:token"]  # what the browser's `renew` does
    at.run()
    assert handed(at)["token"] != token


def test_the_zone_speaks_the_language_of_the_app() -> None:
    english, chinese = handed(visit(one))["words"], handed(visit(one, "zh"))["words"]
    assert english["faults"].keys() == chinese["faults"].keys()
    assert english["cancel"] == "Cancel"
    for key in ("choose", "limit", "said", "cancel", "again"):
        assert english[key] != chinese[key], key
