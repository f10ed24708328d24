"""The processes of a group, which a program and whatever it has started belong to: to be told to end, and gone."""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["end_group"]

PROC: Final = Path("/proc")


async def end_group(group: int, grace: float) -> None:
    """End the processes of a group, first politely.

    Args:
        group: The id of the group.
        grace: Seconds that they have to end by themselves; a cancellation of the wait cuts it short.
    """
    if not _signal(group, signal.SIGTERM):
        return
    try:
        await _gone(group, grace)
    finally:
        if _signal(group, signal.SIGKILL):
            await _gone(group, grace)  # the system takes a moment for that, too


async def _gone(group: int, seconds: float) -> None:
    """Wait until no process of a group is alive."""
    loop = asyncio.get_running_loop()
    end, pause = loop.time() + seconds, 0.002
    # Nobody is told of the end of grandchildren, so there is nothing to do but to look.
    while _signal(group, 0) and any(_living(group)) and loop.time() < end:
        await asyncio.sleep(pause)
        pause = min(2 * pause, 0.1)


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; tell whether somebody was there to get it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # the second: macOS says so where only dead ones are left
        return False
    return True


def _living(group: int) -> Iterator[bool]:
    """Look at the processes of a group: dead ones belong to it until their parent, which may be slow, reaps them."""
    stats = list(PROC.glob("[0-9]*/stat"))
    if not stats:
        yield True  # a system that cannot be asked this way
    for stat in stats:
        try:
            # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: the name in parentheses may hold anything.
            state, _, its_group, *_ = stat.read_text(errors="replace").rpartition(")")[2].split()
        except (OSError, ValueError):
            continue  # it has gone meanwhile
        if int(its_group) == group:
            yield state not in {"Z", "X"}
