"""Every bus meets the contract of buses."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from leaks import nothing_left
from motet.bus import MemoryBus
from motet.testing import MessageBusContract
from motet.testing.bus_making import Buses

__all__ = ["nothing_left"]


@asynccontextmanager
async def memory(*, capacity: int = 100, visibility: float = 600.0) -> AsyncIterator[MemoryBus]:
    async with MemoryBus(capacity=capacity, visibility=visibility) as bus:
        yield bus


@pytest.mark.virtual_time
class TestMemory(MessageBusContract):
    @pytest.fixture
    def buses(self) -> Buses:
        return memory
