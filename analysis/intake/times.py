"""Times: a column to instants in µs UTC.

ISO texts, unpadded dates with slashes, points or hyphens, 年月日, month names, compact dates,
Excel's serial days and epochs in s, ms, µs or ns are read. What a bare number means is decided
once a column, by the reading that fits most of its different values. A stamp with a zone or an
offset says its instant itself; one without belongs to the data set's zone.

`01/02/2026` is a day in January or in February. If any date of the column settles it, it is
settled for all; otherwise a person is asked, for a guess would be wrong half of the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.calendar import DAY_US, SECOND_US
from analysis.errors import IntakeError
from analysis.intake import stamps
from analysis.intake.cells import NOT_GIVEN, Cells, look_up, text_of

GONE, FINE, BAD = 0, 1, 2
"""State of a cell: not given, read, unreadable."""

_EXCEL_EPOCH_US = -25_569 * DAY_US


@dataclass(frozen=True, slots=True)
class Times:
    """Instants of a column: µs UTC, and the state of each cell."""

    instants: np.ndarray
    state: np.ndarray


def times_of(column: Cells, zone: str, day_first: bool | None = None, clock: Cells | None = None) -> Times:
    """Instants of a column, `clock` being the time of day where that stands in a column of its own.

    Raises:
        IntakeError: `day_order`, when day and month can't be told apart.
    """
    if clock is not None:
        return _with_clock(column, clock, zone, day_first)
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        stamp = column.cast(pa.timestamp("us", getattr(kind, "tz", None)), safe=False)
        given = stamp.is_valid().to_numpy() if stamp.null_count else np.ones(len(stamp), bool)
        raw = stamp.cast(pa.int64()).fill_null(0).to_numpy() if stamp.null_count else stamp.cast(pa.int64()).to_numpy()
        naive = getattr(kind, "tz", None) is None
        return Times(to_utc(raw, zone) if naive else raw, np.where(given, FINE, GONE).astype(np.int8))
    text = text_of(column).without(NOT_GIVEN)
    us, fine = parse(text.values, zone, day_first)
    state = look_up(np.where(fine, FINE, BAD).astype(np.int8), text.codes, GONE)
    return Times(look_up(us, text.codes, 0), state)


def parse(values: pa.Array, zone: str = "UTC", day_first: bool | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Instants of different texts, and which could be read."""
    parts, number = stamps.take_apart(values)
    kind, wall = parts[:, 0], np.zeros(len(parts), np.int64)
    fine = np.zeros(len(parts), bool)
    aware = parts[:, 5] != stamps.NO_OFFSET
    dated = (kind == stamps.KIND_YMD) | (kind == stamps.KIND_UNSURE)
    if dated.any():
        day, valid = _days(parts, day_first)
        wall[dated], fine[dated] = (day * DAY_US + parts[:, 4])[dated], valid[dated]
    bare = kind == stamps.KIND_NUMBER
    if bare.any() and bare.sum() >= dated.sum():
        us, ok, utc = _numbers(parts[bare], number[bare])
        wall[bare], fine[bare], aware[bare] = us, ok, utc
        parts[bare, 5] = 0
    wall[aware] -= parts[aware, 5] * 60 * SECOND_US
    naive = fine & ~aware
    if naive.any():
        wall[naive] = to_utc(wall[naive], zone)
    return wall, fine


def parse_either(values: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """As `parse`, in whichever order of day and month fits: for guessing alone."""
    try:
        return parse(values)
    except IntakeError:
        return parse(values, day_first=True)


def doubtful(values: pa.Array) -> bool:
    """Whether some dates begin with a day or a month, so that the whole column must be looked at."""
    return bool((stamps.take_apart(values)[0][:, 0] == stamps.KIND_UNSURE).any())


def unsure(values: pa.Array) -> bool:
    """Whether day and month can't be told apart, so that a person must be asked."""
    parts, _ = stamps.take_apart(values)
    return _order(parts[parts[:, 0] == stamps.KIND_UNSURE]) is None


def to_utc(wall: np.ndarray, zone: str) -> np.ndarray:
    """Wall clocks of a zone as instants; a skipped hour is moved on, a double one is the first."""
    if zone == "UTC" or not len(wall):
        return wall
    low, bin_us = int(wall.min()), 15 * 60 * SECOND_US
    low -= low % bin_us
    place = (wall - low) // bin_us
    if place.max() > 4_000_000:  # more than a century of quarter hours: look at those in use only
        known, place = np.unique(place, return_inverse=True)
    else:
        known = np.arange(place.max() + 1)
    starts = pd.DatetimeIndex((low + known * bin_us).astype("datetime64[us]"))
    ambiguous = np.ones(len(starts), bool)
    at = starts.tz_localize(zone, ambiguous=ambiguous, nonexistent="shift_forward").as_unit("us")
    skipped = at.tz_localize(None) != starts
    utc = np.asarray(at.asi8)
    within = (wall - low) % bin_us
    return utc[place] + np.where(np.asarray(skipped)[place], 0, within)


def _with_clock(column: Cells, clock: Cells, zone: str, day_first: bool | None) -> Times:
    date, time = text_of(column).without(NOT_GIVEN), text_of(clock).without(NOT_GIVEN)
    us, fine = parse(date.values, "UTC", day_first)
    parts, _ = stamps.take_apart(time.values)
    good = parts[:, 0] == stamps.KIND_CLOCK
    day_state = look_up(np.where(fine, FINE, BAD).astype(np.int8), date.codes, GONE)
    clock_state = look_up(np.where(good, FINE, BAD).astype(np.int8), time.codes, FINE)
    wall = look_up(us, date.codes, 0) // DAY_US * DAY_US + look_up(parts[:, 4], time.codes, 0)
    return Times(to_utc(wall, zone), np.where(day_state == FINE, clock_state, day_state))


def _days(parts: np.ndarray, day_first: bool | None) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970 and whether they exist."""
    year, month, day = (parts[:, k].copy() for k in (1, 2, 3))
    maybe = parts[:, 0] == stamps.KIND_UNSURE
    if maybe.any():
        first, second, third = (parts[maybe, k] for k in (1, 2, 3))
        order = day_first if day_first is not None else _order(parts[maybe])
        if order is None:
            some = int(np.argmax(first != second))
            raise _ask(int(first[some]), int(second[some]), int(third[some]))
        two = parts[maybe, 7] <= 2
        if two.all() and (first > 31).any():  # 99.12.31
            year[maybe], month[maybe], day[maybe] = first, second, third
        else:
            year[maybe], month[maybe], day[maybe] = third, *((second, first) if order else (first, second))
        short = maybe.copy()
        short[maybe] = two
        year[short] += np.where(year[short] < 70, 2000, np.where(year[short] < 100, 1900, 0))
    valid = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1)
    y, m, d = np.where(valid, year, 1970), np.where(valid, month, 1), np.where(valid, day, 1)
    begins = ((y - 1970) * 12 + m - 1).astype("datetime64[M]")
    valid &= d <= ((begins + 1).astype("datetime64[D]") - begins.astype("datetime64[D]")).astype(np.int64)
    return begins.astype("datetime64[D]").astype(np.int64) + d - 1, valid


def _order(parts: np.ndarray) -> bool | None:
    """True for day first, False for month first, None when it is open."""
    first, second = parts[:, 1], parts[:, 2]
    if (parts[:, 7] <= 2).all() and (first > 31).any():
        return True
    day = bool(((first > 12) & (first <= 31) & (second <= 12)).any())
    month = bool(((second > 12) & (second <= 31) & (first <= 12)).any())
    if day != month:
        return day
    if not day and (first == second).all():
        return True  # both readings are the same
    return None


def _ask(first: int, second: int, third: int) -> IntakeError:
    year = third if third >= 100 else third + (2000 if third < 70 else 1900)
    return IntakeError(
        "day_order",
        "Dates such as {given} can be read as day {day} of month {month} or as day {month} of month {day}, and no "
        "date in the column settles it. Say whether the day or the month comes first.",
        given=f"{first:02d}/{second:02d}/{year}",
        day=first,
        month=second,
    )


def _numbers(parts: np.ndarray, number: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """Instants of bare numbers: compact dates, Excel's serial days or epochs, whichever fits most."""
    whole, width = parts[:, 1], parts[:, 6]
    compact = {8: 1, 12: 10_000, 14: 1_000_000}
    best: tuple[np.ndarray, np.ndarray, bool] = (np.zeros(len(whole), np.int64), np.zeros(len(whole), bool), False)
    for digits, clock in compact.items():
        date, rest = whole // clock, whole % clock * (1 if digits == 14 else 100 if digits == 12 else 0)
        fields = np.zeros((len(whole), 8), np.int64)
        fields[:, 0], fields[:, 1], fields[:, 2], fields[:, 3] = (
            stamps.KIND_YMD,
            date // 10_000,
            date // 100 % 100,
            date % 100,
        )
        day, valid = _days(fields, None)
        hour, minute, second = rest // 10_000, rest // 100 % 100, rest % 100
        valid &= (width == digits) & (fields[:, 1] >= 1900) & (fields[:, 1] <= 2100) & (parts[:, 2] == 0)
        valid &= (hour < 24) & (minute < 60) & (second < 60)
        us = day * DAY_US + ((hour * 60 + minute) * 60 + second) * SECOND_US
        best = (us, valid, False) if valid.sum() > best[1].sum() else best
    for low, high, scale in ((1e8, 1e10, 1e6), (1e11, 1e13, 1e3), (1e14, 1e16, 1.0), (1e17, 9e18, 1e-3)):
        valid = (number >= low) & (number < high)
        us = _scaled(whole, number, parts[:, 2] == 0, scale, valid)
        best = (us, valid, True) if valid.sum() > best[1].sum() else best
    valid = (number >= 20_000) & (number < 80_000)
    us = np.round(np.where(valid, number, 0) * DAY_US / 1000).astype(np.int64) * 1000 + _EXCEL_EPOCH_US
    return (us, valid, False) if valid.sum() > best[1].sum() else best


def _scaled(whole: np.ndarray, number: np.ndarray, exact: np.ndarray, scale: float, valid: np.ndarray) -> np.ndarray:
    """µs of epochs: whole numbers without passing through floats."""
    whole = np.where(valid, whole, 0)
    straight = whole * int(scale) if scale >= 1 else whole // round(1 / scale)
    return np.where(exact, straight, np.round(np.where(valid, number, 0) * scale).astype(np.int64))
