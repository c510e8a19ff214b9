"""Stages: where each user stands at an as-of date, and who is about to go.

The unit is the user; each is in exactly one of five stages. As-of is the end of the log view, and nothing after
it is seen. Silence is held against the user's *own* rhythm: ten silent days are a warning for somebody who comes
daily and nothing at all for somebody who comes each month. A user with few gaps borrows the population's rhythm.

This is a set of rules, readable and editable, not a model: it says in which stage somebody is, not with what
probability they leave. Every threshold that is not given is learned from the data and shown in `answer.rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.engine import over_users
from analysis.errors import ParameterError
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.lifecycle import habits
from analysis.lifecycle.silence import churn_cut, silence_curve
from analysis.questions import Answer, Progress, Question, Step, needs_time
from analysis.users import activity, day_bounds, percentile

STAGES = ("activation", "growth", "maturity", "churn warning", "churned")

FEW = 30
"""Below this many users behind it nothing is learned, and nothing is told."""

SHRINK_GAPS = 3
"""The population's rhythm weighs as much as this many gaps of the user's own."""

ONCE_DAYS = 2
"""A cut so early is no rhythm but a file of people who come once, and is said so."""

ORDINARY = 0.95
"""Of ordinary gaps, the share that stays within the warning; and of users, 80 % are through a phase when it ends."""

TREND_Z = 1.96
"""A frequency rises or falls when active days differ by more than chance: two Poisson counts, 95 %."""

ASSUMED = {"activation_days": 7.0, "warning_gaps": 3.0}
"""Taken where too few users came back to learn from."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Stages(Question):
    """The stage of every user at the end of the log.

    **Definition.** Population: users with an `event` in the log. Days are local calendar days; silence is counted
    from the last active day to the last day of the log, tenure from the first. Rhythm: (gaps × own median gap +
    3 × the population's) / (gaps + 3), the population's being the median of users' own medians. The first that holds:

    1. *churned*: silent for `churned_days` or more;
    2. *churn warning*: silent for more than `warning_gaps` times the own rhythm, or active days of the last
       `trend_days` below those of the `trend_days` before by more than chance;
    3. *activation*: only one active day so far, or tenure under `activation_days`;
    4. *growth*: tenure under `mature_days`, or active days rising by more than chance;
    5. *maturity*: the rest.

    A trend is judged only from a tenure of twice `trend_days`.

    Attributes:
        event: What counts as activity, an event's name or a `Step`; None for any event.
        money: Events whose amounts are summed for `money_total`; None for every row with an amount.
        activation_days: None: days in which 80 % of those who came back did so.
        mature_days: None: days in which 80 % of those who reached a fifth active day did so.
        warning_gaps: None: multiple of the own rhythm that 95 % of all gaps stay within.
        churned_days: None: the smallest silence after which under 10 % come back within `horizon_days` (silence curve).
        trend_days: Length of the two stretches that are compared, 1 to 366.
        horizon_days: Horizon of the silence curve, 1 to 366.

    Use with care: learned phases see only those who got through, so they are short in a short file. A season
    moves everybody's trend at once. A user whose warning would come after `churned_days` gets none.

    References:
        Shrinkage of a mean to the population's: Efron and Morris (1975), JASA 70. Trend: the difference of two Poisson
        counts against the root of their sum, Przyborowski and Wilenski (1940), Biometrika 31. Churn cut:
        `silence_curve`.
    """

    event: Step | None = None
    money: Step | None = None
    activation_days: float | None = None
    mature_days: float | None = None
    warning_gaps: float | None = None
    churned_days: float | None = None
    trend_days: int = 28
    horizon_days: int = 30

    def __post_init__(self) -> None:
        for name in ("event", "money"):
            given = getattr(self, name)
            self._set(name, None if given is None else Step.of(given))
        for name in ("activation_days", "mature_days", "warning_gaps", "churned_days"):
            given = getattr(self, name)
            if given is not None and not 0 < given <= 3660:
                raise ParameterError.outside(name, given, "above 0 and at most 3660, or None")
        for name in ("trend_days", "horizon_days"):
            given = getattr(self, name)
            if not (isinstance(given, int) and 1 <= given <= 366):
                raise ParameterError.outside(name, given, "a whole number from 1 to 366")
        if self.activation_days and self.mature_days and self.activation_days > self.mature_days:
            rule = f"at least activation_days, {self.activation_days:g}"
            raise ParameterError.outside("mature_days", self.mature_days, rule)

    def ask(self, log: EventLog, progress: Progress = None) -> StagesAnswer:
        """The stages of a log's users, as of its end."""
        needs_time(log)
        rows, bounds = activity(log, self.event), day_bounds(log)
        amount = log.numbers(log.roles["amount"]) if "amount" in log.roles else np.empty(0)
        seen = (rows, bounds, log.ends_at, self.trend_days, activity(log, self.money), amount)
        who, facts, own, total = over_users(log, habits.habits, *seen, merge=("join",) * 4, progress=progress)
        typical = float(np.nanmedian(own)) if np.isfinite(own).any() else np.nan
        gaps = facts[:, 2] - 1
        rhythm = (gaps * np.where(gaps > 0, own, 0) + SHRINK_GAPS * typical) / (gaps + SHRINK_GAPS)
        by_user = np.ones(len(log.user_ids))
        by_user[who] = rhythm
        (multiples,) = over_users(log, habits.against_rhythm, rows, bounds, log.ends_at, by_user, merge=("sum",))
        rules = self._rules(log, facts, multiples)
        if "amount" not in log.roles:
            total = np.full(len(who), np.nan)
        found = {"who": who, "facts": facts, "rhythm": rhythm, "money": total, "days": len(bounds) - 1}
        return StagesAnswer(question=self, log=log, rules=rules, **found)

    def _rules(self, log: EventLog, facts: np.ndarray, multiples: np.ndarray) -> pd.DataFrame:
        """The thresholds in force, and where each comes from."""
        learned = {"activation_days": self._phase(facts[:, 5]), "mature_days": self._phase(facts[:, 6])}
        learned["warning_gaps"] = percentile(multiples, ORDINARY) / habits.TENTHS if multiples.sum() >= FEW else np.nan
        found = True
        learned["churned_days"] = np.nan
        if self.churned_days is None:
            learned["churned_days"], found = churn_cut(silence_curve(log, self.horizon_days, self.event))
        rows: list[tuple[str, float, bool, str]] = []
        for name, value in learned.items():
            given = getattr(self, name)
            if given is not None:
                rows.append((name, float(given), False, "given"))
            elif name == "churned_days" and not found:
                rows.append((name, value if value == value else float(self._longest(log)), False, "longest credible"))
            elif value == value:
                rows.append((name, value, True, "learned"))
            else:
                assumed = ASSUMED[name] if name in ASSUMED else rows[0][1] + 2 * self.trend_days
                rows.append((name, assumed, False, "assumed"))
        table = pd.DataFrame(rows, columns=StagesAnswer.RULES)
        if self.mature_days is None:  # a habit is never made before activation is over
            table.loc[1, "value"] = max(table["value"][0], table["value"][1])
        return table

    @staticmethod
    def _phase(days: np.ndarray) -> float:
        done = days[days > 0]
        return float(np.quantile(done, 0.8)) if len(done) >= FEW else np.nan

    @staticmethod
    def _longest(log: EventLog) -> int:
        return max(len(day_bounds(log)) - 1, 1)


@dataclass(frozen=True, eq=False)
class StagesAnswer(Answer):
    """Users by stage.

    Attributes:
        who, facts, rhythm, money: Per active user: index, facts by day (see `habits`), rhythm in days (nan where
            nobody has a gap), sum of amounts (nan without an amount).
        days: Local days of the log.
        rules: The thresholds in force: `rule`, `value`, `learned`, `source` ("learned", "given", "assumed" or
            "longest credible").
        code: Per user the place of the stage in `STAGES`.
        table: One row a stage, always all five. `stage`; `users`; `users_share` of all, `_low`, `_high` (Wilson);
            `median_silence_days`, `median_tenure_days`, `median_rhythm_days`, nan without users; `money_total`, nan
            where the log has no amount.
        users_table: One row a user, made when first asked for.
    """

    question: Stages
    log: EventLog
    who: np.ndarray
    facts: np.ndarray
    rhythm: np.ndarray
    money: np.ndarray
    days: int
    rules: pd.DataFrame
    code: np.ndarray = field(init=False)
    table: pd.DataFrame = field(init=False)

    RULES: ClassVar = ["rule", "value", "learned", "source"]
    COLUMNS: ClassVar = [
        "stage", "users", "users_share", "users_share_low", "users_share_high",
        "median_silence_days", "median_tenure_days", "median_rhythm_days", "money_total",
    ]  # fmt: skip

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", self._classify())
        rows = [self._row(k) for k in range(len(STAGES))]
        object.__setattr__(self, "table", pd.DataFrame(rows, columns=self.COLUMNS))

    def rule(self, name: str) -> float:
        """The value of a rule in force."""
        return float(self.rules.set_index("rule")["value"][name])

    @property
    def as_of(self) -> pd.Timestamp:
        """The last day that is seen."""
        return pd.Timestamp(calendar.day_of(self.log.ends_at - 1, self.log.zone))

    @property
    def silence_days(self) -> np.ndarray:
        """Days from each user's last active day to the last day of the log."""
        return self.days - 1 - self.facts[:, 1]

    @property
    def tenure_days(self) -> np.ndarray:
        """Days from each user's first active day to the last day of the log."""
        return self.days - 1 - self.facts[:, 0]

    def _classify(self) -> np.ndarray:
        active, recent, before = self.facts[:, 2], self.facts[:, 3], self.facts[:, 4]
        trend = np.where(self.tenure_days + 1 >= 2 * self.question.trend_days, recent - before, 0)
        chance = TREND_Z * np.sqrt(recent + before)
        young = (active == 1) | (self.tenure_days < self.rule("activation_days"))
        growing = (self.tenure_days < self.rule("mature_days")) | (trend > chance)
        warned = (self.silence_days > self.rule("warning_gaps") * self.rhythm) | (trend < -chance)
        churned = self.silence_days >= self.rule("churned_days")
        return np.select([churned, warned, young, growing], [4, 3, 0, 1], default=2)

    def _row(self, k: int) -> list[Any]:
        mine = self.code == k
        n, base = int(np.count_nonzero(mine)), len(self.who)
        measures = (self.silence_days, self.tenure_days, self.rhythm)
        medians = [float(np.median(m[mine])) if n else np.nan for m in measures]
        money = float(self.money[mine].sum()) if "amount" in self.log.roles else np.nan
        return [STAGES[k], n, stats.rate(n, base), *stats.wilson(n, base), *medians, money]

    @cached_property
    def users_table(self) -> pd.DataFrame:
        """One row a user: `user` (index), `id`, `stage`, the days it is judged by, active days, `money_total`."""
        columns: dict[str, Any] = {"user": self.who, "id": self.log.ids(self.who), "stage": np.array(STAGES)[self.code]}
        columns |= {"silence_days": self.silence_days, "tenure_days": self.tenure_days, "rhythm_days": self.rhythm}
        names = ("active_days", "recent_active_days", "before_active_days")
        columns |= {name: self.facts[:, k] for k, name in enumerate(names, start=2)}
        return pd.DataFrame({**columns, "money_total": self.money}).astype({"id": "str", "stage": "str"})

    def people(self, stage: str) -> np.ndarray:
        """User indices of a stage."""
        if stage not in STAGES:
            raise ParameterError.outside("stage", stage, f"one of {', '.join(STAGES)}")
        return self.who[self.code == STAGES.index(stage)]

    @cached_property
    def notes(self) -> list[Finding]:
        """Thresholds that could not be learned."""
        found = []
        rows: list[Any] = list(self.rules.itertuples())
        for row in rows:
            if row.source == "longest credible":
                message = "Churn could not be learned: no silence that these data can judge makes a return unlikely"
                detail = "{churned_days} days, the longest credible, are used. Load a longer history, or set the days."
                found.append(Finding(message, {"churned_days": row.value}, detail, tone="caution", weight=-1))
            if row.source == "assumed":
                facts = {"value": row.value, "enough": FEW}
                detail = "{value} is assumed. At least {enough} users who came back are needed to learn it."
                found.append(Finding(ASSUMPTIONS[row.rule], facts, detail, tone="caution", weight=-2))
        return found

    def findings(self) -> list[Finding]:
        """Who is in the churn warning, who has churned, and what could not be learned."""
        base = len(self.who)
        if base < FEW:
            detail = "At least {enough} are needed. Widen the period."
            few = {"users": base, "enough": FEW}
            return [Finding("Too few to judge: {users} users", few, detail, n=base, tone="caution")]
        warned = self._told(
            3,
            "{users_share} of users are in the churn warning: half are silent for {median_silence_days} days or more",
            "{users_share_low} – {users_share_high}, {users} of {base} users; rhythm {median_rhythm_days} days",
        )
        churned = self._told(
            4,
            "{users_share} of users have churned: silent for {churned_days} days or more",
            "{users_share_low} – {users_share_high}, {users} of {base} users, as of {as_of}",
        )
        if self.question.churned_days is None and self.rule("churned_days") <= ONCE_DAYS:
            message = (
                "Hardly anybody comes back: {churned_days} days silent, under 10% return within {horizon_days} days"
            )
            detail = "So nearly everybody counts as churned. Silence says little here: read RFM, or set the days."
            facts = {"churned_days": self.rule("churned_days"), "horizon_days": self.question.horizon_days}
            return [Finding(message, facts, detail, n=base, tone="caution"), *churned, *warned, *self.notes]
        return [*warned, *churned, *self.notes]

    def _told(self, k: int, message: str, detail: str) -> list[Finding]:
        row = self.table.iloc[k]
        if not row["users"]:
            return []
        facts: dict[str, Any] = {**{str(k): v for k, v in row.items()}, "base": len(self.who), "as_of": self.as_of}
        facts["churned_days"] = self.rule("churned_days")
        size = (float(row["users_share"]), float(row["users_share_low"]), float(row["users_share_high"]))
        return [Finding(message, facts, detail, *size, n=int(row["users"]), tone="bad", weight=5 - k)]


ASSUMPTIONS = {
    "activation_days": "Too few users came back a second day to learn how long activation takes",
    "mature_days": "Too few users made a habit to learn when maturity starts",
    "warning_gaps": "Too few users came back to learn which silence is unusual",
}
