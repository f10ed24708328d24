"""DBOS's side: plain functions decorated as workflow and steps, called one run at a time, as its documentation begins.

A step's result is in the system database before the next step starts. On SQLite, DBOS leaves the journal as it finds
it; the file is put into WAL mode before, so that it works as on the other sides (``synchronous`` is FULL by default).
What DBOS's own threads do meanwhile is counted with it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any

import sqlalchemy
from dbos import DBOS
from sqlalchemy import event

from benchmarks.shared.harness import Sample, Stopwatch, Workload, main, require
from benchmarks.tasks import place

STEPS = 10
WARM = 5
SQLITE = "dbos.sqlite"


@DBOS.step()
def step(item: dict[str, Any]) -> dict[str, Any]:
    """Do nothing."""
    return item


@DBOS.workflow()
def chain(item: dict[str, Any]) -> dict[str, Any]:
    """Take ten steps."""
    for _ in range(STEPS):
        item = step(item)
    return item


@DBOS.step()
def speak(turn: int) -> str:
    """Give 1 KB."""
    return place.turn_text(turn)


@DBOS.workflow()
def talk(turns: int) -> int:
    """Go round a loop whose every step gives 1 KB, and keep them all."""
    messages = [speak(turn) for turn in range(turns)]
    return sum(map(len, messages))


@contextmanager
def launched(address: str) -> Iterator[None]:
    """Launch DBOS on a system database, and shut it down."""
    DBOS(config={"name": "benchmark", "system_database_url": address, "log_level": "ERROR"})
    DBOS.launch()
    try:
        yield
    finally:
        DBOS.destroy()


def on_sqlite() -> str:
    """Give the address of an empty SQLite file in WAL mode."""
    with closing(sqlite3.connect(place.file(SQLITE))) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    return f"sqlite:///{place.file(SQLITE)}"


@contextmanager
def counted() -> Iterator[dict[str, int]]:
    """Count what goes through SQLAlchemy to the database: statements, and commits."""
    counts = {"statements": 0, "commits": 0}

    def count_statement(*_: Any) -> None:
        counts["statements"] += 1

    def count_commit(*_: Any) -> None:
        counts["commits"] += 1

    event.listen(sqlalchemy.Engine, "before_cursor_execute", count_statement)
    event.listen(sqlalchemy.Engine, "commit", count_commit)
    yield counts
    event.remove(sqlalchemy.Engine, "before_cursor_execute", count_statement)
    event.remove(sqlalchemy.Engine, "commit", count_commit)


def durable(n: int, *, address: Callable[[], str]) -> Sample:
    """Run a chain of ten no-op steps `n` times, one at a time."""
    with launched(address()):
        for number in range(WARM):
            chain({"n": number, "text": "payload"})
        with Stopwatch() as watch:
            outputs = [chain({"n": number, "text": "payload"}) for number in range(n)]
    require([output["n"] for output in outputs] == list(range(n)), "the outputs are not the inputs")
    return watch.sample(n * STEPS)


def loop_sqlite(n: int) -> Sample:
    """Go `n` turns in one run on SQLite, and see what is stored."""
    address, path = on_sqlite(), place.file(SQLITE)
    with launched(address):
        pass
    size, columns = place.sqlite_bytes(path), place.sqlite_column_bytes(path)
    with launched(address), counted() as counts, Stopwatch() as watch:
        total = talk(n)
    require(total == n * place.TURN_BYTES, "turns got lost")
    return watch.sample(
        n,
        bytes=place.sqlite_bytes(path) - size,
        column_bytes=place.sqlite_column_bytes(path) - columns,
        **counts,
    )


def loop_postgres(n: int) -> Sample:
    """Go `n` turns in one run on PostgreSQL, and see what is stored."""
    address = place.database()
    engine = sqlalchemy.create_engine(address.replace("postgresql://", "postgresql+psycopg://", 1))

    def stored() -> int:
        with engine.connect() as connection:
            return int(connection.execute(sqlalchemy.text(place.POSTGRES_BYTES)).scalar_one())

    with launched(address):
        before = stored()
        with counted() as counts, Stopwatch() as watch:
            total = talk(n)
    require(total == n * place.TURN_BYTES, "turns got lost")
    return watch.sample(n, bytes=stored() - before, **counts)


WORKLOADS: dict[str, Workload] = {
    "steps10_sqlite": partial(durable, address=on_sqlite),
    "steps10_postgres": partial(durable, address=place.database),
    "loop_sqlite": loop_sqlite,
    "loop_postgres": loop_postgres,
}

if __name__ == "__main__":
    main(WORKLOADS)
