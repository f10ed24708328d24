"""An agent, and the batch call that stands in for it."""

import asyncio
from typing import Any

from motet import Context, agent

__all__ = ["Doubling", "double"]


class Doubling:
    """A batch call that doubles numbers, and tells what it was given and when.

    Args:
        seconds: How long it takes, in virtual time.
        held: Whether it waits until `go_on` is set.
    """

    def __init__(self, seconds: float = 0.0, *, held: bool = False) -> None:
        self.seconds = seconds
        self.go_on = asyncio.Event()
        if not held:
            self.go_on.set()
        self.batches: list[list[Any]] = []
        self.times: list[float] = []
        self.contexts: list[Context] = []
        self.running = self.most = 0
        self.cancelled = 0

    async def call(self, payloads: list[Any], ctx: Context) -> list[Any]:
        self.batches.append(payloads)
        self.times.append(ctx.now())
        self.contexts.append(ctx)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self.seconds)
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        return [payload if isinstance(payload, BaseException) else 2 * payload for payload in payloads]


@agent
async def double(number: int) -> int:
    """Double a number, one at a time."""
    raise AssertionError("the batch call stands in for this one")
