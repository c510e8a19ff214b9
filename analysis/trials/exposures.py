"""Exposures: who saw which arm and when, and what each did before and after. The compiled part of the experiment.

A user is exposed at the first row that exposes and carries an arm. Who carries two different arms on
rows that expose saw both and belongs to neither. Outcomes are later rows, and rows of the same stamp
except the one that exposes, because which of two equal stamps came first is not known. If several rows
of that stamp expose, one that is no outcome is taken; if all are, the one of the least value. So the
answer does not depend on the order of the file. The time before ends before the stamp of the exposure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np

from analysis import calendar
from analysis.engine import over_users
from analysis.events import Categories, EventLog
from analysis.questions import Progress

NO_ARM, CROSSED = 0, -1
FOREVER = np.iinfo(np.int64).max
EXPOSES = 0
"""Bit of a row that exposes; metric k has bit k + 1."""
MOST_METRICS = 15


@dataclass(frozen=True, eq=False)
class Exposures:
    """The users of an experiment, one place a user that counts, in the order of the log's users.

    Attributes:
        users: User indices.
        arms: Code of each user's arm in its column.
        at: Stamp of the exposure, µs UTC.
        rows: Row of the log that exposes.
        still_open: Their horizon is not over at the end of the data; they are in no figure.
        values: Users × metrics: rows, or sum of a column, after exposure.
        before: The same in the days before exposure.
        crossed: User indices of those who carry two arms; they are in none of the above.
    """

    users: np.ndarray
    arms: np.ndarray
    at: np.ndarray
    rows: np.ndarray
    still_open: np.ndarray
    values: np.ndarray
    before: np.ndarray
    crossed: np.ndarray


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What counts, as kernels read it.

    Attributes:
        by_event, by_row: Bits (see `step_bits`): `EXPOSES`, and one a metric.
        columns: Column of values of each metric; None counts rows.
        horizons: µs after exposure within which rows count, one a metric.
    """

    by_event: np.ndarray
    by_row: np.ndarray
    columns: tuple[str | None, ...]
    horizons: np.ndarray


def follow(
    log: EventLog,
    arms: np.ndarray,
    wanted: np.ndarray,
    outcomes: Outcomes,
    horizon_days: float,
    pre_days: float,
    between: tuple[int, int],
    progress: Progress = None,
) -> Exposures:
    """Finds exposures and follows each user through the horizon.

    Args:
        log: Events, or a result table (then without metrics: their columns are the outcomes).
        arms: Code of the arm, one a row; 0 is not given.
        wanted: Which codes take part.
        outcomes: What counts.
        horizon_days: Days from exposure after which a user is finished.
        pre_days: Days before exposure that are looked at.
        between: First instant of exposures that take part, and the one after the last.
        progress: Told the finished fraction.
    """
    timed = log.shape != "results"
    rules = (arms, wanted, *between, round(pre_days * calendar.DAY_US), timed)
    rows_of = (log.time, log.events.codes, outcomes.by_event, outcomes.by_row)
    names = sorted({c for c in outcomes.columns if c is not None})
    shape = None
    for name in names or [""]:  # one pass, unless several columns are summed
        amounts = log.numbers(name) if name else np.empty(0)
        summed = np.array([c is not None and c == name for c in outcomes.columns], np.bool_)
        arm, row, after, before = over_users(
            log, _follow, rows_of, rules, amounts, summed, outcomes.horizons, merge=("join",) * 4, progress=progress
        )
        if shape is None:
            shape = (arm, row, after, before)
        else:
            shape[2][:, summed], shape[3][:, summed] = after[:, summed], before[:, summed]
    assert shape is not None
    arm, row, after, before = shape
    keep = arm > NO_ARM
    at = log.time[row[keep]]
    horizon = round(horizon_days * calendar.DAY_US)
    return Exposures(
        users=log.users[keep],
        arms=arm[keep],
        at=at,
        rows=row[keep],
        # As in the funnel: a horizon that ends with the data is closed.
        still_open=at > log.ends_at - horizon if timed else np.zeros(len(at), bool),
        values=after[keep],
        before=before[keep],
        crossed=log.users[arm == CROSSED],
    )


def values_at(log: EventLog, column: str, exposures: Exposures) -> tuple[np.ndarray, Categories]:
    """Each exposed user's last value of a column at exposure, and the column; code 0 where none was given by then.

    Of several values on the last stamp that gives any, the first by name counts, so that the order of the file
    does not matter.
    """
    words = log.words(column)
    ranks = np.empty(len(words.values), np.int64)
    ranks[np.argsort(np.array(words.values, dtype=object), kind="stable")] = np.arange(len(words.values))
    rows = np.full(len(log.user_ids), -1, np.int64)
    rows[exposures.users] = exposures.rows
    (codes,) = over_users(log, _value_at, log.time, words.codes, ranks, rows, merge=("join",))
    place = np.full(len(log.user_ids), -1, np.int64)
    place[log.users] = np.arange(log.n_users)
    return codes[place[exposures.users]], words


@nb.njit(nogil=True, cache=True)
def _bits(row, event, by_event, by_row):  # type: ignore[no-untyped-def]
    bits = by_event[event[row]]
    if len(by_row):
        bits &= by_row[row]
    return bits


@nb.njit(nogil=True, cache=True)
def _exposed(low, high, event, by_event, by_row, arms, wanted):  # type: ignore[no-untyped-def]
    """Arm and first row that exposes; `CROSSED` where two different arms are given and any takes part."""
    arm, first, crossed, meant = NO_ARM, -1, False, False
    for row in range(low, high):
        code = arms[row]
        # Another row of the same arm tells nothing new: it is not even looked at.
        if code in (NO_ARM, arm) or not _bits(row, event, by_event, by_row) & 1:
            continue
        meant |= wanted[code]
        if first < 0:
            arm, first = code, row
        crossed |= code != arm
    if not meant:
        return NO_ARM, -1
    return (CROSSED if crossed else arm), first


@nb.njit(nogil=True, cache=True)
def _exposing(low, high, time, event, by_event, by_row, arms, amounts):  # type: ignore[no-untyped-def]
    """Of the rows of one moment that expose, the one that counts as the exposure: no outcome, or the least."""
    own, least, worth, row = -1, 0, 0.0, low
    while row < high and time[row] == time[low]:
        bits = _bits(row, event, by_event, by_row)
        if arms[row] != NO_ARM and bits & 1:
            value = 0.0 if len(amounts) == 0 or np.isnan(amounts[row]) else amounts[row]
            if own < 0 or bits < least or (bits == least and value < worth):
                own, least, worth = row, bits, value
        row += 1
    return own


@nb.njit(nogil=True, cache=True)
def _add(into, i, bits, row, amounts, summed, horizons, since):  # type: ignore[no-untyped-def]
    """Adds a row to the metrics of user i that it counts for, `since` µs from the exposure."""
    for k in range(len(horizons)):
        if bits >> (k + 1) & 1 and since <= horizons[k]:
            if not summed[k]:
                into[i, k] += 1
            elif not np.isnan(amounts[row]):
                into[i, k] += amounts[row]


@nb.njit(nogil=True, cache=True)
def _follow(users, starts, ends, rows_of, rules, amounts, summed, horizons):  # type: ignore[no-untyped-def]
    """Kernel: per user the arm, the row that exposes, and each metric after and before."""
    time, event, by_event, by_row = rows_of
    arms, wanted, earliest, until, pre, timed = rules
    n, longest = len(users), np.int64(0)
    for k in range(len(horizons)):
        longest = max(longest, horizons[k])
    arm, first = np.zeros(n, np.int32), np.full(n, np.int64(-1))
    after, before = np.zeros((n, len(horizons))), np.zeros((n, len(horizons)))
    for i in range(n):
        arm[i], first[i] = _exposed(starts[i], ends[i], event, by_event, by_row, arms, wanted)
        if arm[i] == NO_ARM:
            continue
        at = time[first[i]]
        if timed and not earliest <= at < until:
            arm[i] = NO_ARM
        if arm[i] <= NO_ARM or not timed:
            continue
        low = first[i]
        while low > starts[i] and time[low - 1] == at:
            low -= 1
        own = _exposing(low, ends[i], time, event, by_event, by_row, arms, amounts)
        first[i] = own
        for row in range(low, ends[i]):
            if time[row] - at > longest:
                break
            bits = _bits(row, event, by_event, by_row)
            if bits > 1 and row != own:
                _add(after, i, bits, row, amounts, summed, horizons, time[row] - at)
        row = low - 1
        while row >= starts[i] and at - time[row] <= pre:
            bits = _bits(row, event, by_event, by_row)
            if bits > 1:
                _add(before, i, bits, row, amounts, summed, horizons, np.int64(0))
            row -= 1
    return arm, first, after, before


@nb.njit(nogil=True, cache=True)
def _value_at(users, starts, ends, time, codes, ranks, rows):  # type: ignore[no-untyped-def]
    """Kernel: per user the last code given up to the exposure's stamp."""
    found = np.zeros(len(users), np.int32)
    for i in range(len(users)):
        row = rows[users[i]]
        if row < 0:
            continue
        at = time[row]
        while row + 1 < ends[i] and time[row + 1] == at:
            row += 1
        while row >= starts[i] and codes[row] == 0:
            row -= 1
        if row < starts[i]:
            continue
        last, best = time[row], codes[row]
        while row >= starts[i] and time[row] == last:
            if codes[row] != 0 and ranks[codes[row]] < ranks[best]:
                best = codes[row]
            row -= 1
        found[i] = best
    return (found,)
