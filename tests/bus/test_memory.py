"""The bus in memory: what the contract of buses does not say."""

import asyncio

import pytest

from leaks import nothing_left
from motet.bus import MemoryBus
from motet.kernel.errors import QueueFull, Unavailable
from motet.testing.virtual_time import VirtualClock

__all__ = ["nothing_left"]

pytestmark = pytest.mark.virtual_time


@pytest.mark.parametrize("options", [{"capacity": 0}, {"visibility": 0}, {"visibility": float("nan")}])
def test_a_bus_that_could_hold_nothing_is_refused(options):
    with pytest.raises(ValueError, match="h(o|e)ld"):
        MemoryBus(**options)


async def test_errors_say_what_to_do():
    async with MemoryBus(capacity=1) as bus, await bus.subscribe("orders", "g") as member:
        await bus.publish("orders", b"x")
        with pytest.raises(QueueFull, match="The topic 'orders' is full: wait, or have its groups acknowledge"):
            await bus.publish("orders", b"y", wait=False)
    with pytest.raises(Unavailable, match="This bus is closed, and stays so: make another one"):
        await bus.publish("orders", b"x")
    with pytest.raises(Unavailable, match="This subscription is closed: subscribe again"):
        await member.receive()


async def test_what_is_due_comes_at_its_time_and_a_timer_is_there_only_while_somebody_waits(clock):
    async with MemoryBus(visibility=60) as bus:
        busy, waiting = [await bus.subscribe("t", "g") for _ in range(2)]
        await bus.publish("t", b"x")
        got = await busy.receive()
        receiver = asyncio.create_task(waiting.receive())
        await asyncio.sleep(50)
        assert await busy.extend(got)
        assert (await receiver).attempt == 2
        assert clock.now() == 110
        receiver = asyncio.create_task(busy.receive())
        await asyncio.sleep(1)
        receiver.cancel()
        await asyncio.gather(receiver, return_exceptions=True)
        timers = [timer for timer in asyncio.get_running_loop()._scheduled if not timer.cancelled()]
        assert timers == []


async def test_a_shorter_delay_comes_first_though_a_longer_one_was_waited_for(clock):
    async with MemoryBus() as bus, await bus.subscribe("t", "g") as member:
        await bus.publish("t", b"slow")
        await bus.publish("t", b"quick")
        slow, quick = await member.receive(), await member.receive()
        await member.nack(slow, delay=20)
        receiver = asyncio.create_task(member.receive())
        await asyncio.sleep(1)
        await member.nack(quick, delay=5)
        assert ((await receiver).payload, clock.now()) == (b"quick", 6)
        assert ((await member.receive()).payload, clock.now()) == (b"slow", 20)


async def test_a_clock_that_stands_still_lets_no_time_be_over():
    async with MemoryBus(visibility=5, clock=VirtualClock()) as bus, await bus.subscribe("t", "g") as member:
        await bus.publish("t", b"x")
        got = await member.receive()
        receiver = asyncio.create_task(member.receive())
        await asyncio.sleep(50)
        assert not receiver.done()
        assert await member.nack(got)
        assert (await receiver).attempt == 2


async def test_publishers_and_members_that_never_wait_let_others_have_their_turn():
    async def flood(bus):
        while True:
            await bus.publish("nobody", b"x")

    async def refuse(member):
        async for got in member:
            await member.nack(got)

    async with MemoryBus() as bus, await bus.subscribe("t", "g") as member:
        await bus.publish("t", b"poison")
        tasks = [asyncio.create_task(flood(bus)), asyncio.create_task(refuse(member))]
        for _ in range(5):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        told = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(error, asyncio.CancelledError) for error in told)


async def test_members_take_turns_though_none_of_them_has_to_wait():
    async with MemoryBus() as bus:
        members = [await bus.subscribe("t", "g") for _ in range(2)]
        counts = [0, 0]

        async def work(place):
            async for got in members[place]:
                counts[place] += 1
                await members[place].ack(got)

        for number in range(100):
            await bus.publish("t", b"%d" % number)
        tasks = [asyncio.create_task(work(place)) for place in range(2)]
        await asyncio.sleep(1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert counts == [50, 50]


async def test_a_topic_without_groups_is_kept_nowhere():
    async with MemoryBus() as bus:
        await bus.publish("t", b"x")
        assert bus._topics == {}
        for group in ("a", "b"):
            await bus.declare("t", group)
        await bus.publish("t", b"x")
        await bus.forget("t", "a")
        await bus.forget("unknown", "a")
        await bus.forget("t", "unknown")
        assert list(bus._topics) == ["t"]
        await bus.forget("t", "b")
        assert bus._topics == {}


async def test_a_publisher_that_is_cancelled_as_the_bus_closes_is_cancelled():
    bus = MemoryBus(capacity=1)
    member = await bus.subscribe("t", "g")
    await bus.publish("t", b"x")
    publisher, receiver = asyncio.create_task(bus.publish("t", b"y")), asyncio.create_task(member.receive())
    await asyncio.sleep(1)
    publisher.cancel()
    await bus.close()
    with pytest.raises(asyncio.CancelledError):
        await publisher
    assert (await receiver).payload == b"x"


async def test_a_publisher_that_is_cancelled_as_there_is_room_gives_the_room_to_the_next():
    async with MemoryBus(capacity=1) as bus, await bus.subscribe("t", "g") as member:
        await bus.publish("t", b"1")
        publishers = [asyncio.create_task(bus.publish("t", payload)) for payload in (b"2", b"3")]
        await asyncio.sleep(1)
        got = await member.receive()
        publishers[0].cancel()
        assert await member.ack(got)
        assert (await member.receive()).payload == b"3"
        told = await asyncio.gather(*publishers, return_exceptions=True)
        assert [type(error) for error in told] == [asyncio.CancelledError, type(None)]


async def test_members_that_are_cancelled_as_the_group_is_forgotten_are_cancelled():
    async with MemoryBus() as bus, await bus.subscribe("t", "g") as member:
        receiver = asyncio.create_task(member.receive())
        await asyncio.sleep(1)
        receiver.cancel()
        await bus.forget("t", "g")
        with pytest.raises(asyncio.CancelledError):
            await receiver
