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

    def ask(self, *questions: Iterable[Statement]) -> list[list[Row]]:
        """Run statements that read; return the rows of each question."""
        return [self.rows(question) for question in questions]

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
    """A connection that may be lost while it commits, and to which each way is long: statements go there together.

    A transaction begins with the first question, and what it writes goes with its end.
    """

    def __init__(self, connection: Any, bulk: Bulk) -> None:
        super().__init__(connection, bulk, "BEGIN")
        self._connection = connection
        self._pending: list[Statement] = []
        self._begun = True
        self._known = ""

    def record(self, rows: Sequence[Row]) -> set[Row] | None:
        """Write steps with one statement instead of four."""
        if len(rows) == 1:
            (row,) = rows
            self._cursor.execute(_RECORD_ONE, (*row[:4], row[0], row[1], *row[4:]))
            return {row[:4]} if self._cursor.fetchall() else set()
        self._cursor.execute(_RECORD, [list(column) for column in zip(*rows, strict=True)])
        return set(self._cursor.fetchall())

    def begin(self) -> None:
        """Begin a transaction, with the first statement in it."""
        self._begun, self._pending = False, []

    def rows(self, statements: Iterable[Statement]) -> list[Row]:
        """Run statements that read, in one go, and return the rows of all of them."""
        return self.ask(statements)[0]

    def ask(self, *questions: Iterable[Statement]) -> list[list[Row]]:
        """Run statements that read, all of them in one go; return the rows of each question."""
        asked: list[list[_Cursor]] = []
        with self._connection.pipeline():
            known = self._send()
            for question in questions:
                asked.append([])
                for text, parameters in question:
                    cursor = self._connection.cursor()
                    cursor.execute(text, parameters)
                    asked[-1].append(cursor)
        self._note(known)
        return [[row for cursor in cursors for row in cursor.fetchall()] for cursors in asked]

    def run(self, statements: Iterable[Statement]) -> None:
        """Take statements that write: they go with the next question, or with the commit."""
        self._pending += statements

    def commit(self) -> None:
        """Write what is to be written, and make it durable."""
        with self._connection.pipeline():
            known = self._send()
            self._cursor.execute("COMMIT", None, prepare=False)
        self._note(known)

    def rollback(self) -> None:
        """Forget what was written."""
        self._pending, self._begun = [], True
        self._cursor.execute("ROLLBACK", None, prepare=False)

    def _send(self) -> _Cursor | None:
        """Send what comes first: the beginning, with the question what it is known by, and what is to be written."""
        cursor: _Cursor | None = None
        if not self._begun:
            self._cursor.execute("BEGIN", None, prepare=False)
            cursor = self._connection.cursor()
            cursor.execute("SELECT pg_current_xact_id()::text")
        pending, self._pending = self._pending, []
        for text, parameters in pending:
            self._cursor.execute(text, parameters)
        return cursor

    def _note(self, cursor: _Cursor | None) -> None:
        if cursor is not None:
            self._begun = True
            ((self._known,),) = cursor.fetchall()

    def transaction(self) -> str | None:
        """Return the transaction's id, which tells after a lost connection what became of it."""
        return self._known

    def outcome(self, transaction: str) -> str | None:
        """Ask what became of a transaction."""
        self._cursor.execute("SELECT pg_xact_status(%s::text::xid8)", (transaction,))
        ((status,),) = self._cursor.fetchall()
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
        connection.execute(_BY_KEYS)
        return _PostgresSession(connection, POSTGRESQL)
    if dialect == "sqlite":
        # IMMEDIATE: what is read is what is written over, so nobody may write in between.
        return _SqliteSession(connection, SQLITE, "BEGIN IMMEDIATE")
    return Session(connection, DUCKDB, "BEGIN")
