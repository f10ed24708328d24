"""How a database is asked: writes in a thread of their own, reads in some others, and patience with both."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from motet.storage.committing import Committer
from motet.storage.diagnosing import Trouble, diagnose
from motet.storage.engines import READERS, make_engine
from motet.storage.operations import Operation
from motet.storage.preparing import ready
from motet.storage.urls import Address
from motet.storage.writer import FIRST_WAIT, LONGEST_WAIT, Writer
from motet.tasks.errors import StoreUnavailable

__all__ = ["Database"]

Told = TypeVar("Told")
Asked = ParamSpec("Asked")

OPENING: Final = frozenset({Trouble.PASSING, Trouble.CONFLICT})
"""What opening a database is tried again after."""


class Database:
    """A database, opened and closed with its threads.

    Args:
        address: Where it is.
        patience: Seconds for which trouble that may pass is waited out.
    """

    def __init__(self, address: Address, patience: float) -> None:
        self._address = address
        self._patience = patience
        self._engine: Engine | None = None
        self._writer: Writer | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._changing = asyncio.Lock()

    async def open(self) -> None:
        """Make the database ready, and start the threads."""
        async with self._changing:
            if self._writer is None:
                await self._open()

    async def _open(self) -> None:
        engine = make_engine(self._address)
        readers = ThreadPoolExecutor(READERS, thread_name_prefix="motet-reader")
        try:
            await self._patiently(readers, ready, engine, self._address.where)
        except BaseException:
            await self._let_go(engine, readers)
            raise
        self._engine, self._readers = engine, readers
        self._writer = Writer(Committer(engine, self._address.where), self._patience)

    async def close(self) -> None:
        """Finish what is queued, and let go of everything."""
        async with self._changing:
            if self._writer is None or self._engine is None or self._readers is None:
                return
            writer, engine, readers = self._writer, self._engine, self._readers
            await writer.close()
            self._writer = self._engine = self._readers = None
            await self._let_go(engine, readers)

    @staticmethod
    async def _let_go(engine: Engine, readers: ThreadPoolExecutor) -> None:
        def end() -> None:
            readers.shutdown()
            engine.dispose()

        await asyncio.to_thread(end)

    async def write(self, operation: Operation[Told]) -> Told:
        """Carry an operation out; it goes on if nobody waits for it any more."""
        if self._writer is None:
            raise StoreUnavailable("The store is not open: `await store.open()` comes first")
        return await self._writer.submit(operation)

    async def read(
        self,
        question: Callable[Concatenate[Connection, Asked], Told],
        *args: Asked.args,
        **kwargs: Asked.kwargs,
    ) -> Told:
        """Ask something of one state of the database."""
        if self._engine is None or self._readers is None:
            raise StoreUnavailable("The store is not open: `await store.open()` comes first")
        engine = self._engine

        def ask() -> Told:
            with engine.connect() as connection:
                return question(connection, *args, **kwargs)

        return await self._patiently(self._readers, ask)

    async def _patiently(
        self,
        readers: ThreadPoolExecutor,
        work: Callable[Asked, Told],
        *args: Asked.args,
        **kwargs: Asked.kwargs,
    ) -> Told:
        deadline, wait = time.monotonic() + self._patience, FIRST_WAIT
        loop = asyncio.get_running_loop()
        while True:
            try:
                asked = loop.run_in_executor(readers, lambda: work(*args, **kwargs))
            except RuntimeError as error:
                raise StoreUnavailable("The store was closed meanwhile") from error
            try:
                return await asked
            except Exception as error:
                diagnosis = diagnose(error, self._address.where)
                if diagnosis.trouble is Trouble.MISTAKE:
                    raise
                if diagnosis.trouble not in OPENING or time.monotonic() + wait > deadline:
                    raise diagnosis.error() from error
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)
