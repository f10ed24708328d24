"""`assert_no_leaks`: a block leaves no task, timer, thread or open file behind, and no failure that nobody has seen."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from motet.testing.showing import listed, shown

__all__ = ["NoLeaks", "assert_no_leaks"]

TURNS: Final = 20
"""How many turns of the event loop what is ending is given."""

GRACE: Final = 2.0
"""How many seconds threads, and what a worker thread closes, are given to end."""

PAUSE: Final = 0.005

INSIDE: Final = ("tasks", "timers")
"""What is in the event loop: it has its turns, and no time beyond them."""

OUTSIDE: Final = ("threads", "open files")
"""What ends in a time of its own."""

WORKERS: Final = "asyncio_"
"""How the names of an event loop's worker threads begin: they wait for more to do, and are not told of."""

Found = dict[Any, str]
"""What there is, each with its text."""

DESCRIPTORS: Final = (Path("/proc/self/fd"), Path("/dev/fd"))


class NoLeaks:
    """A block that leaves nothing behind. Made by `assert_no_leaks`."""

    def __init__(self, *, tasks: bool, timers: bool, threads: bool, files: bool, ignore: Iterable[str]) -> None:
        self._ignore = tuple(ignore)
        self._watched: dict[str, Callable[[], Found]] = {}
        if tasks:
            self._watched["tasks"] = _tasks
        if timers:
            self._watched["timers"] = _timers
        if threads:
            self._watched["threads"] = _threads
        if files:
            self._watched["open files"] = _files
        self._before: dict[str, Found] = {}
        self._unseen: list[str] = []
        self._handler: Any = None

    def __enter__(self) -> Self:
        self._before = {what: look() for what, look in self._watched.items()}
        loop = _loop()
        if loop is not None:
            self._handler = loop.get_exception_handler()
            loop.set_exception_handler(self._see)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        try:
            if error is None:
                gc.collect()  # a task whose failure nobody has seen tells so when it goes
                inside = self._left(INSIDE)
                until = time.monotonic() + GRACE
                while self._left(OUTSIDE) and time.monotonic() < until:
                    time.sleep(PAUSE)
                self._judge(inside)
        finally:
            self._stop_seeing()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        try:
            if error is None:
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                gc.collect()  # a task whose failure nobody has seen tells so when it goes
                inside = self._left(INSIDE)
                await self._outlast()
                self._judge(inside)
        finally:
            self._stop_seeing()

    def _see(self, loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
        """Note a failure that the event loop was told of because nobody else has seen it."""
        error = told.get("exception")
        self._unseen.append(f"{told.get('message', '')}{f': {shown(error)}' if error is not None else ''}")

    def _stop_seeing(self) -> None:
        loop = _loop()
        if loop is not None:
            loop.set_exception_handler(self._handler)

    def _left(self, whats: Iterable[str]) -> dict[str, Found]:
        """Find what is there now and was not there before, of those kinds of which there is something."""
        left: dict[str, Found] = {}
        for what in whats:
            look = self._watched.get(what)
            for key, text in look().items() if look is not None else ():
                if key not in self._before[what] and not any(name in text for name in self._ignore):
                    left.setdefault(what, {})[key] = text
        return left

    async def _outlast(self) -> None:
        """Wait for what ends outside the event loop; the loop goes on, and no virtual time passes on it."""
        loop, until = asyncio.get_running_loop(), time.monotonic() + GRACE
        if self._left(OUTSIDE):
            # Where time is virtual, a pause of the loop's own is too, and timers fire in it: one in a thread is real.
            with ThreadPoolExecutor(1, thread_name_prefix=f"{WORKERS}pause") as pool:
                while self._left(OUTSIDE) and time.monotonic() < until:
                    await loop.run_in_executor(pool, time.sleep, PAUSE)
        for _ in range(TURNS):
            await asyncio.sleep(0)  # what a thread has asked the loop for in its end is begun
        gc.collect()  # and may have failed, too

    def _judge(self, inside: Mapping[str, Found]) -> None:
        """Tell what is left now, and what was left inside before anything outside was waited for."""
        __tracebackhide__ = True
        now = self._left(self._watched)
        left = {what: {**inside.get(what, {}), **now.get(what, {})} for what in self._watched}
        parts = [f"{what} left behind:\n{listed(found.values())}" for what, found in left.items() if found]
        if self._unseen:
            parts.append(f"failures that nobody has seen:\n{listed(self._unseen)}")
        if parts:
            raise AssertionError("\n".join(parts))


def assert_no_leaks(
    *, tasks: bool = True, timers: bool = True, threads: bool = True, files: bool = True, ignore: Iterable[str] = ()
) -> NoLeaks:
    """Check that a block leaves nothing behind.

    As in `async with assert_no_leaks():`, or `with assert_no_leaks():` where there is no event loop.

    What is ending is given some turns of the event loop, and threads a moment after that, in which no virtual time
    passes: tasks and timers that are there then are left, whatever becomes of them meanwhile. An event loop's own
    worker threads, which wait for more to do, count as nothing left. A `with` block within async code sees tasks
    without giving them their turns.

    Args:
        tasks: Whether to look at the tasks of the running event loop.
        timers: Whether to look at its timers.
        threads: Whether to look at threads.
        files: Whether to look at open files and sockets, where the system lists them.
        ignore: Parts of texts of what may be left, as the message shows them.

    Raises:
        AssertionError: Something is left, or a task has failed and nobody looked; the message says what and where from.
    """
    return NoLeaks(tasks=tasks, timers=timers, threads=threads, files=files, ignore=ignore)


def _loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _tasks() -> Found:
    loop = _loop()
    if loop is None:
        return {}
    return {task: _task_told(task) for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()}


def _task_told(task: "asyncio.Task[Any]") -> str:
    frames = task.get_stack(limit=1)
    at = f", waiting at {frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else ""
    work = getattr(task.get_coro(), "__qualname__", shown(task.get_coro()))
    return f"{task.get_name()} runs {work}{at}"


def _timers() -> Found:
    # No public way leads to a loop's timers; a loop that has none of this name is not looked at.
    scheduled = getattr(_loop(), "_scheduled", ())
    return {id(timer): _timer_told(timer) for timer in scheduled if not timer.cancelled()}


def _timer_told(timer: asyncio.TimerHandle) -> str:
    call = getattr(timer, "_callback", None)
    return f"a call of {getattr(call, '__qualname__', shown(call))} at {timer.when():.3f} s of the loop's time"


def _threads() -> Found:
    return {
        thread: f"{thread.name}{' (daemon)' if thread.daemon else ''}"
        for thread in threading.enumerate()
        if not thread.name.startswith(WORKERS) and thread is not threading.current_thread()
    }


def _files() -> Found:
    return dict(_descriptors())


def _descriptors() -> Iterator[tuple[tuple[int, str], str]]:
    folder = next((folder for folder in DESCRIPTORS if folder.is_dir()), None)
    if folder is None:
        return
    for entry in os.listdir(folder):  # noqa: PTH208 - a Path would open the folder once more
        try:
            told = os.readlink(folder / entry)  # noqa: PTH115 - what it leads to need not be a path
        except OSError:
            continue  # the one that was open to list them
        yield (int(entry), told), f"{entry} is {told}"
