"""The truth planted in the sample data is found, and nothing is found where nothing was planted."""

from __future__ import annotations

import json
import re
from functools import cache

import pytest

from analysis import RFM, Effect, EventLog, Funnel, PeriodLifecycle, Retention, load, suggest
from analysis.words import Words
from tests.shop import ROOT

SHOP = ROOT / "sample_data" / "shop.csv"
TRUTH = json.loads((ROOT / "sample_data" / "truth.json").read_text(encoding="utf-8"))


@cache
def shop() -> EventLog:
    return load(SHOP, time_zone=TRUTH["planned"]["time_zone"])


def test_every_row_of_the_sample_is_used() -> None:
    ledger = shop().ledger
    assert ledger is not None
    assert ledger.closes()
    assert (ledger.rows, ledger.used) == (TRUTH["realised"]["totals"]["rows"], TRUTH["realised"]["totals"]["rows"])


def test_the_first_funnel_is_the_journey_of_the_shop() -> None:
    answer = suggest.funnel(shop()).ask(shop())
    assert [s.name for s in answer.question.steps] == ["visit", "view_item", "add_to_cart", "order"]
    assert answer.table["users"].tolist() == TRUTH["realised"]["funnel_7_days"]["users"]


def test_the_broken_step_names_its_platform() -> None:
    planned = TRUTH["planned"]
    question = Funnel(
        steps=("visit", "view_item", "add_to_cart", "order"),
        split="platform",
        split_at=3,
        first_day=planned["fault_start"][:10],
        last_day="2026-05-03",
    )
    worse = [f for f in question.ask(shop()).findings()[1:] if f.tone == "bad"]
    assert [(f.facts["value"], f.facts["step"]) for f in worse] == [(planned["fault_platform"], "order")]


def test_other_weeks_name_no_platform() -> None:
    question = Funnel(
        steps=("visit", "view_item", "add_to_cart", "order"),
        split="platform",
        first_day="2026-05-11",
        last_day="2026-08-20",
    )
    assert [f.facts["value"] for f in question.ask(shop()).findings()[1:] if f.facts["step"] == "order"] == []


def test_the_drop_in_month_six_is_a_finding() -> None:
    question = Retention(start="use_feature", returning="use_feature", period="month", rolling=True, periods=7)
    falls = question.ask(shop()).findings()[1:]
    assert [f.facts["period"] for f in falls] == [TRUTH["planned"]["dip_month"]]


def test_the_campaign_lift_is_found_and_covers_the_truth() -> None:
    planned = TRUTH["planned"]
    question = Effect(control="holdout", arm="campaign_group", conversion="order", planned_shares=(0.2, 0.8))
    answer = question.ask(shop())
    row = answer.table.set_index("arm").loc["treated"]
    assert (int(row["users"]), answer.sample_ratio.verdict) == (round(planned["campaign_users"] * 0.8), "ok")
    truth = TRUTH["expected"]["campaign_order_rate_difference"]
    assert row["conversion_difference_low_points"] < truth < row["conversion_difference_high_points"]
    assert answer.findings()[0].tone == "good"


def test_the_a_a_campaign_is_not_called_a_difference() -> None:
    found = Effect(control="A", arm="aa_group", conversion="order", planned_shares=(0.5, 0.5)).ask(shop()).findings()
    assert {f.tone for f in found} <= {"neutral", "caution"}
    assert found[0].low < 0 < found[0].high


def test_every_finding_is_said_in_chinese() -> None:
    log, say = shop(), Words("zh")
    asked = [
        suggest.funnel(log),
        Funnel(steps=("visit", "add_to_cart", "order"), split="channel", attempt="all"),
        suggest.retention(log),
        Retention(start="use_feature", returning="use_feature", period="month", rolling=True, periods=7),
        suggest.rfm(log),
        RFM(purchase="order", scheme="names"),
        *(PeriodLifecycle(period=p) for p in ("day", "week", "month")),
        suggest.stages(log),
        Effect(
            control="holdout", arm="campaign_group", conversion="order", contact_cost=0.5, planned_shares=(0.5, 0.5)
        ),
        *(Effect(control="holdout", arm="campaign_group", conversion="order", contact_cost=c) for c in (0.1, 30, 9)),
        Effect(control="A", arm="aa_group", conversion="order"),
    ]
    for finding in (
        f for view in (log, log.between(None, "2025-10-15")) for q in asked[:10] for f in q.ask(view).findings()
    ):
        for said in say.finding(finding):
            assert not said or re.search(r"[一-鿿]", said), said
    for finding in (f for q in asked[10:] for f in q.ask(log).findings()):
        assert re.search(r"[一-鿿]", say.finding(finding)[0])


@pytest.mark.parametrize("name", ["shop_zh_gb18030.csv", "orders_zh.xlsx", "online_retail.parquet"])
def test_the_other_sample_files_load_and_close(name: str) -> None:
    log = load(ROOT / "sample_data" / name)
    assert log.ledger is not None
    assert log.ledger.closes()
    assert log.n_users > 500
