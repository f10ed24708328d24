"""What every measured child shares: payload, stopwatch, checks and command line.

A side is a module that maps workload names to coroutine functions ``(n) -> Sample`` and calls `main`. It is run as
``python -m benchmarks.flow.SIDE WORKLOAD N`` in the interpreter of that side, so this module imports nothing but the
standard library and pydantic.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Self

from pydantic import BaseModel

INBOX = 64
WIDTH = 10
TASKS = 1000


class Item(BaseModel):
    """The payload of every workload: an int and a str."""

    n: int
    text: str


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


Workload = Callable[[int], Awaitable[Sample]]


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


def make_items(n: int) -> list[Item]:
    """Build payloads numbered from 0, before the clock starts."""
    return [Item(n=i, text="payload") for i in range(n)]


def warm(n: int) -> int:
    """Say how many messages a child does before the clock starts."""
    return max(20, n // 10)


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


def require_next(seq: int, expected: int) -> None:
    """Raise `BrokenRunError` unless a chunk is the one that comes next."""
    if seq != expected:
        raise BrokenRunError(f"chunk {seq} came instead of {expected}")


def check_outputs(outputs: Sequence[Item], n: int) -> None:
    """Check that every payload of `make_items(n)` came out once, in whatever order."""
    require(len(outputs) == n, f"{len(outputs)} outputs of {n} messages")
    require(sorted(item.n for item in outputs) == list(range(n)), "the outputs are not the inputs")


def check_joined(outputs: Sequence[Sequence[Item]], runs: int, width: int) -> None:
    """Check that each of `runs` joins collected `width` payloads of one and the same run."""
    require(len(outputs) == runs, f"{len(outputs)} joins of {runs} runs")
    for batch in outputs:
        require(isinstance(batch, list), f"a join gave {type(batch).__name__}")
        require(len(batch) == width, f"a join of {len(batch)} instead of {width}")
        require(len({item.n for item in batch}) == 1, "a join mixed two runs")
    require({batch[0].n for batch in outputs} == set(range(runs)), "the joins are not those of the inputs")


def check_spread(batch: Sequence[Item], width: int) -> None:
    """Check that a join over a spread of `make_items(width)` holds each of them once."""
    require(isinstance(batch, list), f"the join gave {type(batch).__name__}")
    require(sorted(item.n for item in batch) == list(range(width)), "the join does not hold what was spread")


def main(workloads: Mapping[str, Workload]) -> None:
    """Run the workload that the command line names and print its `Sample` as one line of JSON."""
    name, n = sys.argv[1], int(sys.argv[2])

    async def measure() -> Sample:
        return await workloads[name](n)

    print(json.dumps(asdict(asyncio.run(measure()))))
