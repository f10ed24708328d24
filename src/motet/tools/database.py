"""A database that a model may ask: read-only by the way it is connected, and bounded in rows, bytes and time."""

import math
from collections.abc import Collection
from importlib import import_module
from typing import Any, Final

from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError

from motet.kernel.errors import InvalidAgent, NotFound
from motet.tools.database_rows import QueryLimits, Rows
from motet.tools.database_source import Opening, Source, Table
from motet.tools.tool import Tool, tool

__all__ = ["Database"]

_SOURCES: Final = {
    "sqlite": ("motet.tools.database_sqlite", "SqliteSource"),
    "duckdb": ("motet.tools.database_duckdb", "DuckdbSource"),
    "postgresql": ("motet.tools.database_postgres", "PostgresSource"),
    "postgres": ("motet.tools.database_postgres", "PostgresSource"),
}
"""Where each kind of database is at home: the file that needs its driver is loaded when it is asked for."""


class Database:
    """A database, as the tools `query` and `schema`.

    Nothing is told from the text of a statement: what may happen is decided by the connection.

    - SQLite: the file is opened for reading, `query_only` is set, and an authorizer refuses everything but reading:
      ATTACH, PRAGMA, loading extensions, and the tables that are not in `tables`.
    - PostgreSQL: each statement has a read-only transaction that is rolled back, and must be a query. That does not
      stop functions that the login may call: a superuser reads files of the server with `pg_read_file`. So such a
      login is refused unless `role=` names the role that statements run as. A statement can take back the login's own
      rights, though, with `set_config('role', ...)`: against somebody who means harm, connect as a login that has no
      more rights than the statements may use. What a function does beyond the transaction, such as `dblink` or a
      `pg_sleep` up to the timeout, is not undone.
    - DuckDB: the file is opened for reading, in a process of its own, without access to other files, the network and
      extensions.

    With `read_only=False` each statement is a transaction that is committed; everything else holds.

    Args:
        where: An address, `sqlite:///file.db`, `duckdb:///file.duckdb` or `postgresql://user@host/database`, or an
            engine. Of an engine for SQLite or DuckDB the file is used, and connected to anew; one for PostgreSQL makes
            the connections, which are closed after their statement and not given back to it.
        read_only: Whether statements can only read.
        max_rows: How many rows a statement gives.
        max_bytes: How large they may be as JSON, together.
        timeout: Seconds that a statement may take; it is stopped then.
        tables: The tables that may be used; None for all. SQLite keeps to it; elsewhere it is only what `schema` tells,
            and what may be read is for the rights of the login, or of the role.
        role: For PostgreSQL: the role that statements run as.
        name: Put in front of the names of the tools, for several databases: "sales" makes `sales_query`.

    Attributes:
        query: The tool that runs a statement.
        schema: The tool that tells tables and columns.

    Raises:
        InvalidAgent: The address is none, or a limit makes no sense.
        MissingExtra: A driver is not installed.
    """

    query: Tool
    schema: Tool

    def __init__(
        self,
        where: str | URL | Engine,
        *,
        read_only: bool = True,
        max_rows: int = 1_000,
        max_bytes: int = 1_000_000,
        timeout: float = 10.0,
        tables: Collection[str] | None = None,
        role: str | None = None,
        name: str = "",
    ) -> None:
        if max_rows < 1 or max_bytes < 1 or not 0 < timeout < math.inf:
            raise InvalidAgent("A database needs max_rows and max_bytes of at least 1, and a timeout above 0")
        self._tables = None if tables is None else tuple(tables)
        url, engine = _address(where)
        limits = QueryLimits(max_rows, max_bytes, timeout)
        self._source = _opened(Opening(url, engine, not read_only, self._tables, role, limits))
        prefix = f"{name}_" if name else ""
        kind, does = self._source.kind, "only reads" if read_only else "is committed"
        told = f"Run one SQL statement in a {kind} database; it {does}, and gives at most {max_rows:,} rows."
        self.query = tool(name=f"{prefix}query", description=told)(self._query)
        self.schema = tool(name=f"{prefix}schema")(self._schema)

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Both tools."""
        return self.query, self.schema

    async def _query(self, sql: str, parameters: dict[str, Any] | None = None) -> Rows:
        """Run a statement.

        Args:
            sql: One statement. Write :name where a value goes, and give the value in parameters.
            parameters: The values, by their names.
        """
        return await self._source.query(sql, parameters or {})

    async def _schema(self, table: str | None = None) -> list[Table]:
        """Tell which tables there are, their columns, and how they refer to one another.

        Args:
            table: The one to tell of; all of them unless given.
        """
        known = {found.name: found for found in await self._source.tables() if self._shown(found.name)}
        if table is None:
            return list(known.values())
        if table not in known:
            raise NotFound(f"There is no table {table!r}: there are {', '.join(known) or 'none'}")
        return [known[table]]

    def _shown(self, name: str) -> bool:
        return self._tables is None or name.lower() in {allowed.lower() for allowed in self._tables}


def _address(where: str | URL | Engine) -> tuple[URL, Engine | None]:
    if isinstance(where, Engine):
        return where.url, where
    try:
        return make_url(where), None
    except (ArgumentError, ValueError) as error:
        raise InvalidAgent(f"The address of a database cannot be read: {error}") from error


def _opened(opening: Opening) -> Source:
    kind = opening.url.get_backend_name()
    if kind not in _SOURCES:
        known = ", ".join(_SOURCES)
        raise InvalidAgent(f"Nobody knows here how to keep a model from harm in {kind!r}: it is one of {known}")
    module, name = _SOURCES[kind]
    source: Source = getattr(import_module(module), name)(opening)
    return source
