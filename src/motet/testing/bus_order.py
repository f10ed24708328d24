"""The contract of message buses, on order and bounds: what waits for what."""

import asyncio

from motet.flow.ports import Delivery, Subscription
from motet.kernel.errors import QueueFull, Unavailable
from motet.testing.bus_making import BRIEF, Buses, nothing_comes, publish_all, receive, receiving, waits
from motet.testing.made import refused
from motet.testing.reaching import soon, turns

__all__ = ["BusOrder"]


class BusOrder:
    """Order per key, and topics that are full."""

    async def test_a_message_waits_for_the_earlier_ones_of_its_key(self, buses: Buses) -> None:
        """Whichever member holds those; other keys, and other groups, do not wait for them."""
        async with buses() as bus:
            first, second, other = [await bus.subscribe("t", group) for group in ("a", "a", "b")]
            await publish_all(bus, "t", b"k1", b"k2", key="k")
            held = await receive(first)
            receiver = receiving(second)
            await waits(receiver)
            await publish_all(bus, "t", b"l1", key="l")
            assert (held.payload, (await soon(receiver)).payload) == (b"k1", b"l1")
            elsewhere = await receive(other)
            assert await other.ack(elsewhere)
            receiver = receiving(second)
            await waits(receiver)
            assert await first.ack(held)
            assert (await soon(receiver)).payload == b"k2"

    async def test_what_comes_again_comes_before_the_later_ones_of_its_key(self, buses: Buses) -> None:
        """Whether it was given back, with or without a delay, left behind by its member, or held by a dead one."""
        async with buses(visibility=BRIEF) as bus:
            staying = await bus.subscribe("t", "g")
            await publish_all(bus, "t", b"1", b"2", key="k")
            for delay in (0.0, 1.0):
                assert await staying.nack(await receive(staying), delay=delay)
            leaving = await bus.subscribe("t", "g")
            await receive(leaving)
            await leaving.close()
            await receive(staying)  # and does nothing about it
            again = await receive(staying)
            assert (again.payload, again.attempt) == (b"1", 5)
            assert await staying.ack(again)
            assert (await receive(staying)).payload == b"2"

    async def test_whatever_happens_nothing_is_lost_and_keys_stay_in_order(self, buses: Buses) -> None:
        """Many publishers and members at once, a small topic, and many attempts."""
        sent = {f"key {number}": [b"%d" % count for count in range(20)] for number in range(5)}
        done: dict[str | None, list[bytes]] = {key: [] for key in sent}
        held: set[str | None] = set()
        over = asyncio.Event()

        async def work(member: Subscription) -> None:
            async for got in member:
                assert got.key not in held, "two of one key are held at once"
                held.add(got.key)
                await turns(3)
                held.remove(got.key)
                await settle(member, got)

        async def settle(member: Subscription, got: Delivery) -> None:
            if got.attempt < 1 + int(got.payload) % 3:
                assert await member.nack(got, delay=0.01 * (got.attempt - 1))
                return
            done[got.key].append(got.payload)
            assert await member.ack(got)
            if done == sent:
                over.set()

        async with buses(capacity=4) as bus:
            members = [asyncio.create_task(work(await bus.subscribe("t", "g"))) for _ in range(3)]
            end = asyncio.create_task(over.wait())
            publishers = (publish_all(bus, "t", *payloads, key=key) for key, payloads in sent.items())
            await soon(asyncio.gather(*publishers))
            try:
                await soon(asyncio.wait([*members, end], return_when=asyncio.FIRST_COMPLETED))
                assert end.done(), f"{done} of {sent}: {members}"
            finally:
                for task in (*members, end):
                    task.cancel()
                await asyncio.gather(*members, end, return_exceptions=True)
        assert done == sent

    async def test_a_full_topic_suspends_its_publisher_until_the_last_group_is_done(self, buses: Buses) -> None:
        """Who does not want to wait is refused, and nothing of the message is left behind."""
        async with buses(capacity=2) as bus:
            quick, slow = await bus.subscribe("t", "quick"), await bus.subscribe("t", "slow")
            await publish_all(bus, "t", b"1", b"2")
            publisher = asyncio.create_task(bus.publish("t", b"3"))
            await waits(publisher)
            assert (await refused(soon(bus.publish("t", b"no", wait=False)), QueueFull)).retryable
            for _ in range(2):
                assert await quick.ack(await receive(quick))
            await waits(publisher)
            assert await slow.ack(await receive(slow))
            await soon(publisher)
            await refused(soon(bus.publish("t", b"no", wait=False)), QueueFull)
            rest = [(quick, await receive(quick))] + [(slow, await receive(slow)) for _ in range(2)]
            assert sorted(got.payload for _, got in rest) == [b"2", b"3", b"3"]
            for member, got in rest:
                assert await member.ack(got)
            for member in (quick, slow):
                await nothing_comes(member)

    async def test_publishers_are_let_in_in_the_order_in_which_they_came(self, buses: Buses) -> None:
        """One that is cancelled leaves nothing behind, and takes nobody's place."""
        async with buses(capacity=1) as bus, await bus.subscribe("t", "g") as member:
            await publish_all(bus, "t", b"0", key="k")
            publishers = [asyncio.create_task(bus.publish("t", b"%d" % number, key="k")) for number in range(1, 5)]
            for publisher in publishers:
                await waits(publisher)
            gone = publishers.pop(1)
            gone.cancel()
            await soon(asyncio.gather(gone, return_exceptions=True))
            assert gone.cancelled()
            came = []
            for _ in range(4):
                got = await receive(member)
                came.append(got.payload)
                assert await member.ack(got)
            assert came == [b"0", b"1", b"3", b"4"]
            await soon(asyncio.gather(*publishers))
            await nothing_comes(member)

    async def test_a_closed_bus_lets_nobody_wait(self, buses: Buses) -> None:
        """Whoever waits, or comes later, is told; closing it again does nothing."""
        before = asyncio.all_tasks()
        async with buses(capacity=1) as bus:
            member, other = await bus.subscribe("t", "g"), await bus.subscribe("other", "g")
            await publish_all(bus, "t", b"x")
            held = await receive(member)
            waiting = [receiving(other), asyncio.create_task(bus.publish("t", b"y"))]
            for work in waiting:
                await waits(work)
            for _ in range(2):
                await bus.close()
            told = await soon(asyncio.gather(*waiting, return_exceptions=True))
            assert [type(error) for error in told] == [Unavailable, Unavailable]
            calls = (
                lambda: bus.publish("t", b"z"),
                lambda: bus.publish("unknown", b"z"),
                lambda: bus.declare("t", "g"),
                lambda: bus.subscribe("t", "g"),
                lambda: bus.forget("t", "g"),
                bus.open,
                member.receive,
            )
            errors = await soon(asyncio.gather(*(call() for call in calls), return_exceptions=True))
            assert [type(error) for error in errors] == [Unavailable] * len(calls)
            assert not await member.ack(held)
            await member.close()
        await turns()
        assert asyncio.all_tasks() == before
