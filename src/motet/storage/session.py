"""A connection on which a commit is made: what differs from one driver to the next."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from motet.storage.bulk import DUCKDB, POSTGRESQL, SQLITE, Bulk, Row, Statement
from motet.storage.schema import STEPS, TASKS
from motet.tasks.status import Status

__all__ = ["Session", "session_for"]


class _Cursor(Protocol):
    rowcount: int

    def execute(self, statement: str, parameters: Any = (), /, **options: bool) -> Any: ...
    def fetchall(self) -> list[Row]: ...


class _Connection(Protocol):
    def cursor(self) -> _Cursor: ...


class Session:
    """A connection that makes one transaction after another.

    Args:
        connection: The driver's own connection, which begins no transaction by itself.
        bulk: How its dialect takes many rows.
        begin: What begins a transaction that writes.
    """

    def __init__(self, connection: _Connection, bulk: Bulk, begin: str) -> None:
        self._cursor = connection.cursor()
        self._begin = begin
        self.bulk = bulk

    def begin(self) -> None:
        """Begin a transaction: nobody else writes before it ends what it reads."""
        self._cursor.execute(self._begin)

    def rows(self, statements: Iterable[Statement]) -> list[Row]:
        """Run statements that read, and return the rows of all of them."""
        found: list[Row] = []
        for text, parameters in statements:
            self._cursor.execute(text, parameters)
            found += self._cursor.fetchall()
        return found

    def run(self, statements: Iterable[Statement]) -> None:
        """Run statements that write."""
        for text, parameters in statements:
            self._cursor.execute(text, parameters)

    def commit(self) -> None:
        """Make what was written durable."""
        self._cursor.execute("COMMIT")

    def rollback(self) -> None:
        """Forget what was written."""
        self._cursor.execute("ROLLBACK")

    def record(self, rows: Sequence[Row]) -> set[Row] | None:
        """Write steps of tasks' journals in a transaction of one statement, where the database can.

        Args:
            rows: The tree, the task, the owner, the attempt, the step's key and its value.

        Returns:
            The first four of those whose attempts run; None where the database cannot, and nothing was written.
        """
        return None

    def transaction(self) -> str | None:
        """Return what the transaction is known by, so that its outcome can be asked for; None where it cannot."""
        return None

    def outcome(self, transaction: str) -> str | None:
        """Return "committed", "aborted" or "in progress"."""
        raise NotImplementedError


class _SqliteSession(Session):
    """A connection that can write one step without a word about transactions."""

    def record(self, rows: Sequence[Row]) -> set[Row] | None:
        """Write a step with one statement instead of four; None where that does not tell what came of it."""
        if len(rows) != 1:
            return None
        (row,) = rows
        self._cursor.execute(_RECORD_ALONE, (row[0], row[1], *row[4:], *row[:4]))
        # No row: the attempt no longer runs, or the step is there already.
        return {row[:4]} if self._cursor.rowcount == 1 else None


class _PostgresSession(Session):
    """A connection that may be lost while it commits, and to which each statement is a long way."""

    def record(self, rows: Sequence[Row]) -> set[Row] | None:
        """Write steps with one statement instead of four."""
        if len(rows) == 1:
            (row,) = rows
            return {row[:4]} if self.rows([(_RECORD_ONE, (*row[:4], row[0], row[1], *row[4:]))]) else set()
        return set(self.rows([(_RECORD, [list(column) for column in zip(*rows, strict=True)])]))

    def begin(self) -> None:
        """Begin a transaction, without preparing a statement for that."""
        self._cursor.execute("BEGIN ISOLATION LEVEL READ COMMITTED", None, prepare=False)

    def commit(self) -> None:
        """Make what was written durable."""
        self._cursor.execute("COMMIT", None, prepare=False)

    def rollback(self) -> None:
        """Forget what was written."""
        self._cursor.execute("ROLLBACK", None, prepare=False)

    def transaction(self) -> str | None:
        """Return the transaction's id, which tells after a lost connection what became of it."""
        ((known,),) = self.rows([("SELECT pg_current_xact_id()::text", ())])
        return str(known)

    def outcome(self, transaction: str) -> str | None:
        """Ask what became of a transaction."""
        ((status,),) = self.rows([("SELECT pg_xact_status(%s::text::xid8)", (transaction,))])
        return None if status is None else str(status)


_RECORD_ALONE: Final = f"""
INSERT INTO {STEPS.name} (tree_id, seq, key, value)
SELECT ?, ?, ?, ? WHERE EXISTS (
    SELECT 1 FROM {TASKS.name}
    WHERE tree_id = ? AND seq = ? AND owner = ? AND attempt = ? AND status = '{Status.IN_PROGRESS.value}'
)
ON CONFLICT DO NOTHING
"""

_RECORD: Final = f"""
WITH given AS (
    SELECT * FROM unnest(%s::text[], %s::int[], %s::text[], %s::int[], %s::text[], %s::bytea[])
        AS v(tree_id, seq, owner, attempt, key, value)
), running AS (
    SELECT tree_id, seq, owner, attempt FROM {TASKS.name}
    WHERE (tree_id, seq) IN (SELECT tree_id, seq FROM given) AND status = '{Status.IN_PROGRESS.value}'
    ORDER BY tree_id, seq FOR UPDATE
), written AS (
    INSERT INTO {STEPS.name} (tree_id, seq, key, value)
    SELECT tree_id, seq, key, value FROM given JOIN running USING (tree_id, seq, owner, attempt)
    ON CONFLICT DO NOTHING
)
SELECT tree_id, seq, owner, attempt FROM running
"""
"""Locked, not only read: nobody else may move the task before its steps are there."""

_RECORD_ONE: Final = f"""
WITH running AS (
    SELECT 1 FROM {TASKS.name}
    WHERE tree_id = %s AND seq = %s AND owner = %s AND attempt = %s AND status = '{Status.IN_PROGRESS.value}' FOR UPDATE
), written AS (
    INSERT INTO {STEPS.name} (tree_id, seq, key, value) SELECT %s, %s, %s, %s FROM running ON CONFLICT DO NOTHING
)
SELECT 1 FROM running
"""
"""(the same for one step, in half the time)"""

_BY_KEYS: Final = (
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; "
    "SET enable_mergejoin = off; SET jit = off"
)
"""Whatever is written is found by its key: a plan made once, however few rows there were then, is always right."""


def session_for(dialect: str, connection: Any) -> Session:
    """Make a session of a driver's connection."""
    if dialect == "postgresql":
        connection.autocommit = True  # transactions begin and end where we say
        session = _PostgresSession(connection, POSTGRESQL, "BEGIN")
        session.run([(_BY_KEYS, ())])
        return session
    if dialect == "sqlite":
        # IMMEDIATE: what is read is what is written over, so nobody may write in between.
        return _SqliteSession(connection, SQLITE, "BEGIN IMMEDIATE")
    return Session(connection, DUCKDB, "BEGIN")
