"""Stores for the tests of the cache: one that keeps bytes as a server would, slow ones and failing ones."""

import asyncio
import pickle

from motet.middleware.cache_store import CacheEntry, CacheStore

__all__ = ["BytesStore", "FailingStore", "SlowStore"]


class BytesStore(CacheStore):
    """Keeps entries as bytes, as one in another process does, and takes a turn of the event loop for everything."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[float, bytes]] = {}
        self.looked_up = 0

    async def get(self, key: str, now: float) -> CacheEntry | None:
        self.looked_up += 1
        await asyncio.sleep(0)
        expires, kept = self.kept.get(key, (0.0, b""))
        return pickle.loads(kept) if expires > now else None  # noqa: S301 - its own bytes

    async def set(self, key: str, entry: CacheEntry, now: float) -> bool:
        await asyncio.sleep(0)
        self.kept[key] = (entry.expires, pickle.dumps(entry))
        return True

    async def delete(self, key: str) -> None:
        await asyncio.sleep(0)
        self.kept.pop(key, None)

    async def clear(self) -> None:
        await asyncio.sleep(0)
        self.kept.clear()


class SlowStore(BytesStore):
    """Takes some seconds for each thing that it is told to be slow in."""

    def __init__(self, **seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    async def get(self, key: str, now: float) -> CacheEntry | None:
        await asyncio.sleep(self.seconds.get("get", 0))
        return await super().get(key, now)

    async def set(self, key: str, entry: CacheEntry, now: float) -> bool:
        await asyncio.sleep(self.seconds.get("set", 0))
        return await super().set(key, entry, now)


class FailingStore(BytesStore):
    """Fails in the things that it is told to fail in."""

    def __init__(self, *failing: str) -> None:
        super().__init__()
        self.failing = failing

    def _check(self, doing: str) -> None:
        if doing in self.failing:
            raise ConnectionError(f"no {doing} today")

    def peek(self, key: str, now: float) -> CacheEntry | None:
        self._check("peek")
        return super().peek(key, now)

    async def get(self, key: str, now: float) -> CacheEntry | None:
        self._check("get")
        return await super().get(key, now)

    async def set(self, key: str, entry: CacheEntry, now: float) -> bool:
        self._check("set")
        return await super().set(key, entry, now)

    async def delete(self, key: str) -> None:
        self._check("delete")
        await super().delete(key)

    async def clear(self) -> None:
        self._check("clear")
        await super().clear()
