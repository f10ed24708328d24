"""The event loop that a command's work runs in, and how it is left: cleanly if the work lets it, at last anyway."""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from motet.cli.signals import Interrupted, Signals
from motet.cli.terminal_mode import TerminalMode
from motet.kernel.errors import DeadlineExceeded

__all__ = ["Workplace"]

T = TypeVar("T")

TASK_GRACE: Final = 10.0
"""Seconds that cancelled work has for its `finally` blocks."""

THREAD_GRACE: Final = 2.0
"""Seconds that sync functions have to end after nobody waits for them any more: a thread cannot be interrupted."""

_THREADS: Final = "motet-worker"


class Workplace:
    """An event loop for one piece of work, in which signals cancel it.

    `asyncio.run` would cancel the nodes of a flow a second time, in the middle of their `finally` blocks, and would
    wait for ever for a sync function that does not end.

    Args:
        signals: What cancels the work.
    """

    def __init__(self, signals: Signals) -> None:
        self._stuck = False
        self._signals = signals
        self._runner = asyncio.Runner()
        self._terminal = TerminalMode()

    def __enter__(self) -> Self:
        loop = self._runner.get_loop()
        loop.set_default_executor(_Workers())
        loop.set_exception_handler(_complain)
        self._signals.through(loop.call_soon_threadsafe)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.stuck:
            return
        self._signals.through(self._runner.get_loop().call_soon_threadsafe)
        try:
            self._runner.run(_shut_down())
        finally:
            self._stuck = bool(_workers())
            if not self.stuck:
                # A runner that is interrupted here closes its loop, which then complains of what it has not begun. It
                # has nothing to wait for any more: a signal is raised after it.
                self._signals.through(lambda raise_it: None)
                self._runner.close()
                self._signals.through(None)

    @property
    def stuck(self) -> bool:
        """Whether something did not stop when it was cancelled, or was not waited for; `leave` then ends the program.

        After a second signal nothing was waited for.
        """
        return self._stuck or self._signals.leaving

    def run(self, work: Coroutine[Any, Any, T], deadline: float | None = None) -> T:
        """Run something to its end, and give everything that it leaves behind the time to end too.

        Args:
            work: What to run.
            deadline: In how many seconds it should end by itself; it is left alone when it is long past that.

        Raises:
            Interrupted: It did not end when a signal cancelled it, or a second signal came meanwhile.
            DeadlineExceeded: It did not end when its deadline interrupted it.
            asyncio.CancelledError: It was cancelled, by the first signal (`signals.caught`) or by itself.
            BaseException: Whatever it raised.
        """
        if self._signals.caught:
            # It came before there was work to cancel, and a bare `except:` in the user's file has swallowed it.
            work.close()
            self._stuck = True
            raise Interrupted(self._signals.caught)
        try:
            return self._runner.run(self._watched(work, deadline))
        finally:
            if not self.stuck:
                self._wait()
            self._signals.through(None)

    def leave(self, code: int) -> int:
        """Return the exit code; where something is stuck, end the program with it here.

        The interpreter would wait for stuck threads for ever. One that reads a line, such as a debugger's, has changed
        how the terminal takes what is typed, and does not come to put that back.
        """
        if self.stuck:
            self._terminal.restore()
            with suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
        return code

    def _wait(self) -> None:
        self._stuck = True  # unless what is left ends before anything cuts the waiting short
        loop = self._runner.get_loop()
        winding_down = loop.create_task(_wind_down())
        while not winding_down.done():
            # A sys.exit() that ended the work stops the event loop once more for each task that had awaited it, and so
            # does a KeyboardInterrupt that is no signal's.
            try:
                loop.run_until_complete(winding_down)
            except Interrupted:
                raise
            except (SystemExit, KeyboardInterrupt):
                continue
        self._stuck = not winding_down.result()

    async def _watched(self, work: Coroutine[Any, Any, T], deadline: float | None) -> T:
        loop, task, here = asyncio.get_running_loop(), asyncio.create_task(work), asyncio.current_task()
        if here is not None:
            # From a signal handler only this way wakes an event loop that waits.
            self._signals.watch(lambda: loop.call_soon_threadsafe(here.cancel))
        try:
            await asyncio.wait((task,), timeout=None if deadline is None else deadline + TASK_GRACE)
        except asyncio.CancelledError:
            if not self._signals.caught:
                # A sys.exit() somewhere in the work has ended the event loop, and was raised by `run` already.
                if task.done() and not task.cancelled():
                    task.exception()
                raise
            task.cancel()
            await asyncio.wait((task,), timeout=TASK_GRACE)
        finally:
            self._signals.watch(None)
        if not task.done():
            self._stuck = True
            if self._signals.caught:
                raise Interrupted(self._signals.caught)
            raise DeadlineExceeded(f"the work did not stop within {TASK_GRACE:g} s after its deadline")
        return task.result()


async def _wind_down() -> bool:
    """Cancel what is left in the event loop, once, and wait for it; return whether all of it has ended in time."""
    deadline = time.monotonic() + TASK_GRACE
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in others:
            if not task.cancelling():
                task.cancel()
        _, pending = await asyncio.wait(others, timeout=max(0.0, deadline - time.monotonic()))
        if pending:
            return False
    return True


async def _shut_down() -> None:
    """End what is no task: async generators that were left in the middle, and worker threads."""
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an exception that nobody has asked for, unless it was raised to whoever ran the loop, as a sys.exit() is."""
    if not isinstance(context.get("exception"), SystemExit | KeyboardInterrupt):
        loop.default_exception_handler(context)


class _Workers(ThreadPoolExecutor):
    """Worker threads that nobody waits for longer than `THREAD_GRACE`."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix=_THREADS)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        deadline = time.monotonic() + THREAD_GRACE
        for thread in _workers() if wait else ():
            thread.join(max(0.0, deadline - time.monotonic()))


def _workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(_THREADS)]
