"""Motet's side, second half: chunks, loops, cancellation and memory; see `motet`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from benchmarks.flow.harness import INBOX, Item, make_items, require_next, warm
from benchmarks.shared.harness import Sample, Stopwatch, Workload, require, traced_bytes
from motet import Context, Flow, Node, Run, agent, loop, route
from motet.kernel.errors import Cancelled


@agent(validate="none")
async def talk(item: Item, ctx: Context) -> Item:
    """Emit as many chunks as the item says."""
    for _ in range(item.n):
        await ctx.emit("chunk")
    return item


@agent(validate="none")
async def count(item: Item) -> Item:
    """Count one iteration."""
    item.n += 1
    return item


@agent(validate="none")
async def done(item: Item) -> Item:
    """Do nothing, at the end."""
    return item


async def chunks(n: int) -> Sample:
    """Let a node emit `n` chunks with `ctx.emit`, and read them with `flow.stream`."""
    flow: Flow[Item, Item] = Flow("talk", talk, inbox=INBOX)

    async def stream(size: int) -> int:
        received = 0
        async with flow.stream(Item(n=size, text="payload")) as stream:
            async for chunk in stream:
                received += 1
                require_next(chunk.seq, received)
            await stream.result()
        return received

    await stream(warm(n))
    with Stopwatch() as watch:
        received = await stream(n)
    require(received == n, f"{received} chunks of {n}")
    return watch.sample(n)


async def send_round(limit: int) -> int:
    """Let one node send a message to itself until a count is reached."""

    @agent(validate="none")
    async def controller(item: Item, ctx: Context) -> None:
        item.n += 1
        await ctx.send(item, to="done" if item.n >= limit else "controller")

    flow: Flow[Item, Item] = Flow(
        "circle", edges=[(controller, controller), (controller, done)], inbox=INBOX, cycles=True
    )
    return (await flow(Item(n=0, text="payload"))).n


async def cycle_round(limit: int) -> int:
    """Let a step and a `route` send a message round until a count is reached."""
    way = route({"again": count, "done": done}, by=lambda item: "done" if item.n >= limit else "again")
    flow: Flow[Item, Item] = Flow("circle", count >> way, inbox=INBOX, cycles=True)
    return (await flow(Item(n=0, text="payload"))).n


async def agent_round(limit: int) -> int:
    """Let `loop` call an agent until a count is reached."""
    again = loop(count, until=lambda item: item.n >= limit, max_hops=limit + 2)
    answer = await again(Item(n=0, text="payload"))
    return answer.n if isinstance(answer, Item) else -1


async def circle(n: int, *, go: Callable[[int], Awaitable[int]]) -> Sample:
    """Go round `n` times in one run."""
    await go(warm(n))
    with Stopwatch() as watch:
        reached = await go(n)
    require(reached == n, f"the loop ended at {reached}")
    return watch.sample(n)


class Gate:
    """A flow of one node that holds still until it is opened; its inbox takes all that is queued."""

    def __init__(self, inbox: int) -> None:
        self.open = asyncio.Event()

        @agent(validate="none")
        async def hold(item: Item) -> Item:
            await self.open.wait()
            return item

        self.flow: Flow[Item, Item] = Flow("gate", Node(hold, concurrency=1), inbox=inbox)


async def cancel(n: int, *, unrelated: int) -> Sample:
    """Cancel one queued run, `n` times, with `unrelated` other runs in the queue."""
    gate = Gate(unrelated + 10)
    others = [gate.flow.submit_nowait(item) for item in make_items(unrelated + 1)]
    await asyncio.sleep(0.05)
    watch = Stopwatch()
    for _ in range(n):
        victim = gate.flow.submit_nowait(Item(n=-1, text="victim"))
        with watch:
            victim.cancel()
            was_told = await told(victim)
        require(was_told, "the run was not cancelled")
    gate.open.set()
    require([(await run).n for run in others] == list(range(unrelated + 1)), "another run suffered")
    return watch.sample(n)


async def told(victim: Run[Item]) -> bool:
    """Wait for a cancelled run."""
    try:
        await victim
    except Cancelled:
        return True
    return False


async def memory(n: int) -> Sample:
    """Queue `n` runs and see what they hold; the payloads were there before."""
    gate = Gate(n + 10)
    first = gate.flow.submit_nowait(Item(n=-1, text="payload"))
    await asyncio.sleep(0.05)
    items = make_items(n)
    runs = [first] * n

    def queue_all() -> None:
        for i, item in enumerate(items):
            runs[i] = gate.flow.submit_nowait(item)

    with Stopwatch() as watch:
        held = traced_bytes(queue_all)
    gate.open.set()
    require([(await run).n for run in (first, *runs)] == [-1, *range(n)], "a queued run got lost")
    return watch.sample(n, bytes=held)


WORKLOADS: dict[str, Workload] = {
    "chunks": chunks,
    "loop_send": partial(circle, go=send_round),
    "loop_cycle": partial(circle, go=cycle_round),
    "loop_agent": partial(circle, go=agent_round),
    "cancel_0": partial(cancel, unrelated=0),
    "cancel_1000": partial(cancel, unrelated=1000),
    "cancel_10000": partial(cancel, unrelated=10_000),
    "memory": memory,
}
