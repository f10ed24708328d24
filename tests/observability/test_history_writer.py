"""The writer: one append for each trace of a batch, in order, and the event loop gets its turns."""

import asyncio
from collections.abc import Mapping, Sequence

from motet.kernel.events import DeadlinePassed
from motet.kernel.records import keepers
from motet.observability.history_buffer import Buffer
from motet.observability.history_writer import BATCH, HistoryWriter
from motet.storage import MemoryStore
from observability.stores import FailingStore
from support import StillClock, until, within


class Counted(MemoryStore):
    """Counts how often it was written to."""

    appends = 0

    async def append(self, trace: str, records: Sequence[Mapping[str, object]]) -> int:
        self.appends += 1
        return await super().append(trace, records)


def filled(count: int, traces: int = 1) -> Buffer:
    buffer = Buffer(10**6, 10**9, StillClock(), {})
    for number in range(count):
        buffer.put(DeadlinePassed(f"t{number % traces}", float(number), "s", "a"), (), 0)
    return buffer


async def test_a_batch_is_one_append_for_each_trace() -> None:
    store = Counted()
    writer = HistoryWriter(filled(30, traces=3), store, keepers())
    await within(writer.drain())
    assert (store.appends, writer.written) == (3, 33)
    for place in range(3):
        ats = [record["at"] for _, record in await store.history(f"t{place}") if record["kind"] != "begin"]
        assert ats == [float(number) for number in range(30) if number % 3 == place]


async def test_much_is_written_in_several_batches_in_order() -> None:
    store = Counted()
    await within(HistoryWriter(filled(2 * BATCH), store, keepers()).drain())
    assert store.appends == 3
    numbers = [record["n"] for _, record in await store.history("t0", limit=10**4)]
    assert numbers == list(range(2 * BATCH + 1))


async def test_the_event_loop_has_its_turn_while_much_is_written() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await within(HistoryWriter(filled(BATCH), MemoryStore(), keepers()).drain())
    counting.cancel()
    assert turns > 4


async def test_what_was_not_written_stays_in_the_buffer() -> None:
    store, buffer = FailingStore(), filled(3)
    writing = asyncio.create_task(HistoryWriter(buffer, store, keepers()).drain())
    await until(store.failed.is_set)
    assert len(buffer) == 4
    writing.cancel()
    await asyncio.wait({writing})
    assert len(buffer) == 4
