"""Motet's side: `flow.map` for pipelines, `send` and `outputs` as the second way, `await flow(...)` one at a time."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Iterable, Sequence
from functools import partial, reduce
from typing import Any

from benchmarks.flow import motet_state
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
from benchmarks.shared.harness import Sample, Stopwatch, Workload, main, require
from motet import Context, Flow, Node, agent, join
from motet.kernel.events import Event


@agent(validate="none")
async def step(item: Item) -> Item:
    """Do nothing."""
    return item


@agent(validate="both")
async def checked_step(item: Item) -> Item:
    """Do nothing, with validation on both sides."""
    return item


@agent(validate="none")
async def waiting_step(item: Item) -> Item:
    """Let the event loop have one turn."""
    await asyncio.sleep(0)
    return item


@agent(validate="none")
async def split(items: list[Item], ctx: Context) -> None:
    """Send each item on."""
    for item in items:
        await ctx.send(item)


def observe(event: Event) -> None:
    """Observe an event and do nothing."""


def build_chain(length: int, *, each: Any = step, observed: bool = False) -> Flow[Item, Item]:
    """Build a chain of no-op nodes."""
    nodes = [Node(each, name=f"n{i}") for i in range(length)]
    observers = [observe] if observed else []
    return Flow("chain", reduce(operator.rshift, nodes), inbox=INBOX, observers=observers)


async def mapped(flow: Flow[Item, Any], items: Sequence[Item]) -> list[Any]:
    """Run a pipeline by `map`."""
    return [output async for output in flow.map(items)]


async def sent(flow: Flow[Item, Any], items: Sequence[Item]) -> list[Any]:
    """Run a pipeline by `send` in one task and `outputs` in another."""

    async def send_all() -> None:
        for item in items:
            await flow.send(item)

    outputs: list[Any] = []
    async with flow:
        sender = asyncio.create_task(send_all())
        async for output in flow.outputs():
            outputs.append(output)
            if len(outputs) == len(items):
                break
        await sender
    return outputs


async def one_by_one(flow: Flow[Item, Item], items: Iterable[Item]) -> list[Item]:
    """Call the flow with an item, await the result, then the next."""
    return [await flow(item) for item in items]


async def chain(n: int, *, length: int, pump: Any = mapped, each: Any = step, observed: bool = False) -> Sample:
    """Push `n` messages through a chain, pipelined."""
    flow = build_chain(length, each=each, observed=observed)
    await pump(flow, make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await pump(flow, items)
    check_outputs(outputs, n)
    if pump is mapped:
        require([item.n for item in outputs] == list(range(n)), "map did not keep the order")
    return watch.sample(n)


async def roundtrip(n: int, *, per_message: int = 1) -> Sample:
    """Send `n` messages through a chain of ten, each after the one before came out."""
    flow = build_chain(10)
    await one_by_one(flow, make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await one_by_one(flow, items)
    check_outputs(outputs, n)
    return watch.sample(n * per_message)


async def fanout10(n: int, *, counted: bool) -> Sample:
    """Spread `n` messages over ten nodes each and join them, by count or when the run has nothing left before it."""
    source = Node(step, name="source")
    workers = [Node(step, name=f"w{i}") for i in range(WIDTH)]
    flow: Flow[Item, list[Item]] = Flow("fan", source >> workers >> (join(WIDTH) if counted else join()), inbox=INBOX)
    await mapped(flow, make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await mapped(flow, items)
    check_joined(outputs, n, WIDTH)
    return watch.sample(n)


async def fanout1000(n: int) -> Sample:
    """Spread `n` runs over a thousand messages each with `ctx.send`, one node, and join them."""
    flow: Flow[list[Item], list[Item]] = Flow("spread", split >> step >> join(), inbox=INBOX)
    items = make_items(TASKS)
    await flow(items)
    with Stopwatch() as watch:
        outputs = [await flow(items) for _ in range(n)]
    for batch in outputs:
        check_spread(batch, TASKS)
    return watch.sample(n * TASKS)


WORKLOADS: dict[str, Workload] = {
    "chain1": partial(chain, length=1),
    "chain5": partial(chain, length=5),
    "chain10": partial(chain, length=10),
    "chain10_validate": partial(chain, length=10, each=checked_step),
    "chain10_observed": partial(chain, length=10, observed=True),
    "chain1_send": partial(chain, length=1, pump=sent),
    "chain5_send": partial(chain, length=5, pump=sent),
    "chain10_send": partial(chain, length=10, pump=sent),
    "chain10_validate_send": partial(chain, length=10, pump=sent, each=checked_step),
    "chain10_observed_send": partial(chain, length=10, pump=sent, observed=True),
    "chain10_waiting": partial(chain, length=10, each=waiting_step),
    "chain10_waiting_send": partial(chain, length=10, pump=sent, each=waiting_step),
    "roundtrip10": roundtrip,
    "steps10": partial(roundtrip, per_message=10),
    "fanout10": partial(fanout10, counted=True),
    "fanout10_drained": partial(fanout10, counted=False),
    "fanout1000": fanout1000,
    **motet_state.WORKLOADS,
}

if __name__ == "__main__":
    main(WORKLOADS)
