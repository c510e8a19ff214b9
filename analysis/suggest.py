"""Sensible defaults from the data: what a page opens with before anybody chose anything.

The journey of a file is guessed from its order: of the events that many users do, those that come
first in most users' lives come first. Words that name a goal (order, purchase, pay, 下单, 支付)
close the journey.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import numba as nb
import numpy as np

from analysis.behaviour.clicks.click_map import ClickMap
from analysis.behaviour.clicks.element_clicks import ElementClicks, likely_page
from analysis.behaviour.clicks.rage_clicks import RageClicks
from analysis.behaviour.clicks.weekday_hour import WeekdayHour
from analysis.behaviour.experiments.experiment import Experiment
from analysis.behaviour.experiments.experiment_first import first_experiment, first_metric
from analysis.behaviour.experiments.experiment_plan import ExperimentPlan
from analysis.behaviour.funnels import suggested
from analysis.behaviour.funnels.conversion_by_day import ConversionByDay
from analysis.behaviour.funnels.faults import Faults
from analysis.behaviour.funnels.funnel import Funnel
from analysis.behaviour.funnels.funnel_comparison import FunnelComparison
from analysis.behaviour.funnels.suggested import Way
from analysis.behaviour.funnels.time_to_convert import TimeToConvert
from analysis.behaviour.journeys.paths import Paths
from analysis.behaviour.journeys.transitions import Transitions
from analysis.behaviour.leaving.drivers import Drivers
from analysis.behaviour.leaving.leavers import Leavers
from analysis.behaviour.moments.aha import Aha
from analysis.behaviour.returning.active_users import ActiveUsers
from analysis.behaviour.returning.retention import Retention
from analysis.behaviour.returning.retention_curve import RetentionCurve
from analysis.behaviour.returning.stickiness import Stickiness
from analysis.behaviour.returning.tenure import Tenure
from analysis.behaviour.trends.explain_change import ExplainChange
from analysis.behaviour.trends.trend import Trend
from analysis.behaviour.visits.sessions import Sessions
from analysis.calendar import DAY_US, Period, day_of
from analysis.campaigns.effect import Effect
from analysis.engine import over_users
from analysis.errors import AnalysisError, SchemaError
from analysis.events import EventLog, Numbers, properties
from analysis.lifecycle.periods import PeriodLifecycle
from analysis.lifecycle.stages import Stages
from analysis.questions import Question, Step
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
MOST_VALUES = 12
TENURE_USERS = 200
"""Users of an event from which its use by tenure is looked at."""
MOST_TENURES = 20
DEVICES = ("platform", "device", "平台", "设备", "操作系统")


def funnel(log: EventLog) -> Funnel:
    """A first funnel: up to four events in the order in which users do them, ending at a goal where one is named."""
    names = _journey(log)
    return Funnel(steps=tuple(Step(n) for n in names or log.events.values[-1:]))


def ways(log: EventLog, to: str) -> list[Way]:
    """The ways most taken to an event, along what users themselves do."""
    aside = frozenset(n for n in log.events.values[1:] if any(a in n.lower() for a in PASSIVE))
    return suggested.ways(log, to, aside)


def behaviour(log: EventLog) -> list[Question]:
    """What the overview asks, as the pages open; questions without a default are left out."""
    journey, returns = funnel(log), retention(log)
    columns = properties(log, most=MOST_VALUES)
    found: list[Question] = [journey, *(replace(journey, split=column) for column in columns), returns]
    found += [replace(returns, split=column) for column in columns]
    makers: list[Callable[[EventLog], Question]] = [
        faults,
        drivers,
        leavers,
        time_to_convert,
        conversion_by_day,
        sessions,
        aha,
        trend,
        explain_change,
        stickiness,
        active_users,
        experiment,
        element_clicks,
        rage_clicks,
    ]
    for make in makers:
        with suppress(AnalysisError):
            found.append(make(log))
    return [*found, *tenures(log)]


def drivers(log: EventLog) -> Drivers:
    """Drivers of the greatest drop of the first funnel."""
    steps = funnel(log).steps
    return Drivers(steps=steps if len(steps) > 1 else steps * 2)


def leavers(log: EventLog) -> Leavers:
    """A first look at leavers: all that users themselves do is activity."""
    return Leavers(event=acts(log))


def sessions(log: EventLog) -> Sessions:
    """First sessions: by channel where there is one, else by page, else all together."""
    group = next((g for g in ("channel", "page") if g in log.roles or g in log.columns), None)
    return Sessions(event=acts(log), group=group)


def aha(log: EventLog) -> Aha:
    """A first look for aha moments: a week, then four; a shorter file is given a shorter time after it."""
    days = (log.ends_at - log.starts_at) / DAY_US
    return Aha(event=acts(log), horizon_days=28 if days >= 84 else 14 if days >= 42 else 7)


def faults(log: EventLog) -> Faults:
    """A first look for faults: at the steps of the first funnel."""
    steps = funnel(log).steps
    return Faults(steps=steps if len(steps) > 1 else steps * 2)


def time_to_convert(log: EventLog) -> TimeToConvert:
    """A first time to convert: the first funnel's."""
    return TimeToConvert(steps=faults(log).steps)


def conversion_by_day(log: EventLog) -> ConversionByDay:
    """A first conversion by entry: the first funnel's, by retention's periods."""
    return ConversionByDay(steps=faults(log).steps, period=retention(log).period)


def funnel_comparison(log: EventLog) -> FunnelComparison:
    """A first comparison: the first funnel in the first and in the second half of the days."""
    first, last = day_of(log.starts_at, log.zone), day_of(max(log.ends_at - 1, log.starts_at), log.zone)
    if first == last:
        raise SchemaError("one_day", "Two periods are compared, but these data hold one day. Load a longer range.")
    middle = first + (last - first) // 2
    days = [d.isoformat() for d in (first, middle, min(middle + timedelta(days=1), last), last)]
    return FunnelComparison(
        steps=faults(log).steps, a_first_day=days[0], a_last_day=days[1], b_first_day=days[2], b_last_day=days[3]
    )


def retention(log: EventLog) -> Retention:
    """A first retention: days up to six weeks of data, weeks up to a year and a half, else months."""
    days = (log.ends_at - log.starts_at) / DAY_US
    period: Period = "day" if days <= 42 else "week" if days <= 550 else "month"
    return Retention(start=acts(log), returning=acts(log), period=period)


def trend(log: EventLog) -> Trend:
    """A first trend: users of each day who did something themselves; of each week from three years of data on."""
    return Trend(event=acts(log), period="day" if log.ends_at - log.starts_at < 3 * 365 * DAY_US else "week")


def explain_change(log: EventLog) -> ExplainChange:
    """A first change: of those who reach the step before the goal, how many reach the goal."""
    names = _journey(log)
    if not names:
        return ExplainChange(event=Step(*log.events.values[-1:]))
    base = names[-2] if len(names) > 1 and names[-2] != names[-1] else None
    return ExplainChange(event=Step(names[-1]), base=Step(base) if base is not None else acts(log))


def retention_curve(log: EventLog) -> RetentionCurve:
    """A first curve: days up to six weeks of data, weeks up to ten months, else months, of which few say more."""
    days = (log.ends_at - log.starts_at) / DAY_US
    period: Period = "day" if days <= 42 else "week" if days <= 300 else "month"
    horizon = {"day": 60, "week": 52, "month": 24}[period]
    return RetentionCurve(start=acts(log), returning=acts(log), period=period, horizon_periods=horizon)


def stickiness(log: EventLog) -> Stickiness:
    """A first stickiness: weeks, all that users themselves do."""
    return Stickiness(event=acts(log))


def active_users(log: EventLog) -> ActiveUsers:
    """First active users: by the calendar, all that users themselves do."""
    return ActiveUsers(event=acts(log))


def tenures(log: EventLog) -> list[Tenure]:
    """Use by tenure of all that users do, then of each event with enough users, the most used first."""
    users, _ranks = over_users(log, _first_seen, log.events.codes, len(log.events.values), merge=("sum", "sum"))
    order = [c for c in np.argsort(-users, kind="stable") if c and users[c] >= TENURE_USERS]
    names = [log.events.values[c] for c in order]
    own = [n for n in names if not any(a in n.lower() for a in PASSIVE)][:MOST_TENURES]
    act, sale = acts(log), goal(log)
    whole = Tenure(start=act, active=act, buying=None if sale is None else Step(sale))
    return [whole, *(Tenure(start=Step(n), active=Step(n)) for n in own)]


def acts(log: EventLog) -> Step | None:
    """What users themselves do, where the file also holds what was done to them; None where all events are acts."""
    names = log.events.values[1:]
    own = [n for n in names if not any(a in n.lower() for a in PASSIVE)]
    return Step(*own) if own and len(own) < len(names) else None


def weekday_hour(log: EventLog) -> WeekdayHour:
    """A first week: all that users themselves do."""
    return WeekdayHour(event=acts(log))


def element_clicks(log: EventLog) -> ElementClicks:
    """First clicks: on the page whose button says what it is for, and by arm where there are arms."""
    return ElementClicks(page=likely_page(log), compare=_arm_of(log))


def click_map(log: EventLog) -> ClickMap:
    """A first map, of the same page."""
    return ClickMap(page=likely_page(log), compare=_arm_of(log))


def rage_clicks(log: EventLog) -> RageClicks:
    """First bursts: on all pages, by the kind of device where it is known."""
    return RageClicks(compare=next((c for c in properties(log, most=20) if any(d in c.lower() for d in DEVICES)), None))


def paths(log: EventLog) -> Paths:
    """First paths: from the first step of the first funnel on, along what users themselves do."""
    own = acts(log)
    return Paths(start=funnel(log).steps[0], events=own.events if own is not None else None)


def transitions(log: EventLog) -> Transitions:
    """First transitions: between what users themselves do; a pause of half an hour ends a visit."""
    own = acts(log)
    return Transitions(events=own.events if own is not None else None, within_minutes=_visit_pause(log), collapse=True)


def _visit_pause(log: EventLog) -> float | None:
    """Half an hour, as sessions have it; none where stamps are too coarse to tell a pause of that length."""
    return 30 if log.resolution_us <= 30 * 60_000_000 else None


def _arm_of(log: EventLog) -> str | None:
    arm = log.roles.get("arm")
    return arm if arm in properties(log, most=20) else None


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


def experiment(log: EventLog) -> Experiment:
    """A first experiment: the likeliest column of arms; refuses where there is none."""
    return first_experiment(log, goal(log))


def experiment_plan(log: EventLog) -> ExperimentPlan:
    """A first plan: the goal, among all who do anything themselves."""
    return ExperimentPlan(metric=first_metric(log, goal(log)), exposure=acts(log))


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
