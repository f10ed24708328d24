"""Ending a task, as whoever has begun it must before leaving."""

import asyncio
from contextlib import suppress
from typing import Any

__all__ = ["end"]


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task, and wait until it has ended.

    Call it where a cancellation is already on its way to the caller: one that comes while this waits is passed on to
    the task, and goes no further.
    """
    while not task.done():
        task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait((task,))
