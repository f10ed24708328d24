"""The raw storage floor: rows written with one row per commit and with a hundred, and nothing else.

What is written is the least that a task needs: its row inserted, or its state and result updated. SQLite runs in WAL
mode with ``synchronous=FULL``, so that a commit is on disk when it returns, as it is with PostgreSQL and DuckDB by
default. One connection, one statement for each row (``executemany`` within a commit of many): no identities, no events,
no locks between processes, no checks.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Protocol

import asyncpg
import duckdb
import psycopg

from benchmarks.shared.harness import Sample, Stopwatch, Workload, main, require
from benchmarks.tasks import place

Rows = Sequence[tuple[Any, ...]]
WARM = 100

CREATE = "CREATE TABLE task (id BIGINT PRIMARY KEY, parent BIGINT, state TEXT, inputs TEXT, result TEXT)"
INSERT = {
    "?": "INSERT INTO task VALUES (?, ?, ?, ?, ?)",
    "%s": "INSERT INTO task VALUES (%s, %s, %s, %s, %s)",
    "$1": "INSERT INTO task VALUES ($1, $2, $3, $4, $5)",
}
UPDATE = {
    "?": "UPDATE task SET state = ?, result = ? WHERE id = ?",
    "%s": "UPDATE task SET state = %s, result = %s WHERE id = %s",
    "$1": "UPDATE task SET state = $1, result = $2 WHERE id = $3",
}
COUNT = "SELECT count(*) FROM task WHERE state = 'completed'"


class Store(Protocol):
    """One connection of one driver."""

    mark: str

    async def commit(self, statement: str, rows: Rows) -> None:
        """Write rows, one statement for each, in one transaction."""

    async def count(self) -> int:
        """Count the completed tasks."""


class Embedded:
    """SQLite by the driver of the standard library, or DuckDB by its own: they work alike."""

    mark = "?"

    def __init__(self, connection: sqlite3.Connection | duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        connection.execute(CREATE)

    async def commit(self, statement: str, rows: Rows) -> None:
        """Write rows; a single one without opening a transaction."""
        if len(rows) == 1:
            self.connection.execute(statement, rows[0])
            return
        self.connection.execute("BEGIN")
        self.connection.executemany(statement, rows)
        self.connection.execute("COMMIT")

    async def count(self) -> int:
        """Count the completed tasks."""
        return int(self.connection.execute(COUNT).fetchone()[0])


async def open_sqlite() -> Store:
    """Open an empty SQLite file, in WAL mode with full synchronisation."""
    connection = sqlite3.connect(place.file("raw.sqlite"), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return Embedded(connection)


async def open_duckdb() -> Store:
    """Open an empty DuckDB file."""
    return Embedded(duckdb.connect(str(place.file("raw.duckdb"))))


class Psycopg:
    """PostgreSQL by psycopg 3, in autocommit mode."""

    mark = "%s"

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection

    async def commit(self, statement: str, rows: Rows) -> None:
        """Write rows; psycopg sends those of one transaction in a pipeline."""
        if len(rows) == 1:
            self.connection.execute(statement, rows[0], prepare=True)
            return
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.executemany(statement, rows)

    async def count(self) -> int:
        """Count the completed tasks."""
        row = self.connection.execute(COUNT).fetchone()
        return int(row[0]) if row else 0


async def open_psycopg() -> Store:
    """Connect to the empty database."""
    connection = psycopg.connect(place.database(), autocommit=True)
    connection.execute(CREATE)
    return Psycopg(connection)


class Asyncpg:
    """PostgreSQL by asyncpg."""

    mark = "$1"

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def commit(self, statement: str, rows: Rows) -> None:
        """Write rows; asyncpg sends many in one transaction of its own."""
        if len(rows) == 1:
            await self.connection.execute(statement, *rows[0])
        else:
            await self.connection.executemany(statement, rows)

    async def count(self) -> int:
        """Count the completed tasks."""
        return int(await self.connection.fetchval(COUNT))


async def open_asyncpg() -> Store:
    """Connect to the empty database."""
    connection = await asyncpg.connect(place.database())
    await connection.execute(CREATE)
    return Asyncpg(connection)


def new_rows(numbers: range, state: str) -> list[tuple[Any, ...]]:
    """Build rows to insert."""
    return [(n, 0, state, json.dumps({"n": n}), json.dumps({"n": n})) for n in numbers]


def changed_rows(numbers: range) -> list[tuple[Any, ...]]:
    """Build what an update sets, and where."""
    return [("completed", json.dumps({"n": n}), n) for n in numbers]


def in_batches(rows: Rows, size: int) -> list[Rows]:
    """Cut rows into those of each commit."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


async def insert(n: int, *, opened: Callable[[], Awaitable[Store]], size: int) -> Sample:
    """Insert `n` rows, `size` in each commit."""
    store = await opened()
    statement = INSERT[store.mark]
    for batch in in_batches(new_rows(range(n, n + WARM), "completed"), size):
        await store.commit(statement, batch)
    batches = in_batches(new_rows(range(n), "completed"), size)
    with Stopwatch() as watch:
        for batch in batches:
            await store.commit(statement, batch)
    require(await store.count() == n + WARM, "rows are missing")
    return watch.sample(n)


async def update(n: int, *, opened: Callable[[], Awaitable[Store]], size: int) -> Sample:
    """Update `n` rows that were there before, `size` in each commit."""
    store = await opened()
    await store.commit(INSERT[store.mark], new_rows(range(n + WARM), "pending"))
    statement = UPDATE[store.mark]
    for batch in in_batches(changed_rows(range(n, n + WARM)), size):
        await store.commit(statement, batch)
    batches = in_batches(changed_rows(range(n)), size)
    with Stopwatch() as watch:
        for batch in batches:
            await store.commit(statement, batch)
    require(await store.count() == n + WARM, "rows were not updated")
    return watch.sample(n)


OPENED: dict[str, Callable[[], Awaitable[Store]]] = {
    "sqlite": open_sqlite,
    "psycopg": open_psycopg,
    "asyncpg": open_asyncpg,
    "duckdb": open_duckdb,
}

WORKLOADS: dict[str, Workload] = {
    f"{driver}_{name}_{size}": partial(act, opened=opened, size=size)
    for driver, opened in OPENED.items()
    for name, act in {"insert": insert, "update": update}.items()
    for size in (1, 100)
}

if __name__ == "__main__":
    main(WORKLOADS)
