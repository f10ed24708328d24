"""What every measured child shares: stopwatch, checks and command line.

A side is a module that maps workload names to functions ``(n) -> Sample``, plain or coroutine, and calls `main`. It is
run as ``python -m benchmarks.SUITE.SIDE WORKLOAD N`` in the interpreter of that side, so this module imports nothing
but the standard library.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement of one child.

    Args:
        seconds: Wall time of the measured part.
        cpu: Processor time of the measured part, in seconds.
        count: How many things (messages, steps, chunks, ...) were done in it.
        extra: Further figures, such as ``bytes``.
    """

    seconds: float
    cpu: float
    count: int
    extra: Mapping[str, float] = field(default_factory=dict)


Workload = Callable[[int], Sample | Awaitable[Sample]]


class BrokenRunError(Exception):
    """A workload gave a wrong result, so its time means nothing."""


class Stopwatch:
    """Adds up wall and processor time over the blocks it is entered for; collects garbage once, before the first."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.cpu = 0.0
        gc.collect()

    def __enter__(self) -> Self:
        self._cpu = time.process_time()
        self._wall = time.perf_counter()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.seconds += time.perf_counter() - self._wall
        self.cpu += time.process_time() - self._cpu

    def sample(self, count: int, **extra: float) -> Sample:
        """Give what was measured so far, as the time of `count` things."""
        return Sample(self.seconds, self.cpu, count, extra)


def traced_bytes(act: Callable[[], None]) -> int:
    """Say how many bytes of Python memory `act` left behind."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    act()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return after - before


def require(what: bool, otherwise: str) -> None:
    """Raise `BrokenRunError` unless `what` holds."""
    if not what:
        raise BrokenRunError(otherwise)


def main(workloads: Mapping[str, Workload]) -> None:
    """Run the workload that the command line names and print its `Sample` as one line of JSON."""
    name, n = sys.argv[1], int(sys.argv[2])
    act = workloads[name]

    async def measure() -> Sample:
        outcome = act(n)
        assert inspect.isawaitable(outcome)
        return await outcome

    sample = asyncio.run(measure()) if is_coroutine(act) else act(n)
    assert isinstance(sample, Sample)
    print(json.dumps(asdict(sample)))


def is_coroutine(act: Workload) -> bool:
    """Say whether a workload is a coroutine function, through any `functools.partial` around it."""
    return inspect.iscoroutinefunction(getattr(act, "func", act))
