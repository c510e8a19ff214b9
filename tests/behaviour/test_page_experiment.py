"""The experiment's page: without arms, with a result table, and its link."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import pytest

from analysis.behaviour.experiments import experiment_table as tables
from analysis.behaviour.experiments.experiment_plan import ExperimentPlanAnswer
from analysis.words import Words
from pages.notebook import session
from pages.notebook.tables import header, visible
from tests.test_pages import head, visit

PAGE = "behaviour/experiment.py"


@contextmanager
def loaded(text: str, name: str) -> Iterator[str]:
    space = session.workspace()
    found = space.add(space.receive(io.BytesIO(text.encode()), name), time_zone="UTC", name=name)
    yield found.fingerprint
    space.remove(found.fingerprint)


def test_without_arms_a_card_says_how_to_bring_some_and_the_plan_still_works() -> None:
    rows = [
        f"u{k},2026-01-{k % 27 + 1:02d} 10:00:00,{e}"
        for k in range(300)
        for e in ("visit", "order")[: 1 + (k % 3 == 0)]
    ]
    with loaded("user,time,event\n" + "\n".join(rows), "bare.csv") as fingerprint:
        at = visit(PAGE, fingerprint)
        assert "No column says which version" in at.warning[0].value
        assert "takes" in head(at)
        assert len(at.dataframe[0].value)


def test_a_result_table_has_an_experiment_and_no_plan() -> None:
    rows = [f"u{k},{'AB'[k % 2]},{int(k % 5 == 0 or k % 6 == 1)},{k % 7}" for k in range(400)]
    with loaded("user,arm,converted,spend\n" + "\n".join(rows), "ab.csv") as fingerprint:
        at = visit(PAGE, fingerprint)
        assert head(at)
        assert [int(v) for v in at.dataframe[0].value["users"]] == [200, 200]
        assert not any("How long" in e.proto.body for e in at.get("html"))


def test_controls_change_the_answer_and_the_link(shop: str) -> None:
    at = visit(PAGE, shop)
    arm = next(s for s in at.selectbox if s.label == "Who saw what is in")
    arm.set_value("campaign_group").run()
    assert not at.exception
    assert {s.label: s.value for s in at.selectbox}["Control"] == "holdout"
    assert head(at).startswith("Ship treated")
    said = json.loads(at.query_params["q"])
    assert (said["arm"], said["planned_shares"]) == ("campaign_group", [20.0, 80.0])
    again = visit(PAGE, shop, q=at.query_params["q"])
    assert head(again) == head(at)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("columns", [tables.COLUMNS, tables.BY_SEGMENT, tables.BY_DAY, ExperimentPlanAnswer.COLUMNS])
def test_no_two_columns_share_a_header(columns: list[str], language: str) -> None:
    said = [Words(language)(header(c)) for c in visible(pd.DataFrame(columns=columns))]
    assert len(set(said)) == len(said), said
