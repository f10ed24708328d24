"""Things that all expire after the same time: kept in the order in which they began, with one timer for all of them."""

import asyncio
from collections import OrderedDict
from typing import Protocol

__all__ = ["Expirable", "Expiry"]


class Expirable(Protocol):
    """Something that is told when its time is over."""

    def expire(self) -> None:
        """Take note that time is over."""


class Expiry:
    """What expires in one event loop, `seconds` after it was added, unless it is removed before.

    Starting and stopping a timer for each call would cost more than everything else around it. As all of them have the
    same time they expire in the order in which they came, so one timer, for the oldest, is enough. It is left to fire
    once when nothing is there any more.

    Args:
        loop: Whose time counts.
        seconds: How long each has.
    """

    __slots__ = ("_entries", "_timer", "loop", "seconds")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.loop = loop
        self.seconds = seconds
        self._entries: OrderedDict[Expirable, float] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, entry: Expirable) -> None:
        """Let the time of something begin."""
        end = self.loop.time() + self.seconds
        self._entries[entry] = end
        if self._timer is None:
            self._timer = self.loop.call_at(end, self._fire)

    def remove(self, entry: Expirable) -> None:
        """Take something out, whether it has expired or not."""
        self._entries.pop(entry, None)

    def _fire(self) -> None:
        self._timer = None
        now = self.loop.time()
        while self._entries:
            entry, end = next(iter(self._entries.items()))
            if end > now:
                self._timer = self.loop.call_at(end, self._fire)
                return
            del self._entries[entry]
            entry.expire()
