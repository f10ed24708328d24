"""An agent that emits as fast as a test lets it, and what readers make of a stream."""

import asyncio
from typing import Any

from motet import Context, agent

__all__ = ["Steps", "counting", "told"]


async def told(stream: Any) -> list[tuple[Any, tuple[str, ...]]]:
    return [(chunk.value, chunk.path) async for chunk in stream if not chunk.restart]


async def counting(stream: Any) -> list[Any]:
    kept: list[Any] = []
    async for chunk in stream:
        kept = [known for known in kept if not chunk.replaces(known)]
        kept += [] if chunk.restart else [chunk]
    return [chunk.value for chunk in kept]


class Steps:
    """An agent that emits one chunk for each step that a test lets it take; one of an inner agent every other time."""

    def __init__(self, *, name: str = "steps") -> None:
        self.begun = 0
        self.allowed = asyncio.Semaphore(0)
        self.agent = agent(name=name, validate="none")(self.call)
        self.inner = agent(name="inner", validate="none")(self.call_inner)

    async def call_inner(self, payload: Any, ctx: Context) -> None:
        await ctx.emit(payload)

    async def call(self, payload: int, ctx: Context) -> str:
        self.begun += 1
        for number in range(payload):
            await self.allowed.acquire()
            if number % 2:
                await self.inner(number)
            else:
                await ctx.emit(number)
        return "done"

    def allow(self, count: int) -> None:
        for _ in range(count):
            self.allowed.release()
