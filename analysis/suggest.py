"""Sensible defaults from the data: what a page opens with before anybody chose anything.

The journey of a file is guessed from its order: of the events that many users do, those that come
first in most users' lives come first. Words that name a goal (order, purchase, pay, 下单, 支付)
close the journey.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from analysis.behaviour.funnel import Funnel
from analysis.behaviour.retention import Retention
from analysis.calendar import DAY_US, Period
from analysis.campaigns.effect import Effect
from analysis.engine import over_users
from analysis.errors import SchemaError
from analysis.events import EventLog, Numbers, properties
from analysis.lifecycle.periods import PeriodLifecycle
from analysis.lifecycle.stages import Stages
from analysis.questions import Step
from analysis.segments.rfm import RFM

GOALS = (
    "order",
    "purchase",
    "buy",
    "pay",
    "checkout",
    "subscribe",
    "convert",
    "下单",
    "购买",
    "支付",
    "成交",
    "付款",
    "订阅",
)
ASIDE = ("refund", "assigned", "message", "sent", "退款", "退货", "发送", "触达", "分组", "分配")
PASSIVE = ("assigned", "message_sent", "sms_sent", "push_sent", "分组", "活动分配", "发送", "触达")
"""Parts of names of events that are done to users, and are no sign of life."""
REFUNDS = ("refund", "退款", "退货")
CONTROLS = ("control", "holdout", "no e-mail", "no email", "none", "对照", "空白")
ARMS = ("arm", "variant", "group", "组")
MOST_STEPS = 4


def funnel(log: EventLog) -> Funnel:
    """A first funnel: up to four events in the order in which users do them, ending at a goal where one is named."""
    names = _journey(log)
    return Funnel(steps=tuple(Step(n) for n in names or log.events.values[-1:]))


def retention(log: EventLog) -> Retention:
    """A first retention: days up to six weeks of data, weeks up to a year and a half, else months."""
    days = (log.ends_at - log.starts_at) / DAY_US
    period: Period = "day" if days <= 42 else "week" if days <= 550 else "month"
    return Retention(start=acts(log), returning=acts(log), period=period)


def acts(log: EventLog) -> Step | None:
    """What users themselves do, where the file also holds what was done to them; None where all events are acts."""
    names = log.events.values[1:]
    own = [n for n in names if not any(a in n.lower() for a in PASSIVE)]
    return Step(*own) if own and len(own) < len(names) else None


def periods(log: EventLog) -> PeriodLifecycle:
    """A first period lifecycle, on the same periods as retention."""
    return PeriodLifecycle(event=acts(log), period=retention(log).period)


def rfm(log: EventLog) -> RFM:
    """A first RFM: the sale among the events, and the refund where there is one."""
    if "amount" not in log.roles:
        raise SchemaError(
            "no_money",
            "RFM needs money, and no column is set as the amount. Choose it on the Data page.",
        )
    sale = goal(log)
    if sale is None:
        raise SchemaError("no_sale", "RFM needs an event that is a purchase. Choose which one it is.")
    back = [n for n in log.events.values[1:] if any(w in n.lower() for w in REFUNDS)]
    return RFM(purchase=Step(sale), refund=Step(*back) if back else None)


def stages(log: EventLog) -> Stages:
    """First stages: all defaults learned."""
    return Stages(event=acts(log))


def effect(log: EventLog) -> Effect:
    """A first effect: the column of arms, its control by name, else its smallest arm."""
    arm = log.roles.get("arm") or next((c for c in properties(log, most=6) if _arms(log, c)), None)
    if arm is None:
        raise SchemaError(
            "no_arm",
            "No column says who was treated and who was held out. Set one as 'arm' on the Data page, "
            "or add the campaign's assignment file below.",
        )
    words = log.words(arm)
    sizes = np.bincount(words.codes, minlength=len(words.values))
    arms = [(words.values[c], int(sizes[c])) for c in range(1, len(words.values)) if sizes[c]]
    named = [a for a, _n in arms if any(w in a.lower() for w in CONTROLS)]
    control = named[0] if named else min(arms, key=lambda a: a[1])[0]
    if log.shape != "results":
        return Effect(control=control, arm=arm, conversion=goal(log))
    numbers = [n for n, c in log.columns.items() if isinstance(c, Numbers)]
    flags = [n for n in numbers if set(np.unique(log.numbers(n))) <= {0.0, 1.0}]
    outcome = next(
        (n for w in ("conver", "order", "buy", "转化", "下单", "购买") for n in flags if w in n.lower()), None
    )
    money = log.roles.get("amount") or next(
        (n for w in ("spend", "revenue", "amount", "金额") for n in numbers if w in n.lower()), None
    )
    return Effect(control=control, arm=arm, conversion=outcome or (flags[-1] if flags else None), money=money)


def _arms(log: EventLog, column: str) -> bool:
    return any(word in column.lower() for word in ARMS)


def goal(log: EventLog) -> str | None:
    """The event that is a sale or another goal by its name; None where none is."""
    counts = np.bincount(log.events.codes, minlength=len(log.events.values))
    hits = [
        (GOALS.index(word), -counts[code], name)
        for code, name in enumerate(log.events.values)
        for word in GOALS
        if code and word in name.lower() and not any(a in name.lower() for a in ASIDE)
    ]
    return min(hits)[2] if hits else None


def _journey(log: EventLog) -> list[str]:
    words = log.events.values
    users, ranks = over_users(log, _first_seen, log.events.codes, len(words), merge=("sum", "sum"))
    known = [c for c in np.argsort(-users, kind="stable") if c and users[c]]
    aside = [c for c in known if any(a in words[c].lower() for a in ASIDE)]
    known = [c for c in known if c not in aside] or known
    end = goal(log)
    last = words.index(end) if end is not None else None
    chosen = [c for c in known if c != last][: MOST_STEPS - (last is not None)]
    chosen.sort(key=lambda c: ranks[c] / users[c])
    if last is not None:
        before = [c for c in chosen if ranks[c] / users[c] <= ranks[last] / users[last]] or []
        chosen = [*before, last]
    if len(chosen) == 1 and end is not None:
        chosen = [*chosen, *chosen]  # only sales are known: who buys again
    return [words[c] for c in chosen]


@nb.njit(nogil=True, cache=True)
def _first_seen(users, starts, ends, codes, n):  # type: ignore[no-untyped-def]
    """Users per event, and the sum of the ranks at which they first did it among the kinds they did."""
    count, ranks = np.zeros(n, np.int64), np.zeros(n, np.float64)
    seen = np.zeros(n, np.int64)
    for i in range(len(users)):
        kinds = 0
        for row in range(starts[i], ends[i]):
            code = codes[row]
            if seen[code] != i + 1:
                seen[code] = i + 1
                count[code] += 1
                ranks[code] += kinds
                kinds += 1
    return count, ranks
