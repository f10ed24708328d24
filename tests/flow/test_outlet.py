"""Where outputs wait for whoever reads them."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.flow.outlet import Outlet
from support import until, within

BOOM = ValueError("boom")


def filled(*values: object, capacity: int = 4) -> Outlet[str]:
    outlet: Outlet[str] = Outlet(capacity)
    for value in values:
        outlet.put(value)
    return outlet


def drained(outlet: Outlet[Any]) -> list[Any]:
    return [outlet.take()[0] for _ in range(len(outlet))]


async def read(outlet: Outlet[Any], into: list[Any]) -> None:
    """Read as the iterations over a pipeline do."""
    while True:
        while not len(outlet):
            if outlet.finished:
                return
            await outlet.wait()
        into.append(outlet.take()[0])


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_what_is_put_in_first_is_taken_first():
    assert drained(filled(1, 2, 3)) == [1, 2, 3]


def test_a_failure_is_taken_with_what_failed():
    outlet = filled(1)
    outlet.put("run", BOOM)
    assert [outlet.take(), outlet.take()] == [(1, None), ("run", BOOM)]


def test_taking_from_an_empty_outlet_is_an_error():
    with pytest.raises(IndexError):
        filled().take()


@pytest.mark.parametrize(("count", "full"), [(0, False), (1, False), (2, True), (3, True)])
def test_it_is_full_when_as_many_wait_as_it_holds(count, full):
    outlet = filled(*range(count), capacity=2)
    assert (len(outlet), outlet.full) == (count, full)


def test_it_is_full_for_a_newcomer_while_a_sender_waits():
    outlet = filled(capacity=2)
    outlet.waiting["sender"] = None
    assert outlet.full
    outlet.waiting.clear()
    assert not outlet.full


def test_where_nobody_reads_any_more_what_comes_is_dropped():
    outlet = filled(1)
    outlet.open_end = True
    outlet.put(2)
    outlet.put("run", BOOM)
    assert drained(outlet) == [1]


async def test_a_reader_waits_until_something_comes():
    outlet, taken = filled(), []
    reading = asyncio.create_task(read(outlet, taken))
    await settle()
    assert (taken, reading.done()) == ([], False)
    outlet.put(1)
    await until(lambda: taken == [1])
    outlet.finish()
    await within(reading)
    assert not outlet._waiters


async def test_readers_end_when_everything_has_been_read():
    outlet, taken = filled(1, 2), []
    outlet.finish()
    assert outlet.finished
    await within(asyncio.gather(*(read(outlet, taken) for _ in range(3))))
    assert taken == [1, 2]


async def test_finishing_wakes_every_reader():
    outlet = filled()
    readers = [asyncio.create_task(read(outlet, [])) for _ in range(3)]
    await settle()
    outlet.finish()
    outlet.finish()
    await within(asyncio.gather(*readers))


@pytest.mark.parametrize("turns", [0, 1, 2])
async def test_a_reader_that_gives_up_does_not_take_the_wake_up_along(turns):
    outlet, taken = filled(), []
    first = asyncio.create_task(read(outlet, []))
    await settle()
    second = asyncio.create_task(read(outlet, taken))
    await settle()
    outlet.put(1)
    first.cancel()
    for _ in range(turns):
        await asyncio.sleep(0)
    await until(lambda: taken == [1])
    outlet.finish()
    await within(asyncio.gather(first, second, return_exceptions=True))


@given(st.lists(st.sampled_from(["put", "put", "read", "leave", "turn"]), max_size=40), st.integers(1, 3))
def test_whatever_readers_come_and_go_each_output_is_read_once_and_in_order(steps, capacity):
    async def play() -> None:
        outlet, taken = filled(capacity=capacity), []
        readers: list[asyncio.Task[None]] = []
        count = 0
        for step in steps:
            if step == "put":
                outlet.put(count)
                count += 1
            elif step == "read":
                readers.append(asyncio.create_task(read(outlet, taken)))
            elif step == "leave" and readers:
                readers.pop(len(readers) // 2).cancel()
            else:
                await asyncio.sleep(0)
        await settle()
        if any(not reader.done() for reader in readers):
            assert taken == list(range(count))
        outlet.finish()
        await read(outlet, taken)
        assert taken == list(range(count))
        for reader in readers:
            await within(reader)
        await settle()

    asyncio.run(play())
