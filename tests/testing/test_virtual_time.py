"""Virtual time: timers fire in exact order without anybody waiting, threads and sockets work."""

import asyncio
import time

import pytest

from motet import agent
from motet.kernel.errors import DeadlineExceeded
from motet.testing.virtual_time import VirtualTime


@pytest.fixture
def virtual():
    with VirtualTime() as virtual:
        yield virtual


def test_hours_pass_at_once_and_in_order(virtual):
    told = []

    async def wait(seconds):
        await asyncio.sleep(seconds)
        told.append((seconds, virtual.clock.now()))

    async def main():
        await asyncio.gather(wait(7200), wait(0.001), wait(3600))

    start = time.monotonic()
    virtual.run(main())
    assert told == [(0.001, 0.001), (3600, 3600), (7200, 7200)]
    assert time.monotonic() - start < 3600
    assert virtual.clock.wall() - virtual.clock.now() == pytest.approx(1_750_000_000)


def test_advance_lets_time_pass_and_settle_does_not(virtual):
    told = []

    async def later():
        virtual.loop.call_later(5, told.append, "late")
        virtual.loop.call_soon(told.append, "soon")

    virtual.run(later())
    virtual.settle()
    assert (told, virtual.clock.now()) == (["soon"], 0)
    virtual.advance(4.9)
    assert told == ["soon"]
    virtual.advance(0.2)
    assert told == ["soon", "late"]


def test_deadlines_go_by_the_clock_of_the_loop(virtual):
    @agent
    async def slow(payload):
        await asyncio.sleep(1000)

    with pytest.raises(DeadlineExceeded):
        virtual.run(slow(1, deadline=60, clock=virtual.clock))
    assert virtual.clock.now() == 60


def test_time_stands_still_while_a_thread_works(virtual):
    async def main():
        timer = virtual.loop.call_later(0.001, lambda: None)
        result = await asyncio.to_thread(lambda: time.sleep(0.05) or "done")
        assert not timer.cancelled()
        return result, virtual.clock.now()

    assert virtual.run(main()) == ("done", 0)


def test_sockets_work(virtual):
    async def main():
        async def answer(reader, writer):
            writer.write(await reader.readline())
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"hello\n")
            line = await reader.readline()
            writer.close()
            await writer.wait_closed()
        return line

    assert virtual.run(main()) == b"hello\n"


def test_a_seed_decides_ids_and_random_numbers():
    worlds = [VirtualTime(seed) for seed in (1, 1, 2)]
    numbers = [(world.clock.random(), world.clock.hex_id(4)) for world in worlds]
    for world in worlds:
        world.close()
    assert numbers[0] == numbers[1] != numbers[2]


def test_what_is_left_is_ended_when_the_block_is_left():
    told = []

    async def endless():
        try:
            await asyncio.Event().wait()
        finally:
            told.append("ended")

    async def begin():
        told.append(asyncio.ensure_future(endless()))

    with VirtualTime() as virtual:
        virtual.run(begin())
        virtual.settle()
    assert told[1:] == ["ended"]
