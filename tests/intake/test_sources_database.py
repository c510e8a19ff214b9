"""Databases: tables and single reading statements, within limits, read-only; SQLite for real.

Further databases are tried where FOOTPRINTS_TEST_DATABASES names them, as addresses with blanks between;
the account needs to make and drop tables.
"""

import json
import os
import sqlite3
import threading
import time
import traceback
import tracemalloc
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, postgresql

from analysis.errors import IntakeError
from analysis.intake import read, sources
from analysis.intake.sources import Source
from analysis.intake.sources import config as sources_config
from analysis.intake.sources import connection as sources_connection
from analysis.intake.sources import database as sources_database
from analysis.intake.sources.places import DatabasePlace, Secret
from analysis.intake.sources.query import check_query, guards

LIVE = os.environ.get("FOOTPRINTS_TEST_DATABASES", "").split()


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A database with two tables and a view, offered with queries."""
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.executescript(
            """
            CREATE TABLE orders (id INTEGER, "who ""is" TEXT, at TEXT, amount REAL, note);
            INSERT INTO orders VALUES (1, '甲', '2026-01-05 10:00', 12.5, NULL), (2, 'b', '2026-01-06', 3, 'x');
            CREATE TABLE "or""ders; --" (id INTEGER);
            CREATE VIEW late AS SELECT * FROM orders WHERE id > 1;
            """
        )
    connection.close()

    def write(more: str = "allow_queries = true") -> None:
        text = f'[databases.shop]\nurl = "sqlite:///{tmp_path}/shop.db"\n{more}\n'
        (tmp_path / "sources.toml").write_text(text)

    write()
    monkeypatch.setenv(sources_config.VARIABLE, str(tmp_path / "sources.toml"))
    return write


def table(name):
    return Source("shop", "database", name)


def query(text):
    return Source("shop", "database", query=text)


def fetched(source, tmp_path):
    sources.fetch(source, tmp_path / "out")
    return pq.ParquetFile(tmp_path / "out").read()


# -- tables ---------------------------------------------------------------------------------


def test_tables_and_views_are_offered(shop):
    assert [(i.name, i.kind) for i in sources.browse("shop")] == [
        ("late", "table"), ('or"ders; --', "table"), ("orders", "table"),
    ]  # fmt: skip


def test_only_the_tables_of_the_configuration_are_offered(shop, tmp_path):
    shop('tables = ["orders", "gone", "main.late"]')
    assert [i.name for i in sources.browse("shop")] == ["orders", "main.late"]
    assert fetched(table("main.late"), tmp_path).num_rows == 1
    for name in ("late", "gone", 'or"ders; --', "sqlite_master", "orders; DROP TABLE orders", ""):
        with pytest.raises(IntakeError, match="offers nothing called"):
            sources.fetch(table(name), tmp_path / "other")


def test_no_table_is_offered_where_the_list_is_empty(shop):
    shop("tables = []")
    assert sources.browse("shop") == []


def test_a_table_is_parquet_with_its_values(shop, tmp_path):
    assert sources.fetch(table("orders"), tmp_path / "out") == "shop: orders"
    kept = pq.ParquetFile(tmp_path / "out").read()
    assert kept.to_pydict() == {
        "id": [1, 2], 'who "is': ["甲", "b"], "at": ["2026-01-05 10:00", "2026-01-06"], "amount": [12.5, 3.0],
        "note": [None, "x"],
    }  # fmt: skip
    assert kept.schema.types == [pa.int64(), pa.string(), pa.string(), pa.float64(), pa.string()]


def test_a_table_with_an_odd_name_is_quoted(shop, tmp_path):
    assert fetched(table('or"ders; --'), tmp_path).column_names == ["id"]


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        (postgresql.dialect(), 'SELECT * \nFROM "s;"" ales"."or""ders" \n LIMIT 11'),
        (mysql.dialect(), 'SELECT * \nFROM `s;" ales`.`or"ders` \n LIMIT 11'),
        (mssql.dialect(), 'SELECT TOP 11 * \nFROM [s;" ales].[or"ders]'),
    ],
)
def test_names_are_quoted_in_the_words_of_each_dialect(dialect, said):
    select = sources_database.all_of('s;" ales', 'or"ders', 10)
    assert str(select.compile(dialect=dialect, compile_kwargs={"literal_binds": True})) == said


def test_what_was_fetched_is_read_by_intake(shop, tmp_path):
    sources.fetch(
        query('SELECT "who ""is" AS user_id, at AS time, \'buy\' AS event, amount FROM orders'), tmp_path / "out"
    )
    log = read(tmp_path / "out").log
    assert (log.n_events, log.n_users) == (2, 2)


# -- queries --------------------------------------------------------------------------------


def test_queries_only_where_they_are_allowed(shop, tmp_path):
    shop("")
    with pytest.raises(IntakeError, match="allows no queries"):
        sources.fetch(query("SELECT 1"), tmp_path / "out")
    assert not sources.offered()[0].queries


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("SELECT id FROM orders", [{"id": 1}, {"id": 2}]),
        ("  \n-- what; for\n".replace(";", "") + "/* a\n * b */ select id from orders where id = 2 ; ; ", [{"id": 2}]),
        ("WITH x AS (SELECT 7 AS id) SELECT * FROM x", [{"id": 7}]),
        ("SELECT 1 AS id WHERE 'a%' LIKE 'a%' AND ':x' = ':' || 'x' -- 100%", [{"id": 1}]),
        ("SELECT id, id FROM orders LIMIT 1", [{"id": 1, "id 2": 1}]),
        ("SELECT id FROM orders WHERE 0", []),
    ],
)
def test_one_reading_statement(shop, tmp_path, text, rows):
    assert fetched(query(text), tmp_path).to_pylist() == rows


@pytest.mark.parametrize(
    "text",
    [
        "", " ; ", "-- SELECT 1", "/* SELECT 1 */", "/*/ SELECT 1", "SELEC 1", "SELECTED", "WITHIN", "(SELECT 1)", "VALUES (1)",
        "DELETE FROM orders", "/* SELECT */ DELETE FROM orders", "-- SELECT\nDROP TABLE orders", "PRAGMA query_only = OFF",
        "SELECT 1; DELETE FROM orders", "SELECT 1;SELECT 2", "SELECT ';'", "SELECT 1 /*;*/", "BEGIN", "COMMIT",
        "SELECT e'\\'; DROP TABLE orders --'", "SELECT $$;$$", "SELECT `;`", "SELECT [;]", "SELECT 1 # '\n; DROP TABLE orders",
        "/*! SELECT 1 */", "/*!50000 DELETE FROM orders */ SELECT 1", "/*M! SELECT 1 */", "SELECT /*! 1 */",
        "SELECT * FROM orders INTO OUTFILE '/tmp/x'", "SELECT 1 INTO/**/dumpfile '/tmp/x'", "EXPLAIN SELECT 1", "ATTACH 'x' AS y",
        "INSERT INTO orders (id) VALUES (1)", "REPLACE INTO orders (id) SELECT 1", "CALL x()", "SET x = 1", "SELECT 1\0", "SELECT 1" * 9_999,
    ],
)  # fmt: skip
def test_anything_else_is_refused_by_its_text(text):
    with pytest.raises(IntakeError) as refused:
        check_query(text)
    assert refused.value.code in {"query_length", "query_statements", "query_kind"}


@pytest.mark.parametrize(
    "text",
    [
        "WITH x AS (SELECT 1) DELETE FROM orders",
        "WITH x AS (SELECT 9) INSERT INTO orders (id) SELECT * FROM x",
        "WITH x AS (SELECT 9) UPDATE orders SET id = 0",
    ],
)
def test_what_the_text_lets_pass_the_database_itself_refuses(shop, tmp_path, text):
    with pytest.raises(IntakeError, match="readonly"):
        sources.fetch(query(text), tmp_path / "out")
    assert fetched(table("orders"), tmp_path)["id"].to_pylist() == [1, 2]


def test_each_dialect_is_held_to_reading_before_anything_else():
    assert guards("postgresql", 2.5) == ("SET TRANSACTION READ ONLY", "SET LOCAL statement_timeout = 2500")
    held = ("SET SESSION TRANSACTION READ ONLY", "START TRANSACTION READ ONLY")
    assert guards("mysql", 2.5) == ("SET SESSION max_execution_time = 2500", *held)
    assert guards("mariadb", 2.5, mariadb=True) == ("SET SESSION max_statement_time = 2.5", *held)
    assert guards("sqlite", 2.5) == ("PRAGMA query_only = ON",)


def test_the_guards_come_first_on_the_connection(shop, tmp_path, monkeypatch):
    said, options = [], []
    make = sa.create_engine

    def watched(*args, **kwargs):
        engine = make(*args, **kwargs)
        sa.event.listen(
            engine, "before_cursor_execute", lambda *given: (said.append(given[2]), options.append(given[4]))
        )
        return engine

    monkeypatch.setattr(sources_connection.sa, "create_engine", watched)
    fetched(query("SELECT 1"), tmp_path)
    assert said == ["PRAGMA query_only = ON", "SELECT 1"]
    # On a server: a cursor of its own, and no reading of % as a place for a value.
    last = options[-1].execution_options
    assert last["stream_results"] and last["no_parameters"] and last["yield_per"] == sources_database.BATCH


def test_a_dialect_that_can_not_be_held_to_reading_gets_no_queries(shop, tmp_path, monkeypatch):
    monkeypatch.setattr("sqlalchemy.dialects.sqlite.pysqlite.dialect.name", "mssql")
    with pytest.raises(IntakeError, match="not on mssql"):
        sources.fetch(query("SELECT 1"), tmp_path / "out")


# -- limits ---------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [table("orders"), query("SELECT * FROM orders")])
def test_more_rows_than_allowed_are_refused_never_cut(shop, tmp_path, source):
    shop("allow_queries = true\nrow_limit = 1")
    with pytest.raises(IntakeError, match="more than 1 rows"):
        sources.fetch(source, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["shop.db", "sources.toml"]
    shop("allow_queries = true\nrow_limit = 2")
    assert fetched(source, tmp_path).num_rows == 2


def test_a_statement_that_takes_too_long_is_stopped(shop, tmp_path):
    shop("allow_queries = true\ntimeout_seconds = 0.3")
    endless = "WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 20000000) SELECT max(k) FROM n"
    start = time.monotonic()
    with pytest.raises(IntakeError, match=r"longer than the 0\.3 seconds"):
        sources.fetch(query(endless), tmp_path / "out")
    assert time.monotonic() - start < 5


def test_rows_that_come_too_slowly_are_stopped(shop, tmp_path, monkeypatch):
    shop("allow_queries = true\ntimeout_seconds = 0.05")
    monkeypatch.setattr(sources_database, "BATCH", 1)
    with pytest.raises(IntakeError, match="longer than"):
        sources.fetch(table("orders"), tmp_path / "out", lambda share, rows: time.sleep(0.1))


def test_rows_are_counted_as_they_come(shop, tmp_path, monkeypatch):
    monkeypatch.setattr(sources_database, "BATCH", 1)
    seen = []
    sources.fetch(table("orders"), tmp_path / "out", lambda share, rows: seen.append(rows))
    assert seen == [1, 2]


def test_memory_does_not_grow_with_the_rows(shop, tmp_path):
    def peak(rows: int) -> int:
        many = f"WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < {rows}) "
        tracemalloc.start()
        sources.fetch(query(many + "SELECT k, 'user ' || k AS who, k / 3.0 AS amount FROM n"), tmp_path / "out")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(200_000) < 1.5 * peak(40_000)


def test_two_readings_at_once(shop, tmp_path):
    done: list[int] = []

    def one(number: int) -> None:
        sources.fetch(table("orders"), tmp_path / f"out{number}")
        done.append(pq.ParquetFile(tmp_path / f"out{number}").metadata.num_rows)

    threads = [threading.Thread(target=one, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [2, 2, 2, 2]


# -- what goes wrong ------------------------------------------------------------------------


def test_a_driver_says_what_it_refuses(shop, tmp_path):
    with pytest.raises(IntakeError, match="no such column: whom"):
        sources.fetch(query("SELECT whom FROM orders"), tmp_path / "out")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql+nodriver://u:CANARY@127.0.0.1:1/x", "source_driver"),
        ("nodialect://u:CANARY@127.0.0.1:1/x", "source_driver"),
        ("postgresql://u:CAN@ARY:CANARY@host:port/x", "source_url"),
        ("CANARY", "source_url"),
        ("sqlite:////nowhere/CANARY.db", "source_no_file"),
    ],
)
def test_an_address_that_does_not_work_is_said_without_it(url, code):
    with pytest.raises(IntakeError) as refused:
        sources_database.browse(DatabasePlace("x", Secret(url)))
    assert refused.value.code == code
    assert "CANARY" not in "".join(traceback.format_exception(refused.value)) + json.dumps(refused.value.facts)


def test_a_missing_driver_is_named_by_its_package(monkeypatch):
    def missing(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'psycopg'", name="psycopg")

    monkeypatch.setattr(sources_connection.sa, "create_engine", missing)
    with pytest.raises(IntakeError, match=r"for postgresql is not installed.*psycopg\[binary\]"):
        sources_database.browse(DatabasePlace("x", Secret("postgresql+psycopg://u:p@host/db")))


@pytest.mark.parametrize(
    "said", ["login of u with p@ss/CANARY failed", "bad p%40ss%2FCANARY", "token TOKENCANARY is old"]
)
def test_what_a_driver_says_is_cleared_of_secrets(monkeypatch, said):
    url = "postgresql+psycopg://u:p%40ss%2FCANARY@host/db?token=TOKENCANARY"

    class Broken:
        def connect(self) -> None:
            raise sa.exc.OperationalError("SELECT 1", {}, RuntimeError(said))

        def dispose(self) -> None:
            pass

    monkeypatch.setattr(sources_connection.sa, "create_engine", lambda *a, **k: Broken())
    with pytest.raises(IntakeError) as refused:
        sources_database.browse(DatabasePlace("x", Secret(url)))
    assert "CANARY" not in "".join(traceback.format_exception(refused.value))
    assert "CANARY" not in sources_connection.cleaned(said, sa.make_url(url))


@pytest.mark.filterwarnings("ignore:Query string")
def test_a_password_in_a_message_of_a_running_query_is_taken_out(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOP_DB", f"sqlite:///{tmp_path}/shop.db?cache=CANARY")
    wanted = query("SELECT CANARY FROM orders")
    shop_toml = '[databases.shop]\nurl_env = "SHOP_DB"\nallow_queries = true\n'
    (tmp_path / "sources.toml").write_text(shop_toml)
    with pytest.raises(IntakeError, match=r"no such column: \*\*\*") as refused:
        sources.fetch(wanted, tmp_path / "out")
    assert "CANARY" not in "".join(traceback.format_exception(refused.value))


def test_a_query_leaves_no_mark_of_change(shop):
    assert sources.fingerprint_of(table("orders")) is None and sources.fingerprint_of(query("SELECT 1")) is None


# -- databases at hand ----------------------------------------------------------------------


@pytest.fixture(params=LIVE or [None], ids=lambda url: url.partition(":")[0] if url else "none")
def live(request, tmp_path, monkeypatch):
    """A database of the environment with one typed table."""
    if request.param is None:
        pytest.skip("FOOTPRINTS_TEST_DATABASES names no database")
    engine = sa.create_engine(request.param)
    rows = sa.Table(
        "footprints_rows", sa.MetaData(),
        sa.Column("id", sa.BigInteger), sa.Column("who; is", sa.String(20)), sa.Column("amount", sa.Numeric(12, 2)),
        sa.Column("day", sa.Date), sa.Column("at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    rows.drop(engine, checkfirst=True)
    rows.create(engine)
    stamp = datetime(2026, 1, 5, 10, tzinfo=UTC)
    with engine.begin() as connection:
        values = [1, "甲", Decimal("1.50"), date(2026, 1, 5), stamp]
        connection.execute(rows.insert().values(values))
        connection.execute(rows.insert().values([2, None, None, None, None]))
    monkeypatch.setenv("SHOP_DB", request.param)
    (tmp_path / "sources.toml").write_text(
        '[databases.shop]\nurl_env = "SHOP_DB"\nallow_queries = true\ntimeout_seconds = 2\n'
    )
    monkeypatch.setenv(sources_config.VARIABLE, str(tmp_path / "sources.toml"))
    yield engine
    rows.drop(engine)
    engine.dispose()


def test_live_types_are_kept(live, tmp_path):
    assert "footprints_rows" in [i.name for i in sources.browse("shop")]
    kept = fetched(table("footprints_rows"), tmp_path).sort_by("id").drop_columns("at").to_pydict()
    assert kept == {
        "id": [1, 2], "who; is": ["甲", None], "amount": [Decimal("1.50"), None], "day": [date(2026, 1, 5), None],
    }  # fmt: skip
    kind = pq.read_schema(tmp_path / "out").field("at").type
    assert kind == (pa.timestamp("us", "UTC") if live.dialect.name == "postgresql" else pa.timestamp("us"))


@pytest.mark.parametrize(
    "text",
    [
        "WITH x AS (DELETE FROM footprints_rows RETURNING id) SELECT * FROM x",
        "WITH x AS (SELECT 1) DELETE FROM footprints_rows",
        "SELECT * INTO footprints_copy FROM footprints_rows",
        "SELECT id FROM footprints_rows FOR UPDATE",
        "SELECT set_config('transaction_read_only', 'off', false)",
    ],
)
def test_live_nothing_can_be_written(live, tmp_path, text):
    with pytest.raises(IntakeError, match="refuses this"):
        sources.fetch(query(text), tmp_path / "out")
    assert fetched(table("footprints_rows"), tmp_path).num_rows == 2


def test_live_signs_of_drivers_are_only_text(live, tmp_path):
    said = "SELECT '100% :x %s' AS a, '甲' AS b -- 5% {y}"
    assert fetched(query(said), tmp_path).to_pylist() == [{"a": "100% :x %s", "b": "甲"}]


def test_live_time_is_limited_by_the_server(live, tmp_path):
    sleep = "SELECT pg_sleep(20)" if live.dialect.name == "postgresql" else "SELECT sleep(20)"
    start = time.monotonic()
    with pytest.raises(IntakeError, match="longer than"):
        sources.fetch(query(sleep), tmp_path / "out")
    assert time.monotonic() - start < 6


def test_live_a_wrong_password_is_in_no_text(live, monkeypatch):
    wrong = live.url.set(password="CANARY-wrong").render_as_string(hide_password=False)
    monkeypatch.setenv("SHOP_DB", wrong)
    with pytest.raises(IntakeError, match="refuses the account") as refused:
        sources.browse("shop")
    assert "CANARY" not in "".join(traceback.format_exception(refused.value))
