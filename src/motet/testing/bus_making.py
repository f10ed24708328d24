"""What the contract of message buses needs: a way to open a bus, and ways to look at what comes, and what does not."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from motet.flow.ports import Delivery, MessageBus, Subscription
from motet.testing.reaching import soon

__all__ = ["BRIEF", "Buses", "nothing_comes", "publish_all", "receive", "receiving", "waits"]

BRIEF: Final = 3.0
"""Seconds of visibility, where a test is about that."""

QUIET: Final = 0.05
"""Seconds in which what should not happen is waited for: a good bus never fails by it, a bad one may be lucky."""


class Buses(Protocol):
    """Opens a bus that is empty, and closes it when the block is left.

    Called with how many messages a topic holds, and for how many seconds one is held.
    """

    def __call__(self, *, capacity: int = 100, visibility: float = 600.0) -> AbstractAsyncContextManager[MessageBus]:
        """Open a bus."""
        ...


async def publish_all(bus: MessageBus, topic: str, *payloads: bytes, key: str | None = None) -> None:
    """Publish one after another."""
    for payload in payloads:
        await soon(bus.publish(topic, payload, key=key))


async def receive(member: Subscription) -> Delivery:
    """Receive a message that has to come."""
    return await soon(member.receive())


def receiving(member: Subscription) -> "asyncio.Task[Delivery]":
    """Begin to receive."""
    return asyncio.create_task(member.receive())


async def waits(work: "asyncio.Task[object]", seconds: float = QUIET) -> None:
    """Check that something does not come to its end, for as far as one can see."""
    await asyncio.wait([work], timeout=seconds)
    assert not work.done(), f"This should wait, and has ended: {work}"


async def nothing_comes(member: Subscription) -> None:
    """Check that there is nothing to receive, for as far as one can see."""
    work = receiving(member)
    try:
        await waits(work)
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
