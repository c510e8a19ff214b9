"""Who the shop's users are: one fixed character each, drawn in order of arrival.

A fate decides what the first weeks look like. *Silent* users open a trial in their first session and are never seen
again; *subscribers* use the device month after month and shop beside it; *stayers* come back to shop; *leavers* had
one session. The channel acts through the chance to stay, so a channel whose users leave is a property of its users,
not of their visits.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from sample_data.plan import DAY, Plan

Fate = Literal["silent", "subscriber", "stayer", "leaver"]

HOUR_WEIGHTS = np.array([3, 1, 1, 0, 0, 1, 3, 7, 12, 16, 18, 17, 22, 20, 15, 14, 14, 15, 18, 24, 31, 33, 24, 10], float)
"""Events by hour of day: a lunch peak, a higher one in the evening, nearly nothing at night."""


@dataclass(frozen=True, slots=True)
class User:
    """One user's character; `arrived` in seconds from the start of the range, `gap_days` the mean between sessions."""

    user_id: str
    arrived: int
    channel: str
    platform: str
    fate: Fate
    trial: bool
    loyal: bool
    pauses: bool
    gap_days: float
    quit_rate: float
    cart_rate: float
    order_rate: float


def draw_users(plan: Plan, rng: np.random.Generator) -> list[User]:
    """Draw all users in order of arrival; those of before the range are all stayers, as only they are seen again."""
    days = (plan.end - plan.start).days
    weights = np.linspace(1.0, plan.arrival_growth, days)
    dates = pd.date_range(plan.start, periods=days)
    weights *= np.where(dates.day_of_week >= 5, 1.2, 1.0)
    weights *= np.where((dates >= "2025-11-09") & (dates <= "2025-11-11"), plan.double_eleven_factor, 1.0)
    inside = rng.choice(days, plan.users_in_range, p=weights / weights.sum())
    before = -rng.integers(1, 93, plan.users_before_range)
    arrived = np.sort(np.r_[before, inside] * DAY + clock(rng, len(inside) + len(before)))
    return [draw_user(plan, rng, f"u{number:05d}", int(at)) for number, at in enumerate(arrived, start=1)]


def draw_user(plan: Plan, rng: np.random.Generator, user_id: str, arrived: int) -> User:
    """Draw one user's character and fate."""
    channel = str(rng.choice(list(plan.channel_shares), p=list(plan.channel_shares.values())))
    platform = str(rng.choice(list(plan.platform_shares), p=list(plan.platform_shares.values())))
    leaving = channel == plan.leaving_channel
    subscribes = plan.subscriber_share * (plan.leaving_channel_subscriber_factor if leaving else 1.0)
    luck = rng.random()
    fate: Fate = "stayer" if rng.random() < plan.stay_rates[channel] or arrived < 0 else "leaver"
    if arrived >= 0 and luck < plan.silent_trial_share:
        fate = "silent"
    elif arrived >= 0 and luck < plan.silent_trial_share + subscribes:
        fate = "subscriber"
    loyal = fate in ("stayer", "subscriber") and bool(rng.random() < plan.loyal_share)
    factor = plan.loyal_factor if loyal else 1.0
    return User(
        user_id=user_id,
        arrived=arrived,
        channel=channel,
        platform=platform,
        fate=fate,
        trial=fate == "silent" or (fate == "subscriber" and bool(rng.random() < plan.subscriber_trial_share)),
        loyal=loyal,
        pauses=fate == "subscriber" and bool(rng.random() < plan.dip_pause_share),
        gap_days=float(rng.lognormal(np.log(7 if loyal else 15), 0.6)),
        quit_rate=float(0.025 if loyal else rng.beta(2, 4.5) + (0.2 if leaving else 0.0)),
        cart_rate=min(0.95, float(rng.beta(4, 4 / plan.cart_rate - 4)) * factor),
        order_rate=min(0.95, plan.order_rate * factor),
    )


def clock(rng: np.random.Generator, size: int) -> np.ndarray:
    """Draw times of day, in seconds."""
    hours = rng.choice(24, size, p=HOUR_WEIGHTS / HOUR_WEIGHTS.sum())
    return hours * 3600 + rng.integers(0, 3600, size)
