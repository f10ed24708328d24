"""An event loop in a thread of its own: a peer that is there for sync tests, async ones, and those in virtual time."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

__all__ = ["Background"]

T = TypeVar("T")

PATIENCE: Final = 30.0
"""Seconds after which something that the loop was asked to do counts as hanging."""


class Background:
    """Runs coroutines in an event loop of its own. A test that blocks its own loop does not stop this one.

    Args:
        name: What the thread is called.
    """

    def __init__(self, name: str) -> None:
        # Not by `asyncio.new_event_loop`: in a test in virtual time, that makes a loop of the test's own time.
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"motet-testing-{name}", daemon=True)
        self._thread.start()

    @property
    def inside(self) -> bool:
        """Whether the caller runs in the thread of this loop."""
        return threading.current_thread() is self._thread

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the loop, and wait for its result.

        Raises:
            RuntimeError: The caller is in the loop itself, and would wait for ever.
            TimeoutError: It took longer than half a minute, and was cancelled.
        """
        if self.inside:
            work.close()
            raise RuntimeError("This is called from the peer's own thread, which would wait for itself")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(PATIENCE)
        except TimeoutError:
            future.cancel()
            raise

    def soon(self, action: Callable[[], object]) -> None:
        """Do something in the loop: at once where the caller is in it, otherwise as its next thing."""
        if self.inside:
            action()
        else:
            self._loop.call_soon_threadsafe(action)

    def stop(self, last: Coroutine[Any, Any, None] | None = None) -> None:
        """End what runs in the loop, the loop and its thread.

        Args:
            last: What is done before.
        """
        try:
            if last is not None:
                self.run(last)
        finally:
            self._end()

    def _end(self) -> None:
        self.run(_end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _end_all() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
