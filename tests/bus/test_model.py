"""The bus in memory beside a simple model: nothing is lost, held twice, out of order, or beyond the bounds."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from motet.bus import MemoryBus
from motet.flow.ports import Delivery, Subscription
from motet.kernel.errors import NotFound, QueueFull
from motet.testing.virtual_time import VirtualTime

CAPACITY, VISIBILITY = 4, 10
GROUPS = ("a", "b")


@dataclass(eq=False)
class Message:
    """What a group has not acknowledged: free, held by a member, or away until some time."""

    payload: bytes
    key: str | None
    attempt: int = 0
    delivery: Delivery | None = None
    member: Subscription | None = None
    until: float = 0.0


@dataclass(eq=False)
class Publisher:
    """Somebody whose topic was full."""

    payload: bytes
    key: str | None
    task: asyncio.Task[None]


@dataclass
class Model:
    """What should be so."""

    groups: dict[str, list[Message]] = field(default_factory=lambda: {name: [] for name in GROUPS})
    publishers: list[Publisher] = field(default_factory=list)

    def pass_time(self, now):
        for message in self.messages():
            if message.until <= now:
                message.delivery = message.member = None

    def messages(self):
        return [message for group in self.groups.values() for message in group]

    def full(self):
        return len({message.payload for message in self.messages()}) >= CAPACITY

    def take(self, payload, key):
        for group in self.groups.values():
            group.append(Message(payload, key))

    def let_in(self):
        while self.publishers and not self.full():
            publisher = self.publishers.pop(0)
            self.take(publisher.payload, publisher.key)

    def receivable(self, group, now):
        first, seen = [], set()
        for message in self.groups[group]:
            if message.key not in seen and message.delivery is None and message.until <= now:
                first.append(message)
            seen |= {message.key} - {None}
        return first

    def holds(self, delivery, member):
        return next((m for m in self.messages() if m.delivery is delivery and m.member is member), None)


class Buses(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.world = VirtualTime()
        self.bus = MemoryBus(capacity=CAPACITY, visibility=VISIBILITY, clock=self.world.clock)
        self.model = Model()
        self.sent = 0
        self.members: list[tuple[str, Subscription]] = []
        self.deliveries: list[tuple[Subscription, Delivery]] = []
        for group in GROUPS:
            self.join(group)

    def run(self, work):
        """Run something to its end: what hangs fails when much time has passed, and all of it is virtual."""

        async def bounded():
            async with asyncio.timeout(10_000):
                return await work

        return self.world.run(bounded())

    def now(self):
        now = self.world.clock.now()
        self.model.pass_time(now)
        return now

    def check_publishers(self, before):
        """Those are let in, and only those, whom the model lets in."""
        self.model.let_in()
        self.world.settle()
        for publisher in before:
            assert publisher.task.done() == (publisher not in self.model.publishers)
        for publisher in set(before) - set(self.model.publishers):
            publisher.task.result()

    @precondition(lambda self: len(self.members) < 5)
    @rule(group=st.sampled_from(GROUPS))
    def join(self, group):
        self.members.append((group, self.run(self.bus.subscribe("t", group))))

    @rule(key=st.sampled_from([None, "k", "k", "l"]), wait=st.booleans())
    def publish(self, key, wait):
        self.sent += 1
        payload = b"%d" % self.sent
        work = self.bus.publish("t", payload, key=key, wait=wait)
        if not self.model.full():
            self.run(work)
            self.model.take(payload, key)
        elif not wait:
            with pytest.raises(QueueFull):
                self.run(work)
        else:
            self.model.publishers.append(Publisher(payload, key, self.world.loop.create_task(work)))
            self.world.settle()

    @precondition(lambda self: self.model.publishers)
    @rule(data=st.data())
    def give_up_publishing(self, data):
        publisher = data.draw(st.sampled_from(self.model.publishers))
        assert not publisher.task.done()
        publisher.task.cancel()
        self.model.publishers.remove(publisher)
        self.world.settle()
        assert publisher.task.cancelled()

    @precondition(lambda self: self.members)
    @rule(data=st.data(), times=st.integers(1, 4))
    def receive(self, data, times):
        for _ in range(times):
            self.receive_once(*data.draw(st.sampled_from(self.members)))

    def receive_once(self, group, member):
        now = self.now()
        expected = self.model.receivable(group, now)
        task = self.world.loop.create_task(member.receive())
        self.world.settle()
        assert task.done() == bool(expected)
        if not expected:
            task.cancel()
            self.world.settle()
            return
        delivery = task.result()
        (message,) = [message for message in expected if message.payload == delivery.payload]
        message.attempt += 1
        assert (delivery.key, delivery.attempt) == (message.key, message.attempt)
        message.delivery, message.member, message.until = delivery, member, now + VISIBILITY
        self.deliveries.append((member, delivery))

    @precondition(lambda self: self.deliveries)
    @rule(
        data=st.data(),
        how=st.sampled_from(["ack", "ack", "nack", "nack", "extend", "stranger"]),
        delay=st.integers(0, 12),
    )
    def settle(self, data, how, delay):
        member, delivery = data.draw(st.sampled_from(self.deliveries[-5:]))
        if how == "stranger":
            how, member = "ack", data.draw(st.sampled_from([other for _, other in self.members] or [member]))
        now = self.now()
        message = self.model.holds(delivery, member)
        before = list(self.model.publishers)
        work = member.nack(delivery, delay=delay) if how == "nack" else getattr(member, how)(delivery)
        assert self.run(work) == (message is not None)
        if message is not None and how == "ack":
            for group in self.model.groups.values():
                if message in group:
                    group.remove(message)
        elif message is not None and how == "nack":
            message.delivery, message.member, message.until = None, None, now + delay
        elif message is not None:
            message.until = now + VISIBILITY
        self.check_publishers(before)

    @precondition(lambda self: self.members)
    @rule(data=st.data())
    def leave(self, data):
        group, member = self.members.pop(data.draw(st.integers(0, len(self.members) - 1)))
        self.now()
        self.run(member.close())
        for message in self.model.groups[group]:
            if message.member is member:
                message.delivery, message.member, message.until = None, None, 0.0

    @rule(group=st.sampled_from(GROUPS), chance=st.integers(0, 9))
    def forget_and_begin_anew(self, group, chance):
        if chance < 9:
            return
        before = list(self.model.publishers)
        self.run(self.bus.forget("t", group))
        del self.model.groups[group]
        self.check_publishers(before)
        for _, member in [entry for entry in self.members if entry[0] == group]:
            with pytest.raises(NotFound):
                self.run(member.receive())
        self.members = [entry for entry in self.members if entry[0] != group]
        self.run(self.bus.declare("t", group))
        self.model.groups[group] = []
        self.join(group)

    @rule(seconds=st.integers(1, 12))
    def pass_time(self, seconds):
        self.world.advance(seconds)

    def teardown(self):
        if not hasattr(self, "world"):
            return
        with self.world:
            self.world.advance(100)
            self.now()
            self.run(self.drain_all())
            self.world.advance(100)

    async def drain_all(self):
        """Everything comes that is left, what waits to be published included, in order per key; and nothing else."""
        await asyncio.gather(*(self.drain(group) for group in GROUPS))
        for publisher in self.model.publishers:
            await publisher.task
        await self.bus.close()

    async def drain(self, group):
        rest = [*self.model.groups[group], *self.model.publishers]
        owed = {key: [message.payload for message in rest if message.key == key] for key in (None, "k", "l")}
        came = {key: [] for key in owed}
        member = await self.bus.subscribe("t", group)
        for _ in rest:
            delivery = await member.receive()
            came[delivery.key].append(delivery.payload)
            assert await member.ack(delivery)
        assert {**came, None: sorted(came[None])} == {**owed, None: sorted(owed[None])}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(100):
                await member.receive()


def test_nothing_is_lost_held_twice_out_of_order_or_beyond_the_bounds():
    run_state_machine_as_test(Buses, settings=settings(max_examples=60, stateful_step_count=50))
