"""The same questions to the peers, each in its own best form.

chDB gets a MergeTree ordered by user and time with small integers and an Enum; DuckDB gets a table
sorted the same way. Both may use all cores. Every function gives plain numbers, so that answers
are compared before anything is timed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import EVENTS

WEEK, DAY = 604_800, 86_400
MONDAY = 1_735_516_800  # 2024-12-30 UTC, the Monday before all stamps
STEPS = ("visit", "view", "cart", "order")
WINDOW = 7 * DAY


class ClickHouse:
    """chDB: ClickHouse in this process."""

    def __init__(self, parquet: Path) -> None:
        from chdb import session

        self.folder = Path(tempfile.mkdtemp())
        self.session = session.Session(str(self.folder))
        kinds = ",".join(f"'{e}'={k}" for k, e in enumerate(EVENTS))
        self.run("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
        self.run(
            f"CREATE TABLE bench.ev (user UInt32, time UInt32, event Enum8({kinds}), amount Float64) "
            "ENGINE = MergeTree ORDER BY (user, time)"
        )
        self.run(
            "INSERT INTO bench.ev SELECT toUInt32(substring(user, 2)), toUInt32(time), event, ifNull(amount, 0) "
            f"FROM file('{parquet}', Parquet)"
        )
        self.run("OPTIMIZE TABLE bench.ev FINAL")

    def run(self, sql: str) -> np.ndarray:
        """The result's rows as numbers."""
        text = str(self.session.query(sql, "TSV"))
        return np.array([[float(v) for v in line.split("\t")] for line in text.splitlines() if line])

    def funnel(self) -> list[int]:
        """Users at each step, by windowFunnel."""
        conditions = ", ".join(f"event = '{s}'" for s in STEPS)
        rows = self.run(
            f"SELECT level, count() FROM (SELECT user, windowFunnel({WINDOW})(time, {conditions}) AS level "
            "FROM bench.ev GROUP BY user) WHERE level > 0 GROUP BY level ORDER BY level"
        )
        counts = dict(rows.astype(int).tolist())
        return [sum(n for level, n in counts.items() if level > k) for k in range(len(STEPS))]

    def retention(self) -> dict[tuple[int, int], int]:
        """Users per weekly cohort and week after."""
        rows = self.run(
            "SELECT c, w - c AS k, count() FROM (SELECT arrayJoin(ws) AS w, arrayMin(ws) AS c FROM (SELECT user, "
            f"groupUniqArray(toUInt8(intDiv(time - {MONDAY}, {WEEK}))) AS ws FROM bench.ev GROUP BY user)) GROUP BY c, k"
        )
        return {(int(c), int(k)): int(n) for c, k, n in rows}

    def rfm(self) -> tuple[int, int, float, int]:
        """Buyers, purchase days, money, and the sum of last purchases: sums over all users' R, F, M."""
        rows = self.run(
            f"SELECT count(), sum(f), sum(m), sum(r) FROM (SELECT user, max(time) AS r, uniqExact(intDiv(time, {DAY})) AS f, "
            "sum(amount) AS m FROM bench.ev WHERE event = 'order' GROUP BY user)"
        )
        n, f, m, r = rows[0]
        return int(n), int(f), round(float(m), 0), int(r)

    def close(self) -> None:
        """Gives the disk back."""
        self.session.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class DuckDB:
    """DuckDB in this process."""

    def __init__(self, parquet: Path) -> None:
        import duckdb

        self.connection = duckdb.connect()
        kinds = ",".join(f"'{e}'" for e in EVENTS)
        self.connection.sql(f"CREATE TYPE kind AS ENUM ({kinds})")
        self.connection.sql(
            'CREATE TABLE ev AS SELECT CAST(substr("user", 2) AS UINTEGER) AS u, time AS t, event::kind AS event, '
            f"coalesce(amount, 0) AS amount FROM read_parquet('{parquet}') ORDER BY u, t"
        )

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """The result's rows."""
        return self.connection.sql(sql).fetchall()

    def funnel(self) -> list[int]:
        """Users at each step: for each level the latest start that reached it, as running maxima."""
        over = "OVER (PARTITION BY u ORDER BY t ROWS UNBOUNDED PRECEDING)"
        sql = f"WITH s1 AS (SELECT u, t, event, CASE WHEN event = '{STEPS[0]}' THEN t END AS e1 FROM ev)"
        for k, step in enumerate(STEPS[1:], start=2):
            before = f"last_start{k - 1}"
            sql += f", w{k} AS (SELECT *, max(e{k - 1}) {over} AS {before} FROM s{k - 1}), s{k} AS (SELECT *, "
            sql += f"CASE WHEN event = '{step}' AND t - {before} <= {WINDOW} THEN {before} END AS e{k} FROM w{k})"
        sums = ", ".join(f"count(DISTINCT CASE WHEN e{k} IS NOT NULL THEN u END)" for k in range(1, len(STEPS) + 1))
        return [int(n) for n in self.run(f"{sql} SELECT {sums} FROM s{len(STEPS)}")[0]]

    def retention(self) -> dict[tuple[int, int], int]:
        """Users per weekly cohort and week after."""
        rows = self.run(
            f"WITH d AS (SELECT DISTINCT u, (t - {MONDAY}) // {WEEK} AS w FROM ev), "
            "c AS (SELECT u, min(w) AS c FROM d GROUP BY u) "
            "SELECT c, w - c, count(*) FROM d JOIN c USING (u) GROUP BY ALL"
        )
        return {(int(c), int(k)): int(n) for c, k, n in rows}

    def rfm(self) -> tuple[int, int, float, int]:
        """As ClickHouse.rfm."""
        n, f, m, r = self.run(
            f"SELECT count(*), sum(f), sum(m), sum(r) FROM (SELECT u, max(t) AS r, count(DISTINCT t // {DAY}) AS f, "
            "sum(amount) AS m FROM ev WHERE event = 'order' GROUP BY u)"
        )[0]
        return int(n), int(f), round(float(m), 0), int(r)

    def close(self) -> None:
        """Closes the connection."""
        self.connection.close()


class Retentioneering:
    """retentioneering's funnel: no window, so it is compared with ours without one."""

    def __init__(self, parquet: Path) -> None:
        os.environ["RETENTIONEERING_NO_TRACK"] = "1"
        import pandas as pd
        from retentioneering.eventstream.eventstream import Eventstream

        frame = pd.read_parquet(parquet, columns=["user", "event", "time"])
        frame["time"] = pd.to_datetime(frame["time"], unit="s")
        schema = {"path_cols": ["user"], "event_col": "event", "timestamp_col": "time"}
        self.stream = Eventstream(frame, schema)

    def funnel(self) -> list[int]:
        """Users at each step."""
        return [int(s["unique_paths"]) for s in self.stream.funnel_data(list(STEPS))["steps"]]

    def close(self) -> None:
        """Nothing to give back."""
