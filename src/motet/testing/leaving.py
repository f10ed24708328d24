"""`assert_no_leaks`: a block leaves no task, timer, thread or open file behind, and no failure that nobody has seen."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
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

DESCRIPTORS: Final = (Path("/proc/self/fd"), Path("/dev/fd"))


class NoLeaks:
    """A block that leaves nothing behind. Made by `assert_no_leaks`."""

    def __init__(self, *, tasks: bool, timers: bool, threads: bool, files: bool, ignore: Iterable[str]) -> None:
        self._ignore = tuple(ignore)
        self._watched: dict[str, Callable[[], dict[Any, str]]] = {}
        if tasks:
            self._watched["tasks"] = _tasks
        if timers:
            self._watched["timers"] = _timers
        if threads:
            self._watched["threads"] = _threads
        if files:
            self._watched["open files"] = _files
        self._before: dict[str, dict[Any, str]] = {}
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
                until = time.monotonic() + GRACE
                while self._left_outside() and time.monotonic() < until:
                    time.sleep(PAUSE)
                self._judge()
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
                until = time.monotonic() + GRACE
                while self._left_outside() and time.monotonic() < until:  # noqa: ASYNC110 - threads tell nobody
                    await asyncio.sleep(PAUSE)
                self._judge()
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

    def _left(self, what: str) -> list[str]:
        found = self._watched[what]()
        gone = self._before[what]
        return [
            text for key, text in found.items() if key not in gone and not any(name in text for name in self._ignore)
        ]

    def _left_outside(self) -> bool:
        """Tell whether something is left that ends in a time of its own, outside the event loop."""
        return any(self._left(what) for what in ("threads", "open files") if what in self._watched)

    def _judge(self) -> None:
        __tracebackhide__ = True
        gc.collect()  # a task whose failure nobody has seen tells so when it goes
        left = {what: self._left(what) for what in self._watched}
        parts = [f"{what} left behind:\n{listed(found)}" for what, found in left.items() if found]
        if self._unseen:
            parts.append(f"failures that nobody has seen:\n{listed(self._unseen)}")
        if parts:
            raise AssertionError("\n".join(parts))


def assert_no_leaks(
    *, tasks: bool = True, timers: bool = True, threads: bool = True, files: bool = True, ignore: Iterable[str] = ()
) -> NoLeaks:
    """Check that a block leaves nothing behind.

    As in `async with assert_no_leaks():`, or `with assert_no_leaks():` where there is no event loop.

    What is ending is given some turns of the event loop, and threads a moment. An event loop's own worker threads,
    which wait for more to do, count as nothing left. A `with` block within async code sees tasks without giving them
    their turns.

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


def _tasks() -> dict[Any, str]:
    loop = _loop()
    if loop is None:
        return {}
    return {task: _task_told(task) for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()}


def _task_told(task: "asyncio.Task[Any]") -> str:
    frames = task.get_stack(limit=1)
    at = f", waiting at {frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else ""
    work = getattr(task.get_coro(), "__qualname__", shown(task.get_coro()))
    return f"{task.get_name()} runs {work}{at}"


def _timers() -> dict[Any, str]:
    # No public way leads to a loop's timers; a loop that has none of this name is not looked at.
    scheduled = getattr(_loop(), "_scheduled", ())
    return {id(timer): _timer_told(timer) for timer in scheduled if not timer.cancelled()}


def _timer_told(timer: asyncio.TimerHandle) -> str:
    call = getattr(timer, "_callback", None)
    return f"a call of {getattr(call, '__qualname__', shown(call))} at {timer.when():.3f} s of the loop's time"


def _threads() -> dict[Any, str]:
    return {
        thread: f"{thread.name}{' (daemon)' if thread.daemon else ''}"
        for thread in threading.enumerate()
        if not thread.name.startswith("asyncio_") and thread is not threading.current_thread()
    }


def _files() -> dict[Any, str]:
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
