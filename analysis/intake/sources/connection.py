"""Connections: an address of the configuration to a connection that can only read.

What a driver says is passed on with every secret of the address taken out; what it says about a
connection that failed is not passed on at all.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from analysis.errors import IntakeError
from analysis.intake.sources.config import secret_of
from analysis.intake.sources.places import DatabasePlace
from analysis.intake.sources.query import guards

CONNECT_SECONDS = 10

_PACKAGES = {
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
    "pymysql": "pymysql",
    "MySQLdb": "mysqlclient",
}


@contextlib.contextmanager
def connected(place: DatabasePlace) -> Iterator[sa.Connection]:
    """A connection that can only read; what goes wrong on it is said in words."""
    url = _url(place)
    engine = _engine(place, url)
    start = time.monotonic()
    try:
        with _opened(place, engine) as connection:
            _hold(place, connection)
            yield connection
    except sa.exc.SQLAlchemyError as error:
        if time.monotonic() - start >= place.timeout_seconds:
            raise slow(place) from None
        cause = getattr(error, "orig", None) or error
        raise IntakeError(
            "source_refused",
            "'{place}' refuses this: {cause} Change the query or the table, or ask who runs the database.",
            place=place.name,
            cause=cleaned(str(cause), url),
        ) from None
    finally:
        engine.dispose()


def _opened(place: DatabasePlace, engine: sa.Engine) -> sa.Connection:
    try:
        return engine.connect()
    except (sa.exc.SQLAlchemyError, OSError, ValueError):
        raise IntakeError(
            "source_unreachable",
            "The database of '{place}' can't be reached, or refuses the account. Try again; if it stays so, ask "
            "for its address and account in the configuration to be checked.",
            place=place.name,
        ) from None


def _engine(place: DatabasePlace, url: sa.URL) -> sa.Engine:
    file = url.database if url.get_backend_name() == "sqlite" else None
    if file and not file.startswith((":memory:", "file:")) and not Path(file).is_file():
        raise IntakeError(
            "source_no_file",
            "The database file of '{place}' is not there. Ask for the path in the configuration to be checked.",
            place=place.name,
        )
    try:
        driver = url.get_driver_name()
        return sa.create_engine(url, poolclass=NullPool, hide_parameters=True, connect_args=_waits(driver, place))
    except (sa.exc.NoSuchModuleError, ImportError) as error:
        named = error.name if isinstance(error, ImportError) else None
        module = named or url.drivername.rpartition("+")[2]
        raise IntakeError(
            "source_driver",
            "The database driver for {dialect} is not installed. Ask for the package {package} to be installed.",
            dialect=url.get_backend_name(),
            package=_PACKAGES.get(module, module),
        ) from None
    except (sa.exc.SQLAlchemyError, ValueError, TypeError):
        raise _bad_url(place) from None


def _hold(place: DatabasePlace, connection: sa.Connection) -> None:
    """Reading only, for a limited time, from the first statement on."""
    mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
    for statement in guards(connection.dialect.name, place.timeout_seconds, mariadb=mariadb):
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "sqlite":
        end = time.monotonic() + place.timeout_seconds
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(lambda: time.monotonic() > end, 10_000)


def _url(place: DatabasePlace) -> sa.URL:
    text = place.url.reveal() if place.url is not None else secret_of(str(place.url_env), place.name)
    try:
        url = sa.make_url(text)
        url.get_backend_name()
    except (sa.exc.SQLAlchemyError, ValueError):
        raise _bad_url(place) from None
    return url


def _bad_url(place: DatabasePlace) -> IntakeError:
    return IntakeError(
        "source_url",
        "The address of '{place}' in the configuration can't be understood. It reads "
        "dialect+driver://user:password@host:port/database, with signs such as @ in the password written as %40.",
        place=place.name,
    )


def _waits(driver: str, place: DatabasePlace) -> dict[str, Any]:
    """What a driver takes to give up on a server that doesn't answer."""
    whole = max(1, int(place.timeout_seconds))
    return {
        "psycopg": {"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": whole * 1000},
        "psycopg2": {"connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": whole * 1000},
        "pymysql": {"connect_timeout": CONNECT_SECONDS, "read_timeout": whole + CONNECT_SECONDS},
        "mysqldb": {"connect_timeout": CONNECT_SECONDS, "read_timeout": whole + CONNECT_SECONDS},
        "pysqlite": {"timeout": CONNECT_SECONDS},
    }.get(driver, {})


def slow(place: DatabasePlace) -> IntakeError:
    """What a reading past its time is refused with."""
    return IntakeError(
        "source_slow",
        "Reading from '{place}' took longer than the {timeout_seconds} seconds allowed, so it was stopped. "
        "Narrow it, or ask for a higher timeout_seconds.",
        timeout_seconds=place.timeout_seconds,
        place=place.name,
    )


def cleaned(text: str, url: sa.URL) -> str:
    """The first line of what a driver says, without anything secret of the address."""
    values = [v for value in url.query.values() for v in ((value,) if isinstance(value, str) else value)]
    for secret in filter(None, [url.password, *values]):
        for form in (secret, quote(secret, safe=""), quote_plus(secret)):
            text = text.replace(form, "***")
    line = " ".join(text.strip().splitlines()[:1])[:300]
    return line if line.endswith((".", "。")) else f"{line}."
