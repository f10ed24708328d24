"""Which managers work on a store: each says now and then that it lives, and looks who does not."""

import os
import socket
from pathlib import Path
from typing import Final

from motet.kernel.clock import Clock
from motet.tasks.ports import TaskStore

__all__ = ["LEASE", "Membership", "this_host"]

LEASE: Final = 15.0
"""Seconds for which others believe that a manager lives after it last said so."""


class Membership:
    """A manager among those that use a store.

    Args:
        store: Where they meet.
        clock: Where time and ids come from. The clocks of machines that share a store have to agree to within a
            fraction of the lease.
        lease: Seconds for which others believe that this one lives.
    """

    def __init__(self, store: TaskStore, clock: Clock, lease: float) -> None:
        self.lease = lease
        self.owner = f"{socket.gethostname()}-{os.getpid()}-{clock.hex_id(4)}"
        self._store = store
        self._clock = clock
        self._host = this_host()

    async def beat(self) -> None:
        """Say that this manager lives."""
        await self._store.beat(self.owner, self._clock.wall() + self.lease, self._host, os.getpid())

    async def alive(self) -> set[str]:
        """Return the managers that live, this one included; forget those that do not."""
        now = self._clock.wall()
        alive = {self.owner}
        for owner, until, host, pid in await self._store.workers():
            if owner == self.owner:
                continue
            if until > now and not (host and host == self._host and _gone(pid)):
                alive.add(owner)
            else:
                await self._store.leave(owner)
        return alive

    async def leave(self) -> None:
        """Say that this manager is gone."""
        await self._store.leave(self.owner)


def this_host() -> str:
    """Name the space in which process ids mean something: this boot of this machine, and this container.

    Returns:
        "" where that cannot be told: then only the lease says who is gone.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _gone(pid: int) -> bool:
    """Tell whether no process has this id; one that has taken the id over only means waiting for the lease."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
