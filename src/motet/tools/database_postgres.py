"""PostgreSQL for a model: each statement in a transaction of its own, read-only and rolled back unless it may write.

The extended query protocol takes one statement at a time. What is asked stands inside a `WITH` of ours, which lets
nothing but queries in, and in which the server itself cuts rows and bytes: a value of a gigabyte never gets here.
Needs the extra `postgres`.
"""

import math
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from motet.kernel.errors import InvalidAgent, MissingExtra, Unavailable
from motet.tools.database_binding import numbered
from motet.tools.database_rows import QueryLimits, Rows, gathered
from motet.tools.database_source import (
    GRACE,
    Opening,
    Source,
    Stop,
    Table,
    in_threads,
    no_query,
    refused,
    tables_of,
    too_slow,
)

try:
    import psycopg
    from psycopg.pq import ExecStatus
    from psycopg.sql import SQL, Identifier
    from psycopg.types.json import Jsonb
except ImportError as error:
    raise MissingExtra.of("A database in PostgreSQL", "postgres") from error

__all__ = ["PostgresSource"]

_POWERS: Final = """
    SELECT bool_or(pg_has_role(session_user, oid, 'MEMBER')) FROM pg_roles WHERE rolsuper
    OR rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
"""
"""Whether the login may read files of the server, or run programs there: no transaction is too read-only for that."""

_OURS: Final = ("information_schema", "pg_catalog", "pg_toast")


class PostgresSource(Source):
    """A PostgreSQL database. Each statement has a connection of its own, which is closed afterwards."""

    kind = "PostgreSQL"

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._engine = opening.engine or create_engine(
            opening.url.set(drivername="postgresql+psycopg"),
            poolclass=NullPool,
            connect_args={"connect_timeout": math.ceil(self.limits.seconds) + 1},  # it takes no less than 2
        )
        if self._engine.dialect.driver != "psycopg":
            driver = self._engine.dialect.driver
            raise InvalidAgent(f"An engine for PostgreSQL with the driver {driver!r}: use postgresql+psycopg://")
        self._role = opening.role
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="database-postgres")
        # One that is never busy with statements: they may all be waiting to be cancelled.
        self._cancels = ThreadPoolExecutor(1, thread_name_prefix="database-cancel")

    async def query(self, sql: str, parameters: Mapping[str, Any]) -> Rows:
        """Run one statement."""
        written, values = numbered(sql.strip().rstrip(";"), parameters)
        return await in_threads(self._pool, partial(self._query, written, values), self.limits.seconds)

    async def tables(self) -> tuple[Table, ...]:
        """Tell what is in the database, as far as the role may know."""
        return await in_threads(self._pool, self._tables, self.limits.seconds)

    def _query(self, sql: str, values: list[Any], stop: Stop) -> Rows:
        with self._connected() as connection, _told(self.limits, stop):
            raw = self._begun(connection, stop)
            rows = self._rows(raw, sql, [Jsonb(value) if isinstance(value, dict) else value for value in values])
            stop.check()
            if self.writable:
                raw.commit()
            return rows

    def _tables(self, stop: Stop) -> tuple[Table, ...]:
        with self._connected() as connection, _told(self.limits, stop):
            self._begun(connection, stop)
            inspector = inspect(connection)
            default = inspector.default_schema_name
            schemas = [name for name in inspector.get_schema_names() if not name.startswith(_OURS)]
            named = {None if name == default else name: "" if name == default else f"{name}." for name in schemas}
            return tables_of(inspector, named)

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            connection = self._engine.connect()
        except DBAPIError as error:
            raise Unavailable(f"The database cannot be reached: {' '.join(str(error.orig).split())}") from error
        connection.detach()  # whatever a statement does to its connection is gone with it
        raw = _driven(connection)
        try:
            yield connection
        finally:
            # Nothing more is said: the server rolls back, and a cancellation that comes late meets nobody.
            connection.invalidate()
            connection.close()
            raw.close()

    def _begun(self, connection: Connection, stop: Stop) -> "psycopg.Connection[Any]":
        raw = _driven(connection)
        stop.interrupts(lambda: self._cancels.submit(_cancel, raw))
        raw.rollback()
        raw.read_only = not self.writable
        milliseconds = max(1, round(self.limits.seconds * 1000))
        raw.execute(SQL("SET LOCAL statement_timeout = {}").format(milliseconds))
        raw.execute(SQL("SET LOCAL idle_in_transaction_session_timeout = {}").format(milliseconds))
        if self._role is not None:
            raw.execute(SQL("SET LOCAL ROLE {}").format(Identifier(self._role)))
        elif raw.execute(_POWERS).fetchone() != (False,):
            raise InvalidAgent(
                "The login may read files of the database's server, and no transaction is too read-only for that: "
                "connect as a role that may not, or name the role that statements run as with role="
            )
        stop.check()
        return raw

    def _rows(self, raw: "psycopg.Connection[Any]", sql: str, values: list[Any]) -> Rows:
        columns = _columns(raw, sql)
        cursor = psycopg.RawCursor(raw)
        if columns:
            cursor.execute(_bounded(sql, len(columns), self.limits), values, prepare=True)
            rows = cursor.fetchall()
            fitting = [row[1:] for row in rows if row[0] <= self.limits.bytes]
            return gathered(columns, fitting, self.limits, more=len(fitting) < len(rows))
        if not self.writable:
            raise no_query()
        cursor.execute(sql, values, prepare=True)
        return Rows(changed=max(cursor.rowcount, 0))


def _driven(connection: Connection) -> "psycopg.Connection[Any]":
    return connection.connection.dbapi_connection  # type: ignore[return-value]


def _columns(raw: "psycopg.Connection[Any]", sql: str) -> list[str]:
    """Have the server read a statement, and tell the columns that it gives; none for what is no query.

    Raises:
        psycopg.Error: It is no statement, or several.
    """
    session = raw.pgconn
    result = session.prepare(b"", sql.encode())
    if result.status == ExecStatus.COMMAND_OK:
        result = session.describe_prepared(b"")
    if result.status != ExecStatus.COMMAND_OK:
        raise psycopg.errors.error_from_result(result, raw.info.encoding)
    return [(result.fname(place) or b"").decode(errors="replace") for place in range(result.nfields)]


def _bounded(sql: str, columns: int, limits: QueryLimits) -> bytes:
    """Write a query around another one: so many rows, and no values in what goes beyond so many bytes.

    The first column is the size of all values up to and with the row.
    """
    names = [f"c{place}" for place in range(columns)]
    size = " + ".join(f"coalesce(octet_length({name}::text), 0)::bigint" for name in names)
    values = ", ".join(f"CASE WHEN size <= {limits.bytes:d} THEN {name} END" for name in names)
    return (
        f"WITH q({', '.join(names)}) AS MATERIALIZED (\n{sql}\n), "  # noqa: S608 - it stands alone, as `_columns` saw
        f"r AS (SELECT q.*, sum({size}) OVER (ROWS UNBOUNDED PRECEDING) AS size FROM q LIMIT {limits.rows + 1:d}) "
        f"SELECT size, {values} FROM r"
    ).encode()


def _cancel(raw: "psycopg.Connection[Any]") -> None:
    with suppress(psycopg.Error):  # it is over already, or the server cannot be reached
        raw.cancel_safe(timeout=GRACE)


@contextmanager
def _told(limits: QueryLimits, stop: Stop) -> Iterator[None]:
    """Tell in our words what the driver raises."""
    try:
        yield
    except (psycopg.Error, DBAPIError) as raised:
        stop.check()
        error = raised.orig if isinstance(raised, DBAPIError) else raised
        if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.IdleInTransactionSessionTimeout):
            raise too_slow(limits.seconds) from raised
        if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
            raise Unavailable(f"The connection to the database was lost: {' '.join(str(error).split())}") from raised
        diagnosis = error.diag if isinstance(error, psycopg.Error) else None
        told = [diagnosis.message_primary, diagnosis.message_hint] if diagnosis is not None else []
        raise refused(". ".join(filter(None, told)) or error) from raised
