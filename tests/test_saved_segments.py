"""Saved segments: kept on disk, a column of the log from then on, gone when removed."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analysis import Funnel, Question
from analysis.errors import ParameterError
from analysis.events import from_rows
from analysis.export.tables import to_csv
from analysis.reshape import with_segment
from analysis.store import Workspace
from pages.notebook import session
from tests.shop import journey
from tests.test_pages import visit

EVENTS = b"user_id,time,event\nu1,2026-01-05 10:00,view\nu1,2026-01-05 11:00,buy\nu2,2026-01-05 10:00,view\n"


@pytest.fixture
def space(tmp_path, monkeypatch):
    monkeypatch.delenv("FOOTPRINTS_DATABASE", raising=False)
    return Workspace(tmp_path / "space")


def test_a_segment_is_a_property_like_any_other() -> None:
    log = with_segment(from_rows([*journey("u", "AB"), *journey("v", "A")]), "Fans", ["v", "nobody"])
    assert log.where("Fans", "✓ Fans").n_users == 1
    answer = Funnel(steps=("A", "B"), window_days=None, split="Fans").ask(log)
    assert answer.by_value.set_index(["value", "step"])["users"].to_dict() == {
        ("✓ Fans", "A"): 1,
        ("✓ Fans", "B"): 0,
        ("✗ Fans", "A"): 1,
        ("✗ Fans", "B"): 1,
    }


def test_what_was_saved_is_there_in_another_process(space) -> None:
    made = space.add(space.receive(io.BytesIO(EVENTS), "a.csv"))
    number = space.save_segment(made.base, "  Left   early ", ["u2"], {"group": "x"})
    again = Workspace(space.folder)
    assert [(s.name, s.users, s.said) for s in again.segments(made.base)] == [("Left early", 1, {"group": "x"})]
    assert again.segment_ids(number).to_pylist() == ["u2"]
    again.remove_segment(number)
    assert not space.segments(made.base)
    assert not len(space.segment_ids(number))


def test_a_name_is_had_once_and_has_a_length(space) -> None:
    made = space.add(space.receive(io.BytesIO(EVENTS), "a.csv"))
    space.save_segment(made.base, "Left", ["u2"], {})
    for name in ("Left", " ", "x" * 61):
        with pytest.raises(ParameterError):
            space.save_segment(made.base, name, ["u1"], {})
    assert len(space.segments(made.base)) == 1


def test_the_segments_of_a_data_set_go_with_it(space) -> None:
    made = space.add(space.receive(io.BytesIO(EVENTS), "a.csv"))
    space.save_segment(made.base, "Left", ["u2"], {})
    space.remove(made.fingerprint)
    assert not space.segments(made.base)


@pytest.fixture
def saved(shop: str):
    """A segment of the sample shop, saved from the page of the funnel; removed afterwards."""
    at = visit("behaviour/funnel.py", shop)
    at.session_state["funnel:tabs@en"] = "People"
    at.run()
    assert not at.exception
    next(b for b in at.text_input if b.label == "Name of the segment").set_value("Left early")
    next(b for b in at.button if b.key == "funnel:people:segment-name:save").click().run()
    assert not at.exception
    kept = session.workspace().segments(shop)
    yield kept[0]
    for segment in kept:
        session.workspace().remove_segment(segment.id)


def test_a_group_is_saved_from_its_list_and_can_be_looked_at(saved, shop: str) -> None:
    assert saved.name == "Left early"
    assert saved.users == len(
        session.answered(shop, session.Scope(), Question.from_dict(saved.said["question"])).people(1)
    )
    at = visit("behaviour/funnel.py", shop, by="Left early", who="✓ Left early")
    assert not at.exception
    listed = visit("segments/saved.py", shop)
    assert any("Left early" in e.proto.body for e in listed.get("html"))


def test_the_code_shown_makes_the_segment_again(saved, shop: str, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    question = Funnel(steps=("visit", "order"), split="Left early")
    monkeypatch.setattr(session, "dataset", lambda: session.workspace().dataset(shop))
    monkeypatch.setattr(session, "scope", session.Scope)
    said = session.code(question)
    assert "log = with_segment(log, 'Left early', pd.read_csv('Left early.csv', dtype=str)['user'])" in said
    monkeypatch.chdir(tmp_path)
    users = np.asarray(session.workspace().segment_ids(saved.id).to_pandas())
    (tmp_path / "Left early.csv").write_bytes(to_csv(pd.DataFrame({"user": users})))
    from tests.shop import ROOT

    (tmp_path / "shop.csv").write_bytes((ROOT / "sample_data" / "shop.csv").read_bytes())
    names: dict[str, object] = {}
    exec(said, names)
    there = session.answered(shop, session.Scope(), question)
    assert names["answer"].by_value.equals(there.by_value)


def test_a_name_that_a_column_has_is_refused(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "dataset", lambda: session.workspace().dataset(shop))
    with pytest.raises(ParameterError):
        session.save_segment("channel", np.array([0]), {})


def test_nothing_saved_says_how(shop: str) -> None:
    at: AppTest = visit("segments/saved.py", shop)
    assert any("Nothing is saved yet" in m.value for m in at.markdown)
