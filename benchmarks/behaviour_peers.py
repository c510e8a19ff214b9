"""The questions of the behaviour section to the peers, each in its own best form.

The tables are those of `benchmarks.peers` with the user's country. No two events of a user have the same stamp, so
no answer depends on the order of ties.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.data import COUNTRIES, EVENTS
from benchmarks.peers import STEPS, WINDOW, ClickHouse, DuckDB

PAUSE = 30 * 60
STEPS_OF_TREE = 6
START = "visit"
LEFT = len(EVENTS)
"""Code of the place where nothing follows; on the other side of a transition, where nothing came before."""

Edges = dict[tuple[int, int, int], int]
Visits = tuple[int, int, int, int]
"""Sessions, those that are over, bounces among these, and the seconds these took."""


class ClickHouseBehaviour(ClickHouse):
    """chDB."""

    def __init__(self, parquet: Path) -> None:
        super().__init__(parquet)
        events, countries = (",".join(f"'{w}'={k}" for k, w in enumerate(words)) for words in (EVENTS, COUNTRIES))
        self.run(
            f"CREATE TABLE bench.ec (user UInt32, time UInt32, event Enum8({events}), country Enum8({countries})) "
            "ENGINE = MergeTree ORDER BY (user, time)"
        )
        self.run(
            "INSERT INTO bench.ec SELECT toUInt32(substring(user, 2)), toUInt32(time), event, country "
            f"FROM file('{parquet}', Parquet)"
        )
        self.run("OPTIMIZE TABLE bench.ec FINAL")

    def split(self) -> dict[str, list[int]]:
        """Users at each step by country."""
        conditions = ", ".join(f"event = '{s}'" for s in STEPS)
        rows = self.run(
            f"SELECT toInt8(c), level, count() FROM (SELECT any(country) AS c, windowFunnel({WINDOW})(time, {conditions}) "
            "AS level FROM bench.ec GROUP BY user) WHERE level > 0 GROUP BY c, level"
        )
        counts = {(int(c), int(level)): int(n) for c, level, n in rows}
        places = range(1, len(STEPS) + 1)
        return {
            name: [sum(counts.get((c, level), 0) for level in places if level >= k) for k in places]
            for c, name in enumerate(COUNTRIES)
        }

    def transitions(self) -> dict[tuple[int, int], int]:
        """Transitions from event to event, those from a start and to an end included."""
        rows = self.run(
            "SELECT p.1 AS a, p.2 AS b, count() FROM (SELECT arrayJoin(arrayZip("
            f"arrayPushFront(es, {LEFT}), arrayPushBack(es, {LEFT}))) AS p FROM "
            "(SELECT groupArray(toInt8(event)) AS es FROM (SELECT user, event FROM bench.ec ORDER BY user, time) "
            "GROUP BY user)) GROUP BY a, b"
        )
        return {(int(a), int(b)): int(n) for a, b, n in rows}

    def tree(self) -> Edges:
        """Users from place to place of the paths from the first start on, repeats taken as one."""
        longest = STEPS_OF_TREE + 1
        rows = self.run(
            "SELECT k, p[k] AS a, p[k + 1] AS b, count() FROM (SELECT arraySlice(arrayPushBack(arrayCompact(arrayFilter("
            f"(e, t) -> t >= began AND t - began <= {WINDOW}, es, ts)), {LEFT}), 1, {longest}) AS p, arrayJoin(range(1, length(p))) AS k "
            f"FROM (SELECT groupArray(toInt8(event)) AS es, groupArray(time) AS ts, minIf(time, event = '{START}') AS began, "
            f"countIf(event = '{START}') AS n FROM (SELECT user, time, event FROM bench.ec ORDER BY user, time) "
            "GROUP BY user HAVING n > 0)) GROUP BY k, a, b"
        )
        return {(int(k) - 1, int(a), int(b)): int(n) for k, a, b, n in rows}

    def sessions(self) -> Visits:
        """Sessions: `d` holds the gap before each event, the first of a user's being without one."""
        rows = self.run(
            "SELECT sum(n), sum(n) - sum(open), sum(single), sum(inside) - sum(open_took) FROM (SELECT "
            f"arraySplit((t, d) -> d > {PAUSE}, ts, arrayPushFront(arrayPopFront(arrayDifference(ts)), 0)) AS s, "
            f"length(s) AS n, toUInt8(ts[-1] >= (SELECT max(time) + 1 - {PAUSE} FROM bench.ec)) AS open, "
            "arraySum(arrayMap(x -> x[-1] - x[1], s)) AS inside, if(open, s[-1][-1] - s[-1][1], 0) AS open_took, "
            "arrayCount(x -> length(x) = 1, s) - toUInt8(open AND length(s[-1]) = 1) AS single FROM (SELECT groupArray(toInt64(time)) "
            "AS ts FROM (SELECT user, time FROM bench.ec ORDER BY user, time) GROUP BY user))"
        )
        a, b, c, d = (int(v) for v in rows[0])
        return a, b, c, d


class DuckDBBehaviour(DuckDB):
    """DuckDB."""

    def __init__(self, parquet: Path) -> None:
        super().__init__(parquet)
        self.connection.sql(
            'CREATE TABLE own AS SELECT CAST(substr("user", 2) AS UINTEGER) AS u, any_value(country) AS country '
            f"FROM read_parquet('{parquet}') GROUP BY 1"
        )

    def split(self) -> dict[str, list[int]]:
        """As ClickHouseBehaviour.split; steps as in DuckDB.funnel."""
        over = "OVER (PARTITION BY u ORDER BY t ROWS UNBOUNDED PRECEDING)"
        sql = f"WITH s1 AS (SELECT u, t, event, CASE WHEN event = '{STEPS[0]}' THEN t END AS e1 FROM ev)"
        for k, step in enumerate(STEPS[1:], start=2):
            before = f"last_start{k - 1}"
            sql += f", w{k} AS (SELECT *, max(e{k - 1}) {over} AS {before} FROM s{k - 1}), s{k} AS (SELECT *, "
            sql += f"CASE WHEN event = '{step}' AND t - {before} <= {WINDOW} THEN {before} END AS e{k} FROM w{k})"
        n = len(STEPS)
        each = ", ".join(f"bool_or(e{k} IS NOT NULL) AS r{k}" for k in range(1, n + 1))
        sums = ", ".join(f"count(*) FILTER (r{k})" for k in range(1, n + 1))
        sql += f" SELECT country, {sums} FROM (SELECT u, {each} FROM s{n} GROUP BY u) JOIN own USING (u) GROUP BY 1"
        return {str(c): [int(v) for v in found] for c, *found in self.run(sql)}

    def transitions(self) -> dict[tuple[int, int], int]:
        """As ClickHouseBehaviour.transitions."""
        rows = self.run(
            "WITH n AS (SELECT event AS a, lead(event) OVER w AS b, row_number() OVER w = 1 AS first FROM ev "
            "WINDOW w AS (PARTITION BY u ORDER BY t)) "
            "SELECT a::VARCHAR, b::VARCHAR, count(*) FROM n GROUP BY ALL "
            "UNION ALL SELECT NULL, a::VARCHAR, count(*) FROM n WHERE first GROUP BY ALL"
        )
        return {(_place(a), _place(b)): int(n) for a, b, n in rows}

    def tree(self) -> Edges:
        """As ClickHouseBehaviour.tree."""
        rows = self.run(
            f"WITH f AS (SELECT u, min(t) AS began FROM ev WHERE event = '{START}' GROUP BY u), "
            "i AS (SELECT u, t, event, lag(event) OVER (PARTITION BY u ORDER BY t) AS before FROM ev JOIN f USING (u) "
            f"WHERE t >= began AND t - began <= {WINDOW}), "
            "p AS (SELECT u, event AS a, lead(event) OVER w AS b, row_number() OVER w AS k FROM i "
            "WHERE before IS NULL OR before <> event WINDOW w AS (PARTITION BY u ORDER BY t)) "
            f"SELECT k - 1, a::VARCHAR, b::VARCHAR, count(*) FROM p WHERE k <= {STEPS_OF_TREE} GROUP BY ALL"
        )
        return {(int(k), _place(a), _place(b)): int(n) for k, a, b, n in rows}

    def sessions(self) -> Visits:
        """As ClickHouseBehaviour.sessions."""
        rows = self.run(
            "WITH g AS (SELECT u, t, t - lag(t) OVER (PARTITION BY u ORDER BY t) AS gap FROM ev), "
            f"s AS (SELECT u, t, sum(CASE WHEN gap <= {PAUSE} THEN 0 ELSE 1 END) OVER (PARTITION BY u ORDER BY t) AS k FROM g), "
            f"v AS (SELECT min(t) AS low, max(t) AS high, count(*) AS n FROM s GROUP BY u, k), e AS (SELECT max(t) + 1 - {PAUSE} AS until FROM ev) "
            "SELECT count(*), count(*) FILTER (high < until), count(*) FILTER (high < until AND n = 1), "
            "sum(high - low) FILTER (high < until) FROM v, e"
        )
        a, b, c, d = (int(v) for v in rows[0])
        return a, b, c, d


def _place(event: str | None) -> int:
    return LEFT if event is None else EVENTS.index(event)
