"""Spend: what campaigns cost, by day and channel or campaign, kept beside a log.

Money spent is nobody's event: it belongs to a day and a channel. So it is no part of the log, but a
table of its own, added up by day × channel × campaign, against which a log's users and money are
held later. A row is used, or left out for exactly one reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.calendar import check_zone
from analysis.errors import IntakeError, ParameterError, SchemaError, UnknownValueError
from analysis.events import EventLog
from analysis.intake.values.cells import NO_VALUE, NO_WORD, text_of
from analysis.intake.values.numerals import numbers_of
from analysis.intake.values.times import FINE, GONE, times_of
from analysis.joins.matching import occurs, properties_of, taken
from analysis.joins.values import local_days
from analysis.reshape import check_whole

REASONS: dict[str, str] = {
    "no_day": "No day is given.",
    "bad_day": "The day can't be read.",
    "no_cost": "No cost is given.",
    "bad_cost": "The cost can't be read as a number.",
}
"""Reason code -> sentence, in the order in which they are tried."""

DIMENSIONS = ("channel", "campaign")


@dataclass(frozen=True, slots=True)
class Spend:
    """Campaign spend, and the account of the rows it was made of: `rows = used + Σ dropped`.

    Attributes:
        table: `day` (date32), `channel`, `campaign` (text; null where not given), `cost` (float64, the
            sum of all used rows of the three), in this order of rows and columns.
        zone: Time zone of the days.
        rows: Rows of the sheet.
        used: Rows that are in the sums.
        dropped: Reason code -> rows; only reasons that occurred.
        left_out: The rows that are not in the sums, with their "reason" first.
    """

    table: pa.Table
    zone: str
    rows: int
    used: int
    dropped: dict[str, int]
    left_out: pa.Table

    @property
    def cost(self) -> float:
        """All the money of the used rows."""
        return float(pc.sum(self.table["cost"]).as_py() or 0.0)


@dataclass(frozen=True, slots=True)
class SpendAccount:
    """How much of some spend can be held against a log.

    Money is matched when the day lies within the days of the log, and channel and campaign, where they are
    given and the log has a column for them, occur in the log.

    Attributes:
        cost: All money.
        matched_cost: Money that is matched.
        outside_cost: Money of days before the log's first or after its last; it is not matched.
        unmatched_cost: Money of days within, whose channel or campaign doesn't occur in the log.
        values: `dimension` ("channel" or "campaign"), `value`, `cost`, `occurs`: each channel and each campaign,
            the most costly first.
    """

    cost: float
    matched_cost: float
    outside_cost: float
    unmatched_cost: float
    values: pa.Table

    @property
    def matched_share(self) -> float:
        """Share of the money that is matched; nan when no money was spent."""
        return self.matched_cost / self.cost if self.cost else float("nan")


def spend_of(
    table: pa.Table,
    *,
    day: str,
    cost: str,
    channel: str | None = None,
    campaign: str | None = None,
    zone: str = "UTC",
    day_first: bool | None = None,
) -> Spend:
    """The spend in a table.

    Args:
        table: A row for what was spent on a day, or any part of it.
        day: Its column of days; of instants the calendar day in `zone` counts.
        cost: Its column of money; negative amounts are credits.
        channel, campaign: Its columns of channels and campaigns, as far as it has them.
        zone: Time zone, best that of the log.
        day_first: Whether 01/02/2026 is in February; None lets the column's dates decide.

    Raises:
        UnknownValueError: The table lacks a column.
        IntakeError: No row can be used ("no_spend"), or dates leave open whether the day or the month comes
            first ("day_order").
        ParameterError: The time zone is unknown.
    """
    check_zone(zone)
    for name in (day, cost, channel, campaign):
        if name is not None and name not in table.column_names:
            raise UnknownValueError.among("column", name, properties_of(table))
    reason, instants, money = _read(table, day, cost, zone, day_first)
    used = np.flatnonzero(reason == 0)
    if not len(used):
        raise _no_spend(table.num_rows, reason)
    tidy = {"day": pa.array(local_days(instants[used], zone)).cast(pa.date32())}
    for dimension, name in zip(DIMENSIONS, (channel, campaign), strict=True):
        tidy[dimension] = _words(table, name, used)
    tidy["cost"] = pa.array(money[used])
    keys = ["day", *DIMENSIONS]
    sums = pa.table(tidy).group_by(keys).aggregate([("cost", "sum")]).rename_columns([*keys, "cost"])
    gone = np.flatnonzero(reason)
    codes = np.array(["", *REASONS])
    return Spend(
        table=sums.sort_by([(name, "ascending") for name in keys]),
        zone=zone,
        rows=table.num_rows,
        used=len(used),
        dropped={code: n for k, code in enumerate(REASONS, 1) if (n := int((reason == k).sum()))},
        left_out=taken(table, gone).add_column(0, "reason", pa.array(codes[reason[gone]].tolist(), pa.string())),
    )


def match(log: EventLog, spend: Spend, *, loose: bool = False) -> SpendAccount:
    """How much of the spend can be held against a log, by the log's roles "channel" and "campaign".

    Args:
        log: A whole log with time.
        spend: Its spend.
        loose: Whether channels and campaigns are compared without regard to case and blanks.

    Raises:
        SchemaError: The spend has channels or campaigns, and the log has a column for neither.
        ParameterError: The log is a view or a result table.
    """
    check_whole(log)
    if log.shape == "results":
        raise ParameterError.outside("log", log.shape, "a log with time")
    table, cost = spend.table, spend.table["cost"].to_numpy()
    within, fits = _within(log, table["day"]), np.ones(len(table), bool)
    parts = []
    for name in _compared(log, table):
        words = log.words(log.roles[name])
        present = np.flatnonzero(np.bincount(words.codes, minlength=len(words.values))[1:]) + 1
        ours = pa.array([words.values[code] for code in present], pa.string())
        said = table[name].combine_chunks()
        hit = occurs(said, ours, loose)
        fits &= hit | said.is_null().to_numpy(zero_copy_only=False)
        parts.append(_by_value(name, said, cost, hit))
    return SpendAccount(
        cost=float(cost.sum()),
        matched_cost=float(cost[within & fits].sum()),
        outside_cost=float(cost[~within].sum()),
        unmatched_cost=float(cost[within & ~fits].sum()),
        values=pa.concat_tables(parts) if parts else _by_value("", pa.array([], pa.string()), cost[:0], fits[:0]),
    )


def _read(
    table: pa.Table, day: str, cost: str, zone: str, day_first: bool | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each row the place of its reason among `REASONS`, from 1, 0 being none; its instant; its money."""
    times = times_of(table[day], zone, day_first)
    given = text_of(table[cost]).without(NO_VALUE).codes >= 0
    money, bad = numbers_of(table[cost])
    tests = (times.state == GONE, times.state != FINE, ~given, bad | ~np.isfinite(money))
    return np.select(tests, range(1, len(tests) + 1), 0), times.instants, money


def _words(table: pa.Table, name: str | None, rows: np.ndarray) -> pa.Array:
    if name is None:
        return pa.nulls(len(rows), pa.string())
    text = text_of(table[name]).without(NO_WORD).take(rows)
    return text.to_arrow().cast(pa.string())


def _no_spend(rows: int, reason: np.ndarray) -> IntakeError:
    if not rows:
        return IntakeError("no_spend", "The table of spend has no rows. Choose one with a day and a cost in each row.")
    return IntakeError(
        "no_spend",
        "None of the {rows} rows of spend can be used. The most common reason: {reason} Check the columns of day and "
        "cost.",
        rows=rows,
        reason=list(REASONS.values())[int(np.bincount(reason).argmax()) - 1],
    )


def _compared(log: EventLog, table: pa.Table) -> list[str]:
    """Dimensions that the spend has and the log has a column for."""
    given = [name for name in DIMENSIONS if table[name].null_count < len(table)]
    compared = [name for name in given if name in log.roles]
    if given and not compared:
        raise SchemaError(
            "role_missing",
            "The spend is by '{role}', and the log has no column for it. Choose it on the Data page.",
            role=given[0],
        )
    return compared


def _within(log: EventLog, days: pa.ChunkedArray) -> np.ndarray:
    """Which days lie between the first and the last day that the log observes, both included."""
    first, last = local_days(np.array([log.starts_at, log.ends_at - 1]), log.zone)
    day = days.to_numpy().astype("datetime64[D]")
    inside: np.ndarray = (day >= first) & (day <= last)
    return inside


def _by_value(dimension: str, said: pa.Array, cost: np.ndarray, hit: np.ndarray) -> pa.Table:
    """What was spent on each value, and whether the log has it."""
    given = said.is_valid()
    parts = pa.table({"value": said, "cost": cost, "occurs": pa.array(hit, pa.bool_())}).filter(given)
    sums = parts.group_by(["value", "occurs"]).aggregate([("cost", "sum")])
    sums = sums.rename_columns(["value", "occurs", "cost"]).select(["value", "cost", "occurs"])
    names = pa.array([dimension] * len(sums), pa.string())
    return sums.sort_by([("cost", "descending"), ("value", "ascending")]).add_column(0, "dimension", names)
