"""Real programs for the tests, what is left of them, and the fixture that lets no test leave one behind."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from support import SOON


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    """Fail a test after which a child of this process is still there, a dead one that nobody reaped too."""
    before = set(children())
    yield
    left: list[psutil.Process] = []
    if not before.issuperset(children()):
        left = [process for process in psutil.Process().children(recursive=True) if process.pid not in before]
    for process in left:
        process.kill()
    assert not left, f"processes left behind: {left}"


def children() -> Iterator[int]:
    """Tell the ids of this process's children, dead ones that nobody reaped too.

    Linux lists them by the thread that started them, if it was built to; where nothing does, all processes there are
    have to be looked at.
    """
    lists = [*Path("/proc/self/task").glob("*/children")]
    if not lists:
        yield from (process.pid for process in psutil.Process().children())
    for listed in lists:
        with contextlib.suppress(OSError):  # the thread has ended, and its children are those of another one
            yield from map(int, listed.read_text().split())


async def time_is_up(seconds: float) -> None:
    """Wait until something has a timeout of so many seconds, and let it come at once.

    So it comes when a program is where it should be by then, however long that takes: the event loop's time jumps, as
    where it was busy with something else meanwhile.
    """
    loop: Any = asyncio.get_running_loop()
    while not any(timer.when() <= loop.time() + seconds for timer in loop._scheduled if not timer.cancelled()):
        await asyncio.sleep(0)
    time = loop.time
    loop.time = lambda: time() + seconds


def alive(pid: int) -> bool:
    """Tell whether a process still runs: one that is dead, and not reaped by its new parent yet, does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def program(folder: Path, name: str, text: str) -> Path:
    """Write a program in sh."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


async def written(path: Path) -> str:
    """Wait until a program has written a whole line into a file, and return it."""
    async with asyncio.timeout(SOON):
        while not _text(path).endswith("\n"):
            await asyncio.sleep(0.005)
    return _text(path).strip()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def descriptors() -> int:
    """Count the open file descriptors of this process."""
    return psutil.Process().num_fds()
