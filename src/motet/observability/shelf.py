"""A bounded shelf for what waits for its end: the oldest gives way, and is counted."""

from typing import Generic, TypeVar

__all__ = ["Shelf"]

T = TypeVar("T")


class Shelf(Generic[T]):
    """Keeps things by key, at most so many.

    Args:
        size: How many.
    """

    __slots__ = ("_kept", "_size", "dropped")

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: dict[object, T] = {}
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
        self.dropped += 1
        return kept.pop(next(iter(kept)))

    def take(self, key: object) -> T | None:
        """Take something off the shelf."""
        return self._kept.pop(key, None)

    def clear(self) -> list[T]:
        """Take everything off the shelf."""
        kept = []
        while self._kept:
            kept.append(self._kept.popitem()[1])
        return kept
