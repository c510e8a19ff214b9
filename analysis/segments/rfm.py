"""RFM: who bought lately, often and for much, and how much of the money each class brings.

The unit is the buyer. R is the days since the last purchase, F how often, M for how much, all as of
the day after the last event of the log: an as-of date is a date range (`log.between(None, day)`), so
nothing after it is seen. Frequency counts purchase *days* by default, because shops write an order of
three lines or a split shipment as several rows. Days since the last purchase are not the recency of
BTYD models (first to last purchase): those are another question.

Equal values always get equal scores. Where most buyers bought once, ranking within ties would call
some of them "frequent" by the order of the file; here classes collapse instead, and a note says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from analysis import calendar, stats
from analysis.engine import over_users
from analysis.errors import ParameterError, SchemaError
from analysis.events import Categories, EventLog
from analysis.findings import Finding
from analysis.questions import Answer, Progress, Question, Step, needs_time, step_bits
from analysis.segments import buyers
from analysis.segments.classes import LAPSING, NAMES, VALUE_CLASSES, name_class, value_class
from analysis.users import day_bounds

FEW = 30
"""Below this many buyers the classes are shown, but nothing is told of them."""

PURCHASE = Step("purchase")

MEASURES = ("recency", "frequency", "money")


@dataclass(frozen=True, kw_only=True, repr=False)
class RFM(Question):
    """Buyers by recency, frequency and money.

    **Definition.** Population: users with a purchase in the log. As of the first moment of the local day
    after the last event. R: whole local days from the last purchase to then (a purchase on the last day,
    after midnight, has 0). F: distinct local days with a purchase, or distinct order ids. M: sum of the
    purchases' amounts and the refunds' (negative) ones, or that sum per purchase of F. A row that is both
    a purchase and a refund is a refund. Rows without an amount add none; a purchase without an order id is
    an order of its own.

    Score: 1 + the number of thresholds below the value, for R the number of thresholds not below it, so
    that 5 is always the best. Thresholds are the quantiles at 1/classes, 2/classes, …, or own cut points.

    Attributes:
        purchase: What counts as a purchase, an event's name or a `Step`.
        refund: What takes money back; its amounts are negative. None: nothing does.
        frequency: "days": distinct purchase days; "orders": distinct order ids (needs the role "order").
        money: "sum" or "mean" per purchase day or order.
        classes: Quantile classes of each score, 2 to 10.
        recency_cuts, frequency_cuts, money_cuts: Own cut points, rising (days, counts, money); a value on a
            cut belongs to the class below it. None: quantiles.
        middle: What the value classes compare with, "mean" or "median" over all buyers.
        scheme: "value": the eight value classes, each of R, F and M better than its middle or not; "names":
            the eleven names on R score × mean of F and M score (needs five classes of each).

    Use with care: RFM describes, it does not predict; a mean is drawn up by a few large buyers, so that few
    lie above it. Classes of equal size have no boundary in the data: two buyers beside a threshold are alike.

    References:
        Hughes (1994), Strategic Database Marketing. Wilson interval of the shares; Student's t of the mean
        money; ratio estimate clustered by user of the money share, the classes taken as given.
    """

    purchase: Step = PURCHASE
    refund: Step | None = None
    frequency: Literal["days", "orders"] = "days"
    money: Literal["sum", "mean"] = "sum"
    classes: int = 5
    recency_cuts: tuple[float, ...] | None = None
    frequency_cuts: tuple[float, ...] | None = None
    money_cuts: tuple[float, ...] | None = None
    middle: Literal["mean", "median"] = "mean"
    scheme: Literal["value", "names"] = "value"

    def __post_init__(self) -> None:
        self._set("purchase", Step.of(self.purchase))
        self._set("refund", None if self.refund is None else Step.of(self.refund))
        allowed = {
            "frequency": ("days", "orders"),
            "money": ("sum", "mean"),
            "middle": ("mean", "median"),
            "scheme": ("value", "names"),
        }
        for name, known in allowed.items():
            if getattr(self, name) not in known:
                raise ParameterError.outside(name, getattr(self, name), f"one of {', '.join(known)}")
        if not (isinstance(self.classes, int) and 2 <= self.classes <= 10):
            raise ParameterError.outside("classes", self.classes, "a whole number from 2 to 10")
        for measure in MEASURES:
            name = f"{measure}_cuts"
            self._set(name, self._checked(name, getattr(self, name)))
            if self.scheme == "names" and len(self.cuts(measure) or range(self.classes - 1)) != 4:
                raise ParameterError.outside(
                    name, self.cuts(measure), "four cut points, with five classes, for the eleven names"
                )

    @staticmethod
    def _checked(name: str, cuts: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if cuts is None:
            return None
        cuts = tuple(float(c) for c in cuts)
        rising = all(a < b for a, b in pairwise(cuts))
        if not (1 <= len(cuts) <= 9 and np.isfinite(cuts).all() and rising):
            raise ParameterError.outside(name, cuts, "1 to 9 numbers, each larger than the one before")
        return cuts

    def cuts(self, measure: str) -> tuple[float, ...] | None:
        """Own cut points of "recency", "frequency" or "money"."""
        return getattr(self, f"{measure}_cuts")

    def ask(self, log: EventLog, progress: Progress = None) -> RFMAnswer:
        """RFM of a log, as of the day after its last event."""
        needs_time(log)
        name = log.column_of("amount", "RFM")
        amount = log.numbers(name)
        if len(amount) and np.isnan(amount).all():  # unknown money is not money of 0
            raise SchemaError(
                "no_amounts",
                "Column '{column}' is set as the amount, but holds no number that can be read. "
                "Choose another on the Data page.",
                column=name,
            )
        steps = (self.purchase,) if self.refund is None else (self.purchase, self.refund)
        data = (log.time, log.events.codes, *step_bits(log, steps))
        bounds = day_bounds(log)
        orders: np.ndarray = np.empty(0, dtype=np.int32)
        if self.frequency == "orders":
            column = log.columns[log.column_of("order", "RFM")]
            orders = column.codes if isinstance(column, Categories) else np.nan_to_num(column.values, nan=0.0)
        who, last, frequency, net = over_users(
            log, buyers.rfm, data, amount, orders, bounds, log.ends_at, merge=("join",) * 4, progress=progress
        )
        # Midnights from the last purchase to the as-of date: daylight saving makes no day longer.
        recency = (len(bounds) - 1 - np.searchsorted(bounds, last, side="left")).astype(float)
        return RFMAnswer(question=self, log=log, who=who, recency=recency, frequency=frequency.astype(float), net=net)


@dataclass(frozen=True, eq=False)
class RFMAnswer(Answer):
    """Classes of buyers.

    Attributes:
        who, recency, frequency, net: Per buyer: user index, days, count, net sum.
        money: M per buyer: `net`, or `net` / `frequency` with `money="mean"`.
        scores: Buyers × (R, F, M), from 1, the best highest.
        code: Per buyer the place of the class in `names`.
        table: One row a class, in constant order, empty classes too. `segment`; `users`; `users_share` of all
            buyers, `_low`, `_high` (Wilson); `median_recency_days`, `median_frequency`, `mean_money` (of M) with
            `_low`, `_high` (Student's t), nan without users; `money_total` (net); `money_share` of all money,
            `_low`, `_high`, nan where all money is not above 0.
        thresholds: One row a measure and score: values `above` (nan: no bound) and `up_to` (nan: no bound) get
            `score`; `users` who do. A class that collapsed has none.
        middles: One row a measure: the `middle` the value classes compare with.
        users_table: One row a buyer: `user` (index), `id`, the measures, `money_total`, the scores, `segment`.
    """

    question: RFM
    log: EventLog
    who: np.ndarray
    recency: np.ndarray
    frequency: np.ndarray
    net: np.ndarray
    money: np.ndarray = field(init=False)
    scores: np.ndarray = field(init=False)
    code: np.ndarray = field(init=False)
    table: pd.DataFrame = field(init=False)
    thresholds: pd.DataFrame = field(init=False)
    middles: pd.DataFrame = field(init=False)

    COLUMNS: ClassVar = [
        "segment", "users", "users_share", "users_share_low", "users_share_high",
        "median_recency_days", "median_frequency", "mean_money", "mean_money_low", "mean_money_high",
        "money_total", "money_share", "money_share_low", "money_share_high",
    ]  # fmt: skip

    def __post_init__(self) -> None:
        per_purchase = self.question.money == "mean"
        object.__setattr__(self, "money", self.net / self.frequency if per_purchase else self.net)
        self._score()
        object.__setattr__(self, "code", self._classify())
        object.__setattr__(
            self, "table", pd.DataFrame([self._row(k) for k in range(len(self.names))], columns=self.COLUMNS)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Classes of the scheme, as message ids, in the order of the table."""
        return VALUE_CLASSES if self.question.scheme == "value" else NAMES

    @property
    def as_of(self) -> pd.Timestamp:
        """The as-of day: everything before its first moment is seen."""
        return pd.Timestamp(calendar.day_of(calendar.next_day(self.log.ends_at - 1, self.log.zone), self.log.zone))

    @property
    def measures(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """R, F and M of all buyers."""
        return self.recency, self.frequency, self.money

    def _score(self) -> None:
        scores = np.ones((len(self.who), 3), dtype=np.int64)
        rows: list[tuple[Any, ...]] = []
        for m, (measure, values) in enumerate(zip(MEASURES, self.measures, strict=True)):
            cuts = np.array(self.question.cuts(measure) or self._quantiles(values))
            below = np.searchsorted(cuts, values, side="left")
            scores[:, m] = 1 + (len(cuts) - below if measure == "recency" else below)
            edges = [np.nan, *cuts, np.nan]
            users = np.bincount(below, minlength=len(cuts) + 1)
            told = [(measure, k, edges[k], edges[k + 1], int(users[k])) for k in range(len(cuts) + 1)]
            # The shortest recency is the best score; rows go from score 1 up in every measure.
            told = told[::-1] if measure == "recency" else told
            rows += [(name, score, *rest) for score, (name, _, *rest) in enumerate(told, start=1)]
        object.__setattr__(self, "scores", scores)
        object.__setattr__(
            self, "thresholds", pd.DataFrame(rows, columns=["measure", "score", "above", "up_to", "users"])
        )

    def _quantiles(self, values: np.ndarray) -> np.ndarray:
        parts = np.arange(1, self.question.classes) / self.question.classes
        return np.quantile(values, parts) if len(values) else np.full(len(parts), np.nan)

    def _classify(self) -> np.ndarray:
        middle = np.mean if self.question.middle == "mean" else np.median
        middles = [float(middle(v)) if len(v) else np.nan for v in self.measures]
        object.__setattr__(self, "middles", pd.DataFrame({"measure": MEASURES, "middle": middles}))
        if self.question.scheme == "names":
            return name_class(*self.scores.T)
        return value_class(self.recency < middles[0], self.frequency > middles[1], self.money > middles[2])

    def _row(self, k: int) -> list[Any]:
        mine = self.code == k
        n, total, base = int(np.count_nonzero(mine)), float(self.net.sum()), len(self.who)
        if not n:
            middles: list[float] = [np.nan] * 5
        else:
            money = self.money[mine]
            mean, spread = float(money.mean()), float(money.var(ddof=1)) if n > 1 else np.nan
            middles = [float(np.median(self.recency[mine])), float(np.median(self.frequency[mine])), mean]
            middles += stats.mean_interval(n, mean, spread)
        x, whole = self.net[mine], self.net
        share: tuple[float, ...] = (np.nan,) * 3
        if total > 0:
            share = (x.sum() / total, *stats.ratio_interval(x.sum(), total, x @ x, x @ x, whole @ whole, base))
        return [self.names[k], n, stats.rate(n, base), *stats.wilson(n, base), *middles, float(x.sum()), *share]

    @cached_property
    def users_table(self) -> pd.DataFrame:
        """One row a buyer, made when first asked for."""
        columns = {
            "user": self.who,
            "id": self.log.ids(self.who),
            "recency_days": self.recency,
            "frequency": self.frequency,
        }
        columns |= {"money": self.money, "money_total": self.net}
        columns |= {f"{measure}_score": self.scores[:, m] for m, measure in enumerate(MEASURES)}
        return pd.DataFrame({**columns, "segment": np.array(self.names)[self.code]}).astype(
            {"id": "str", "segment": "str"}
        )

    def people(self, segment: str) -> np.ndarray:
        """User indices of a class."""
        if segment not in self.names:
            raise ParameterError.outside("segment", segment, f"one of {', '.join(self.names)}")
        return self.who[self.code == self.names.index(segment)]

    @cached_property
    def notes(self) -> list[Finding]:
        """What to know before reading on: measures whose quantile classes collapsed."""
        found = []
        for m, (measure, values) in enumerate(zip(MEASURES, self.measures, strict=True)):
            left = len(np.unique(self.scores[:, m]))
            if self.question.cuts(measure) is None and 0 < left < self.question.classes:
                common = int(np.unique(values, return_counts=True)[1].max())
                facts = {"left": left, "classes": self.question.classes, "common_share": common / len(values)}
                detail = "{common_share} of buyers share one value, and equal values keep equal scores"
                found.append(Finding(COLLAPSED[measure], facts, detail, n=len(values), tone="caution", weight=-1))
        return found

    def findings(self) -> list[Finding]:
        """The class that brings most beyond its size; money of those who have gone quiet; notes."""
        base = len(self.who)
        if base < FEW:
            detail = "At least {enough} are needed. Widen the period, or choose another event as the purchase."
            return [
                Finding(
                    "Too few to judge: {buyers} buyers", {"buyers": base, "enough": FEW}, detail, n=base, tone="caution"
                )
            ]
        over = self.table["money_share"] - self.table["users_share"]
        found = []
        if over.notna().any() and over.max() > 0:
            message = "{segment}: {users_share} of buyers bring {money_share} of the money"
            found.append(self._told(message, int(over.argmax()), "neutral", 2))
        quiet = self.table["money_share"].where(self.table["segment"].isin(LAPSING[self.question.scheme]))
        if quiet.notna().any() and quiet.max() > 0:
            message = (
                "{segment} brought {money_share} of the money; half are away for {median_recency_days} days or more"
            )
            found.append(self._told(message, int(quiet.argmax()), "bad", 1))
        return [*found, *self.notes]

    def _told(self, message: str, k: int, tone: Literal["neutral", "bad"], weight: float) -> Finding:
        row = self.table.iloc[k]
        facts: dict[str, Any] = {**{str(k): v for k, v in row.items()}, "buyers": len(self.who), "as_of": self.as_of}
        detail = "Share of the money {money_share_low} – {money_share_high}; {users} of {buyers} buyers, as of {as_of}"
        size = (float(row["money_share"]), float(row["money_share_low"]), float(row["money_share_high"]))
        return Finding(message, facts, detail, *size, n=int(row["users"]), tone=tone, weight=weight)


COLLAPSED = {
    "recency": "Only {left} of {classes} recency classes are filled",
    "frequency": "Only {left} of {classes} frequency classes are filled",
    "money": "Only {left} of {classes} money classes are filled",
}
