"""The floor: what one would write by hand with asyncio alone, and nothing else.

No traces, no counters, no events, and none of the cases that make middleware long. It shows what the event loop costs.
"""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import repeat

from benchmarks.middleware.harness import (
    SECONDS,
    WIDER,
    WIDTH,
    Call,
    Way,
    in_tens,
    measure,
    payloads,
)
from benchmarks.shared.harness import Sample, Workload, main

ATTEMPTS = 3


async def step(text: str) -> str:
    """Do nothing."""
    return text


async def waiting(text: str) -> str:
    """Let the event loop have one turn."""
    await asyncio.sleep(0)
    return text


async def retried(text: str) -> str:
    """Call in a loop that would try again."""
    attempt = 1
    while True:
        try:
            return await step(text)
        except ConnectionError:
            if attempt == ATTEMPTS:
                raise
            attempt += 1


def timed(inner: Call) -> Call:
    """Cancel with a timer of the event loop."""

    async def call(text: str) -> str:
        task = asyncio.current_task()
        assert task is not None
        timer = asyncio.get_running_loop().call_later(SECONDS, task.cancel)
        try:
            return await inner(text)
        finally:
            timer.cancel()

    return call


def timed_by_timeout(inner: Call) -> Call:
    """Cancel with `asyncio.timeout`."""

    async def call(text: str) -> str:
        async with asyncio.timeout(SECONDS):
            return await inner(text)

    return call


def timed_by_wait_for(inner: Call) -> Call:
    """Cancel with `asyncio.wait_for`."""

    async def call(text: str) -> str:
        return await asyncio.wait_for(inner(text), SECONDS)

    return call


async def one_after_another(text: str) -> str:
    """Call twice, with what came out the first time."""
    return await step(await step(text))


async def either(text: str) -> str:
    """Call, and call something else if that fails."""
    try:
        return await step(text)
    except ConnectionError:
        return await waiting(text)


async def chosen(text: str) -> str:
    """Call what the payload asks for."""
    return await (waiting(text) if text.startswith("answer") else step(text))


def spread(width: int) -> Call:
    """Call so many times at once with the same payload."""

    async def call(text: str) -> list[str]:
        return await asyncio.gather(*map(step, repeat(text, width)))

    return call


async def mapped(texts: list[str]) -> int:
    """Call with each of many payloads at once, and count what came out."""
    return len(await asyncio.gather(*map(step, texts)))


async def bare(n: int, *, each: Call = step) -> Sample:
    """Call alone."""
    texts = payloads(n)
    return await measure(n, texts, Way(each, texts))


async def over(n: int, *, call: Call, each: Call = step) -> Sample:
    """Call with something around, beside a call without."""
    texts = payloads(n)
    return await measure(n, texts, Way(call, texts), Way(each, texts))


async def batch(n: int) -> Sample:
    """Call ten at once, beside one after another."""
    texts = payloads(n, step=WIDTH)
    return await measure(n, texts, Way(step, texts, in_tens), Way(step, texts))


async def wide(n: int, *, width: int) -> Sample:
    """Call so many at once with each payload."""
    texts = payloads(n)
    return await measure(n, texts, Way(spread(width), [[text] * width for text in texts]))


async def map_reduce(n: int) -> Sample:
    """Call with each of a hundred payloads at once, and count."""
    inputs = [[text] * WIDER for text in payloads(n)]
    return await measure(n, inputs, Way(mapped, [WIDER] * len(inputs)))


WORKLOADS: dict[str, Workload] = {
    "bare": bare,
    "bare_waiting": partial(bare, each=waiting),
    "retry": partial(over, call=retried),
    "timeout": partial(over, call=timed(step)),
    "timeout_waiting": partial(over, call=timed(waiting), each=waiting),
    "asyncio_timeout": partial(over, call=timed_by_timeout(step)),
    "asyncio_timeout_waiting": partial(over, call=timed_by_timeout(waiting), each=waiting),
    "asyncio_wait_for": partial(over, call=timed_by_wait_for(step)),
    "asyncio_wait_for_waiting": partial(over, call=timed_by_wait_for(waiting), each=waiting),
    "batch": batch,
    "sequential2": partial(bare, each=one_after_another),
    "fallback2": partial(bare, each=either),
    "conditional2": partial(bare, each=chosen),
    "parallel10": partial(wide, width=WIDTH),
    "parallel100": partial(wide, width=WIDER),
    "fan_out10": partial(wide, width=WIDTH),
    "map_reduce100": map_reduce,
}

if __name__ == "__main__":
    main(WORKLOADS)
