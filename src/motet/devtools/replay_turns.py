"""In which order recorded answers are given: the order in which they came when the trace was recorded."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

__all__ = ["Turns"]

PATIENCE: Final = 0.02
"""Seconds without any progress after which whoever comes before is no longer waited for."""


class Turns:
    """Lets answers out in order, as long as those that come before are asked for at all.

    Args:
        order: The numbers of all answers that were recorded.
    """

    def __init__(self, order: Iterable[int]) -> None:
        self._order = deque(sorted(order))
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._gone: set[int] = set()
        self._progress = 0
        self._watch: asyncio.Task[None] | None = None

    async def wait(self, number: int) -> None:
        """Wait for the turn of an answer."""
        self._progress += 1
        if self._first() != number:
            future = self._waiting[number] = asyncio.get_running_loop().create_future()
            if self._watch is None:
                self._watch = asyncio.create_task(self._look())
            try:
                await future
            finally:
                self._waiting.pop(number, None)
                self.gone(number)
        self.gone(number)

    def gone(self, number: int) -> None:
        """Take note that an answer has been given, or will not be."""
        self._gone.add(number)
        self._progress += 1
        following = self._first()
        future = self._waiting.get(following) if following is not None else None
        if future is not None and not future.done():
            future.set_result(None)

    def close(self) -> None:
        """Stop looking."""
        if self._watch is not None:
            self._watch.cancel()

    def _first(self) -> int | None:
        while self._order and self._order[0] in self._gone:
            self._order.popleft()
        return self._order[0] if self._order else None

    async def _look(self) -> None:
        while self._waiting:
            before = self._progress
            await asyncio.sleep(PATIENCE)
            if self._progress == before and self._waiting:
                self._give_up(min(self._waiting))
        self._watch = None

    def _give_up(self, number: int) -> None:
        """Wait no longer for what comes before an answer, and let that out."""
        while self._order and self._order[0] < number:
            self._order.popleft()
        self._progress += 1
        future = self._waiting[number]
        if not future.done():
            future.set_result(None)
