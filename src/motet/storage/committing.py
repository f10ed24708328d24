"""One commit: what the operations need is read, they act on it, and what came of that is written."""

import contextlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection

from motet.storage.diagnosing import Diagnosis, diagnose
from motet.storage.flushing import flush
from motet.storage.loading import load
from motet.storage.operations import Needs, Operation
from motet.storage.recording import record
from motet.storage.session import Session, session_for
from motet.tasks.errors import StoreUnavailable

__all__ = ["Committer"]

Doubt = tuple[str, Sequence[Operation[Any]], list[Any]]
"""A transaction whose outcome nobody knows: its id, what it was to do, and what its callers would be told."""


class Committer:
    """Commits on one connection, and makes it anew when it is lost; for one thread.

    Args:
        engine: Where connections come from.
        where: What the database is called in messages.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self._engine = engine
        self._where = where
        self._connection: PoolProxiedConnection | None = None
        self._session: Session | None = None
        self._doubt: Doubt | None = None

    def commit(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        """Carry operations out in one transaction; return what each is told, once it is durable."""
        session = self._session or self._connect()
        doubt, self._doubt = self._doubt, None
        if doubt is not None and list(doubt[1]) == list(operations) and self._was_committed(session, doubt):
            return doubt[2]
        if (told := record(session, operations)) is not None:
            return told
        session.begin()
        needs = Needs()
        for operation in operations:
            operation.need(needs)
        books = load(session, needs)
        told = [operation.act(books) for operation in operations]
        session.run(flush(books.settle(), session.bulk))
        transaction = session.transaction()
        if transaction is not None:
            self._doubt = transaction, operations, told
        session.commit()
        self._doubt = None
        return told

    def _was_committed(self, session: Session, doubt: Doubt) -> bool:
        """Tell whether a transaction was committed whose connection was lost while it was."""
        outcome = session.outcome(doubt[0])
        if outcome == "in progress":
            self._doubt = doubt
            raise StoreUnavailable(f"{self._where} has not yet decided on the last commit")
        return outcome == "committed"

    def _connect(self) -> Session:
        self._connection = self._engine.raw_connection()
        self._session = session_for(self._engine.dialect.name, self._connection.driver_connection)
        return self._session

    def failed(self, error: Exception) -> Diagnosis:
        """Tell what an exception means, and bring the connection into order again, or drop it."""
        diagnosis = diagnose(error, self._where)
        if diagnosis.lost or self._session is None:
            self.close()
            return diagnosis
        try:
            self._session.rollback()
        except Exception as failure:  # noqa: BLE001 - whatever a driver raises here, the connection is of no use
            # Where no transaction was begun there is nothing wrong, but a new connection is cheap.
            self._drop(failure)
        return diagnosis

    def _drop(self, reason: BaseException | None) -> None:
        connection, self._connection, self._session = self._connection, None, None
        if connection is not None:
            with contextlib.suppress(Exception):  # a connection that is lost cannot always be closed either
                connection.invalidate(reason)

    def close(self) -> None:
        """Let go of the connection."""
        self._drop(None)
