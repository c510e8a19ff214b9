"""The sample clicks: four weeks of a shop's pages, every click with its element and its place on the screen.

Four things are planted, each by parameters of `CLICKS`, and nothing else: on the product page more people tap the
coupon's small print (优惠券说明) than the buy button (立即购买); variant B has the button higher up, where more tap
it; on Android the checkout's submit button (提交订单) is tapped again and again by some; and people come at noon and
in the evening (`users.HOUR_WEIGHTS`). Elements lie at one place of the viewport, with a finger's scatter around it.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from sample_data.users import HOUR_WEIGHTS

COLUMNS = [
    "user_id", "time", "event", "page", "element", "x", "y", "viewport_width", "viewport_height", "platform", "variant",
]  # fmt: skip

VIEWPORTS = {"ios": (390, 844), "android": (412, 915), "web": (1440, 900)}

PLACES: dict[str, dict[str, tuple[float, float]]] = {
    "home": {"首页横幅": (0.50, 0.22), "搜索框": (0.42, 0.06), "商品卡片": (0.30, 0.62), "我的": (0.88, 0.96)},
    "product": {
        "商品图片": (0.50, 0.25), "优惠券说明": (0.24, 0.52), "评价": (0.50, 0.70), "加入购物车": (0.45, 0.94),
        "立即购买": (0.80, 0.94),
    },
    "cart": {"去结算": (0.82, 0.94), "删除": (0.90, 0.30), "优惠券": (0.30, 0.80)},
    "checkout": {"提交订单": (0.80, 0.94), "收货地址": (0.40, 0.18), "支付方式": (0.40, 0.55)},
}  # fmt: skip
"""Page → element → its middle, as shares of the viewport."""


@dataclass(frozen=True, slots=True)
class ClickPlan:
    """Parameters of the sample clicks; chances are 0–1 of a visit to the page."""

    seed: int = 11
    time_zone: str = "Asia/Shanghai"
    start: str = "2026-06-01"
    days: int = 28
    users: int = 1_500
    sessions_mean: float = 1.45
    platform_shares: dict[str, float] = field(default_factory=lambda: {"ios": 0.38, "android": 0.44, "web": 0.18})
    click_rates: dict[str, dict[str, float]] = field(
        default_factory=lambda: {
            "home": {"首页横幅": 0.16, "搜索框": 0.22, "商品卡片": 0.75, "我的": 0.08},
            "product": {"商品图片": 0.21, "优惠券说明": 0.36, "评价": 0.18, "加入购物车": 0.21, "立即购买": 0.16},
            "cart": {"去结算": 0.72, "删除": 0.15, "优惠券": 0.22},
            "checkout": {"提交订单": 0.82, "收货地址": 0.25, "支付方式": 0.30},
        }
    )  # fmt: skip
    moved_element: str = "立即购买"
    moved_to: tuple[float, float] = (0.50, 0.62)  # variant B only
    moved_click_rate: float = 0.27  # variant B only
    rage_platform: str = "android"
    rage_element: str = "提交订单"
    rage_rate: float = 0.22  # of those who click the element on the platform
    scatter: float = 0.018  # standard deviation of a click around its element, in shares of the viewport


CLICKS = ClickPlan()


def write_clicks(folder: Path) -> None:
    """Write `clicks.csv` and `clicks_truth.json`."""
    rows = build(CLICKS)
    text = rows.to_csv(index=False, date_format="%Y-%m-%d %H:%M:%S.%f", lineterminator="\n")
    (folder / "clicks.csv").write_bytes(text.encode())
    words = json.dumps({"planned": asdict(CLICKS), "realised": realised(rows)}, ensure_ascii=False, indent=2)
    (folder / "clicks_truth.json").write_bytes(f"{words}\n".encode())


def build(plan: ClickPlan) -> pd.DataFrame:
    """Draw all rows, in the order of time."""
    rng = np.random.default_rng(plan.seed)
    rows: list[tuple[object, ...]] = []
    for number in range(1, plan.users + 1):
        platform = str(rng.choice(list(plan.platform_shares), p=list(plan.platform_shares.values())))
        who = (f"c{number:04d}", platform, "AB"[int(rng.integers(2))])
        for _ in range(1 + rng.poisson(plan.sessions_mean - 1)):
            visit(plan, rng, who, rows)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values(["time", "user_id"], kind="stable").reset_index(drop=True)


def visit(plan: ClickPlan, rng: np.random.Generator, who: tuple[str, str, str], rows: list[tuple[object, ...]]) -> None:
    """Draw one visit: home, product, cart, checkout, each reached by what was clicked before it."""
    hour = int(rng.choice(24, p=HOUR_WEIGHTS / HOUR_WEIGHTS.sum()))
    at = pd.Timestamp(plan.start) + pd.Timedelta(days=int(rng.integers(plan.days)), hours=hour)
    at += pd.Timedelta(milliseconds=int(rng.integers(3_600_000)))
    way = {"home": {"商品卡片"}, "product": {"加入购物车", "立即购买"}, "cart": {"去结算"}, "checkout": set()}
    for page, onward in way.items():
        at, clicked = page_visit(plan, rng, who, page, at, rows)
        if not onward & clicked:
            return


def page_visit(
    plan: ClickPlan, rng: np.random.Generator, who: tuple[str, str, str], page: str, at: pd.Timestamp,
    rows: list[tuple[object, ...]],
) -> tuple[pd.Timestamp, set[str]]:  # fmt: skip
    """Draw one visit to a page; give when it ended, and which elements were clicked."""
    user, platform, variant = who
    width, height = VIEWPORTS[platform]
    rows.append((user, at, "page_view", page, None, None, None, width, height, platform, variant))
    clicked = set()
    for element, place in PLACES[page].items():
        chance = plan.click_rates[page][element]
        if element == plan.moved_element and variant == "B":
            chance, place = plan.moved_click_rate, plan.moved_to
        if rng.random() >= chance:
            continue
        clicked.add(element)
        at += pd.Timedelta(milliseconds=int(rng.integers(2_500, 14_000)))
        angry = element == plan.rage_element and platform == plan.rage_platform and rng.random() < plan.rage_rate
        spot = np.clip(rng.normal(place, plan.scatter), 0.001, 0.999)
        for _ in range(int(rng.integers(4, 8)) if angry else 1):
            x, y = np.clip(spot * (width, height) + rng.uniform(-6, 6, 2), 0, (width, height)).round().astype(int)
            rows.append((user, at, "click", page, element, x, y, width, height, platform, variant))
            at += pd.Timedelta(milliseconds=int(rng.integers(90, 230)))
    return at + pd.Timedelta(milliseconds=int(rng.integers(2_500, 9_000))), clicked


def realised(rows: pd.DataFrame) -> dict[str, object]:
    """Count what came out, with plain pandas."""
    clicks = rows[rows["event"] == "click"]
    product = clicks[clicks["page"] == "product"]
    reach = product.groupby("element")["user_id"].nunique().sort_values(ascending=False)
    by_variant = {
        str(variant): round(float((own["element"] == CLICKS.moved_element).mean()), 6)
        for variant, own in product.groupby("variant")
    }
    on_checkout = rows[rows["page"] == "checkout"].groupby("platform")["user_id"].nunique()
    bursts = clicks.groupby(["user_id", "page", "element"])["time"].apply(
        lambda own: bool((own.diff(2) <= pd.Timedelta(seconds=1)).any())
    )
    angry = bursts[bursts].reset_index().merge(rows[["user_id", "platform"]].drop_duplicates(), on="user_id")
    return {
        "rows": len(rows),
        "users": int(rows["user_id"].nunique()),
        "clicks": len(clicks),
        "product_clickers": int(product["user_id"].nunique()),
        "product_users_by_element": {str(name): int(n) for name, n in reach.items()},
        "moved_element_share_by_variant": by_variant,
        "checkout_users_by_platform": {str(name): int(n) for name, n in on_checkout.items()},
        "rage_users": {
            "/".join(map(str, key)): int(n)
            for key, n in angry.groupby(["page", "element", "platform"])["user_id"].nunique().items()
        },
    }
