"""Calls that run beside one another: bounded, ended together, and never left behind."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import partial
from typing import Any, Final, Generic, TypeVar

from motet.compose.caller import spent
from motet.compose.source import Parts, close
from motet.compose.tally import Tally
from motet.kernel.context import Context

__all__ = ["Crew"]

Part = TypeVar("Part")

PAUSE: Final = 256
"""After how many calls begun in a row the event loop has its turn: there may be very many."""

_END: Final[Any] = object()


class Crew(Generic[Part]):
    """Makes one call for each part, each in a task of its own, until a tally says that it is over.

    What still runs then is cancelled, and awaited: no task outlives `run`, however that ends. A part is taken from its
    source when there is room for its call, and not before.

    Args:
        ctx: The context of the composition.
        tally: Told of every answer and failure, until it says that it is over.
        begin: Makes the call for a part; it is given the number of the part, from 0, and the part.
        concurrency: How many calls may run at once; None sets no limit.
    """

    __slots__ = (
        "_begin",
        "_ctx",
        "_fatal",
        "_feeder",
        "_idle",
        "_limit",
        "_loop",
        "_over",
        "_room",
        "_running",
        "_tally",
    )

    def __init__(
        self,
        ctx: Context,
        tally: Tally,
        begin: Callable[[int, Part], Coroutine[Any, Any, Any]],
        concurrency: int | None = None,
    ) -> None:
        self._ctx = ctx
        self._tally = tally
        self._begin = begin
        self._limit = concurrency or sys.maxsize
        self._loop = asyncio.get_running_loop()
        self._running: dict[asyncio.Task[Any], int] = {}
        self._feeder: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None
        self._idle: asyncio.Future[None] | None = None
        self._over = False
        self._fatal: BaseException | None = None

    async def run(self, parts: Iterator[Part] | AsyncIterator[Part]) -> None:
        """Make the calls, and wait until it is over and nothing runs any more.

        Args:
            parts: Where the parts come from. A generator that is not needed to its end is closed.

        Raises:
            CancelledError: The caller was cancelled, or something below was, by somebody else.
            BudgetExceeded: A budget around the composition is used up.
            Exception: Whatever the source of the parts raised.
        """
        try:
            if isinstance(parts, AsyncIterator):
                # In a task of its own, so that a failure can interrupt the wait for the next part.
                self._feeder = self._loop.create_task(self._feed(parts, partial(anext, parts, _END), waits=True))
                self._feeder.add_done_callback(self._fed)
            else:
                await self._feed(parts, partial(next, parts, _END), waits=False)
            await self._rest()
        except BaseException:
            await self._leave()
            raise
        if self._fatal is not None:
            raise self._fatal

    async def _feed(self, parts: Parts, pull: Callable[[], Any], *, waits: bool) -> None:
        place = 0
        try:
            while not self._over:
                if len(self._running) >= self._limit:
                    await self._free()
                    continue
                part = await pull() if waits else pull()
                if part is _END:
                    return
                self._start(place, part)
                place += 1
                if not place % PAUSE:
                    await asyncio.sleep(0)
        finally:
            await close(parts)

    async def _free(self) -> None:
        """Wait until one of the calls has ended."""
        self._room = self._loop.create_future()
        await self._room

    def _start(self, place: int, part: Part) -> None:
        task = self._loop.create_task(self._begin(place, part))
        self._running[task] = place
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[Any]) -> None:
        place = self._running.pop(task)
        error = _error(task)  # looked at in any case: nobody else will
        if self._over:
            pass
        elif error is None:
            if self._tally.answered(place, task.result()):
                self._stop()
        elif not isinstance(error, Exception) or spent(error, self._ctx):
            self._fatal = error
            self._stop()
        elif self._tally.failed(place, error):
            self._stop()
        _wake(self._room)
        if not self._running and self._feeder is None:
            _wake(self._idle)

    def _fed(self, feeder: asyncio.Task[None]) -> None:
        self._feeder = None
        error = _error(feeder)
        if error is not None and not self._over:
            self._fatal = error
            self._stop()
        if not self._running:
            _wake(self._idle)

    def _stop(self) -> None:
        """Begin nothing more, and cancel what runs."""
        self._over = True
        for task in self._running:
            task.cancel()
        if self._feeder is not None:
            self._feeder.cancel()

    async def _rest(self) -> None:
        """Wait until nothing runs."""
        while self._running or self._feeder is not None:
            self._idle = self._loop.create_future()
            await self._idle

    async def _leave(self) -> None:
        """End everything; a cancellation that comes meanwhile is passed on, and has its way when all is over."""
        self._stop()
        cancelled: asyncio.CancelledError | None = None
        while self._running or self._feeder is not None:
            try:
                await self._rest()
            except asyncio.CancelledError as error:
                cancelled = error
                self._stop()
        if cancelled is not None:
            raise cancelled


def _error(task: asyncio.Task[Any]) -> BaseException | None:
    try:
        return task.exception()
    except asyncio.CancelledError as error:
        return error


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
