"""A bounded shelf for what waits for its end: the oldest gives way, and is counted."""

import threading
from collections import OrderedDict
from contextlib import suppress
from typing import Generic, TypeVar

__all__ = ["Shelf"]

T = TypeVar("T")


class Shelf(Generic[T]):
    """Keeps things by key, at most so many; safe to be used from several threads: each comes off once.

    Args:
        size: How many.
    """

    __slots__ = ("_counting", "_kept", "_size", "dropped")

    def __init__(self, size: int) -> None:
        self._size = size
        # Each of its methods is one step for other threads, as looking for the oldest key of a `dict` is not.
        self._kept: OrderedDict[object, T] = OrderedDict()
        self._counting = threading.RLock()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: object) -> T | None:
        """Return what is kept under a key."""
        return self._kept.get(key)

    def put(self, key: object, value: T) -> T | None:
        """Keep something; return what gave way to it."""
        kept = self._kept
        kept[key] = value
        if len(kept) <= self._size:
            return None
        try:
            _, gone = kept.popitem(last=False)
        except KeyError:
            return None  # others took everything off meanwhile
        with self._counting:
            self.dropped += 1
        return gone

    def take(self, key: object) -> T | None:
        """Take something off the shelf."""
        return self._kept.pop(key, None)

    def clear(self) -> list[T]:
        """Take everything off the shelf."""
        found = []
        with suppress(KeyError):
            while True:
                found.append(self._kept.popitem()[1])
        return found
