"""Experiment: does another version change what users do, by how much, and is that enough to decide?

Users were dealt at random into arms, one of which is the control. Each user counts once, from the moment
of exposure: what they did before cannot be the version's doing. The difference between an arm and the
control, with its interval, is the answer; the interval is the range of true differences that these
data leave open.

Three things can make a clear difference worthless, and are looked at first: groups that are not as
large as planned, users who saw two arms, and users whose time is not over. The first blocks the result; the
others are left out and counted.

"No difference can be told" is not "there is no difference": then the answer says how many users or days
it would take to show a difference worth having.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

import numpy as np
import pandas as pd

from analysis import calendar
from analysis.behaviour.experiments import experiment_table as tables
from analysis.behaviour.experiments import experiment_verdict as verdict
from analysis.behaviour.experiments.experiment_values import Measured, measured
from analysis.behaviour.experiments.metric import Metric, outcomes
from analysis.errors import ParameterError, SchemaError
from analysis.events import Categories, EventLog
from analysis.findings import Finding
from analysis.questions import Answer, Progress, Question, Step, as_day
from analysis.trials import sequential
from analysis.trials.arms import named
from analysis.trials.contrast import Interval
from analysis.trials.exposures import MOST_METRICS, Exposures, follow
from analysis.trials.ratio import SampleRatio, checked


@dataclass(frozen=True, kw_only=True, repr=False)
class Experiment(Question):
    """What each arm of an A/B/n test changes against the control, and what to decide.

    **Definition.** Event log: a user is exposed at the first row that carries a value in the arm's column
    (`exposure` given: at the first row of that step that does), which must lie between `first_day` and
    `last_day`. Outcomes are later rows, or other rows of that stamp, within `horizon_days`, edge included. Users
    with two arms, and users whose horizon is still open, are left out and counted. A user without an outcome counts
    as 0. Result table: one row a user, its columns are the outcomes.

    Rates have Wilson's and Newcombe's intervals and the score test, means Student's and Welch's; money a
    bootstrap over users on request. All p-values are Benjamini–Hochberg adjusted over metrics × arms ×
    segments. The chance to win and the expected loss rest on uniform priors (Beta(1, 1) for rates, flat for means).

    Attributes:
        control: The arm the others are held against.
        arm: Column that says the arm; the one with the role "arm" when not given.
        treatments: Arms held against the control; all others in the data, by name, when not given.
        exposure: Event that exposes; None: the first row with an arm.
        metrics: What is measured; the first decides.
        planned_shares: Planned sizes, control first, then `treatments` in order; any positive numbers.
            None: not stated, and the sizes are not checked.
        horizon_days: Days after exposure within which outcomes count.
        worth: Smallest change worth having, as a share of the control's value.
        winsorise: Quantile, of the users with a value other than 0 in all arms together, above which values are
            cut to it; None: none. Conversions are never cut.
        cuped: Take out what the days before exposure predict.
        pre_days: Days before exposure that CUPED looks at.
        interval: "fixed": for one look at the end; "always_valid": holds however often one looks.
        tightest_users: Users of two arms together at which the always-valid interval is tightest; set beforehand.
        bootstrap: Interval and p-value of money from a bootstrap over users (only where fixed).
        segments: Columns by whose value at exposure the comparison is repeated.
        first_day, last_day: Days between which exposure must lie, ISO text; None: open.

    Use with care: with "fixed", do not look daily and stop at the first difference; that is what "always_valid" is
    for. A few large amounts can decide a mean: winsorise, or bootstrap, with under some thousand users. Segments
    are for understanding; a decision on one wants an experiment of its own. The chance to win is no p-value, and
    stopping once it is high is peeking too.

    References:
        Kohavi, Tang and Xu (2020), Trustworthy Online Controlled Experiments. Newcombe (1998). Welch (1947).
        CUPED: Deng et al. (2013). Always valid: Johari et al. (2017), Waudby-Smith et al. (2021).
    """

    control: str
    arm: str | None = None
    treatments: tuple[str, ...] | None = None
    exposure: Step | None = None
    metrics: tuple[Metric, ...] = ()
    planned_shares: tuple[float, ...] | None = None
    horizon_days: float = 14
    worth: float = 0.1
    winsorise: float | None = None
    cuped: bool = False
    pre_days: float = 30
    interval: Interval = "fixed"
    tightest_users: float = sequential.TIGHTEST_USERS
    bootstrap: bool = False
    segments: tuple[str, ...] = ()
    first_day: str | None = None
    last_day: str | None = None

    def __post_init__(self) -> None:
        self._set("metrics", tuple(Metric.of(m) for m in self.metrics))
        self._set("segments", tuple(self.segments))
        self._set("exposure", None if self.exposure is None else Step.of(self.exposure))
        if not 1 <= len(self.metrics) <= MOST_METRICS:
            raise ParameterError.outside("metrics", len(self.metrics), "from 1 to 15 metrics")
        self._check_arms()
        for name in ("horizon_days", "pre_days"):
            if not 0 < getattr(self, name) <= 3660:
                raise ParameterError.outside(name, getattr(self, name), "above 0 and at most 3660")
        if not 0 < self.worth <= 10:
            raise ParameterError.outside("worth", self.worth, "above 0 and at most 10")
        if self.winsorise is not None and not 0.5 <= self.winsorise < 1:
            raise ParameterError.outside("winsorise", self.winsorise, "from 0.5 to below 1")
        if self.interval not in get_args(Interval):
            raise ParameterError.outside("interval", self.interval, "one of fixed, always_valid")
        if not 100 <= self.tightest_users <= 1e9:
            raise ParameterError.outside("tightest_users", self.tightest_users, "from 100 to 1e9")
        self._set("first_day", as_day("first_day", self.first_day))
        self._set("last_day", as_day("last_day", self.last_day))

    def _check_arms(self) -> None:
        if self.treatments is not None:
            named = (self.treatments,) if isinstance(self.treatments, str) else tuple(self.treatments)
            self._set("treatments", named)
            if not named or self.control in named or len(set(named)) < len(named):
                raise ParameterError.outside("treatments", named, "different arms, without the control")
        if self.planned_shares is not None:
            self._set("planned_shares", tuple(float(s) for s in self.planned_shares))
            if not all(0 < s < np.inf for s in self.planned_shares):
                raise ParameterError.outside("planned_shares", self.planned_shares, "positive numbers, one an arm")

    def ask(self, log: EventLog, progress: Progress = None) -> ExperimentAnswer:
        """The experiment in a log of events or a result table."""
        column = self._column(log)
        chosen = [column.code(name, "arm") for name in (self.control, *(self.treatments or ()))]
        wanted = np.full(len(column.values), self.treatments is None)
        wanted[chosen] = True
        wanted[0] = False
        exposures = follow(
            log,
            column.codes.astype(np.int32, copy=False),
            wanted,
            outcomes(log, self.metrics, self.exposure, self.horizon_days),
            *(self.horizon_days, self.pre_days, calendar.entry_range(self.first_day, self.last_day, log.zone)),
            progress,
        )
        arms = named(column, exposures.arms, self.control, self.treatments, self.planned_shares)
        return ExperimentAnswer(
            question=self, log=log, arms=arms, exposures=exposures, measured=measured(self, log, exposures, arms)
        )

    def _column(self, log: EventLog) -> Categories:
        name = self.arm or log.roles.get("arm")
        if name is None:
            raise SchemaError(
                "no_arm_column",
                "No column says which version each user saw. Bring one: a column such as variant with A or B on the "
                "user's events, an assignment file on the Effect page, or a result table with one row a user.",
            )
        return log.words(name)


@dataclass(frozen=True, eq=False)
class ExperimentAnswer(Answer):
    """The experiment, metric by metric and arm by arm.

    Attributes:
        arms: Name and code of each arm, control first.
        exposures: Who was exposed to what, when, and what each did.
        measured: Each finished user's values, cut and adjusted as asked.
        table: One row a metric and arm, control first; see `tables.COLUMNS`. `users` are exposed and finished,
            `still_open` are in no figure. Conversions have `rate` and differences in points, all others `mean`
            and `mean_difference`. Against the control (nan in its own row): `relative_rate` by the delta method; `p`,
            `p_adjusted`; `win_rate`, the chance to win, and `loss_points` or `mean_loss`, what choosing
            the arm costs on average if it is worse; `smallest_points` or `smallest_mean`, the smallest difference so
            many users would show; `users_needed`, in each arm, to show the change worth having (80 % power, α .05);
            `variance_reduction_share` by CUPED; `cut_at`, where values were cut.
        by_segment: One row a metric, arm, segment column and value at exposure.
        by_day: One row a day and arm, for the first metric: the difference over all users finished by then, with the
            interval for one look and the always-valid one. Empty for result tables.
        sample_ratio: Sizes of all exposed, finished or not, against the plan.
        users_a_day: Users exposed a day, all arms together; nan where all were exposed within two days.
    """

    question: Experiment
    log: EventLog
    arms: dict[str, int]
    exposures: Exposures
    measured: Measured
    table: pd.DataFrame = field(init=False)
    by_segment: pd.DataFrame = field(init=False)
    by_day: pd.DataFrame = field(init=False)
    sample_ratio: SampleRatio = field(init=False)
    users_a_day: float = field(init=False)

    LEAST_DAYS: ClassVar = 2
    """Days of exposures from which a daily traffic is told."""

    def __post_init__(self) -> None:
        table = tables.by_arm(self.question, self.log, self.arms, self.exposures, self.measured)
        parts = tables.by_segment(self.question, self.log, self.arms, self.exposures, self.measured)
        tables.adjust(table, parts)
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "by_segment", parts)
        object.__setattr__(self, "by_day", tables.by_day(self.question, self.log, self.arms, self.measured))
        sizes = np.array([np.count_nonzero(self.exposures.arms == code) for code in self.arms.values()])
        object.__setattr__(self, "sample_ratio", checked(sizes, self.question.planned_shares))
        at = self.exposures.at
        span = (at.max() - at.min()) / calendar.DAY_US if len(at) and self.log.shape != "results" else 0.0
        object.__setattr__(self, "users_a_day", len(at) / span if span >= self.LEAST_DAYS else np.nan)

    @property
    def crossed(self) -> np.ndarray:
        """User indices of those who carry two arms."""
        return self.exposures.crossed

    def people(
        self,
        arm: str,
        *,
        metric: int | None = None,
        state: Literal["finished", "still_open"] = "finished",
        reached: bool = True,
    ) -> np.ndarray:
        """User indices behind a number: an arm's finished users, the still open, or those with (without) an outcome."""
        if arm not in self.arms:
            raise ParameterError.outside("arm", arm, "one of " + ", ".join(self.arms))
        mine = self.exposures.arms == self.arms[arm]
        if state == "still_open":
            return self.exposures.users[mine & self.exposures.still_open]
        if metric is None:
            return self.exposures.users[mine & ~self.exposures.still_open]
        of_arm = self.measured.arms == self.arms[arm]
        return self.measured.users[of_arm & ((self.measured.raw[:, metric] > 0) == reached)]

    def findings(self) -> list[Finding]:
        """The verdict on the first metric, arm by arm; what else stands; what limits it."""
        return verdict.told(self)

    def tested(self) -> list[Finding]:
        """Every comparison of metric, arm and segment, not yet adjusted."""
        return verdict.tested(self)
