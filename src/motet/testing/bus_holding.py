"""The contract of message buses, on what a member holds: acknowledged, given back, left behind."""

import asyncio
import math

from motet.kernel.errors import Unavailable
from motet.testing.bus_making import BRIEF, Buses, nothing_comes, publish_all, receive, receiving, waits
from motet.testing.made import refused
from motet.testing.reaching import soon

__all__ = ["BusHolding"]


class BusHolding:
    """At least once: what becomes of a message that was received."""

    async def test_what_is_acknowledged_never_comes_again(self, buses: Buses) -> None:
        """Neither at once, nor when its time is over, nor when its member leaves."""
        async with buses(visibility=BRIEF) as bus:
            other = await bus.subscribe("t", "g")
            async with await bus.subscribe("t", "g") as member:
                await publish_all(bus, "t", b"x")
                got = await receive(member)
                assert await member.ack(got)
                assert not await member.ack(got)
                assert not await member.nack(got)
                assert not await member.extend(got)
            receiver = receiving(other)
            await waits(receiver, BRIEF * 1.5)
            await publish_all(bus, "t", b"y")
            assert (await soon(receiver)).payload == b"y"

    async def test_what_is_given_back_comes_again_and_is_counted(self, buses: Buses) -> None:
        """To whoever receives next; who has given it back has no more say in it."""
        async with buses() as bus:
            first, second = await bus.subscribe("t", "g"), await bus.subscribe("t", "g")
            await soon(bus.publish("t", b"x", key="k", headers={"a": "b"}))
            given = await receive(first)
            assert await first.nack(given)
            again = await receive(second)
            assert (again.payload, again.key, dict(again.headers), again.attempt) == (b"x", "k", {"a": "b"}, 2)
            assert not await first.ack(given)
            assert not await first.nack(given)
            assert not await first.ack(again), "another member has it"
            assert await second.ack(again)
            await nothing_comes(first)

    async def test_a_delay_is_kept_and_holds_up_nothing_else(self, buses: Buses) -> None:
        """A delay that is none is refused, and the message still held."""
        async with buses() as bus, await bus.subscribe("t", "g") as member:
            await publish_all(bus, "t", b"slow")
            got = await receive(member)
            for wrong in (-1.0, math.nan, math.inf):
                await refused(member.nack(got, delay=wrong), ValueError)
            assert await member.nack(got, delay=1.0)
            receiver = receiving(member)
            await waits(receiver)
            await publish_all(bus, "t", b"quick")
            assert (await soon(receiver)).payload == b"quick"
            again = await receive(member)
            assert (again.payload, again.attempt) == (b"slow", 2)

    async def test_leaving_gives_back_what_is_held(self, buses: Buses) -> None:
        """At once, to whoever waits for it; who has left gets nothing more."""
        async with buses() as bus:
            staying = await bus.subscribe("t", "g")
            async with await bus.subscribe("t", "g") as leaving:
                await publish_all(bus, "t", b"1", b"2")
                held = [await receive(leaving), await receive(leaving)]
                receivers = [receiving(leaving), receiving(staying)]
                for receiver in receivers:
                    await waits(receiver)
            await refused(soon(receivers[0]), Unavailable)
            again = [await soon(receivers[1]), await receive(staying)]
            assert sorted((got.payload, got.attempt) for got in again) == [(b"1", 2), (b"2", 2)]
            assert not await leaving.ack(held[0])
            await leaving.close()
            await refused(soon(leaving.receive()), Unavailable)
            assert [await staying.ack(got) for got in again] == [True, True]

    async def test_what_a_dead_member_holds_goes_to_others(self, buses: Buses) -> None:
        """After the visibility time, and not before it; if it lives all the same, it can do no harm."""
        async with buses(visibility=BRIEF) as bus:
            dead, alive = await bus.subscribe("t", "g"), await bus.subscribe("t", "g")
            await publish_all(bus, "t", b"x")
            lost = await receive(dead)
            receiver = receiving(alive)
            await waits(receiver)
            again = await soon(receiver)
            assert (again.payload, again.attempt) == (b"x", 2)
            for late in (dead.ack, dead.nack, dead.extend):
                assert not await late(lost), "another member has it"
            assert await alive.ack(again)
            await nothing_comes(alive)

    async def test_work_that_goes_on_keeps_its_message(self, buses: Buses) -> None:
        """As long as it says so, each time for another visibility time."""
        async with buses(visibility=BRIEF) as bus:
            slow, other = await bus.subscribe("t", "g"), await bus.subscribe("t", "g")
            await publish_all(bus, "t", b"x")
            got = await receive(slow)
            receiver = receiving(other)
            for _ in range(3):
                await waits(receiver, BRIEF * 0.6)
                assert await slow.extend(got)
            assert not await other.extend(got), "another member has it"
            again = await soon(receiver)
            assert (again.payload, again.attempt) == (b"x", 2)

    async def test_a_receiver_that_is_cancelled_takes_nothing_with_it(self, buses: Buses) -> None:
        """Also if a message was on its way to it."""
        async with buses(visibility=BRIEF) as bus:
            gone, other = await bus.subscribe("t", "g"), await bus.subscribe("t", "g")
            first, second = receiving(gone), receiving(gone)
            await waits(second)
            first.cancel()
            await soon(asyncio.gather(first, return_exceptions=True))
            assert first.cancelled()
            third = receiving(other)
            await waits(third)
            await publish_all(bus, "t", b"x")
            second.cancel()
            await soon(
                asyncio.gather(second, return_exceptions=True)
            )  # if it is quicker, it holds the message for a while
            assert (await soon(third)).payload == b"x"
