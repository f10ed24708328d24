"""Several pieces of work at once, never more than so many, and none of them left behind."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

__all__ = ["in_parallel"]


async def in_parallel(work: Sequence[Callable[[], Awaitable[None]]], most: int) -> None:
    """Do several things at once.

    Args:
        work: Begins one of them each; begun in this order.
        most: How many at once, from 1.

    Raises:
        BaseException: What one of them raised. The others are cancelled then, as they are when this is cancelled
            itself, and are over before this returns.
    """
    loop = asyncio.get_running_loop()
    waiting = iter(work)
    tasks = [loop.create_task(_each(waiting)) for _ in range(min(most, len(work)))]
    if not tasks:
        return
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        await _end(tasks)
    for task in sorted(tasks, key=asyncio.Task.cancelled):  # an error says more than that others were cancelled for it
        task.result()


async def _each(waiting: Iterable[Callable[[], Awaitable[None]]]) -> None:
    for begin in waiting:
        await begin()


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Cancel what still runs, and wait until it is over, however often this is cancelled meanwhile."""
    cancelled: asyncio.CancelledError | None = None
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left)
        except asyncio.CancelledError as error:
            cancelled = error
    for task in tasks:
        if not task.cancelled():
            task.exception()  # seen: it is raised below, or something else is
    if cancelled is not None:
        raise cancelled
