"""State stores for the tests of histories: one that can be held up, one that fails, one that refuses, and more."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from motet.kernel.errors import InvalidPayload
from motet.storage import MemoryStore

__all__ = ["BusyStore", "ClosableStore", "FailingStore", "HeldStore", "PickyStore"]

Records = Sequence[Mapping[str, object]]


class HeldStore(MemoryStore):
    """Writes nothing before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.go = asyncio.Event()

    async def append(self, trace: str, records: Records) -> int:
        self.asked.set()
        await self.go.wait()
        return await super().append(trace, records)


class FailingStore(MemoryStore):
    """Fails until it is mended."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = True
        self.failed = asyncio.Event()

    async def append(self, trace: str, records: Records) -> int:
        if self.broken:
            self.failed.set()
            raise ConnectionError("the store is gone")
        return await super().append(trace, records)


class PickyStore(MemoryStore):
    """Does not take records of one kind."""

    async def append(self, trace: str, records: Records) -> int:
        if any(record["kind"] == "deadline_passed" for record in records):
            raise InvalidPayload("no deadlines here")
        return await super().append(trace, records)


class BusyStore(MemoryStore):
    """Does something each time it is written to: so there is always more to write."""

    meanwhile: Callable[[], None] = staticmethod(lambda: None)

    async def append(self, trace: str, records: Records) -> int:
        self.meanwhile()
        return await super().append(trace, records)


class ClosableStore(MemoryStore):
    """Tells in which threads' event loops it was opened and closed; opening fails at first, if so wished."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.loops: list[asyncio.AbstractEventLoop] = []
        self.closed = False
        self.failures = failures

    async def open(self) -> None:
        self.loops.append(asyncio.get_running_loop())
        if len(self.loops) <= self.failures:
            raise ConnectionError("not yet")

    async def close(self) -> None:
        self.loops.append(asyncio.get_running_loop())
        self.closed = True
