"""What a program may use at most: checked when a tool is made, and told to the guard that keeps it."""

import math
import sys
from dataclasses import dataclass

from motet.kernel.errors import NotAvailable

if sys.platform != "win32":
    import resource

__all__ = ["Bounds", "at_least"]


def at_least(least: float, **given: float | None) -> None:
    """Check limits that somebody sets.

    Args:
        least: The smallest number that makes sense.
        **given: The limits by name; None, where that is allowed, is not checked.

    Raises:
        ValueError: One is too small, or no number at all.
    """
    for name, number in given.items():
        if number is not None and not least <= number < math.inf:
            raise ValueError(f"{name}={number}: it is a number from {least:g}")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a program and of everything that it starts.

    Args:
        output: Bytes of each stream; a program that writes more is ended.
        timeout: Seconds that it may run.
        grace: Seconds that it has to end by itself after SIGTERM; and that what it leaves behind may go on writing.
        cpu: Seconds of processor time, of all its processes together; None for no bound beside `timeout`.
        memory: Bytes of memory, of all its processes together; None for no bound.
        processes: How many processes there may be at once.
        file_bytes: How large a file may be that it writes.
        open_files: How many files each process may have open.

    Raises:
        ValueError: A bound makes no sense.
        NotAvailable: This system has no such bounds.
    """

    output: int = 2**18
    timeout: float = 30.0
    grace: float = 1.0
    cpu: float | None = None
    memory: int | None = 2**31
    processes: int = 64
    file_bytes: int = 2**28
    open_files: int = 256

    def __post_init__(self) -> None:
        if sys.platform == "win32":
            raise NotAvailable("Programs are bounded by what POSIX systems offer: this one has no such limits")
        at_least(0, grace=self.grace, file_bytes=self.file_bytes)
        at_least(1, output=self.output, processes=self.processes)
        at_least(0.001, timeout=self.timeout, cpu=self.cpu)
        at_least(2**20, memory=self.memory)
        at_least(3, open_files=self.open_files)

    def limits(self) -> dict[str, tuple[int, int]]:
        """Return what the system keeps for each process: the soft and the hard limit by name, as `resource` has them.

        A lower limit that this process has itself is kept. Memory is what a process may write to of its own
        (RLIMIT_DATA): address space that is only reserved, as some languages do, is no use of memory. Elsewhere than
        on Linux that means less, and the address space is bounded.
        """
        wanted = {"RLIMIT_CORE": 0, "RLIMIT_FSIZE": self.file_bytes, "RLIMIT_NOFILE": self.open_files}
        if self.memory is not None:
            wanted["RLIMIT_DATA" if sys.platform == "linux" else "RLIMIT_AS"] = self.memory
        limits = {name: _pair(name, most, most) for name, most in wanted.items()}
        if self.cpu is not None:
            # The first is told by a signal that a program may catch; the second kills it.
            limits["RLIMIT_CPU"] = _pair("RLIMIT_CPU", math.ceil(self.cpu), math.ceil(self.cpu) + 1)
        return limits


def _pair(name: str, soft: int, hard: int) -> tuple[int, int]:
    _, own = resource.getrlimit(getattr(resource, name))
    return (soft, hard) if own == resource.RLIM_INFINITY else (min(soft, own), min(hard, own))
