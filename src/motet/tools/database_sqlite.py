"""SQLite for a model: the file is opened for reading, and SQLite itself asks us for leave for each step of a statement.

Sources: https://www.sqlite.org/security.html, https://www.sqlite.org/c3ref/set_authorizer.html.
"""

import sqlite3
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from motet.kernel.errors import Unavailable
from motet.tools.database_rows import Rows, gathered
from motet.tools.database_source import Opening, Source, Stop, Table, in_threads, no_query, refused, tables_of, too_slow

__all__ = ["SqliteGuard", "SqliteSource"]

STEPS: Final = 2_000
"""After how many steps of SQLite's machine the time is looked at."""

BUSY: Final = 2.0
"""Seconds to wait for a lock, at most: that wait cannot be interrupted."""

_READING: Final = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}
_ROWS: Final = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
_TABLES: Final = {
    *(sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_DROP_TABLE, sqlite3.SQLITE_ALTER_TABLE),
    *(sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_DROP_INDEX, sqlite3.SQLITE_REINDEX, sqlite3.SQLITE_ANALYZE),
    *(sqlite3.SQLITE_CREATE_VIEW, sqlite3.SQLITE_DROP_VIEW),
    *(sqlite3.SQLITE_CREATE_TRIGGER, sqlite3.SQLITE_DROP_TRIGGER),
}
_MASTER: Final = "sqlite_master"
_JSON: Final = {"json_each", "json_tree"}
_SEARCH: Final = {"match", "bm25", "highlight", "snippet", "offsets", "matchinfo"}
_HARMFUL: Final = {"load_extension", "fts3_tokenizer", "sqlite_log"}
_LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 50,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
LEAST_LENGTH: Final = 2**20
"""The largest value, in bytes, that SQLite may make, unless the rows may be larger."""


class SqliteGuard:
    """Decides what a statement may do; SQLite asks it for each thing, while it prepares the statement.

    Args:
        writable: Whether rows and tables may be written.
        functions: The functions that SQLite brings along.
        existing: The names of the tables and views that there are.
        allowed: The names of those that may be used; None for all. A view shows what its tables may show: SQLite does
            not tell a view from a subquery of the same name.
    """

    def __init__(
        self, writable: bool, functions: Collection[str], existing: Collection[str], allowed: Collection[str] | None
    ) -> None:
        self.writable = writable
        self.functions = ({name.lower() for name in functions} | _SEARCH) - _HARMFUL
        self.existing = {name.lower() for name in existing}
        self.allowed = None if allowed is None else {name.lower() for name in allowed}
        self.denied = ""
        self._rules = {
            **dict.fromkeys(_READING, _anything),
            **dict.fromkeys(_ROWS, self._write),
            **dict.fromkeys(_TABLES, self._change),
            sqlite3.SQLITE_READ: self._read,
            sqlite3.SQLITE_FUNCTION: self._call,
        }

    def __call__(self, action: int, first: str | None, second: str | None, database: str | None, _: str | None) -> int:
        """Answer SQLite; `denied` says afterwards why not."""
        why = self.why_not(action, first or "", second or "")
        self.denied = self.denied or why
        return sqlite3.SQLITE_DENY if why else sqlite3.SQLITE_OK

    def why_not(self, action: int, first: str, second: str) -> str:
        """Say why something is not allowed; empty if it is.

        Args:
            action: One of SQLite's action codes.
            first: What it is about, mostly a table.
            second: More of that, such as a column or a function.
        """
        # Virtual tables, such as json_each, declare themselves like this. A real change of the schema needs more.
        if (action, first) == (sqlite3.SQLITE_UPDATE, _MASTER):
            return ""
        return self._rules.get(action, _never)(first.lower(), second)

    def _call(self, _: str, function: str) -> str:
        return "" if function.lower() in self.functions else f"the function {function} may not be called"

    def _write(self, table: str, _: str) -> str:
        if not self.writable:
            return "nothing may be written"
        return "" if self.allowed is None or table in self.allowed else f"the table {table} may not be written"

    def _change(self, _: str, __: str) -> str:
        if not self.writable:
            return "nothing may be written"
        return "" if self.allowed is None else "tables may not be changed"

    def _read(self, table: str, column: str) -> str:
        return "" if self._readable(table, column) else f"the table {table} may not be read"

    def _readable(self, table: str, column: str) -> bool:
        if self.allowed is None or table in self.allowed or table in _JSON or (table, column) == (_MASTER, "ROWID"):
            return True
        # Counting the rows of a WITH asks for a table that is none.
        return not column and table not in self.existing and not table.startswith(("sqlite_", "pragma_"))


def _anything(_: str, __: str) -> str:
    return ""


def _never(_: str, __: str) -> str:
    return "statements that ATTACH, DETACH, set a PRAGMA or begin and end transactions are not allowed"


class SqliteSource(Source):
    """A SQLite file. Each statement has a connection of its own, which is closed afterwards."""

    kind = "SQLite"

    def __init__(self, opening: Opening) -> None:
        super().__init__(opening)
        self._uri = f"{Path(opening.file()).as_uri()}?mode={'rw' if self.writable else 'ro'}"
        self._allowed = opening.tables
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="database-sqlite")

    async def query(self, sql: str, parameters: Mapping[str, Any]) -> Rows:
        """Run one statement."""
        return await in_threads(self._pool, partial(self._query, sql, dict(parameters)), self.limits.seconds)

    async def tables(self) -> tuple[Table, ...]:
        """Tell what is in the database."""
        return await in_threads(self._pool, self._tables, self.limits.seconds)

    def _query(self, sql: str, parameters: dict[str, Any], stop: Stop) -> Rows:
        with closing(self._connected(stop)) as connection:
            guard = self._guarded(connection)
            if self.writable:
                connection.execute("BEGIN IMMEDIATE")
            connection.set_authorizer(guard)
            try:
                rows = self._rows(connection.execute(sql, parameters))
            except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
                stop.check()
                if "interrupted" in str(error):
                    raise too_slow(self.limits.seconds) from error
                raise refused(guard.denied or error) from error
            finally:
                connection.set_authorizer(None)
            stop.check()
            connection.commit()
            return rows

    def _rows(self, cursor: sqlite3.Cursor) -> Rows:
        if cursor.description is not None:
            return gathered([column[0] for column in cursor.description], cursor, self.limits)
        if not self.writable:
            raise no_query()
        return Rows(changed=max(cursor.rowcount, 0))

    def _tables(self, stop: Stop) -> tuple[Table, ...]:
        engine = create_engine("sqlite://", creator=lambda: self._connected(stop), poolclass=NullPool)
        with engine.connect() as connection:
            return tables_of(inspect(connection), {None: ""})

    def _guarded(self, connection: sqlite3.Connection) -> SqliteGuard:
        functions = connection.execute("SELECT name FROM pragma_function_list WHERE builtin = 1")
        names = [name for (name,) in functions]
        existing = [name for (name,) in connection.execute("SELECT name FROM sqlite_master")]
        return SqliteGuard(self.writable, names, existing, self._allowed)

    def _connected(self, stop: Stop) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self._uri,
                uri=True,
                isolation_level=None,
                timeout=min(BUSY, self.limits.seconds),
                check_same_thread=False,
            )
        except sqlite3.Error as error:
            raise Unavailable(f"The SQLite file cannot be opened: {error}") from error
        try:
            self._set_up(connection, stop)
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_up(self, connection: sqlite3.Connection, stop: Stop) -> None:
        end = time.monotonic() + self.limits.seconds
        connection.set_progress_handler(lambda: stop.wanted or time.monotonic() >= end, STEPS)
        for what, most in {**_LIMITS, sqlite3.SQLITE_LIMIT_LENGTH: max(LEAST_LENGTH, self.limits.bytes)}.items():
            connection.setlimit(what, most)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        if not self.writable:
            connection.execute("PRAGMA query_only=ON")
        stop.check()
