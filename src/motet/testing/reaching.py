"""What the contract of transports needs: a way to serve an agent, and what happens on both sides."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from motet.kernel.agent import Agent

__all__ = ["Reach", "Reached", "soon", "turns", "until"]

T = TypeVar("T")

SOON: Final = 20.0
"""Seconds after which something that should have happened counts as hanging."""


@dataclass(frozen=True, slots=True)
class Reached:
    """An agent that is served, seen from the client.

    Args:
        agent: Reaches it over the transport. It has the types of the agent that is served.
        down: Lets the serving side die, in the middle of whatever it does.
        up: Lets it be there again, at the same place, as somebody who restarts a server does.
    """

    agent: Agent[Any, Any]
    down: Callable[[], Awaitable[None]]
    up: Callable[[], Awaitable[None]]


Reach = Callable[[Agent[Any, Any]], AbstractAsyncContextManager[Reached]]
"""Serves an agent, in the event loop of the caller, and reaches it with one client, until the block is left."""


async def soon(work: Awaitable[T]) -> T:
    """Await something that must not hang.

    Raises:
        AssertionError: It did.
    """
    timer = asyncio.timeout(SOON)
    try:
        async with timer:
            return await work
    except TimeoutError:
        assert not timer.expired(), "Something that should have happened has not"
        raise


async def until(condition: Callable[[], object], what: str) -> None:
    """Let the event loop run until something is so.

    Raises:
        AssertionError: It does not come to that; the message is `what`.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + SOON
    while not condition():
        assert loop.time() < end, what
        await asyncio.sleep(0)


async def turns(count: int = 10) -> None:
    """Let the event loop have some turns."""
    for _ in range(count):
        await asyncio.sleep(0)
