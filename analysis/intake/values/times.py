"""Times: a column to instants in µs UTC.

ISO texts (dates, weeks, days of the year), dates with slashes, points, dashes, blanks or 年月日,
month names, clocks of 12 and 24 hours, compact dates, Excel's serial days and epochs are read, each
cell by its own form. What a bare number means is decided once a column (`serials`). A stamp with a
zone or an offset says its instant itself; one without belongs to the data set's zone.

`01/02/2026` is a day in January or in February. If any date of the column settles it, it is
settled for all; otherwise a person is asked, for a guess would be wrong half of the time.

`0000-00-00`, `1900-01-00` and any day of the years 1 or 9999 stand for "no date" in the programs that write
them: such a cell is not given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from analysis.calendar import DAY_US, SECOND_US
from analysis.errors import IntakeError
from analysis.intake.values import serials, stamps
from analysis.intake.values.cells import NO_VALUE, Cells, look_up, text_of
from analysis.intake.values.stamp_words import SEVERAL, UNSETTLED
from analysis.intake.values.zones import settle, to_utc

GONE, FINE, BAD = stamps.GONE, stamps.FINE, stamps.BAD
"""State of a cell: not given, read, unreadable."""

_UNITS = {"s": SECOND_US, "ms": 1_000, "us": 1, "ns": 1}
_OLDEST_US, _NEWEST_US, _NO_DATE_US = (
    int(np.datetime64(day, "us").astype(np.int64))
    for day in (f"{stamps.YEARS[0]}-01-01", f"{stamps.YEARS[1] + 1}-01-01", "9999-01-01")
)
_AFTER_YEAR_ONE_US = int(np.datetime64("0002-01-01", "us").astype(np.int64))


@dataclass(frozen=True, slots=True)
class Times:
    """Instants of a column: µs UTC, and the state of each cell."""

    instants: np.ndarray
    state: np.ndarray


def times_of(column: Cells, zone: str, day_first: bool | None = None, clock: Cells | None = None) -> Times:
    """Instants of a column, `clock` being the time of day where that stands in a column of its own.

    Raises:
        IntakeError: `day_order`, when day and month can't be told apart; `zone_name`, when most
            stamps name a zone that means several, and the data's zone doesn't settle which.
    """
    if clock is not None:
        return _with_clock(column, clock, zone, day_first)
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return _typed(column, zone)
    text = text_of(column).without(NO_VALUE)
    us, state, open_names = _read(text.values, zone, day_first, guessing=False)
    if 2 * open_names.sum() > len(state):
        raise _ask_zone(text.values, open_names)
    return Times(look_up(us, text.codes, 0), look_up(state, text.codes, GONE))


def parse(values: pa.Array, zone: str = "UTC", day_first: bool | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Instants of different texts, and which could be read.

    Raises:
        IntakeError: `day_order`, when day and month can't be told apart.
    """
    us, state, _ = _read(values, zone, day_first, guessing=False)
    return us, state == FINE


def parse_either(values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """As `parse`, whatever the order of day and month or the zone a name means: for guessing alone."""
    us, state, _ = _read(values, "UTC", None, guessing=True)
    return us, state == FINE


def doubtful(values: pa.Array) -> bool:
    """Whether some dates begin with a day or a month, so that the whole column must be looked at."""
    return bool((stamps.take_apart(values)[0][:, 0] == stamps.KIND_UNSURE).any())


def unsure(values: pa.Array) -> bool:
    """Whether day and month can't be told apart, so that a person must be asked."""
    parts, _ = stamps.take_apart(values)
    return _order(parts[parts[:, 0] == stamps.KIND_UNSURE], None) is None


def _read(
    values: pa.Array, zone: str, day_first: bool | None, guessing: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Instants, states, and which are unreadable for the name of a zone that nothing settles."""
    parts, number = stamps.take_apart(values)
    order = _order_of(parts, day_first, guessing)
    wall, state = stamps.walls(parts, order)
    offset = settle(parts[:, 5], zone)
    bare = parts[:, 0] == stamps.KIND_NUMBER
    if bare.any():
        some, utc = parts[bare], False
        if len(some) >= (state == FINE).sum():
            us, good, utc = serials.read(some, number[bare])
        else:  # among dates only a number that spells a date is one
            us, good = serials.compact(some)
        wall[bare], state[bare] = us, np.where(good, FINE, BAD)
        if utc:
            offset = np.where(bare, 0, offset)
    named = offset >= UNSETTLED
    if named.any():
        offset = np.where(named, 0, offset)
        named &= state == FINE
        if not guessing:
            state[named] = BAD
    aware = offset != stamps.NO_OFFSET
    if aware.any():
        wall[aware] -= offset[aware] * 60 * SECOND_US
    naive = ~aware & (state == FINE)
    if naive.all():
        wall = to_utc(wall, zone)
    elif naive.any():
        wall[naive] = to_utc(wall[naive], zone)
    return wall, state, named


def _typed(column: Cells, zone: str) -> Times:
    """Instants of a column that was typed by its format."""
    kind = column.type
    if pa.types.is_date(kind):
        column, unit, said = column.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()), DAY_US, None
    else:
        unit, said = _UNITS[kind.unit], kind.tz
        column = column.cast(pa.timestamp("us", said), safe=False) if kind.unit == "ns" else column
        column = column.cast(pa.int64())
    given = column.is_valid().to_numpy() if column.null_count else np.ones(len(column), bool)
    raw = column.fill_null(0).to_numpy() if column.null_count else column.to_numpy()
    state = np.where(given, FINE, GONE).astype(np.int8)
    inside = (raw >= _OLDEST_US // unit) & (raw < _NEWEST_US // unit)
    if not inside.all():
        meant = (raw >= _AFTER_YEAR_ONE_US // unit) & (raw < _NO_DATE_US // unit)
        state[~inside & given] = np.where(meant, BAD, GONE)[~inside & given]
        raw = np.where(inside, raw, 0)
    us = raw * unit if unit > 1 else raw
    return Times(to_utc(us, zone) if said is None else us, state)


def _with_clock(column: Cells, clock: Cells, zone: str, day_first: bool | None) -> Times:
    """Instants of a date and a time of day; a clock with an offset of its own keeps to that."""
    date, time = text_of(column).without(NO_VALUE), text_of(clock).without(NO_VALUE)
    us, day_state, _ = _read(date.values, "UTC", day_first, guessing=False)
    parts, _ = stamps.take_apart(time.values)
    offset = settle(parts[:, 5], zone)
    good = (parts[:, 0] == stamps.KIND_CLOCK) & (offset < UNSETTLED)
    clock_state = look_up(np.where(good, FINE, BAD).astype(np.int8), time.codes, FINE)
    wall = look_up(us, date.codes, 0) // DAY_US * DAY_US + look_up(parts[:, 4], time.codes, 0)
    said = look_up(offset, time.codes, stamps.NO_OFFSET)
    instants = np.where(said != stamps.NO_OFFSET, wall - said * 60 * SECOND_US, to_utc(wall, zone))
    state = look_up(day_state, date.codes, GONE)
    return Times(instants, np.where(state == FINE, clock_state, state))


def _order_of(parts: np.ndarray, day_first: bool | None, guessing: bool) -> int:
    """The order of the fields of unsure dates, asked for where they don't settle it."""
    maybe = parts[:, 0] == stamps.KIND_UNSURE
    if not maybe.any():
        return stamps.DAY_FIRST
    unsure_ones = parts[maybe]
    order = _order(unsure_ones, day_first)
    if order is not None:
        return order
    if guessing:
        return stamps.DAY_FIRST
    some = int(np.argmax(unsure_ones[:, 1] != unsure_ones[:, 2]))
    raise _ask(*(int(field) for field in unsure_ones[some, 1:4]))


def _order(parts: np.ndarray, day_first: bool | None) -> int | None:
    """The order that some date proves, or else the one that was said; None when it is open."""
    first, second, third = parts[:, 1], parts[:, 2], parts[:, 3]
    if (parts[:, 7] <= 2).all() and (first > 31).any() and not (third > 31).any():
        return stamps.YEAR_FIRST
    if day_first is not None:
        return stamps.DAY_FIRST if day_first else stamps.MONTH_FIRST
    day = bool(((first > 12) & (first <= 31) & (second <= 12)).any())
    month = bool(((second > 12) & (second <= 31) & (first <= 12)).any())
    if day != month:
        return stamps.DAY_FIRST if day else stamps.MONTH_FIRST
    if not day and (first == second).all():
        return stamps.DAY_FIRST  # both readings are the same
    return None


def _ask(first: int, second: int, third: int) -> IntakeError:
    year = third if third >= 100 else third + (2000 if third < stamps.PIVOT else 1900)
    return IntakeError(
        "day_order",
        "Dates such as {given} can be read as day {day} of month {month} or as day {month} of month {day}, and no "
        "date in the column settles it. Say whether the day or the month comes first.",
        given=f"{first:02d}/{second:02d}/{year}",
        day=first,
        month=second,
    )


def _ask_zone(values: pa.Array, open_names: np.ndarray) -> IntakeError:
    row = int(np.argmax(open_names))
    parts, _ = stamps.take_apart(values.slice(row, 1))
    return IntakeError(
        "zone_name",
        "Times such as {given} name the zone {name}, and more than one zone has that name. Choose the time zone of "
        "the data, for that settles it, or export the times with an offset such as +08:00.",
        given=values[row].as_py(),
        name=SEVERAL[int(parts[0, 5]) - UNSETTLED],
    )
