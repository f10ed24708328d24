"""The thread that writes: whatever waits while one commit runs goes into the next one together."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from motet.kernel.outside import outside
from motet.storage.committing import Committer
from motet.storage.diagnosing import Diagnosis, Trouble
from motet.storage.operations import Operation
from motet.tasks.errors import StoreUnavailable

__all__ = ["Writer"]

logger = logging.getLogger(__name__)

Told = TypeVar("Told")

CONFLICTS: Final = 20
"""How often a commit begins anew because somebody else was quicker."""

FIRST_WAIT, LONGEST_WAIT = 0.02, 1.0
"""Seconds between tries while there is trouble."""


@dataclass(slots=True, eq=False)
class Waiting:
    """An operation, and the future of whoever waits for it."""

    operation: Operation[Any]
    future: asyncio.Future[Any]
    told: object = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Tell whoever waits what came of it; in the event loop."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.told)
        else:
            self.future.set_exception(self.error)


class Writer:
    """A thread with a connection of its own.

    Args:
        committer: What commits; nobody else uses it any more.
        patience: Seconds for which trouble that may pass is waited out.
    """

    def __init__(self, committer: Committer, patience: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._committer = committer
        self._patience = patience
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._troubled = False
        self._closed = False
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="motet-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Operation[Told]) -> "asyncio.Future[Told]":
        """Queue an operation; it is carried out even if nobody waits for it any more.

        Raises:
            StoreUnavailable: The store is closed.
        """
        if self._closed:
            raise StoreUnavailable("The store is closed")
        future: asyncio.Future[Told] = self._loop.create_future()
        self._queue.put(Waiting(operation, future))
        return outside(future)

    async def close(self) -> None:
        """Finish what is queued, and end the thread."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            outside(self._ended)
        await asyncio.shield(self._ended)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._take()
            if batch:
                self._carry_out(batch)
                self._soon(_tell, batch)
        self._committer.close()
        self._soon(self._ended.set_result, None)

    def _take(self) -> tuple[list[Waiting], bool]:
        """Wait for something to do; take everything that is there, and tell whether more may come."""
        first = self._queue.get()
        batch: list[Waiting] = []
        while first is not None:
            batch.append(first)
            try:
                first = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _soon(self, call: Callable[[Any], None], argument: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, argument)
        except RuntimeError:
            logger.debug("The event loop is closed: nobody waits any more")

    def _carry_out(self, batch: Sequence[Waiting]) -> None:
        """Commit a batch, whatever it takes; each of it has its outcome or its error afterwards."""
        conflicts, deadline, wait = 0, None, FIRST_WAIT
        while (diagnosis := self._try(batch)) is not None:
            if diagnosis.trouble is Trouble.PASSING:
                deadline = deadline or time.monotonic() + self._patience
                self._begin_trouble(diagnosis)
                if time.monotonic() + wait <= deadline:
                    time.sleep(wait)
                    wait = min(2 * wait, LONGEST_WAIT)
                    continue
            elif diagnosis.trouble is Trouble.CONFLICT and conflicts < CONFLICTS:
                conflicts += 1
                continue
            elif diagnosis.trouble in {Trouble.CONFLICT, Trouble.MISTAKE} and len(batch) > 1:
                # One of them is at fault: the others shall not suffer from it.
                for one in batch:
                    self._carry_out([one])
                return
            _fail(batch, diagnosis)
            return
        self._end_trouble()

    def _try(self, batch: Sequence[Waiting]) -> Diagnosis | None:
        try:
            told = self._committer.commit([one.operation for one in batch])
        except Exception as error:  # noqa: BLE001 - told to whoever waits
            diagnosis = self._committer.failed(error)
            if diagnosis.trouble is Trouble.MISTAKE and len(batch) == 1:
                batch[0].error = error
            return diagnosis
        for one, outcome in zip(batch, told, strict=True):
            # In this thread: the next commit may hold changes that only count if these were applied.
            one.operation.told()
            one.told = outcome
        return None

    def _begin_trouble(self, diagnosis: Diagnosis) -> None:
        if not self._troubled:
            self._troubled = True
            logger.warning("Nothing can be stored for now: %s", diagnosis.message)

    def _end_trouble(self) -> None:
        if self._troubled:
            self._troubled = False
            logger.info("Storing works again")


def _fail(batch: Sequence[Waiting], diagnosis: Diagnosis) -> None:
    for one in batch:
        one.error = one.error or diagnosis.error()


def _tell(batch: Sequence[Waiting]) -> None:
    for one in batch:
        one.tell()
