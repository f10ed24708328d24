"""A database as the tools see it: something that answers one statement at a time, within limits, and can be stopped."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import URL, Engine
from sqlalchemy.engine.reflection import Inspector, ObjectKind

from motet.kernel.errors import AgentTimeout, Cancelled, InvalidAgent, InvalidPayload
from motet.tools.database_rows import QueryLimits, Rows

__all__ = ["Column", "Opening", "Source", "Stop", "Table", "in_threads", "no_query", "refused", "tables_of", "too_slow"]

T = TypeVar("T")

GRACE: Final = 5.0
"""Seconds that a database has to give up a statement, before whoever waited for it goes on all the same."""

LONGEST: Final = 1_000
"""How many characters of a database's own message are told."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `type` is written as the database writes it."""

    name: str
    type: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table or a view.

    Args:
        name: Its name, with the schema's in front where that is not the default one.
        columns: Its columns.
        primary_key: The columns that tell its rows apart.
        references: Its foreign keys, such as "customer_id -> customers.id".
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """Which database, and what may be done with it.

    Args:
        url: Where it is.
        engine: What makes connections; None for one of our own.
        writable: Whether statements may write.
        tables: The tables that they may use; None for all.
        role: The role that they run as; None for that of the login.
        limits: What a statement may take.
    """

    url: URL
    engine: Engine | None
    writable: bool
    tables: tuple[str, ...] | None
    role: str | None
    limits: QueryLimits

    def file(self) -> str:
        """Return the whole path of the database's file.

        Raises:
            InvalidAgent: It has none, or has no roles.
        """
        path = self.url.database
        if not path or path == ":memory:" or path.startswith("file:"):
            raise InvalidAgent(f"{self.url!r} names no file: write {self.url.get_backend_name()}:///path/of/the/file")
        if self.role is not None:
            raise InvalidAgent(f"role={self.role!r}: only PostgreSQL has roles")
        return str(Path(path).absolute())


class Source(ABC):
    """A database of one kind, and what makes it safe to let a model write the statements.

    Args:
        opening: Which one.
    """

    kind: str
    """What people call it."""

    def __init__(self, opening: Opening) -> None:
        self.limits = opening.limits
        self.writable = opening.writable

    @abstractmethod
    async def query(self, sql: str, parameters: Mapping[str, Any]) -> Rows:
        """Run one statement.

        Raises:
            InvalidPayload: The database does not take it; the message is its own.
            AgentTimeout: It took too long, and was stopped.
            Unavailable: The database cannot be reached.
        """

    @abstractmethod
    async def tables(self) -> tuple[Table, ...]:
        """Tell what is in the database; raises as `query` does."""


class Stop:
    """The wish that work in a thread ends: asked for from outside, looked at by the work."""

    def __init__(self) -> None:
        self._interrupt: Callable[[], object] = lambda: None
        self.wanted = False

    def ask(self) -> None:
        """Ask the work to end, and interrupt what it is in the middle of."""
        self.wanted = True
        self._interrupt()

    def check(self) -> None:
        """Raise if the work should end.

        Raises:
            Cancelled: It should.
        """
        if self.wanted:
            raise Cancelled("The statement was stopped")

    def interrupts(self, interrupt: Callable[[], object]) -> None:
        """Say how to interrupt what follows; called from another thread, and more than once.

        Raises:
            Cancelled: The work should end already.
        """
        self._interrupt = interrupt
        self.check()


async def in_threads(pool: ThreadPoolExecutor, work: Callable[[Stop], T], seconds: float) -> T:
    """Do blocking work in a thread, and stop it when its time is over, or nobody wants it any more.

    Args:
        pool: Whose thread.
        work: What to do.
        seconds: How long it may take.

    Raises:
        AgentTimeout: It took longer.
    """
    stop = Stop()
    begun = pool.submit(work, stop)
    working = asyncio.wrap_future(begun)
    working.add_done_callback(_seen)
    timer = asyncio.timeout(seconds)
    try:
        async with timer:
            return await asyncio.shield(working)
    except TimeoutError:
        if not timer.expired():
            raise
        raise too_slow(seconds) from None
    finally:
        if not working.done() and not begun.cancel():
            await _stopped(stop, working)


async def _stopped(stop: Stop, working: "asyncio.Future[Any]") -> None:
    """Ask the work to end, again and again: what interrupts a statement does nothing between two of them."""
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + GRACE, 0.01
    while not working.done() and loop.time() < end:
        stop.ask()
        await asyncio.wait((working,), timeout=pause)
        pause = min(2 * pause, 0.5)


def _seen(working: "asyncio.Future[Any]") -> None:
    if not working.cancelled():
        working.exception()


def too_slow(seconds: float) -> AgentTimeout:
    """Make the error that says that a statement took too long."""
    error = AgentTimeout(
        f"The statement was stopped after {seconds:g} s: ask for less, or narrow it with WHERE and LIMIT"
    )
    error.retryable = False  # the same statement would take as long again
    return error


def refused(error: object) -> InvalidPayload:
    """Make the error that says what a database has against a statement."""
    return InvalidPayload(f"The database refused the statement: {' '.join(str(error).split())[:LONGEST]}")


def no_query() -> InvalidPayload:
    """Make the error that says that a statement gives no rows, where it could do nothing else."""
    return InvalidPayload("Only a query may be asked here: SELECT, VALUES or WITH")


def tables_of(inspector: Inspector, schemas: Mapping[str | None, str]) -> tuple[Table, ...]:
    """Read the tables and views of a database.

    Args:
        inspector: What reads them.
        schemas: What stands in front of the names of each schema's tables; None is the default one.
    """
    found: list[Table] = []
    for schema, prefix in schemas.items():
        keys = inspector.get_multi_pk_constraint(schema, kind=ObjectKind.ANY)
        foreign = inspector.get_multi_foreign_keys(schema, kind=ObjectKind.ANY)
        for key, columns in inspector.get_multi_columns(schema, kind=ObjectKind.ANY).items():
            found.append(
                Table(
                    prefix + key[1],
                    tuple(Column(entry["name"], str(entry["type"]), entry["nullable"]) for entry in columns),
                    tuple(keys[key]["constrained_columns"]) if key in keys else (),
                    tuple(map(_reference, foreign.get(key, ()))),
                )
            )
    return tuple(sorted(found, key=lambda table: table.name))


def _reference(foreign: Mapping[str, Any]) -> str:
    target = ".".join(part for part in (foreign["referred_schema"], foreign["referred_table"]) if part)
    there = ", ".join(f"{target}.{column}" for column in foreign["referred_columns"])
    return f"{', '.join(foreign['constrained_columns'])} -> {there}"
