"""The chunks of one call, as they come, and then its result."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from motet.kernel.channel import Channel
from motet.kernel.context import CURRENT
from motet.kernel.errors import Cancelled
from motet.kernel.message import Chunk

__all__ = ["Stream"]

Out = TypeVar("Out")


class Stream(Generic[Out]):
    """The chunks of one call and its result: iterate over it, then `await stream.result()`.

    The work begins with the first use. It is cancelled by leaving an `async with` block early, by `aclose()`, and when
    nobody holds the stream any more. If the work fails, the iteration raises its error after the last chunk; if it was
    cancelled, `Cancelled`. A stream has one reader. A stream that was begun inside an agent is cancelled, too, when
    that agent fails or is cancelled.

    Args:
        channel: Where the chunks come from.
        start: Makes the work; called once.
    """

    def __init__(self, channel: Channel, start: Callable[[], Coroutine[Any, Any, Out]]) -> None:
        self._channel = channel
        self._start = start
        self._task: asyncio.Task[Out] | None = None
        self._closed = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Chunk:
        task = self._task or self._begin()
        channel = self._channel
        while True:
            chunk = channel.pull()
            if chunk is not None:
                return chunk
            if channel.closed:
                break
            await channel.wait()
        if task.done() and not task.cancelled():
            task.result()
        elif self._closed or task.cancelled():
            raise _cancelled()
        raise StopAsyncIteration

    async def result(self) -> Out:
        """Wait for the output; chunks that nobody read are dropped.

        Raises:
            Cancelled: The work was cancelled, such as by closing the stream, before it had a result.
            Exception: Whatever the work raised.
        """
        task = self._task or self._begin()
        self._channel.close(discard=True)
        try:
            # Waiting is not the work itself: whoever stops waiting leaves it running until the stream is closed.
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            waiter = asyncio.current_task()
            if task.cancelled() and not (waiter is not None and waiter.cancelling()):
                raise _cancelled() from None
            raise

    async def aclose(self) -> None:
        """Cancel the work if it is still going on, and wait until it is over."""
        task = self._task
        self._closed = True
        self._channel.close(discard=True)
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait((task,))
        if task is not None and not task.cancelled():
            task.exception()  # seen: it was raised already, or nobody wants to know

    async def __aenter__(self) -> Self:
        self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __del__(self) -> None:
        task = self._task
        if task is not None and not task.done():
            # Garbage is collected in whatever thread is at work. A closed event loop has nothing to cancel any more.
            with suppress(RuntimeError):
                task.get_loop().call_soon_threadsafe(_abandon, task, self._channel)

    def _begin(self) -> "asyncio.Task[Out]":
        if self._task is None:
            if self._closed:
                raise _cancelled()
            around = CURRENT.get()
            self._task = asyncio.get_running_loop().create_task(self._start())
            # The channel alone is bound: the task must not keep the stream alive, see __del__.
            self._task.add_done_callback(_closer(self._channel))
            if around is not None:
                around.begun(self._task, self._channel)
        return self._task


def _abandon(task: "asyncio.Task[Any]", channel: Channel) -> None:
    channel.close(discard=True)
    task.cancel()


def _cancelled() -> Cancelled:
    return Cancelled("The work of this stream was cancelled before it had a result")


def _closer(channel: Channel) -> Callable[[object], None]:
    def close(_: object) -> None:
        channel.close()

    return close
