"""EventLog: the one data structure.

A log is sorted once, by user, then time, then the order of the file; every question is
then one pass over each user's rows. Columns are plain numpy arrays, usually views of a
memory-mapped Arrow file, so that all sessions share the same pages of memory.

A date range and a segment are *views*: they move or pick the users' `starts` and `ends`
and copy no event. Because a view hides what lies after its end, no question can see the
future of its as-of date.

A *result table* (one row a user, an arm and outcomes, no time) is a log too: each user has
one row at time 0 and `shape == "results"`. Questions that need time refuse it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numba as nb
import numpy as np
import pandas as pd
import pyarrow as pa

from analysis import calendar, ordering
from analysis.columns import Categories as Categories
from analysis.columns import Column as Column
from analysis.columns import Numbers as Numbers
from analysis.columns import as_words, categories, column_from, take
from analysis.errors import ParameterError, SchemaError, UnknownValueError

if TYPE_CHECKING:
    from analysis.intake.ledger import Ledger

Instant = str | date | datetime | None
Shape = Literal["events", "orders", "milestones", "results"]

EVENT = "event"
"""Name of the column that says what happened."""


@dataclass(frozen=True, slots=True, eq=False)
class EventLog:
    """Events of users, sorted by user, then time, then file order.

    Attributes:
        time: Instants, int64 microseconds UTC, one a row.
        columns: Further columns by name; `columns["event"]` says what happened.
        user_ids: All user ids of the file; a user's index is the place in it.
        users: Indices of the users in this view.
        starts, ends: Rows `starts[i]:ends[i]` are those of user `users[i]`; may be empty.
        ends_at: Exclusive instant up to which the file observes everybody: the last stamp that
            is not in the future, plus the stamps' resolution. Bounded by the view's own end.
        zone: IANA time zone of all calendars.
        resolution_us: Width of one stamp, µs: 86,400,000,000 for plain dates.
        roles: Role -> column name, for the roles that were given ("amount", "order", "arm", …).
        shape: Which kind of table it was.
        fingerprint: Content address; with a question it names an answer.
        scope: The views taken so far, as the Python that repeats them.
        ledger: Account of the rows of the file; None for a log built by hand.
    """

    time: np.ndarray
    columns: Mapping[str, Column]
    user_ids: pa.Array
    users: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    ends_at: int
    zone: str = "UTC"
    resolution_us: int = 1
    roles: Mapping[str, str] = field(default_factory=dict)
    shape: Shape = "events"
    fingerprint: str = ""
    scope: tuple[str, ...] = ()
    ledger: Ledger | None = None

    # -- building ---------------------------------------------------------------------------

    @classmethod
    def build(
        cls,
        table: pa.Table,
        *,
        zone: str = "UTC",
        roles: Mapping[str, str] | None = None,
        shape: Shape = "events",
        fingerprint: str = "",
        now: int | None = None,
    ) -> EventLog:
        """Sorts a table of events into a log.

        Args:
            table: Columns `user` (text or dictionary), `time` (int64 µs UTC), `event` (text or
                dictionary), and any others: text and dictionaries become Categories, numbers and
                truth values become Numbers.
            zone: Time zone of the calendars.
            roles: Role -> column name.
            shape: Kind of table.
            fingerprint: Content address.
            now: Instants from here on are future ones and don't move `ends_at`; µs UTC.

        Raises:
            SchemaError: `user`, `time` or `event` is missing.
            ParameterError: The time zone is unknown.
        """
        calendar.check_zone(zone)
        missing = {"user", "time", EVENT} - set(table.column_names)
        if missing:
            raise SchemaError(
                "log_columns",
                "The table lacks {missing}. A log needs the columns user, time and event.",
                missing=", ".join(sorted(missing)),
            )
        who = categories(table["user"])
        time = table["time"].combine_chunks().to_numpy().astype(np.int64, copy=False)
        codes = who.codes.astype(np.int64) - 1  # no row is without a user: intake dropped those
        n_users = len(who.values) - 1
        order, time, bounds = ordering.in_order(codes, time, n_users, np.zeros(len(codes), dtype=np.int8))
        columns = {
            name: take(column_from(table[name]), order) for name in table.column_names if name not in ("user", "time")
        }
        resolution = 1 if shape == "results" else calendar.resolution(time, zone)
        return cls(
            time=time,
            columns=columns,
            user_ids=pa.array(who.values[1:], type=pa.large_string()),
            users=np.arange(n_users),
            starts=bounds[:-1],
            ends=bounds[1:],
            ends_at=calendar.observed_until(time, resolution, zone, now),
            zone=zone,
            resolution_us=resolution,
            roles=dict(roles or {}),
            shape=shape,
            fingerprint=fingerprint,
        )

    # -- size -------------------------------------------------------------------------------

    @property
    def n_users(self) -> int:
        """Users in this view, those without events in its range included."""
        return len(self.users)

    @property
    def n_events(self) -> int:
        """Events in this view."""
        return int((self.ends - self.starts).sum())

    @property
    def starts_at(self) -> int:
        """Instant of the first event of the view, µs UTC; `ends_at` when there is none."""
        full = self.ends > self.starts
        return int(self.time[self.starts[full]].min()) if full.any() else self.ends_at

    @property
    def events(self) -> Categories:
        """What happened, row by row."""
        column = self.columns[EVENT]
        assert isinstance(column, Categories)
        return column

    def column_of(self, role: str, question: str) -> str:
        """Name of the column that plays `role`; refuses where none does."""
        if role not in self.roles:
            raise SchemaError(
                "role_missing",
                "{question} needs a column for '{role}', and none is set. Choose it on the Data page.",
                question=question,
                role=role,
            )
        return self.roles[role]

    def numbers(self, column: str) -> np.ndarray:
        """Values of a numeric column; refuses a column of words or an unknown name."""
        found = self._find(column)
        if isinstance(found, Categories):
            raise SchemaError(
                "not_numeric",
                "Column '{column}' holds words, but numbers are needed. Choose a numeric column.",
                column=column,
            )
        return found.values

    def words(self, column: str) -> Categories:
        """A column as words; numbers are read as their text (1.0 as "1")."""
        found = self._find(column)
        return found if isinstance(found, Categories) else as_words(found.values)

    def _find(self, column: str) -> Column:
        if column not in self.columns:
            raise UnknownValueError.among("column", column, self.columns)
        return self.columns[column]

    def ids(self, users: np.ndarray) -> list[str]:
        """User ids, as in the file, of user indices."""
        return [str(v) for v in self.user_ids.take(pa.array(users)).to_pylist()]

    # -- views ------------------------------------------------------------------------------

    def between(self, start: Instant = None, end: Instant = None) -> EventLog:
        """The log from `start` to `end`: nothing outside is seen by any question.

        Dates (or text such as "2026-03-31") are whole days of the log's zone, both included.
        Instants with a time of day are exact, `end` excluded.
        """
        low = calendar.instant(start, self.zone) if start is not None else np.iinfo(np.int64).min
        high = calendar.instant(end, self.zone, closing=True) if end is not None else np.iinfo(np.int64).max
        if low >= high:
            raise ParameterError.outside("between", f"{start} – {end}", "a start before its end")
        starts, ends = _bound(self.starts, self.ends, self.time, low, high)
        said = ", ".join(repr(str(v)) if v is not None else "None" for v in (start, end))
        return replace(
            self,
            starts=starts,
            ends=ends,
            ends_at=min(self.ends_at, high),
            scope=(*self.scope, f".between({said})"),
        )

    def of(self, users: np.ndarray) -> EventLog:
        """The log of some users, given by their indices; unknown ones are left out."""
        wanted = np.zeros(len(self.user_ids), dtype=bool)
        wanted[np.asarray(users, dtype=np.int64)] = True
        keep = wanted[self.users]
        said = np.asarray(users).tolist()
        text = f".of({said})" if len(said) <= 20 else f".of(users)  # {len(said)} users"
        return self._keep(keep, text)

    def where(self, column: str, *values: str) -> EventLog:
        """The log of the users whose last given value in `column` is one of `values`.

        Each user has one last value, so segments by different values never overlap.
        """
        words = self.words(column)
        wanted = np.zeros(len(words.values), dtype=bool)
        for value in values:
            wanted[words.code(value, column)] = True
        keep = wanted[_last_code(self.starts, self.ends, words.codes)]
        said = ", ".join(repr(v) for v in (column, *values))
        return self._keep(keep, f".where({said})")

    def _keep(self, keep: np.ndarray, said: str) -> EventLog:
        return replace(
            self,
            users=self.users[keep],
            starts=self.starts[keep],
            ends=self.ends[keep],
            scope=(*self.scope, said),
        )

    # -- on disk ----------------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Writes the whole log: `log.arrow`, `users.arrow`, `log.json` (uncompressed Arrow IPC).

        Only whole logs are saved, never views.
        """
        if self.scope:
            raise ParameterError.outside("save", "".join(self.scope), "a whole log, not a view")
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, pa.Array] = {"time": pa.array(self.time)}
        for name, column in self.columns.items():
            arrays["c:" + name] = pa.array(column.codes if isinstance(column, Categories) else column.values)
        _write(folder / "log.arrow", pa.table(arrays))
        _write(
            folder / "users.arrow",
            pa.table({"id": self.user_ids, "start": self.starts, "end": self.ends}),
        )
        words = {n: list(c.values) for n, c in self.columns.items() if isinstance(c, Categories)}
        meta = {
            "ends_at": self.ends_at,
            "zone": self.zone,
            "resolution_us": self.resolution_us,
            "roles": dict(self.roles),
            "shape": self.shape,
            "fingerprint": self.fingerprint,
            "words": words,
        }
        (folder / "log.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path, ledger: Ledger | None = None) -> EventLog:
        """Opens a saved log by memory map: no event is read until a question asks for it."""
        meta: dict[str, Any] = json.loads((folder / "log.json").read_text(encoding="utf-8"))
        events, users = _read(folder / "log.arrow"), _read(folder / "users.arrow")
        columns: dict[str, Column] = {}
        for name in events.column_names:
            if name.startswith("c:"):
                values, name = _view(events[name]), name[2:]
                words = meta["words"].get(name)
                columns[name] = Numbers(values) if words is None else Categories(values, tuple(words))
        return cls(
            time=_view(events["time"]),
            columns=columns,
            user_ids=users["id"].chunk(0) if users.num_rows else pa.array([], pa.large_string()),
            users=np.arange(users.num_rows),
            starts=_view(users["start"]),
            ends=_view(users["end"]),
            ends_at=meta["ends_at"],
            zone=meta["zone"],
            resolution_us=meta["resolution_us"],
            roles=meta["roles"],
            shape=meta["shape"],
            fingerprint=meta["fingerprint"],
            ledger=ledger,
        )

    def rows_of(self, user: int) -> pd.DataFrame:
        """The footprints of one user in this view, oldest first: time (log's zone) and all columns."""
        place = np.flatnonzero(self.users == user)
        if not len(place):
            raise UnknownValueError.among("user", str(user), [])
        rows = slice(int(self.starts[place[0]]), int(self.ends[place[0]]))
        data: dict[str, Any] = {"time": pd.to_datetime(self.time[rows], unit="us", utc=True).tz_convert(self.zone)}
        for name, column in self.columns.items():
            if isinstance(column, Categories):
                data[name] = [column.values[c] for c in column.codes[rows]]
            else:
                data[name] = column.values[rows]
        return pd.DataFrame(data)


def properties(log: EventLog, most: int = 200) -> list[str]:
    """Columns that make sensible splits: words with 2 to `most` different values, events excluded."""
    return [
        name
        for name, column in log.columns.items()
        if name != EVENT and isinstance(column, Categories) and 2 <= len(column.values) - 1 <= most
    ]


def from_rows(rows: Iterable[Mapping[str, object]], *, zone: str = "UTC", **settings: Any) -> EventLog:
    """A small log written by hand: each row has `user`, `time` (text in `zone`), `event`, and more.

    Examples:
        >>> log = from_rows([{"user": "u1", "time": "2026-01-05 10:00", "event": "visit"}])
        >>> log.n_users, log.n_events
        (1, 1)
    """
    calendar.check_zone(zone)
    frame = pd.DataFrame(list(rows))
    stamps = [calendar.instant(datetime.fromisoformat(str(v)), zone) for v in frame["time"]]
    columns: dict[str, Any] = {"user": frame["user"].astype(str), "event": frame["event"].astype(str)}
    for name in frame.columns.difference(["user", "time", "event"], sort=False):
        columns[str(name)] = frame[name]
    table = pa.table({k: pa.array(v, from_pandas=True) for k, v in columns.items()})
    return EventLog.build(table.append_column("time", pa.array(stamps, pa.int64())), zone=zone, **settings)


@nb.njit(nogil=True, cache=True)
def _bound(
    starts: np.ndarray, ends: np.ndarray, time: np.ndarray, low: int, high: int
) -> tuple[np.ndarray, np.ndarray]:
    new_starts, new_ends = np.empty_like(starts), np.empty_like(ends)
    for i in range(len(starts)):
        rows = time[starts[i] : ends[i]]
        new_starts[i] = starts[i] + np.searchsorted(rows, low, side="left")
        new_ends[i] = starts[i] + np.searchsorted(rows, high, side="left")
    return new_starts, new_ends


@nb.njit(nogil=True, cache=True)
def _last_code(starts: np.ndarray, ends: np.ndarray, codes: np.ndarray) -> np.ndarray:
    last = np.zeros(len(starts), np.int32)
    for i in range(len(starts)):
        for row in range(ends[i] - 1, starts[i] - 1, -1):
            if codes[row] != 0:
                last[i] = codes[row]
                break
    return last


# -- Arrow files --------------------------------------------------------------------------------


def _write(path: Path, table: pa.Table) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks(), max_chunksize=max(1, table.num_rows))


def _read(path: Path) -> pa.Table:
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _view(chunked: pa.ChunkedArray) -> np.ndarray:
    if not chunked.num_chunks:
        return np.empty(0, dtype=chunked.type.to_pandas_dtype())
    return chunked.chunk(0).to_numpy(zero_copy_only=True)
