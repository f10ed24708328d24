"""A bus in memory: gone with the process, and otherwise like every other bus."""

import asyncio
from collections.abc import Mapping

from motet.bus.memory_topic import MemoryGroup, MemoryTopic
from motet.bus.posted import check_delay, check_name, post
from motet.flow.ports import Delivery, MessageBus, Subscription
from motet.kernel.clock import SYSTEM_CLOCK, Clock
from motet.kernel.errors import NotFound, Unavailable

__all__ = ["MemoryBus", "MemorySubscription"]


class MemoryBus(MessageBus):
    """Topics in memory, for one event loop. It keeps no task, and a timer only while somebody waits for one.

    Args:
        capacity: How many messages a topic holds, from 1.
        visibility: Seconds after which a member that does nothing about a message counts as dead.
        clock: Whose time that is.

    Raises:
        ValueError: One of them is less than it may be.
    """

    def __init__(self, *, capacity: int = 1000, visibility: float = 30.0, clock: Clock = SYSTEM_CLOCK) -> None:
        if capacity < 1:
            raise ValueError(f"a topic holds at least 1 message, not {capacity}")
        if not visibility > 0:
            raise ValueError(f"a message is held for more than 0 seconds, not {visibility}")
        self._capacity = capacity
        self._visibility = visibility
        self._clock = clock
        self._topics: dict[str, MemoryTopic] = {}
        self._closed = False

    async def open(self) -> None:
        """Nothing to do; one that was closed stays closed."""
        self._check_open()

    async def close(self) -> None:
        """Forget everything: whoever publishes or receives gets `Unavailable`."""
        self._closed = True
        topics, self._topics = self._topics, {}
        for topic in topics.values():
            topic.close()

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        wait: bool = True,
    ) -> None:
        """Publish a message."""
        posted = post(topic, payload, key, headers)
        self._check_open()
        found = self._topics.get(topic)
        if found is None:
            await asyncio.sleep(0)  # a publisher that nobody slows down can be cancelled all the same
        elif not await found.publish(posted, wait=wait):
            raise _closed()

    async def declare(self, topic: str, group: str) -> None:
        """Let there be a group."""
        self._group(topic, group)

    async def subscribe(self, topic: str, group: str) -> Subscription:
        """Become a member of a group."""
        return MemorySubscription(self._group(topic, group))

    async def forget(self, topic: str, group: str) -> None:
        """Let a group be gone."""
        _check_names(topic, group)
        self._check_open()
        found = self._topics.get(topic)
        if found is not None and not found.forget(group):
            del self._topics[topic]

    def _group(self, topic: str, group: str) -> MemoryGroup:
        _check_names(topic, group)
        self._check_open()
        if topic not in self._topics:
            self._topics[topic] = MemoryTopic(topic, self._capacity, self._visibility, self._clock)
        return self._topics[topic].group(group)

    def _check_open(self) -> None:
        if self._closed:
            raise _closed()


class MemorySubscription(Subscription):
    """A member of a group in memory.

    Args:
        group: The group.
    """

    def __init__(self, group: MemoryGroup) -> None:
        self._group = group
        self._left = False

    async def receive(self) -> Delivery:
        """Wait for the next message, and hold it."""
        await asyncio.sleep(0)  # members take turns, also where there is always something to receive
        while True:
            self._check()
            delivery = self._group.take(self)
            if delivery is not None:
                return delivery
            await self._group.change(self)

    async def ack(self, delivery: Delivery) -> bool:
        """Acknowledge a message."""
        return self._group.ack(delivery, self)

    async def nack(self, delivery: Delivery, *, delay: float = 0.0) -> bool:
        """Give a message back."""
        check_delay(delay)
        return self._group.nack(delivery, self, delay)

    async def extend(self, delivery: Delivery) -> bool:
        """Hold a message for longer."""
        return self._group.extend(delivery, self)

    async def close(self) -> None:
        """Leave the group: what is held comes again at once."""
        self._left = True
        self._group.leave(self)

    def _check(self) -> None:
        if self._left:
            raise Unavailable("This subscription is closed: subscribe again to receive more")
        if self._group.closed:
            raise _closed()
        if self._group.forgotten:
            raise NotFound("This group was forgotten: subscribe again to begin a new one")


def _check_names(topic: str, group: str) -> None:
    check_name(topic, "topic")
    check_name(group, "group")


def _closed() -> Unavailable:
    return Unavailable("This bus is closed, and stays so: make another one")
