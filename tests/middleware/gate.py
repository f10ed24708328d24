"""An agent whose work a test holds up, and callers who ask it at the same time."""

import asyncio
from typing import Any

from motet import Context, agent

__all__ = ["Gate", "asking"]


class Gate:
    """An agent whose work waits until it is let go on, and tells how it ended."""

    def __init__(self, output: Any = "answer") -> None:
        self.output = output
        self.go_on = asyncio.Event()
        self.begun = 0
        self.told: list[str] = []
        self.remaining: list[float | None] = []
        self.agent = agent(name="gate", validate="none")(self.call)

    async def call(self, payload: Any, ctx: Context) -> Any:
        self.begun += 1
        try:
            await self.go_on.wait()
            self.remaining.append(ctx.remaining())
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            self.told.append("cancelled")
            raise
        self.told.append("done")
        if isinstance(self.output, Exception):
            raise self.output
        return self.output


async def asking(asked: Any, count: int, **options: Any) -> list[asyncio.Task[Any]]:
    """Let several callers ask the same, one after another."""
    tasks = [asyncio.create_task(asked("x", **options)) for _ in range(count)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks
