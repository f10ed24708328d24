"""The end of a long-lived pipeline: outputs wait there for whoever reads them, in bounded number."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Outlet"]

Sender = TypeVar("Sender", bound=Hashable)


class Outlet(Generic[Sender]):
    """A bounded queue of outputs and failures, where senders that find it full are parked.

    Args:
        capacity: How many outputs may wait for a reader.

    Attributes:
        items: What waits to be read: an output and None, or the run that failed and its error.
        inside: How many runs are inside whose outputs come here.
        readers: How many iterations are reading.
        closing: Whether nothing more is sent in.
        finished: Whether nothing more will come.
        open_end: Whether nobody will read any more: what comes is dropped, so that nobody waits for a reader.
    """

    __slots__ = ("_waiters", "capacity", "closing", "finished", "inside", "items", "open_end", "readers", "waiting")

    def __init__(self, capacity: int) -> None:
        self.items: deque[tuple[object, BaseException | None]] = deque()
        self._waiters: deque[asyncio.Future[None]] = deque()
        self.capacity = capacity
        self.inside = 0
        self.readers = 0
        self.closing = False
        self.finished = False
        self.open_end = False
        self.waiting: OrderedDict[Sender, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self.items)

    @property
    def full(self) -> bool:
        """Whether the next sender has to wait."""
        return len(self.items) >= self.capacity or bool(self.waiting)

    def put(self, value: object, error: BaseException | None = None) -> None:
        """Add an output, or the error of a run that failed."""
        if self.open_end:
            return
        self.items.append((value, error))
        if self._waiters:
            self._wake()

    def take(self) -> tuple[object, BaseException | None]:
        """Take the oldest entry."""
        return self.items.popleft()

    def finish(self) -> None:
        """Let readers end when everything has been read."""
        self.finished = True
        for reader in self._waiters:
            if not reader.done():
                reader.set_result(None)

    async def wait(self) -> None:
        """Wait until there may be something to take, or all is over."""
        reader = asyncio.get_running_loop().create_future()
        self._waiters.append(reader)
        try:
            await reader
        finally:
            self._waiters.remove(reader)
            if self.items and not self.finished:
                self._wake()  # whoever was woken and gave up must not take the wake-up along

    def _wake(self) -> None:
        for reader in self._waiters:
            if not reader.done():
                reader.set_result(None)
                return
