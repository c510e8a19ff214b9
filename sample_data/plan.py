"""What is planted in the sample shop: every parameter that a test or a reader may want to check.

A sample without a known answer shows only that a page draws something. Here each story of the product has one cause,
written down before a single row is drawn: the generator reads its probabilities from `PLAN`, and `truth.json` repeats
them beside the figures counted from the finished file. The two differ by chance only, as a sample differs from its
population.

The seed was searched for: the first from 1 on with at most 50,000 rows, an A/A with p > .5 for orders and for money,
no pre-period difference between arms at p < .1 in either campaign, and a lift that shows in money at p < .01 (seed 5
has all but the last, at .051). So the sample is a lucky draw, and says nothing about error rates.

Times are naive and belong to Asia/Shanghai. A tenure month is 30 days of 24 hours from the user's own first event,
counted from 0, so tenure month 6 is days 180 up to, not including, 210. The month-6 drop is planted as a **dip**:
usage is halved in month 6 and comes back in month 7 (think of a filter that runs out after half a year), because a
dip can be seen against both of its neighbours, where a drop that stays may also be read as an older, weaker cohort.
"""

from dataclasses import dataclass, field
from datetime import datetime

DAY = 86_400


@dataclass(frozen=True, slots=True)
class Plan:
    """Parameters of the shop; shares and probabilities are 0–1, instants are local to `time_zone`."""

    seed: int = 7
    time_zone: str = "Asia/Shanghai"
    start: datetime = datetime(2025, 9, 1)
    end: datetime = datetime(2026, 9, 1)  # not included
    users_in_range: int = 4_850
    users_before_range: int = 500  # arrived June to August 2025; only those who came again are in the file
    arrival_growth: float = 2.2  # arrivals a day at the end over arrivals a day at the start
    double_eleven_factor: float = 1.8  # arrivals on 9–11 November 2025

    channel_shares: dict[str, float] = field(
        default_factory=lambda: {
            "wechat": 0.28, "douyin": 0.24, "search": 0.18, "referral": 0.10, "email": 0.06, "direct": 0.14,
        }
    )  # fmt: skip
    stay_rates: dict[str, float] = field(
        default_factory=lambda: {
            "wechat": 0.50, "douyin": 0.12, "search": 0.44, "referral": 0.58, "email": 0.50, "direct": 0.48,
        }
    )  # fmt: skip
    leaving_channel: str = "douyin"
    leaving_channel_subscriber_factor: float = 0.3
    platform_shares: dict[str, float] = field(
        default_factory=lambda: {"ios": 0.27, "android": 0.34, "miniprogram": 0.28, "web": 0.11}
    )
    platform_switch_rate: float = 0.06  # sessions on another platform than the user's own

    view_rate: float = 0.68  # of sessions; each session, so lower than the rate of users in a 7-day window
    cart_rate: float = 0.31  # of sessions with a view, mean over users
    order_rate: float = 0.36  # of sessions with a cart
    loyal_share: float = 0.26  # of those who stay: they come more often and quit less
    loyal_factor: float = 2.0  # loyal users' cart and order rates over the others'
    delayed_order_share: float = 0.20  # orders placed on a later visit, up to 4 days after the cart
    refund_rate: float = 0.04

    fault_platform: str = "android"
    fault_start: datetime = datetime(2026, 4, 6)
    fault_end: datetime = datetime(2026, 5, 4)  # not included: ISO weeks 15 to 18 of 2026
    fault_order_rate: float = 0.06

    silent_trial_share: float = 0.12  # of users: open a trial in their first session, then nothing
    subscriber_share: float = 0.18  # of users
    subscriber_trial_share: float = 0.40  # of subscribers: began with a trial

    tenure_month_days: int = 30
    usage_rate: float = 0.68  # chance that a subscriber uses the device in a tenure month, month 0 apart
    dip_month: int = 6
    dip_pause_share: float = 0.55  # subscribers who do nothing at all in the dip month
    dip_shape: str = "dip: halved in tenure month 6 only, back in month 7"

    campaign_at: datetime = datetime(2026, 6, 1, 10)
    campaign_users: int = 3_000
    campaign_treated_share: float = 0.80
    campaign_extra_order_rate: float = 0.06  # treated only: chance of one added order in the window
    aa_at: datetime = datetime(2026, 7, 1, 10)
    aa_users: int = 2_000
    aa_share_a: float = 0.50
    outcome_days: int = 30

    def seconds(self, at: datetime) -> int:
        """Seconds from the start of the range to `at`; negative before it."""
        return int((at - self.start).total_seconds())


PLAN = Plan()

COLUMNS = [
    "user_id", "time", "event", "channel", "platform", "page", "product", "order_id", "amount", "campaign_group",
    "aa_group",
]  # fmt: skip

PASSIVE_EVENTS = ("campaign_assigned", "aa_assigned")
"""Rows written by the marketing system, not by the user: they are no sign of activity."""

PRODUCTS: dict[str, tuple[str, float, float]] = {
    "filter pack": ("净水滤芯套装", 89.0, 0.17),
    "brush heads": ("电动牙刷头 4支", 59.0, 0.16),
    "smart plug": ("智能插座", 49.0, 0.14),
    "desk lamp": ("护眼台灯", 159.0, 0.12),
    "body scale": ("体脂秤", 129.0, 0.10),
    "toothbrush": ("电动牙刷", 199.0, 0.10),
    "kettle": ("恒温水壶", 179.0, 0.08),
    "humidifier": ("加湿器", 239.0, 0.07),
    "air purifier": ("空气净化器", 549.0, 0.04),
    "robot vacuum": ("扫地机器人", 1099.0, 0.02),
}
"""Product → title in Chinese, price in yuan, share of interest."""
