"""PenguiFlow's side: `emit` in one task and `fetch` in another, each message its own trace (its own `Message`).

Nodes take and return the `Message`, as PenguiFlow's documentation recommends for production; the payload inside it is
the payload of every side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from penguiflow import FlowEvent, Message, ModelRegistry, Node, NodePolicy, PenguiFlow, create, join_k
from penguiflow.core import Context

from benchmarks.flow import penguiflow_state
from benchmarks.flow.harness import INBOX, WIDTH, Item, check_joined, check_outputs, make_items, warm
from benchmarks.flow.penguiflow_state import HEADERS, UNCHECKED
from benchmarks.shared.harness import Sample, Stopwatch, Workload, main

Work = Callable[[Message, Context], Awaitable[Message]]


async def step(message: Message, _ctx: Context) -> Message:
    """Do nothing."""
    return message


async def waiting_step(message: Message, _ctx: Context) -> Message:
    """Let the event loop have one turn."""
    await asyncio.sleep(0)
    return message


async def observe(event: FlowEvent) -> None:
    """Observe an event and do nothing."""


def build_chain(length: int, *, node: Work = step, validate: str = "none", observed: bool = False) -> PenguiFlow:
    """Build and start a chain of no-op nodes."""
    policy = NodePolicy(validate=validate)
    nodes = [Node(node, name=f"n{i}", policy=policy) for i in range(length)]
    edges = [node.to(after) for node, after in pairwise(nodes)] or [nodes[0].to()]
    flow = create(*edges, queue_maxsize=INBOX, middlewares=[observe] if observed else None)
    registry = ModelRegistry()
    for i in range(length):
        registry.register(f"n{i}", Message, Message)
    flow.run(registry=None if validate == "none" else registry)
    return flow


async def emit_all(flow: PenguiFlow, items: Iterable[Item]) -> None:
    """Emit every item as a message, a trace, of its own."""
    for item in items:
        await flow.emit(Message(payload=item, headers=HEADERS))


async def pump(flow: PenguiFlow, items: Sequence[Item]) -> list[Any]:
    """Emit every item while fetching what comes out, and give the payloads."""
    sender = asyncio.create_task(emit_all(flow, items))
    outputs = [(await flow.fetch()).payload for _ in items]
    await sender
    return outputs


async def one_by_one(flow: PenguiFlow, items: Iterable[Item]) -> list[Any]:
    """Emit an item, fetch it at the other end, then the next."""
    outputs = []
    for item in items:
        await flow.emit(Message(payload=item, headers=HEADERS))
        outputs.append((await flow.fetch()).payload)
    return outputs


async def chain(n: int, *, length: int, node: Work = step, validate: str = "none", observed: bool = False) -> Sample:
    """Push `n` messages through a chain, pipelined."""
    flow = build_chain(length, node=node, validate=validate, observed=observed)
    await pump(flow, make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await pump(flow, items)
    check_outputs(outputs, n)
    await flow.stop()
    return watch.sample(n)


async def roundtrip(n: int, *, per_message: int = 1) -> Sample:
    """Send `n` messages through a chain of ten, each after the one before came out."""
    flow = build_chain(10)
    await one_by_one(flow, make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await one_by_one(flow, items)
    check_outputs(outputs, n)
    await flow.stop()
    return watch.sample(n * per_message)


async def fanout10(n: int) -> Sample:
    """Spread `n` messages over ten nodes each and join them with `join_k`."""
    source = Node(step, name="source", policy=UNCHECKED)
    workers = [Node(step, name=f"w{i}", policy=UNCHECKED) for i in range(WIDTH)]
    join = join_k("join", WIDTH)
    flow = create(source.to(*workers), *(worker.to(join) for worker in workers), queue_maxsize=INBOX)
    flow.run()
    await pump(flow, make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await pump(flow, items)
    check_joined(outputs, n, WIDTH)
    await flow.stop()
    return watch.sample(n)


WORKLOADS: dict[str, Workload] = {
    "chain1": partial(chain, length=1),
    "chain5": partial(chain, length=5),
    "chain10": partial(chain, length=10),
    "chain10_validate": partial(chain, length=10, validate="both"),
    "chain10_observed": partial(chain, length=10, observed=True),
    "chain10_waiting": partial(chain, length=10, node=waiting_step),
    "roundtrip10": roundtrip,
    "steps10": partial(roundtrip, per_message=10),
    "fanout10": fanout10,
    **penguiflow_state.WORKLOADS,
}

if __name__ == "__main__":
    main(WORKLOADS)
