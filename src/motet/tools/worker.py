"""Threads for short blocking work: a few for each owner, so that they never wait for one another's work."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

__all__ = ["Worker"]

P = ParamSpec("P")
T = TypeVar("T")


class Worker:
    """A few threads of its own. The event loop's would do, but sync agents may hold all of those, and wait for us.

    The threads begin with the first work, and end when nobody holds the worker any more.

    Args:
        name: What the threads are called.
        threads: How many there are at most.
    """

    def __init__(self, name: str, threads: int = 4) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"motet-{name}")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in a thread. A cancellation waits until it has returned: nothing goes on afterwards."""
        return await self.run_until(threading.Event(), function, *args, **kwargs)

    async def run_until(self, stop: threading.Event, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in a thread, and tell it by an event when nobody wants its result any more.

        Args:
            stop: Set by a cancellation, which then waits until the function has returned.
            function: What to call.
            *args: Its arguments.
            **kwargs: Likewise.
        """
        begun = self._pool.submit(function, *args, **kwargs)
        working = asyncio.wrap_future(begun)
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            stop.set()
            if not begun.cancel():  # it is at work already
                await asyncio.wait((working,))
                working.exception()  # nobody wants to know
            raise
