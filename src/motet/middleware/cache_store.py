"""Where a cache keeps its entries: the contract of stores, and the store in memory."""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from motet.kernel.clock import Clock
from motet.kernel.message import Chunk
from motet.middleware.arguments import check_whole
from motet.middleware.copying import size_of

__all__ = ["CacheEntry", "CacheStore", "MemoryCacheStore"]


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """An answer that is kept.

    Args:
        value: The output; None where there is an error.
        expires: When it is over, in seconds of the time that its store goes by.
        error: What is raised in place of an output.
        chunks: What was emitted on the way and counts, in order; their paths begin below the agent, so that those of
            its own are empty. None where that was not recorded.
    """

    value: object
    expires: float
    error: Exception | None = None
    chunks: tuple[Chunk, ...] | None = None


class CacheStore(ABC):
    """What a store of entries can do. A key is a short string of ASCII characters.

    A store may be slow, and may fail: whatever it raises is logged and counted by the cache, and the call goes on
    without it. It must not hang: a store that talks to somebody bounds its waits. It never gives an entry that is over,
    and may forget any entry at any time.
    """

    def time(self, clock: Clock) -> float:
        """Return the time that entries expire by; here the time of day, which several processes agree about.

        Args:
            clock: The clock of the call.
        """
        return clock.wall()

    def peek(self, key: str, now: float) -> CacheEntry | None:
        """Return what is at hand without waiting; a store that has nothing at hand leaves this as it is.

        Args:
            key: Of which payload.
            now: The store's time; what expires by then is over.
        """
        return None

    @abstractmethod
    async def get(self, key: str, now: float) -> CacheEntry | None:
        """Return the entry of a key; None if there is none, or it is over.

        Args:
            key: Of which payload.
            now: The store's time; what expires by then is over.
        """

    @abstractmethod
    async def set(self, key: str, entry: CacheEntry, now: float) -> bool:
        """Keep an entry in place of an earlier one, which is gone in any case.

        Args:
            key: Of which payload.
            entry: What to keep. Its value is a copy that nobody else has.
            now: The store's time.

        Returns:
            Whether it is kept.
        """

    @abstractmethod
    async def delete(self, key: str) -> None:
        """Forget the entry of a key, if there is one."""

    @abstractmethod
    async def clear(self) -> None:
        """Forget all entries."""

    def counters(self) -> Mapping[str, float]:
        """Return what it has counted, by name; here: nothing."""
        return {}


class MemoryCacheStore(CacheStore):
    """Entries in the memory of this process; the one that was not used for longest goes first. All it does is O(1).

    Args:
        max_entries: How many entries are kept, from 1.
        max_bytes: How much memory they may take, as `size_of` estimates; an entry that is larger than this by itself is
            not kept. None sets no limit, and measures nothing.

    Raises:
        ValueError: A bound is no whole number from 1.
    """

    def __init__(self, max_entries: int = 1024, max_bytes: int | None = None) -> None:
        check_whole("max_entries", max_entries, 1)
        if max_bytes is not None:
            check_whole("max_bytes", max_bytes, 1)
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        # In the order of use, the one that was used longest ago first.
        self._entries: OrderedDict[str, CacheEntry] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._bytes = 0
        self._counts = {"evicted": 0, "expired": 0, "too_large": 0}

    def time(self, clock: Clock) -> float:
        """Return the monotonic time of the clock."""
        return clock.now()

    def peek(self, key: str, now: float) -> CacheEntry | None:
        """Return the entry of a key, which is now the one that was used last."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires <= now:
            self._counts["expired"] += 1
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    async def get(self, key: str, now: float) -> CacheEntry | None:
        """Return the entry of a key, as `peek` does."""
        return self.peek(key, now)

    async def set(self, key: str, entry: CacheEntry, now: float) -> bool:
        """Keep an entry, and drop others where there are too many or they are too large."""
        self._drop(key)
        if self._max_bytes is not None:
            size = size_of(entry)
            if size > self._max_bytes:
                self._counts["too_large"] += 1
                return False
            self._sizes[key] = size
            self._bytes += size
        self._entries[key] = entry
        while self._overfull:
            self._counts["evicted"] += 1
            self._drop(next(iter(self._entries)))
        return True

    async def delete(self, key: str) -> None:
        """Forget the entry of a key, if there is one."""
        self._drop(key)

    async def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()
        self._sizes.clear()
        self._bytes = 0

    def counters(self) -> Mapping[str, float]:
        """Return how many entries there are, their bytes where these are bounded, and what was dropped, and why."""
        return {"entries": len(self._entries), "bytes": self._bytes, **self._counts}

    @property
    def _overfull(self) -> bool:
        return len(self._entries) > self._max_entries or (self._max_bytes is not None and self._bytes > self._max_bytes)

    def _drop(self, key: str) -> None:
        if self._entries.pop(key, None) is not None:
            self._bytes -= self._sizes.pop(key, 0)
