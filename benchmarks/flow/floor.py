"""The floor: bare asyncio tasks with one bounded `asyncio.Queue` per edge, and nothing else.

No traces, no errors, no cancellation, no observers: it shows what the event loop itself costs, not what a library
could be. It runs in the interpreter of the suite.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from pydantic import TypeAdapter

from benchmarks.flow import floor_state
from benchmarks.flow.floor_state import Edge, send_all, step, work
from benchmarks.flow.harness import (
    INBOX,
    TASKS,
    WIDTH,
    Item,
    check_joined,
    check_outputs,
    check_spread,
    make_items,
    warm,
)
from benchmarks.shared.harness import Sample, Stopwatch, Workload, main

validate = TypeAdapter(Item).validate_python


async def checked_step(item: Item) -> Item:
    """Do nothing, with validation on both sides."""
    return validate(await step(validate(item)))


async def waiting_step(item: Item) -> Item:
    """Let the event loop have one turn."""
    await asyncio.sleep(0)
    return item


class Line:
    """A chain of tasks with a queue before each and one behind the last."""

    def __init__(self, length: int, node: Callable[[Item], Any]) -> None:
        self.edges = [Edge(INBOX) for _ in range(length + 1)]
        self.tasks = [asyncio.create_task(work(node, before, after)) for before, after in pairwise(self.edges)]

    async def pump(self, items: Iterable[Item]) -> list[Item]:
        """Send every item while another task sends, collecting what comes out."""
        pending = list(items)
        sender = asyncio.create_task(send_all(self.edges[0], pending))
        outputs = [await self.edges[-1].get() for _ in pending]
        await sender
        return outputs

    async def one_by_one(self, items: Iterable[Item]) -> list[Item]:
        """Send an item, await it at the other end, then the next."""
        outputs = []
        for item in items:
            await self.edges[0].put(item)
            outputs.append(await self.edges[-1].get())
        return outputs


async def chain(n: int, *, length: int, node: Callable[[Item], Any] = step) -> Sample:
    """Push `n` messages through a chain, pipelined."""
    line = Line(length, node)
    await line.pump(make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await line.pump(items)
    check_outputs(outputs, n)
    return watch.sample(n)


async def roundtrip(n: int, *, per_message: int = 1) -> Sample:
    """Send `n` messages through a chain of ten, each after the one before came out."""
    line = Line(10, step)
    await line.one_by_one(make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await line.one_by_one(items)
    check_outputs(outputs, n)
    return watch.sample(n * per_message)


class Fan:
    """One task that spreads to ten workers, and one that joins what they give."""

    def __init__(self) -> None:
        self.inlet, self.outlet = Edge(INBOX), Edge(INBOX)
        before = [Edge(INBOX) for _ in range(WIDTH)]
        after = [Edge(INBOX) for _ in range(WIDTH)]
        self.tasks = [asyncio.create_task(work(step, *pair)) for pair in zip(before, after, strict=True)]
        self.tasks.append(asyncio.create_task(self.spread(before)))
        self.tasks.append(asyncio.create_task(self.join(after)))

    async def spread(self, edges: Sequence[Edge]) -> None:
        """Send each message to every worker."""
        while True:
            item = await step(await self.inlet.get())
            for edge in edges:
                await edge.put(item)

    async def join(self, edges: Sequence[Edge]) -> None:
        """Take one message of every worker; workers keep the order, so they are of one run."""
        while True:
            await self.outlet.put([await edge.get() for edge in edges])

    async def pump(self, items: Sequence[Item]) -> list[list[Item]]:
        """Send every item while collecting the joins."""
        sender = asyncio.create_task(send_all(self.inlet, items))
        outputs = [await self.outlet.get() for _ in items]
        await sender
        return outputs


async def fanout10(n: int) -> Sample:
    """Spread `n` messages over ten workers each and join them."""
    fan = Fan()
    await fan.pump(make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await fan.pump(items)
    check_joined(outputs, n, WIDTH)
    return watch.sample(n)


async def fanout1000(n: int) -> Sample:
    """Spread `n` runs over a thousand messages each, one worker, and join them."""
    items = make_items(TASKS)
    inlet, spread, worked, outlet = (Edge(INBOX) for _ in range(4))

    async def split() -> None:
        while True:
            await send_all(spread, await inlet.get())

    async def join() -> None:
        while True:
            await outlet.put([await worked.get() for _ in range(TASKS)])

    tasks = [asyncio.create_task(each) for each in (split(), work(step, spread, worked), join())]

    async def run(times: int) -> list[list[Item]]:
        outputs = []
        for _ in range(times):
            await inlet.put(items)
            outputs.append(await outlet.get())
        return outputs

    await run(2)
    with Stopwatch() as watch:
        outputs = await run(n)
    for batch in outputs:
        check_spread(batch, TASKS)
    for task in tasks:
        task.cancel()
    return watch.sample(n * TASKS)


WORKLOADS: dict[str, Workload] = {
    "chain1": partial(chain, length=1),
    "chain5": partial(chain, length=5),
    "chain10": partial(chain, length=10),
    "chain10_validate": partial(chain, length=10, node=checked_step),
    "chain10_waiting": partial(chain, length=10, node=waiting_step),
    "roundtrip10": roundtrip,
    "steps10": partial(roundtrip, per_message=10),
    "fanout10": fanout10,
    "fanout1000": fanout1000,
    **floor_state.WORKLOADS,
}

if __name__ == "__main__":
    main(WORKLOADS)
