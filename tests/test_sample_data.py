"""The sample data holds what its README and truth.json say, told by plain pandas and scipy alone."""

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy import stats

import sample_data
from sample_data.clicks import COLUMNS as CLICK_COLUMNS
from sample_data.generate import FILES, generate
from sample_data.plan import COLUMNS, PASSIVE_EVENTS, PLAN

FOLDER = Path(sample_data.__file__).parent
DAY = pd.Timedelta(days=1)
ONLINE_RETAIL_SHA256 = "dd9f4211d59cd6d769a0aa213a2bab3e4528944577bce449c5964c4ed6b3d4da"


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "shop.csv", parse_dates=["time"])


@pytest.fixture(scope="module")
def active(shop: pd.DataFrame) -> pd.DataFrame:
    return shop[~shop["event"].isin(PASSIVE_EVENTS)]


@pytest.fixture(scope="module")
def truth() -> dict:
    return json.loads((FOLDER / "truth.json").read_text("utf-8"))


def outcomes(shop: pd.DataFrame, event: str, column: str) -> pd.DataFrame:
    """One row per assigned user: arm, ordered, money, within 30 days after the assignment."""
    users = shop[shop["event"] == event].set_index("user_id")
    since = shop["time"] - shop["user_id"].map(users["time"])
    after = shop[(since > 0 * DAY) & (since <= 30 * DAY)]
    ordered = users.index.isin(after.loc[after["event"] == "order", "user_id"])
    money = after.groupby("user_id")["amount"].sum().reindex(users.index).fillna(0.0)
    return pd.DataFrame({"arm": users[column], "ordered": ordered, "money": money})


def p_values(table: pd.DataFrame) -> tuple[float, float]:
    """Pearson's χ² for the order rate, Welch for the money."""
    counts = pd.crosstab(table["arm"], table["ordered"])
    one, two = (own["money"] for _, own in table.groupby("arm"))
    return stats.chi2_contingency(counts, correction=False).pvalue, stats.ttest_ind(one, two, equal_var=False).pvalue


# The files


def test_regenerating_gives_the_same_bytes(tmp_path: Path) -> None:
    generate(tmp_path)
    for name in FILES:
        if name.endswith(".xlsx"):  # the parts, as another zlib may pack the same bytes otherwise
            with zipfile.ZipFile(tmp_path / name) as new, zipfile.ZipFile(FOLDER / name) as old:
                assert new.namelist() == old.namelist()
                assert all(new.read(part) == old.read(part) for part in new.namelist())
        else:
            assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes(), name


def test_sizes_stay_in_bounds(shop: pd.DataFrame) -> None:
    assert (FOLDER / "shop.csv").stat().st_size < 4_000_000
    assert 20_000 <= len(shop) <= 50_000
    assert 5_000 <= shop["user_id"].nunique() <= 6_000


def test_rows_are_well_formed(shop: pd.DataFrame) -> None:
    assert list(shop.columns) == COLUMNS
    assert shop["time"].is_monotonic_increasing
    assert not shop.duplicated(["user_id", "event", "time", "amount", "order_id"]).any()
    orders, refunds = shop[shop["event"] == "order"], shop[shop["event"] == "refund"]
    assert orders["order_id"].is_unique and (orders["amount"] > 0).all()
    assert refunds["order_id"].isin(orders["order_id"]).all() and (refunds["amount"] < 0).all()
    assert shop.loc[~shop["event"].isin(["order", "refund"]), "amount"].isna().all()


def test_the_shop_is_alive_to_the_last_day(active: pd.DataFrame) -> None:
    by_day = active.groupby(active["time"].dt.date).size()
    assert len(by_day) == 365
    assert by_day.iloc[-1] > 0.7 * by_day.iloc[-28:].median()
    first_month = active.groupby("user_id")["time"].min().dt.to_period("M").value_counts().sort_index()
    assert first_month.iloc[-3:].sum() > 1.3 * first_month.iloc[1:4].sum()


def test_some_buyers_buy_often_and_many_once(shop: pd.DataFrame) -> None:
    orders = shop[shop["event"] == "order"].groupby("user_id").size()
    assert orders.max() >= 15
    assert (orders >= 5).sum() >= 100
    assert 0.4 < (orders == 1).mean() < 0.7


def test_chinese_events_are_the_last_of_the_shop(shop: pd.DataFrame) -> None:
    raw = (FOLDER / "shop_zh_gb18030.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    rows = pd.read_csv(FOLDER / "shop_zh_gb18030.csv", encoding="gb18030", dtype=str)
    assert ",".join(rows.columns) == "用户ID,时间,事件,渠道,平台,页面,商品,订单号,金额,活动分组"
    last = shop.tail(len(rows)).reset_index(drop=True)
    assert 10_000 < len(rows) < 15_000
    assert rows["活动分组"].value_counts().to_dict() == {"A组": 1000, "B组": 1000}
    assert (pd.to_datetime(rows["时间"]) == last["time"]).all()
    for zh, en in {"渠道": "channel", "商品": "product", "订单号": "order_id"}.items():
        assert (rows[zh].isna() == last[en].isna()).all()
    amounts = rows["金额"].str.removesuffix("元").str.replace(",", "").astype(float)
    np.testing.assert_allclose(amounts, last["amount"])
    assert rows["金额"].str.fullmatch(r"\d,\d{3}\.\d\d元").any()


def test_order_lines_sum_to_the_orders(shop: pd.DataFrame) -> None:
    lines = pd.read_excel(FOLDER / "orders_zh.xlsx", engine="calamine")
    assert list(lines.columns) == ["买家会员名", "订单编号", "下单时间", "数量", "单价", "商品标题"]
    amounts = (lines["数量"] * lines["单价"]).groupby(lines["订单编号"]).sum()
    orders = shop[(shop["event"] == "order") & (shop["time"] >= "2026-01-01")].set_index("order_id")["amount"]
    assert len(lines) > len(amounts)
    pd.testing.assert_series_equal(amounts.sort_index(), orders.sort_index(), check_names=False)


def test_online_retail_is_the_published_file() -> None:
    path = FOLDER / "online_retail.parquet"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == ONLINE_RETAIL_SHA256
    assert pq.read_metadata(path).num_rows == 541_909  # as published by UCI


# truth.json against the file


def test_totals_are_those_of_the_file(shop: pd.DataFrame, truth: dict) -> None:
    said = truth["realised"]["totals"]
    assert said["rows"] == len(shop)
    assert said["events"] == shop["event"].value_counts().to_dict()
    assert said["users"] == shop["user_id"].nunique()
    assert said["buyers"] == shop.loc[shop["event"] == "order", "user_id"].nunique()
    assert said["money"] == pytest.approx(shop["amount"].sum())


def test_planned_values_are_those_of_the_plan(truth: dict) -> None:
    assert truth["planned"]["seed"] == PLAN.seed
    assert truth["planned"]["campaign_treated_share"] == PLAN.campaign_treated_share == 0.8
    assert truth["planned"]["fault_start"] == "2026-04-06 00:00:00"


def test_funnel_by_joins_gives_the_same_steps(shop: pd.DataFrame, truth: dict) -> None:
    """Another way than truth.py: the earliest next step per visit, by as-of joins instead of a walk."""
    steps = truth["realised"]["funnel_7_days"]["steps"]
    entry = shop.loc[shop["event"] == steps[0], ["user_id", "time"]]
    paths = entry[entry["time"] + 7 * DAY <= shop["time"].max()].assign(entered_at=lambda rows: rows["time"])
    users = [paths["user_id"].nunique()]
    for step in steps[1:]:
        later = shop.loc[shop["event"] == step, ["user_id", "time"]].assign(at=lambda rows: rows["time"])
        paths = pd.merge_asof(paths.sort_values("time"), later, on="time", by="user_id", direction="forward")
        paths = paths[paths["at"] <= paths["entered_at"] + 7 * DAY]
        paths = paths.assign(time=paths["at"]).drop(columns="at")
        users.append(paths["user_id"].nunique())
    assert users == truth["realised"]["funnel_7_days"]["users"]
    rates = np.array(users[1:]) / users[:-1]
    assert (rates > 0.4).all() and (rates < 0.85).all()


def test_android_checkout_is_broken_in_its_weeks_only(shop: pd.DataFrame, truth: dict) -> None:
    said = truth["realised"]["android_fault"]
    carts = shop[(shop["event"] == "add_to_cart") & shop["time"].between("2026-04-06", "2026-05-03 23:59:59")]
    carts = carts[carts["platform"] == "android"]
    orders = shop[shop["event"] == "order"].groupby("user_id")["time"].apply(list).to_dict()
    ordered = sum(
        any(cart.time <= at <= cart.time + 7 * DAY for at in orders.get(cart.user_id, []))
        for cart in carts.itertuples()
    )
    assert said["android_fault_weeks"] == {
        "carts": len(carts),
        "ordered": ordered,
        "rate": round(ordered / len(carts), 6),
    }
    assert said["android_fault_weeks"]["rate"] < 0.2
    others = [said[name]["rate"] for name in ("android_other_weeks", "others_fault_weeks", "others_other_weeks")]
    assert min(others) > 0.55 and max(others) - min(others) < 0.1


def test_douyin_users_leave(active: pd.DataFrame, truth: dict) -> None:
    said = truth["realised"]["channel_retention"]
    first = active.drop_duplicates("user_id").set_index("user_id")
    start, end = active["time"].min() + 30 * DAY, active["time"].max() - 35 * DAY
    first = first[first["time"].between(start, end)]
    age_days = (active["time"] - active["user_id"].map(first["time"])) / DAY
    back = set(active.loc[age_days.between(7, 14, inclusive="left"), "user_id"])
    for channel, users in first.groupby("channel").groups.items():
        assert said[channel]["users"] == len(users)
        assert said[channel]["week_1"] == round(len(back & set(users)) / len(users), 6)
    others = [said[channel]["week_1"] for channel in said if channel != "douyin"]
    assert said["douyin"]["week_1"] < 0.5 * min(others)


def test_usage_dips_in_tenure_month_6_and_comes_back(active: pd.DataFrame, truth: dict) -> None:
    said = truth["realised"]["usage_by_tenure_month"]
    first = active.groupby("user_id")["time"].min()
    uses = active[active["event"] == "use_feature"]
    long_term = set(uses["user_id"]) & set(first.index[first <= active["time"].max() - 240 * DAY])
    age_days = (uses["time"] - uses["user_id"].map(first)) / DAY
    for month in range(8):
        inside = uses[age_days.between(30 * month, 30 * (month + 1), inclusive="left")]
        assert said["active_users"][str(month)] == len(set(inside["user_id"]) & long_term)
    rates = said["active_rates"]
    assert said["users"] == len(long_term)
    assert rates["6"] < 0.6 * min(rates["5"], rates["7"])
    assert all(rates[month] > 0.5 for month in "123457")


def test_most_trials_are_followed_by_silence(active: pd.DataFrame, truth: dict) -> None:
    trials = active[active["event"] == "open_trial"]
    trials = trials[trials["time"] <= active["time"].max() - 30 * DAY]
    last = active.drop_duplicates("user_id", keep="last").set_index("user_id")["event"]
    silent = int((last.reindex(trials["user_id"]) == "open_trial").sum())
    assert truth["realised"]["silent_after_trial"]["silent_users"] == silent
    assert truth["realised"]["silent_after_trial"]["trial_users"] == len(trials)
    assert silent / len(trials) > 0.5


@pytest.mark.parametrize(("name", "event", "column"), [
    ("campaign", "campaign_assigned", "campaign_group"),
    ("aa", "aa_assigned", "aa_group"),
])  # fmt: skip
def test_effects_are_counted_right(shop: pd.DataFrame, truth: dict, name: str, event: str, column: str) -> None:
    table = outcomes(shop, event, column)
    assert table.index.is_unique
    for arm, own in table.groupby("arm"):
        said = truth["realised"][name][arm]
        assert (said["users"], said["ordered"]) == (len(own), own["ordered"].sum())
        assert said["money"] == pytest.approx(own["money"].sum())


def test_campaign_lift_is_found_and_near_the_planted_one(shop: pd.DataFrame, truth: dict) -> None:
    table = outcomes(shop, "campaign_assigned", "campaign_group")
    orders_p, money_p = p_values(table)
    assert orders_p < 0.001 and money_p < 0.01
    rates, sizes = table.groupby("arm")["ordered"].mean(), table.groupby("arm").size()
    error = np.sqrt((rates * (1 - rates) / sizes).sum())
    planted = truth["expected"]["campaign_order_rate_difference"]
    assert abs(rates["treated"] - rates["holdout"] - planted) < 2 * error
    assert sizes.to_dict() == {"holdout": 600, "treated": 2400}


def test_nothing_is_found_in_the_aa(shop: pd.DataFrame) -> None:
    orders_p, money_p = p_values(outcomes(shop, "aa_assigned", "aa_group"))
    assert orders_p > 0.5 and money_p > 0.5


@pytest.mark.parametrize(("event", "column"), [("campaign_assigned", "campaign_group"), ("aa_assigned", "aa_group")])
def test_arms_do_not_differ_before_the_assignment(shop: pd.DataFrame, event: str, column: str) -> None:
    users = shop[shop["event"] == event].set_index("user_id")
    before = shop[shop["time"] < shop["user_id"].map(users["time"])]
    money = before.groupby("user_id")["amount"].sum().reindex(users.index).fillna(0.0)
    orders = before[before["event"] == "order"].groupby("user_id").size().reindex(users.index).fillna(0)
    rows = before.groupby("user_id").size().reindex(users.index)
    assert rows.notna().all()  # every assigned user was seen before
    for values in (money, orders, rows):
        one, two = (own for _, own in values.groupby(users[column]))
        assert stats.ttest_ind(one, two, equal_var=False).pvalue > 0.1


# The clicks


@pytest.fixture(scope="module")
def taps() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "clicks.csv", parse_dates=["time"])


@pytest.fixture(scope="module")
def told() -> dict:
    return json.loads((FOLDER / "clicks_truth.json").read_text("utf-8"))["realised"]


def test_clicks_are_well_formed(taps: pd.DataFrame, told: dict) -> None:
    assert list(taps.columns) == CLICK_COLUMNS
    assert told["rows"] == len(taps) <= 20_000
    assert taps["time"].is_monotonic_increasing
    own = taps[taps["event"] == "click"]
    assert own[["element", "x", "y"]].notna().all().all()
    assert own["x"].between(0, own["viewport_width"]).all() and own["y"].between(0, own["viewport_height"]).all()
    assert taps.loc[taps["event"] == "page_view", "element"].isna().all()
    assert (taps.groupby("user_id")[["platform", "variant"]].nunique() == 1).all().all()


def test_more_people_tap_the_small_print_than_the_button(taps: pd.DataFrame, told: dict) -> None:
    product = taps[(taps["page"] == "product") & (taps["event"] == "click")]
    users = product.groupby("element")["user_id"].nunique()
    assert told["product_users_by_element"] == users.to_dict()
    assert users["优惠券说明"] > 1.3 * users["立即购买"]
    assert users.drop(["优惠券说明"]).max() < 1.15 * users["立即购买"]
    shares = told["moved_element_share_by_variant"]
    assert shares["B"] > 1.3 * shares["A"]


def test_bursts_are_on_android_only(taps: pd.DataFrame, told: dict) -> None:
    own = taps[taps["event"] == "click"]
    third = own.groupby("user_id")["time"].shift(-2)
    fast = own[third - own["time"] <= pd.Timedelta(seconds=1)]
    assert set(fast["page"] + "/" + fast["element"] + "/" + fast["platform"]) == set(told["rage_users"])
    assert fast["user_id"].nunique() == sum(told["rage_users"].values()) > 20
