"""The shop's year, drawn user by user: who arrives, comes back, buys, uses the device, and is assigned to a campaign.

Who the users are comes from `users.py`; sessions follow from it. The planted faults act where they would in life:
the broken checkout on the session's own platform and date, the month-6 pause on the user's own clock, the campaign
as one added order for some of the treated. Nothing is edited afterwards to make a figure fit.

All randomness comes from one `numpy.random.Generator`, consumed in a fixed order, so the same seed gives the same
rows.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from sample_data.plan import COLUMNS, DAY, PASSIVE_EVENTS, PRODUCTS, Plan
from sample_data.users import User, clock, draw_users

PRODUCT_NAMES = list(PRODUCTS)
PRODUCT_SHARES = np.array([share for _, _, share in PRODUCTS.values()])


@dataclass(slots=True)
class Shop:
    """Rows and order lines as they are written, with the generator they are drawn from."""

    plan: Plan
    rng: np.random.Generator
    rows: list[dict] = field(default_factory=list)
    lines: list[dict] = field(default_factory=list)

    def write(self, user: User, at: int, event: str, **values: object) -> None:
        """Append one event of `user` at second `at`."""
        self.rows.append({"user_id": user.user_id, "time": int(at), "event": event, **values})

    def chance(self, rate: float) -> bool:
        """Draw True with probability `rate`."""
        return bool(self.rng.random() < rate)


def build(plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the whole year.

    Returns:
        The events (`COLUMNS`, sorted by time, then user) and the order lines (user_id, order_id, time, product,
        quantity, unit_price), whose quantity × unit price sums to each order's amount.
    """
    shop = Shop(plan, np.random.default_rng(plan.seed))
    users = draw_users(plan, shop.rng)
    for user in users:
        live(shop, user)
    assign_campaigns(shop, users)
    return finish(shop)


def on_day(shop: Shop, at: float) -> int:
    """Keep the date of `at`, draw a likely time of day."""
    return int(at // DAY) * DAY + int(clock(shop.rng, 1)[0])


def live(shop: Shop, user: User) -> None:
    """Write a user's life: the first session, then what the fate brings until the end of the range."""
    end = shop.plan.seconds(shop.plan.end)
    session(shop, user, user.arrived, user.channel)
    if user.fate == "subscriber":
        use(shop, user)
    if user.fate not in ("stayer", "subscriber"):
        return
    at = float(user.arrived)
    while True:
        # One gap in twelve is a long absence, so that there are dormant users who come back.
        gap = shop.rng.uniform(50, 140) if shop.chance(1 / 12) else 0.5 + shop.rng.exponential(user.gap_days)
        at += gap * DAY
        if at >= end:
            return
        when = max(on_day(shop, at), user.arrived + 3600)
        session(shop, user, when, later_channel(shop, user))
        if shop.chance(user.quit_rate):
            return


def later_channel(shop: Shop, user: User) -> str:
    """Draw the channel of a return visit: the user's own in half of all cases, else mostly direct."""
    others = ["direct", "wechat", "email", "search", "referral", "douyin"]
    own = shop.chance(0.5)
    return user.channel if own else str(shop.rng.choice(others, p=[0.40, 0.22, 0.16, 0.14, 0.04, 0.04]))


def paused(shop: Shop, user: User, at: int) -> bool:
    """Tell whether the user's month-6 pause covers second `at`."""
    month = (at - user.arrived) // (shop.plan.tenure_month_days * DAY)
    return user.pauses and month == shop.plan.dip_month


def session(shop: Shop, user: User, at: int, channel: str, *, bought: bool = False) -> None:
    """Write one session: a visit, then each next step with its own chance; `bought` makes every step happen."""
    plan, rng = shop.plan, shop.rng
    if paused(shop, user, at) and not bought:
        return
    others = [name for name in plan.platform_shares if name != user.platform]
    platform = str(rng.choice(others)) if shop.chance(plan.platform_switch_rate) else user.platform
    where = {"channel": channel, "platform": platform}
    shop.write(user, at, "visit", page=str(rng.choice(["home", "landing", "search"], p=[0.6, 0.25, 0.15])), **where)
    if user.trial and at == user.arrived:
        shop.write(user, at + int(rng.integers(20, 400)), "open_trial", page="trial", **where)
        return
    if not (bought or shop.chance(plan.view_rate)):
        return
    product = str(rng.choice(PRODUCT_NAMES, p=PRODUCT_SHARES))
    at += int(rng.integers(5, 120))
    for _ in range(2 if shop.chance(0.08) else 1):
        shop.write(user, at, "view_item", page="item", product=product, **where)
        at += int(rng.integers(10, 240))
    if not (bought or shop.chance(user.cart_rate)):
        return
    shop.write(user, at, "add_to_cart", page="cart", product=product, **where)
    faulty = platform == plan.fault_platform and plan.seconds(plan.fault_start) <= at < plan.seconds(plan.fault_end)
    if not (bought or shop.chance(plan.fault_order_rate if faulty else user.order_rate)):
        return
    if shop.chance(plan.delayed_order_share) and not bought:
        at = max(on_day(shop, at + rng.uniform(0.5, 4) * DAY), at + 1800)
        shop.write(user, at, "visit", page="home", channel="direct", platform=platform)
    order(shop, user, at + int(rng.integers(20, 600)), product, where)


def order(shop: Shop, user: User, at: int, product: str, where: dict) -> None:
    """Write an order of one or two lines, and now and then its refund a few days later."""
    plan, rng = shop.plan, shop.rng
    key = len(shop.rows)
    bought = [product, str(rng.choice(PRODUCT_NAMES[:3]))] if shop.chance(0.18) else [product]
    amount = 0.0
    for name in bought:
        quantity = int(rng.choice([1, 2, 3], p=[0.75, 0.18, 0.07])) if PRODUCTS[name][1] < 200 else 1
        price = round(PRODUCTS[name][1] * float(rng.choice([1, 0.95, 0.9, 0.85], p=[0.5, 0.2, 0.2, 0.1])), 2)
        amount += quantity * price
        line = {"product": name, "quantity": quantity, "unit_price": price}
        shop.lines.append({"user_id": user.user_id, "key": key, "time": at, **line})
    where = {**where, "product": product, "key": key}
    shop.write(user, at, "order", page="checkout", amount=round(amount, 2), **where)
    if shop.chance(plan.refund_rate):
        back = on_day(shop, at + rng.uniform(1, 8) * DAY)
        shop.write(user, max(back, at + 3600), "refund", page="my_orders", amount=-round(amount, 2), **where)


def use(shop: Shop, user: User) -> None:
    """Write a subscriber's use of the device, tenure month by tenure month; month 0 always has a first use."""
    plan, rng = shop.plan, shop.rng
    length = plan.tenure_month_days
    first = user.arrived + int(rng.integers(900, 30_000))
    shop.write(user, first, "use_feature", page="device", platform=user.platform)
    own_rate = float(np.clip(rng.normal(plan.usage_rate, 0.12), 0.1, 0.97))
    for month in range(13):
        if not shop.chance(own_rate) or (user.pauses and month == plan.dip_month):
            continue
        # Days 1 to 28 only, so that a new time of day never carries a use into the neighbouring month.
        for day in rng.choice(np.arange(1, length - 1), 1 + int(rng.poisson(0.4)), replace=False):
            at = on_day(shop, user.arrived + (month * length + int(day)) * DAY)
            shop.write(user, at, "use_feature", page="device", platform=user.platform)


def assign_campaigns(shop: Shop, users: list[User]) -> None:
    """Randomise both campaigns among users seen before, and write the added orders of the treated.

    A user whose last event before the date is `open_trial` is not eligible: the shop does not write to open trials.
    """
    plan, rng = shop.plan, shop.rng
    treated = round(plan.campaign_users * plan.campaign_treated_share)
    chosen = eligible(shop, users, plan.seconds(plan.campaign_at), plan.campaign_users)
    for number, user in enumerate(chosen):
        at = plan.seconds(plan.campaign_at)
        group = "treated" if number < treated else "holdout"
        shop.write(user, at, "campaign_assigned", platform=user.platform, campaign_group=group)
        if group == "treated" and shop.chance(plan.campaign_extra_order_rate):
            # Two hours short of a day kept free at both ends: the order falls inside the 30 days of 24 hours.
            day = 1 + min(rng.exponential(7), plan.outcome_days - 3)
            session(shop, user, on_day(shop, at + day * DAY), str(rng.choice(["wechat", "email"])), bought=True)
    in_a = round(plan.aa_users * plan.aa_share_a)
    for number, user in enumerate(eligible(shop, users, plan.seconds(plan.aa_at), plan.aa_users)):
        group = "A" if number < in_a else "B"
        shop.write(user, plan.seconds(plan.aa_at), "aa_assigned", platform=user.platform, aa_group=group)


def eligible(shop: Shop, users: list[User], at: int, size: int) -> list[User]:
    """Draw `size` users in random order among those in the file before second `at` and not in an open trial."""
    before = pd.DataFrame(shop.rows)[["user_id", "time", "event"]]
    before = before[before["time"].between(0, at - 1) & ~before["event"].isin(PASSIVE_EVENTS)]
    last = before.sort_values("time", kind="stable").groupby("user_id")["event"].last()
    names = set(last.index[last != "open_trial"])
    pool = [user for user in users if user.user_id in names]
    return [pool[place] for place in shop.rng.choice(len(pool), size, replace=False)]


def finish(shop: Shop) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cut to the range, sort, and number the orders by time."""
    last = shop.plan.seconds(shop.plan.end) - 1
    tables = map(pd.DataFrame, (shop.rows, shop.lines))
    events, lines = (table[table["time"].between(0, last)].copy() for table in tables)
    numbers = events.loc[events["event"] == "order"].sort_values(["time", "user_id"])["key"]
    names = {key: f"S{number:06d}" for number, key in enumerate(numbers, start=1)}
    # A refund whose order lies before the range has no order to belong to.
    events = events[(events["event"] != "refund") | events["key"].isin(numbers)].copy()
    events["order_id"] = events["key"].map(names)
    lines["order_id"] = lines["key"].map(names)
    for table in (events, lines):
        table["time"] = pd.Timestamp(shop.plan.start) + pd.to_timedelta(table["time"], unit="s")
    events = events.sort_values(["time", "user_id"], kind="stable")[COLUMNS].reset_index(drop=True)
    lines = lines.sort_values("order_id", kind="stable").drop(columns="key").reset_index(drop=True)
    return events, lines
