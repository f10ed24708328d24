"""The floor, second half: chunks, loops, cancellation and memory; see `floor`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from benchmarks.flow.harness import INBOX, Item, make_items, require_next, warm
from benchmarks.shared.harness import Sample, Stopwatch, Workload, require, traced_bytes

Edge = asyncio.Queue[Any]
Queued = tuple[Item, asyncio.Future[Item]]


async def step(item: Item) -> Item:
    """Do nothing."""
    return item


async def work(node: Callable[[Item], Any], before: Edge, after: Edge) -> None:
    """Be the worker of one node."""
    while True:
        await after.put(await node(await before.get()))


async def send_all(edge: Edge, items: Iterable[Any]) -> None:
    """Put everything on an edge."""
    for item in items:
        await edge.put(item)


async def chunks(n: int) -> Sample:
    """Hand `n` chunks from a producing task to a consumer over a bounded queue."""

    async def stream(count: int) -> None:
        edge = Edge(INBOX)
        sender = asyncio.create_task(send_all(edge, ((seq, "chunk") for seq in range(count))))
        for received in range(count):
            seq, _ = await edge.get()
            require_next(seq, received)
        await sender

    await stream(warm(n))
    with Stopwatch() as watch:
        await stream(n)
    return watch.sample(n)


async def send_round(limit: int) -> Item:
    """Let one task send a message round its own queue until a count is reached."""
    edge = Edge(INBOX)
    await edge.put(Item(n=0, text="payload"))
    while True:
        item: Item = await step(await edge.get())
        item.n += 1
        if item.n >= limit:
            return item
        await edge.put(item)


async def cycle_round(limit: int) -> Item:
    """Let two tasks, a step and a router, send a message round until a count is reached."""

    async def count(item: Item) -> Item:
        item.n += 1
        return item

    async def route(before: Edge, again: Edge, done: Edge) -> None:
        while True:
            item = await before.get()
            await (done if item.n >= limit else again).put(item)

    inlet, routed, outlet = Edge(INBOX), Edge(INBOX), Edge(INBOX)
    tasks = [asyncio.create_task(work(count, inlet, routed)), asyncio.create_task(route(routed, inlet, outlet))]
    await inlet.put(Item(n=0, text="payload"))
    item: Item = await outlet.get()
    for task in tasks:
        task.cancel()
    return item


async def loop(n: int, *, circle: Callable[[int], Any]) -> Sample:
    """Go round `n` times in one run."""
    await circle(warm(n))
    with Stopwatch() as watch:
        item = await circle(n)
    require(item.n == n, "the loop ended at a wrong count")
    return watch.sample(n)


class Gate:
    """One worker that holds still until it is opened, before a queue of runs that carry a future each."""

    def __init__(self) -> None:
        self.edge: asyncio.Queue[Queued] = asyncio.Queue()
        self.open = asyncio.Event()
        self.task = asyncio.create_task(self._work())

    def submit(self, item: Item) -> asyncio.Future[Item]:
        """Queue a run."""
        future: asyncio.Future[Item] = asyncio.get_running_loop().create_future()
        self.edge.put_nowait((item, future))
        return future

    async def _work(self) -> None:
        while True:
            item, future = await self.edge.get()
            await self.open.wait()
            if not future.done():
                future.set_result(await step(item))


async def cancel(n: int, *, unrelated: int) -> Sample:
    """Cancel one queued run, `n` times, with `unrelated` other runs in the queue."""
    gate = Gate()
    others = [gate.submit(item) for item in make_items(unrelated + 1)]
    await asyncio.sleep(0)
    watch = Stopwatch()
    for item in make_items(n):
        victim = gate.submit(item)
        with watch:
            victim.cancel()
            with suppress(asyncio.CancelledError):
                await victim
        require(victim.cancelled(), "the run was not cancelled")
    gate.open.set()
    outputs = await asyncio.gather(*others)
    require([item.n for item in outputs] == list(range(unrelated + 1)), "another run suffered")
    return watch.sample(n)


async def memory(n: int) -> Sample:
    """Queue `n` runs and see what they hold; the payloads were there before."""
    gate = Gate()
    gate.submit(Item(n=-1, text="payload"))
    await asyncio.sleep(0)
    items = make_items(n)
    futures: list[asyncio.Future[Item] | None] = [None] * n

    def queue_all() -> None:
        for i, item in enumerate(items):
            futures[i] = gate.submit(item)

    with Stopwatch() as watch:
        held = traced_bytes(queue_all)
    gate.open.set()
    outputs = await asyncio.gather(*(future for future in futures if future is not None))
    require([item.n for item in outputs] == list(range(n)), "a queued run got lost")
    return watch.sample(n, bytes=held)


WORKLOADS: dict[str, Workload] = {
    "chunks": chunks,
    "loop_send": partial(loop, circle=send_round),
    "loop_cycle": partial(loop, circle=cycle_round),
    "cancel_0": partial(cancel, unrelated=0),
    "cancel_1000": partial(cancel, unrelated=1000),
    "cancel_10000": partial(cancel, unrelated=10_000),
    "memory": memory,
}
