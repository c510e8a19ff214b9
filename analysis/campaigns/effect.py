"""Effect: what a campaign changed, told against those who were held out.

The unit is the user, and everybody who was assigned counts, whether they opened, came back or not.
Comparing only those who reacted would credit the campaign with people who would have bought anyway.
What the campaign changed is the difference to the control, not the arm's own total; incremental
conversions and money are that difference times the arm's users.

It is only as good as the draw. Where the planned group sizes are stated and the real ones are not
compatible with them, users were lost or counted twice on one side, and no result is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from analysis import stats
from analysis.campaigns import verdict
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog
from analysis.findings import Finding
from analysis.questions import Answer, Progress, Question, Step, step_bits
from analysis.trials import power
from analysis.trials.arms import named
from analysis.trials.ratio import SampleRatio, checked
from analysis.trials.trial import Trial, follow

Moments = tuple[int, float, float, float]  # users, conversions, mean and variance of money


@dataclass(frozen=True, kw_only=True, repr=False)
class Effect(Question):
    """What a campaign changed in conversion and money, arm by arm, against the control.

    **Definition.** Event log: a user's arm is the first value given in the arm's column, assigned at that
    row's stamp; outcomes are later rows, or other rows of that stamp, within `horizon_days`, its edge
    included. Users with two different arms are left out and counted; so are those whose horizon is still
    open. Result table: one row a user, its columns are the outcomes; one that is not given counts as none.

    Attributes:
        control: The arm that was held out.
        arm: Column that says the arm; the one with the role "arm" when not given.
        treatments: Arms held against the control; all others in the data, by name, when not given.
        conversion: What counts. Event log: an event or a `Step`. Result table: a numeric column, above 0
            converts. None: only money is compared.
        money: Column of amounts, the one with the role "amount" when not given. Event log: summed over the
            conversion's rows (over all rows when `conversion` is None). Result table: as it is.
        horizon_days: Days after assignment within which outcomes count. Result tables have no time.
        planned_shares: Planned sizes, control first, then `treatments` in order; any positive numbers, so
            (50, 50) is (0.5, 0.5). None: not stated, and the sizes are not checked.
        contact_cost: Cost of each user of a treated arm, in the file's currency.
        margin: Share of revenue that is kept, 0–1.
        pre_days: Days before assignment in which the groups' activity is compared.

    Use with care: a few large amounts can decide a mean; with under some thousand users an arm, read money
    with that in mind (Kohavi et al. 2014 ask for 355 × skewness² users). Do not look daily and stop at the
    first difference: the intervals hold for one look at a horizon set before. With plain dates, the day
    of assignment counts whole. Groups that were not drawn at random need another method.

    References:
        Gerber and Green (2012), Field Experiments, chapters 2, 3 and 5. Newcombe (1998). Welch (1947).
        Sample ratio: Fabijan et al. (2019). Balance: Austin (2009), Statistics in Medicine 28.
    """

    control: str
    arm: str | None = None
    treatments: tuple[str, ...] | None = None
    conversion: Step | str | None = None
    money: str | None = None
    horizon_days: float = 30
    planned_shares: tuple[float, ...] | None = None
    contact_cost: float = 0
    margin: float = 1
    pre_days: float = 30

    def __post_init__(self) -> None:
        if isinstance(self.conversion, Mapping):
            self._set("conversion", Step.of(self.conversion))
        if isinstance(self.conversion, Step) and len(self.conversion.events) == 1 and not self.conversion.where:
            self._set("conversion", self.conversion.events[0])
        if self.treatments is not None:
            named = (self.treatments,) if isinstance(self.treatments, str) else tuple(self.treatments)
            self._set("treatments", named)
            if not named or self.control in named or len(set(named)) < len(named):
                raise ParameterError.outside("treatments", named, "different arms, without the control")
        if self.planned_shares is not None:
            self._set("planned_shares", tuple(float(s) for s in self.planned_shares))
            if not all(0 < s < np.inf for s in self.planned_shares):
                raise ParameterError.outside("planned_shares", self.planned_shares, "positive numbers, one an arm")
        for name in ("horizon_days", "pre_days"):
            if not 0 < getattr(self, name) <= 3660:
                raise ParameterError.outside(name, getattr(self, name), "above 0 and at most 3660")
        if not 0 <= self.contact_cost < np.inf:
            raise ParameterError.outside("contact_cost", self.contact_cost, "0 or more")
        if not 0 <= self.margin <= 1:
            raise ParameterError.outside("margin", self.margin, "from 0 to 1")

    def ask(self, log: EventLog, progress: Progress = None) -> EffectAnswer:
        """The effect in a log of events or a result table."""
        column = log.words(self.arm or log.column_of("arm", "Effect"))
        chosen = [column.code(name, "arm") for name in (self.control, *(self.treatments or ()))]
        wanted = np.full(len(column.values), self.treatments is None)
        wanted[chosen] = True
        hits, paid, amounts, blank = self._outcomes(log)
        spans = self.horizon_days, self.pre_days
        trial = follow(log, column.codes, wanted, hits, paid, amounts, *spans, progress)
        return EffectAnswer(
            question=self,
            log=log,
            arms=named(column, trial.arms, self.control, self.treatments, self.planned_shares),
            trial=trial,
            has_money=len(amounts) > 0,
            blank=int(np.count_nonzero(blank[trial.rows])) if len(blank) else 0,
        )

    def _outcomes(self, log: EventLog) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Per row: converts, its amount counts, the amount (empty: no money), an outcome is not given."""
        money = self.money or log.roles.get("amount")
        if self.conversion is None and money is None:
            raise SchemaError("no_outcome", "Effect needs an outcome. Choose what converts, or a column of money.")
        amounts, every = log.numbers(money) if money else np.empty(0), np.ones(len(log.time), bool)
        if log.shape != "results":
            if self.conversion is None:
                return every, every, amounts, np.empty(0)
            by_event, by_row = step_bits(log, (Step.of(self.conversion),))
            bits = by_event[log.events.codes]
            hits = (bits & by_row if len(by_row) else bits) > 0
            return hits, hits, amounts, np.empty(0)
        if isinstance(self.conversion, Step):
            raise ParameterError.outside("conversion", self.conversion, "the name of a column, in a result table")
        values = log.numbers(self.conversion) if self.conversion is not None else np.ones(len(log.time))
        blank = np.isnan(values) | (np.isnan(amounts) if money else False)
        return values > 0, every, amounts, blank


@dataclass(frozen=True, eq=False)
class EffectAnswer(Answer):
    """The effect, arm by arm.

    Attributes:
        arms: Name and code of each arm, control first.
        trial: Who was assigned, and what each did after.
        has_money: A column of money was there.
        blank: Users of a result table without a given outcome; they count as none.
        table: One row an arm, control first; see `COLUMNS`. `users` are assigned and finished, `still_open` are
            in no figure. Rates have Wilson's interval, means Student's. Against the control (nan in its own
            row): differences with Newcombe's and Welch's intervals, `p` and `money_p`, both adjusted over arms ×
            metrics (Benjamini–Hochberg); `mde_points` and `money_mde`, the smallest differences so many users would
            show (80 % power, α .05); `incremental_*`, the difference times the arm's users; `cost`;
            `cost_per_incremental`, nan unless the difference's whole interval is above 0; `iroi`, (incremental
            revenue × margin − cost) / cost; both nan where the cost is 0. nan without a conversion, or without money.
        balance: One row an arm: `active` users with an event in `pre_days` before assignment, their `active_rate`,
            and its `standardised_difference` to the control; `p` of the score test. Empty for result tables.
        sample_ratio: Group sizes against the plan.
    """

    question: Effect
    log: EventLog
    arms: dict[str, int]
    trial: Trial
    has_money: bool
    blank: int
    table: pd.DataFrame = field(init=False)
    balance: pd.DataFrame = field(init=False)
    sample_ratio: SampleRatio = field(init=False)

    COLUMNS: ClassVar = [
        *("arm", "users", "still_open", "conversions"),
        *("conversion_rate", "conversion_rate_low", "conversion_rate_high"),
        *("money_mean", "money_mean_low", "money_mean_high"),
        *("conversion_difference_points", "conversion_difference_low_points", "conversion_difference_high_points"),
        *("p", "p_adjusted", "mde_points"),
        *("incremental_conversions", "incremental_conversions_low", "incremental_conversions_high"),
        *("money_difference", "money_difference_low", "money_difference_high", "money_p", "money_p_adjusted"),
        *("money_mde", "incremental_revenue", "incremental_revenue_low", "incremental_revenue_high"),
        *("cost", "cost_per_incremental", "cost_per_incremental_low", "cost_per_incremental_high"),
        *("iroi", "iroi_low", "iroi_high"),
    ]
    AGAINST: ClassVar = COLUMNS[10:]
    BALANCE: ClassVar = [
        *("arm", "users", "active", "active_rate", "active_rate_low", "active_rate_high"),
        *("standardised_difference", "p"),
    ]

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._table())
        object.__setattr__(self, "balance", self._balance())
        sizes = self.table["users"].to_numpy()
        object.__setattr__(self, "sample_ratio", checked(sizes, self.question.planned_shares))

    def _of(self, arm: str) -> np.ndarray:
        """Which places of the trial are finished users of an arm."""
        return (self.trial.arms == self.arms[arm]) & ~self.trial.still_open

    def people(self, arm: str, converted: bool | None = None) -> np.ndarray:
        """User indices behind a number: an arm's users, those who converted, or those who did not."""
        if arm not in self.arms:
            raise ParameterError.outside("arm", arm, "one of " + ", ".join(self.arms))
        mine = self._of(arm)
        return self.trial.users[mine if converted is None else mine & (self.trial.converted == converted)]

    def _moments(self, arm: str) -> Moments:
        """Users, conversions, mean and variance of money; nan where not asked for or undefined."""
        mine = self._of(arm)
        money, n = self.trial.money[mine], int(np.count_nonzero(mine))
        x = float(np.count_nonzero(self.trial.converted[mine])) if self.question.conversion is not None else np.nan
        if not self.has_money or not n:
            return n, x, np.nan, np.nan
        return n, x, float(money.mean()), float(money.var(ddof=1)) if n > 1 else np.nan

    def _table(self) -> pd.DataFrame:
        moments = {arm: self._moments(arm) for arm in self.arms}
        rows = []
        for arm, (n, x, mean, variance) in moments.items():
            still_open = np.count_nonzero((self.trial.arms == self.arms[arm]) & self.trial.still_open)
            own = [arm, n, int(still_open), x, stats.rate(x, n), *stats.wilson(x, n), mean]
            own += stats.mean_interval(n, mean, variance)
            rows.append([*own, *self._against(moments[arm], moments[self.question.control], arm)])
        table = pd.DataFrame(rows, columns=self.COLUMNS)
        both = table[["p", "money_p"]].to_numpy(float)
        table[["p_adjusted", "money_p_adjusted"]] = stats.benjamini_hochberg(both.ravel()).reshape(both.shape)
        return table.astype({"conversions": int}) if self.question.conversion is not None else table

    def _against(self, mine: Moments, base: Moments, arm: str) -> list[float]:
        """The columns that hold an arm against the control; `p_adjusted` comes later."""
        nan = np.nan
        if arm == self.question.control:
            return [nan] * len(self.AGAINST)
        (n, x, mean, variance), (n0, x0, mean0, variance0) = mine, base
        rates = stats.newcombe(x, n, x0, n0) if x == x else stats.Difference(nan, nan, nan, nan)
        means = stats.welch(n, mean, variance, n0, mean0, variance0)
        conversions, revenue = np.array(rates[:3]) * n, np.array(means[:3]) * n
        cost = float(self.question.contact_cost * n)
        each = cost / conversions[[0, 2, 1]] if cost and conversions[1] > 0 else np.full(3, nan)
        iroi = (revenue * self.question.margin - cost) / cost if cost else np.full(3, nan)
        seen = power.detectable(float(stats.rate(x0, n0)), n0, n)
        money_seen = power.detectable_mean(n0, variance0, n, variance)
        return [*rates, nan, seen, *conversions, *means, nan, money_seen, *revenue, cost, *each, *iroi]

    def _balance(self) -> pd.DataFrame:
        rows: list[list[Any]] = []
        if self.log.shape == "results":
            return pd.DataFrame(rows, columns=self.BALANCE)
        for arm in self.arms:
            mine = self._of(arm)
            n, x = int(np.count_nonzero(mine)), int(np.count_nonzero(mine & self.trial.active))
            rows.append([arm, n, x, stats.rate(x, n), *stats.wilson(x, n), np.nan, np.nan])
            a, b = rows[-1][3], rows[0][3]
            spread = np.sqrt((a * (1 - a) + b * (1 - b)) / 2)
            if arm != self.question.control and n and rows[0][1]:
                rows[-1][6] = (a - b) / spread if spread > 0 else 0.0 if a == b else np.nan
                rows[-1][7] = stats.newcombe(x, n, rows[0][2], rows[0][1]).p
        return pd.DataFrame(rows, columns=self.BALANCE)

    def findings(self) -> list[Finding]:
        """A verdict an arm on conversion, then on money and return, then what limits them."""
        return verdict.told(self)
