"""Connections to each kind of database, set up as the store needs them."""

import importlib.util
import sqlite3
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event

from motet.kernel.errors import MissingExtra
from motet.storage.urls import Address

__all__ = ["make_engine"]

READERS: Final = 4
"""How many reads run at once."""

PATIENCE: Final[Mapping[str, int]] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
"""When a connection to PostgreSQL counts as lost if nothing comes back, as when the server's machine is gone: half a
minute. The system's own patience is some fifteen minutes after something was sent, and two hours while an answer is
waited for. Whoever names one of them in the address has their own. In seconds, the last one in milliseconds; source:
https://www.postgresql.org/docs/current/libpq-connect.html
"""

_NEEDS: Final = {"duckdb": ("duckdb", "duckdb_engine"), "postgresql": ("psycopg",)}
_EXTRAS: Final = {"duckdb": "duckdb", "postgresql": "postgres"}


def make_engine(address: Address) -> Engine:
    """Make what connects to a database; nothing is connected yet.

    Raises:
        MissingExtra: Its driver is not installed.
    """
    for module in _NEEDS.get(address.kind, ()):
        if importlib.util.find_spec(module) is None:
            raise MissingExtra.of(f"A store in {address.kind}", _EXTRAS[address.kind])
    if address.url is None:
        raise ValueError("A store in memory needs no engine")
    if address.kind == "sqlite":
        return _sqlite(address)
    if address.kind == "duckdb":
        return _duckdb(address.url)
    return _postgres(address.url)


def _postgres(url: URL) -> Engine:
    wanted = {name: value for name, value in PATIENCE.items() if name not in url.query}
    return create_engine(url, pool_size=READERS + 1, isolation_level="REPEATABLE READ", connect_args=wanted)


def _duckdb(url: URL) -> Engine:
    engine = create_engine(url, pool_size=READERS + 1)
    if "threads" not in url.query:
        event.listen(engine, "connect", _set_up_duckdb)
    return engine


def _set_up_duckdb(connection: Any, _record: Any) -> None:
    # What a store asks for is small: spread over threads, it takes a tenth more of the processor and no less time.
    connection.execute("SET threads = 1")


def _sqlite(address: Address) -> Engine:
    # Waiting for a lock inside the driver is short: the store itself waits longer, and says so.
    options = {"timeout": 1.0, "check_same_thread": False}
    engine = create_engine(str(address.url), pool_size=READERS + 1, connect_args=options)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say
    connection.execute("PRAGMA synchronous=FULL")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
