"""Published figures, from the files themselves, read by the app's own intake."""

from __future__ import annotations

import pytest

from analysis import Effect, Funnel, Retention, Step, Where, load
from tests.shop import real


def test_mathoverflow_funnel_and_first_cohort() -> None:
    log = load(real("mathoverflow_events.csv.gz"))
    assert (log.n_users, log.ledger.rows, log.ledger.dropped) == (19_774, 506_550, {"duplicate": 27})  # type: ignore[union-attr]
    steps = ("answer_question", "comment_answer", "comment_question")
    assert Funnel(steps=steps, window_days=None).ask(log).table["users"].tolist() == [10_379, 5_262, 3_585]
    answer = Retention(period="month", periods=5).ask(log)
    table = answer.table
    october = table[[str(c) == "2009-10-01" for c in table["cohort"]]]
    assert october["retained"].tolist() == [479, 247, 198, 174, 175, 176]


def test_online_retail_cohorts() -> None:
    log = load(real("online_retail.parquet"), duplicates="keep")
    clean = Step("purchase", where=(Where("amount", 0, ">"),))
    answer = Retention(start=clean, returning=clean, period="month", periods=12).ask(log)
    first = answer.table[answer.table["cohort"] == answer.table["cohort"][0]]
    assert first["retained"].tolist() == [885, 324, 286, 340, 321, 352, 321, 309, 313, 350, 331, 445, 235]


def test_cdnow_monthly_cohorts() -> None:
    log = load(real("cdnow_master.csv"), duplicates="keep")
    answer = Retention(period="month", periods=2).ask(log)
    rows = answer.table.groupby("cohort")["retained"].apply(list).tolist()
    assert rows[:2] == [[7846, 1157, 964], [8476, 1312, 980]]


def test_hillstrom_by_the_apps_own_reading() -> None:
    log = load(real("hillstrom.csv"))
    assert (log.shape, log.n_users) == ("results", 64_000)
    answer = Effect(control="No E-Mail", conversion="visit", money="spend", planned_shares=(1, 1, 1)).ask(log)
    row = answer.table.set_index("arm").loc["Mens E-Mail"]
    assert row["conversion_rate"] == pytest.approx(0.182757, abs=1e-6)
    assert row["conversion_difference_points"] == pytest.approx(0.07659, abs=1e-5)
    assert row["money_difference"] == pytest.approx(0.76983, abs=1e-5)
    assert answer.sample_ratio.chi2 == pytest.approx(0.2025, abs=1e-4)


def test_meal_orders_in_gb18030() -> None:
    log = load(real("meal_order_info_gbk.csv"), time_zone="Asia/Shanghai")
    assert log.ledger is not None
    assert log.ledger.closes()
    assert (log.ledger.rows, log.shape) == (945, "orders")
