"""The card of sources, as a person meets it."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from analysis.intake.sources import Source
from analysis.intake.sources import config as sources_config
from pages.notebook import session
from pages.start import sources
from tests.shop import ROOT

SCRIPT = """
import streamlit as st
from pages.start import sources
found = sources.card("from")
if found is not None:
    st.session_state["got"] = [*st.session_state.get("got", []), found]
"""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder and two databases that are offered."""
    sources._items.clear()
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "may_2026*.csv").write_text("user,time\nu1,2026-01-05\n")
    os.utime(tmp_path / "exports" / "may_2026*.csv", (0, 1_767_600_000))
    (tmp_path / "empty").mkdir()
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.executescript("CREATE TABLE orders (id INTEGER); INSERT INTO orders VALUES (1), (2);")
    connection.close()
    (tmp_path / "sources.toml").write_text(
        '[folders.exports]\npath = "exports"\n[folders.empty]\npath = "empty"\n[folders.gone]\npath = "gone"\n'
        f'[databases.shop]\nurl = "sqlite:///{tmp_path}/shop.db"\nallow_queries = true\n'
        f'[databases.tables only]\nurl = "sqlite:///{tmp_path}/shop.db"\n'.replace("tables only", '"tables only"')
    )
    monkeypatch.setenv(sources_config.VARIABLE, str(tmp_path / "sources.toml"))
    return tmp_path


def visit(language: str = "en", *, opened: bool = True) -> AppTest:
    at = AppTest.from_string(SCRIPT, default_timeout=30)
    at.session_state["lang"] = language
    if opened:
        at.session_state["from:open"] = True
    at.run()
    assert not at.exception, at.exception
    return at


def choose(at: AppTest, key: str, value: str) -> AppTest:
    at.selectbox(key=key).set_value(value).run()
    assert not at.exception, at.exception
    return at


def said(at: AppTest) -> str:
    """The error shown, without the marks that keep it from being read as Markdown."""
    return str(at.error[0].value).replace("\\", "")


def read(at: AppTest) -> AppTest:
    at.button(key="from:read").click().run()
    assert not at.exception, at.exception
    return at


def test_nothing_offered_nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(sources_config.VARIABLE, raising=False)
    at = visit()
    assert not at.main.children


def test_no_place_is_asked_until_the_card_is_opened(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources.sources, "browse", lambda name: pytest.fail(f"{name} was asked"))
    at = visit(opened=False)
    assert [e.label for e in at.expander] == ["From a folder or database"] and not at.selectbox


def test_a_file_becomes_an_upload_once(places: Path) -> None:
    at = visit()
    assert at.selectbox(key="from:place").options == ["exports", "empty", "gone", "shop", "tables only"]
    assert at.caption[0].value == "1 KB, changed on 5 Jan 2026"
    read(at)
    assert [b.label for b in at.button] == ["Read it"]
    (upload,) = at.session_state["got"]
    assert (upload.name, upload.size) == ("may_2026*.csv", 24)
    assert upload.path.read_text() == "user,time\nu1,2026-01-05\n"
    at.run()
    assert len(at.session_state["got"]) == 1
    session.workspace().discard(upload)


def test_a_table_becomes_an_upload(places: Path) -> None:
    at = choose(visit(), "from:place", "tables only")
    assert at.selectbox[1].label == "Table" and not at.toggle
    read(at)
    (upload,) = at.session_state["got"]
    assert upload.name == "tables only: orders" and upload.path.read_bytes()[:4] == b"PAR1"
    session.workspace().discard(upload)


def test_a_query_where_queries_are_allowed(places: Path) -> None:
    at = choose(visit(), "from:place", "shop")
    at.toggle[0].set_value(True).run()
    assert at.button(key="from:read").disabled
    at.text_area[0].set_value("SELECT id FROM orders WHERE id > 1").run()
    read(at)
    (upload,) = at.session_state["got"]
    assert upload.name.startswith("shop: SELECT id")
    session.workspace().discard(upload)


def test_what_is_refused_is_said_and_nothing_is_left(places: Path) -> None:
    before = sorted((session.workspace().folder / "in").iterdir())
    at = choose(visit(), "from:place", "shop")
    at.toggle[0].set_value(True).run()
    at.text_area[0].set_value("DROP TABLE orders").run()
    read(at)
    assert "must only read" in said(at) and "got" not in at.session_state
    assert sorted((session.workspace().folder / "in").iterdir()) == before


def test_a_place_that_is_empty_or_gone_is_said(places: Path) -> None:
    at = choose(visit(), "from:place", "empty")
    assert at.button(key="from:read").disabled and "nothing to read" in at.caption[0].value
    at = choose(at, "from:place", "gone")
    assert at.button(key="from:read").disabled and "is not there" in said(at)


def test_a_broken_configuration_is_said(places: Path) -> None:
    (places / "sources.toml").write_text('[folder.x]\npath = "x"')
    at = visit()
    assert "Nearest: folders" in said(at) and not at.expander


def test_progress_reaches_the_reading(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Source] = []

    def receive_from(source: Source, progress: object) -> None:
        asked.append(source)
        progress(0.5, 1_234)  # type: ignore[operator]

    monkeypatch.setattr(session.workspace(), "receive_from", receive_from)
    read(visit())
    assert asked == [Source("exports", "folder", "may_2026*.csv")]


def test_every_text_is_in_the_language_chosen(places: Path) -> None:
    at = visit("zh")
    texts = [at.expander[0].label, *(s.label for s in at.selectbox), *(b.label for b in at.button), at.caption[0].value]
    assert all(any("一" <= c <= "鿿" for c in text) for text in texts), texts


def test_the_operators_page_names_every_word_of_the_configuration() -> None:
    page = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    words = [word for section in sources_config._SECTIONS.values() for word in section]
    assert not [word for word in [sources_config.VARIABLE, *words] if f"`{word}`" not in page]
