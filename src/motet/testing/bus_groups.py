"""The contract of message buses, on groups: who gets what."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from motet.flow.ports import MessageBus
from motet.kernel.errors import InvalidPayload, NotFound
from motet.testing.bus_making import Buses, nothing_comes, publish_all, receive, receiving, waits
from motet.testing.made import refused
from motet.testing.reaching import soon

__all__ = ["BusGroups"]

HEADERS: Final = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "X_odd.name": " näher = 😀 ", "empty": ""}
WRONG: Final[tuple[Mapping[str, Any], ...]] = (
    {"payload": "text"},
    {"payload": bytearray(b"x")},
    {"topic": ""},
    {"topic": "two words"},
    {"topic": "x" * 201},
    {"topic": None},
    {"key": 7},
    {"key": "\ud800"},
    {"headers": {"a": 1}},
    {"headers": {"a": "two\nlines"}},
    {"headers": {"a": "\ud800"}},
    {"headers": {"a b": "x"}},
    {"headers": {7: "x"}},
)
"""What differs from a message that can be published."""


class BusGroups:
    """Who gets which messages, and how they look."""

    async def test_a_message_arrives_as_it_was_published(self, buses: Buses) -> None:
        """Whatever its bytes are; what the publisher changes afterwards changes nothing."""
        async with buses() as bus, await bus.subscribe("t", "g") as member:
            for payload in (b"", bytes(range(256)), b"x" * 100_000):
                headers = dict(HEADERS)
                await soon(bus.publish("t", payload, key="k é\n", headers=headers))
                headers["traceparent"] = "changed"
                got = await receive(member)
                assert (got.topic, got.payload, got.key, got.attempt) == ("t", payload, "k é\n", 1)
                assert dict(got.headers) == HEADERS
                assert await member.ack(got)
            await soon(bus.publish("t", b"bare"))
            bare = await receive(member)
            assert (bare.key, dict(bare.headers)) == (None, {})

    async def test_every_group_gets_every_message_and_one_member_of_it_has_it(self, buses: Buses) -> None:
        """Members compete: while one holds a message, the others are given other ones."""
        sent = [b"%d" % number for number in range(20)]
        async with buses() as bus:
            first, second, other = [await bus.subscribe("t", group) for group in ("a", "a", "b")]
            await publish_all(bus, "t", *sent)
            ours = [await receive(member) for _ in range(10) for member in (first, second)]
            theirs = [await receive(other) for _ in sent]
            assert sorted(got.payload for got in ours) == sorted(sent)
            assert sorted(got.payload for got in theirs) == sorted(sent)
            for member in (first, other):
                await nothing_comes(member)

    async def test_a_group_keeps_what_comes_while_nobody_is_there(self, buses: Buses) -> None:
        """Before its first member, and after its last."""
        async with buses() as bus:
            await bus.declare("t", "g")
            for payload in (b"early", b"later"):
                await publish_all(bus, "t", payload)
                async with await bus.subscribe("t", "g") as member:
                    got = await receive(member)
                    assert got.payload == payload
                    assert await member.ack(got)

    async def test_a_group_gets_what_comes_from_its_beginning_on(self, buses: Buses) -> None:
        """To declare it again changes nothing."""
        async with buses() as bus:
            await bus.declare("t", "old")
            await publish_all(bus, "t", b"1")
            new = await bus.subscribe("t", "new")
            await bus.declare("t", "old")
            old = await bus.subscribe("t", "old")
            await publish_all(bus, "t", b"2")
            assert (await receive(new)).payload == b"2"
            assert {(await receive(old)).payload, (await receive(old)).payload} == {b"1", b"2"}

    async def test_what_comes_to_a_topic_without_groups_is_gone(self, buses: Buses) -> None:
        """It fills nothing."""
        async with buses(capacity=1) as bus:
            for payload in (b"1", b"2", b"3"):
                await soon(bus.publish("t", payload, wait=False))
            member = await bus.subscribe("t", "g")
            await publish_all(bus, "t", b"4")
            assert (await receive(member)).payload == b"4"

    async def test_topics_do_not_mix(self, buses: Buses) -> None:
        """Nor do groups of one name in two of them, and a full one holds up no other."""
        async with buses(capacity=1) as bus:
            first, second = await bus.subscribe("a", "g"), await bus.subscribe("b", "g")
            await soon(bus.publish("a", b"for a", wait=False))
            await soon(bus.publish("b", b"for b", wait=False))
            assert (await receive(second)).payload == b"for b"
            assert (await receive(first)).payload == b"for a"

    async def test_a_forgotten_group_is_gone_with_all_that_waits_for_it(self, buses: Buses) -> None:
        """It makes room, and its members are told; under the same name a new one begins."""
        async with buses(capacity=1) as bus:
            busy, waiting = await bus.subscribe("t", "g"), await bus.subscribe("t", "g")
            await publish_all(bus, "t", b"1")
            held = await receive(busy)
            receiver = receiving(waiting)
            publisher = asyncio.create_task(bus.publish("t", b"2"))
            await waits(publisher)
            await bus.forget("t", "g")
            await soon(publisher)
            await refused(soon(receiver), NotFound)
            await refused(soon(busy.receive()), NotFound)
            assert not await busy.ack(held)
            await bus.forget("t", "g")
            member = await bus.subscribe("t", "g")
            await soon(bus.publish("t", b"3", wait=False))
            assert (await receive(member)).payload == b"3"

    async def test_what_cannot_be_published_is_refused(self, buses: Buses) -> None:
        """With nothing of it left behind; and so is what is no name."""

        async def publish(bus: MessageBus, wrong: Mapping[str, Any]) -> None:
            fields: dict[str, Any] = {"topic": "t", "payload": b"x", **wrong}
            await bus.publish(fields.pop("topic"), fields.pop("payload"), **fields)

        async with buses() as bus, await bus.subscribe("t", "g") as member:
            for wrong in WRONG:
                await refused(publish(bus, wrong), InvalidPayload)
            for call in (bus.declare, bus.subscribe, bus.forget):
                await refused(call("t", "a*"), InvalidPayload)
                await refused(call("a/b", "g"), InvalidPayload)
            await nothing_comes(member)
