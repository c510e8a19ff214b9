"""The figures that the finished file really holds, counted with plain pandas and none of the product's own code.

They are no second definition of the product's questions but a yardstick for them: slow, short, and open to the eye.
Each function states its own rule. Assignment rows (`PASSIVE_EVENTS`) are left out where activity is meant.
"""

from dataclasses import asdict
from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd

from sample_data.plan import PASSIVE_EVENTS, Plan

STEPS = ("visit", "view_item", "add_to_cart", "order")
WEEK = pd.Timedelta(days=7)


def truth(events: pd.DataFrame, plan: Plan) -> dict[str, object]:
    """Return what was planned and what came out, ready for JSON."""
    planned = {key: str(value) if isinstance(value, datetime) else value for key, value in asdict(plan).items()}
    active = events[~events["event"].isin(PASSIVE_EVENTS)]
    realised = {
        "totals": totals(events),
        "funnel_7_days": funnel(events),
        "android_fault": fault(events, plan),
        "channel_retention": channels(active),
        "usage_by_tenure_month": tenure(active, plan),
        "silent_after_trial": silent(active),
        "campaign": effect(events, plan, "campaign_assigned", "campaign_group"),
        "aa": effect(events, plan, "aa_assigned", "aa_group"),
    }
    base = realised["campaign"]["holdout"]["order_rate"]
    expected = {
        "campaign_order_rate_difference": round(plan.campaign_extra_order_rate * (1 - base), 6),
        "aa_order_rate_difference": 0.0,
    }
    return {"planned": planned, "passive_events": list(PASSIVE_EVENTS), "expected": expected, "realised": realised}


def share(part: float, base: float) -> float:
    """Return part / base to six digits."""
    return round(float(part) / float(base), 6)


def totals(events: pd.DataFrame) -> dict[str, object]:
    """Count rows, users, orders; `money` is net of refunds."""
    orders = events[events["event"] == "order"]
    per_buyer = orders.groupby("user_id").size()
    return {
        "rows": len(events),
        "users": int(events["user_id"].nunique()),
        "first_at": str(events["time"].min()),
        "last_at": str(events["time"].max()),
        "events": {name: int(count) for name, count in events["event"].value_counts().sort_index().items()},
        "orders": len(orders),
        "buyers": len(per_buyer),
        "repeat_buyers": int((per_buyer > 1).sum()),
        "buyers_with_5_or_more": int((per_buyer >= 5).sum()),
        "most_orders": int(per_buyer.max()),
        "money": round(float(events["amount"].sum()), 2),
    }


def funnel(events: pd.DataFrame) -> dict[str, object]:
    """Users by furthest step within 7 days of one of their visits (best attempt).

    A visit less than 7 days before the last event is still open and counts in nothing.
    """
    last_at = events["time"].max()
    by_step = [events[events["event"] == step].groupby("user_id")["time"] for step in STEPS]
    stamps = [{user: own.to_numpy() for user, own in groups} for groups in by_step]
    reached = []
    for user, entries in stamps[0].items():
        times = [own.get(user, entries[:0]) for own in stamps]
        closed = entries[entries + WEEK.to_numpy() <= last_at.to_numpy()]
        if len(closed):
            reached.append(max(steps_reached(times, entry) for entry in closed))
    users = [int((np.array(reached) >= step).sum()) for step in range(1, len(STEPS) + 1)]
    rates = [share(after, before) for before, after in pairwise(users)]
    return {"steps": list(STEPS), "users": users, "step_rates": rates, "total_rate": share(users[-1], users[0])}


def steps_reached(times: list[np.ndarray], entry: np.datetime64) -> int:
    """Count the steps of one attempt: each next step at the earliest time not before the one already reached."""
    at, limit = entry, entry + WEEK.to_numpy()
    for count, stamps in enumerate(times[1:], start=1):
        place = int(np.searchsorted(stamps, at))
        if place == len(stamps) or stamps[place] > limit:
            return count
        at = stamps[place]
    return len(times)


def fault(events: pd.DataFrame, plan: Plan) -> dict[str, object]:
    """Share of add_to_cart rows followed by an order of the same user within 7 days, by platform and weeks."""
    cart = events.loc[events["event"] == "add_to_cart", ["user_id", "time", "platform"]]
    order = events.loc[events["event"] == "order", ["user_id", "time"]].assign(ordered_at=lambda rows: rows["time"])
    joined = pd.merge_asof(cart, order, on="time", by="user_id", direction="forward", tolerance=WEEK)
    joined = joined[joined["time"] + WEEK <= events["time"].max()]
    broken = (joined["platform"] == plan.fault_platform).map({True: plan.fault_platform, False: "others"})
    weeks = joined["time"].between(plan.fault_start, plan.fault_end, inclusive="left")
    weeks = weeks.map({True: "fault_weeks", False: "other_weeks"})
    counts = joined["ordered_at"].notna().groupby([broken, weeks]).agg(["size", "sum"])
    return {
        f"{name}_{when}": {"carts": int(carts), "ordered": int(ordered), "rate": share(ordered, carts)}
        for (name, when), carts, ordered in counts.itertuples()
    }


def channels(active: pd.DataFrame) -> dict[str, object]:
    """Share active in rolling weeks after the first event, by the channel of the first event.

    Only users first seen at least 30 days after the file's start (so that they are new) and 35 days before its end.
    """
    first = active.groupby("user_id").agg(first_at=("time", "first"), first_channel=("channel", "first"))
    start, end = active["time"].min(), active["time"].max()
    inside = first["first_at"].between(start + pd.Timedelta(days=30), end - pd.Timedelta(days=35))
    rows = active.join(first[inside], on="user_id", how="inner")
    week = (rows["time"] - rows["first_at"]) // WEEK
    answer: dict[str, object] = {}
    for channel, users in first[inside].groupby("first_channel"):
        own = rows["first_channel"] == channel
        came = {f"week_{n}": share(rows.loc[own & (week == n), "user_id"].nunique(), len(users)) for n in (1, 2, 4)}
        any_week = rows.loc[own & week.between(1, 4), "user_id"].nunique()
        answer[str(channel)] = {"users": len(users), **came, "weeks_1_to_4": share(any_week, len(users))}
    return answer


def tenure(active: pd.DataFrame, plan: Plan) -> dict[str, object]:
    """Share of long-term device users with a use_feature in each tenure month.

    Long-term: at least one use_feature, and eight whole tenure months (0 to 7) before the end of the file.
    """
    first = active.groupby("user_id")["time"].min()
    uses = active[active["event"] == "use_feature"]
    length = pd.Timedelta(days=plan.tenure_month_days)
    old = first.index[(first + 8 * length <= active["time"].max()) & first.index.isin(uses["user_id"])]
    uses = uses[uses["user_id"].isin(old)]
    month = (uses["time"] - uses["user_id"].map(first)) // length
    users = uses.groupby(month)["user_id"].nunique()
    return {"users": len(old), "active_users": {str(m): int(users.get(m, 0)) for m in range(8)},
            "active_rates": {str(m): share(users.get(m, 0), len(old)) for m in range(8)}}  # fmt: skip


def silent(active: pd.DataFrame) -> dict[str, object]:
    """Of users whose open_trial lies at least 30 days before the end: those with no activity after it."""
    trial = active[active["event"] == "open_trial"].groupby("user_id")["time"].max()
    trial = trial[trial + pd.Timedelta(days=30) <= active["time"].max()]
    last = active.groupby("user_id")["time"].max().reindex(trial.index)
    gone = int((last == trial).sum())
    return {"trial_users": len(trial), "silent_users": gone, "silent_rate": share(gone, len(trial))}


def effect(events: pd.DataFrame, plan: Plan, event: str, column: str) -> dict[str, dict[str, float]]:
    """Per arm: users, those with an order after the assignment within 30 days, money per user net of refunds."""
    assigned = events[events["event"] == event].rename(columns={"time": "assigned_at"})
    assigned = assigned.set_index("user_id")[["assigned_at", column]]
    columns = ["user_id", "time", "event", "amount"]
    rows = events[columns].merge(assigned, left_on="user_id", right_index=True)
    since = rows["time"] - rows["assigned_at"]
    rows = rows[(since > pd.Timedelta(0)) & (since <= pd.Timedelta(days=plan.outcome_days))]
    answer = {}
    for arm, users in assigned.groupby(column).size().sort_index(ascending=False).items():
        own = rows[rows[column] == arm]
        buyers = own.loc[own["event"] == "order", "user_id"].nunique()
        money = float(own["amount"].sum())
        answer[str(arm)] = {
            "users": int(users), "ordered": buyers, "order_rate": share(buyers, users),
            "money": round(money, 2), "money_per_user": share(money, users),
        }  # fmt: skip
    return answer
