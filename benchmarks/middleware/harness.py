"""What the sides of the middleware suite share: payloads, and the measuring of one way of calling beside another.

It is imported in the interpreter of each side, so it imports nothing but the standard library and
`benchmarks.shared.harness`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.shared.harness import Sample, Stopwatch, require

SLICES = 20
MOST = 500
WIDTH = 10
WIDER = 100
BOUND = 8
SECONDS = 10.0
RATE = 1e9

Call = Callable[[Any], Awaitable[Any]]
Pump = Callable[[Call, Sequence[Any]], Awaitable[list[Any]]]


def payloads(n: int, *, step: int = 1) -> list[str]:
    """Build the payloads of one slice, before the clock starts; every slice gets the same.

    Args:
        n: How many calls there are to be in all.
        step: What their number is a multiple of.
    """
    wanted = min(MOST, n // SLICES)
    return [f"question {number}" for number in range(max(step, wanted - wanted % step))]


async def one_by_one(call: Call, inputs: Sequence[Any]) -> list[Any]:
    """Call with one payload, await the output, then the next."""
    return [await call(each) for each in inputs]


async def in_tens(call: Call, inputs: Sequence[Any]) -> list[Any]:
    """Call with ten payloads at once, await all of the outputs, then the next ten."""
    outputs: list[Any] = []
    for first in range(0, len(inputs), WIDTH):
        outputs += await asyncio.gather(*map(call, inputs[first : first + WIDTH]))
    return outputs


def as_it_is(output: Any) -> Any:
    """Read an output that is compared as it came."""
    return output


@dataclass(frozen=True, slots=True)
class Way:
    """A way of calling, and what must come out of it.

    Args:
        call: What is called.
        expected: The outputs, in the order of the payloads.
        pump: How it is called.
        read: What of an output is compared.
    """

    call: Call
    expected: Sequence[Any]
    pump: Pump = one_by_one
    read: Callable[[Any], Any] = as_it_is

    async def go(self, inputs: Sequence[Any], watch: Stopwatch) -> None:
        """Call with each payload while the watch runs, and check what came out."""
        with watch:
            outputs = await self.pump(self.call, inputs)
            await asyncio.sleep(0)  # the event loop has its turn: cancelled timers are swept out in it
        require([self.read(output) for output in outputs] == list(self.expected), "the outputs are not those expected")


async def measure(n: int, inputs: Sequence[Any], way: Way, plain: Way | None = None) -> Sample:
    """Measure a way of calling, and in turn with it, slice by slice, the plain way that it is compared with.

    Args:
        n: How many calls to make; the next multiple of the payloads below it is what is made.
        inputs: The payloads of one slice.
        way: What is measured.
        plain: What it is compared with.

    Returns:
        The time of `way`, with the processor time of as many calls by `plain` as the further figure ``plain``.
    """
    slices = max(1, n // len(inputs))
    await run(slices // 10 + 1, inputs, way, plain)  # to warm up
    watch, plain_watch = await run(slices, inputs, way, plain)
    return watch.sample(slices * len(inputs), **({} if plain is None else {"plain": plain_watch.cpu}))


async def run(slices: int, inputs: Sequence[Any], way: Way, plain: Way | None) -> tuple[Stopwatch, Stopwatch]:
    """Call in so many slices, the plain way first in each, and give the watches of both."""
    watch, plain_watch = Stopwatch(), Stopwatch()
    for _ in range(slices):
        if plain is not None:
            await plain.go(inputs, plain_watch)
        await way.go(inputs, watch)
    return watch, plain_watch
