"""PenguiFlow's side, second half: chunks, loops, cancellation and memory; see `penguiflow`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from penguiflow import (
    WM,
    FinalAnswer,
    Headers,
    Message,
    Node,
    NodePolicy,
    PenguiFlow,
    create,
    predicate_router,
)
from penguiflow.core import Context
from penguiflow.streaming import stream_flow

from benchmarks.flow.harness import INBOX, Item, make_items, require_next, warm
from benchmarks.shared.harness import Sample, Stopwatch, Workload, require, traced_bytes

HEADERS = Headers(tenant="bench")
UNCHECKED = NodePolicy(validate="none")


async def chunks(n: int) -> Sample:
    """Let a node emit `n` chunks with `emit_chunk`, and read them with `stream_flow`."""

    async def talk(message: Message, ctx: Context) -> None:
        last = message.payload.n - 1
        for seq in range(last + 1):
            await ctx.emit_chunk(parent=message, text="chunk", done=seq == last)

    flow = create(Node(talk, name="talk", policy=UNCHECKED).to(), queue_maxsize=INBOX)
    flow.run()

    async def stream(count: int) -> int:
        parent = Message(payload=Item(n=count, text="payload"), headers=HEADERS)
        received = 0
        async for chunk in stream_flow(flow, parent):
            require_next(chunk.seq, received)
            received += 1
        return received

    await stream(warm(n))
    with Stopwatch() as watch:
        received = await stream(n)
    require(received == n, f"{received} chunks of {n}")
    await flow.stop()
    return watch.sample(n)


async def send_round(limit: int) -> int:
    """Let one node emit a message to itself until a count is reached."""

    async def controller(message: Message, ctx: Context) -> Message | None:
        message.payload.n += 1
        if message.payload.n >= limit:
            return message.model_copy(update={"payload": FinalAnswer(text=str(message.payload.n))})
        await ctx.emit(message, to=node)
        return None

    node = Node(controller, name="controller", allow_cycle=True, policy=UNCHECKED)
    answer = await answer_of(create(node.to(node), queue_maxsize=INBOX), Item(n=0, text="payload"))
    return int(answer.text)


async def cycle_round(limit: int) -> int:
    """Let a step and a `predicate_router` send a message round until a count is reached."""

    async def enter(message: Message, _ctx: Context) -> Message:
        return message

    async def count(message: Message, _ctx: Context) -> Message:
        message.payload.n += 1
        return message

    start, step, done = (Node(f, name=k, policy=UNCHECKED) for k, f in (("in", enter), ("step", count), ("out", enter)))
    route = predicate_router("route", lambda message: done if message.payload.n >= limit else step)
    edges = (start.to(step), step.to(route), route.to(step, done))
    item = await answer_of(create(*edges, queue_maxsize=INBOX, allow_cycles=True), Item(n=0, text="payload"))
    return int(item.n)


async def agent_round(limit: int) -> int:
    """Let a controller node return its working memory (`WM`), which the runtime sends round until the answer."""

    async def controller(message: Message, _ctx: Context) -> Message:
        if message.payload.hops >= limit:
            return message.model_copy(update={"payload": FinalAnswer(text=str(message.payload.hops))})
        return message

    node = Node(controller, name="controller", allow_cycle=True, policy=UNCHECKED)
    memory = WM(query="payload", budget_hops=limit + 2)
    answer = await answer_of(create(node.to(node), queue_maxsize=INBOX), memory)
    return int(answer.text)


async def answer_of(flow: PenguiFlow, payload: Item | WM) -> Item | FinalAnswer:
    """Run one message through a flow and stop it."""
    flow.run()
    await flow.emit(Message(payload=payload, headers=HEADERS))
    result = await flow.fetch()
    await flow.stop()
    answer: Item | FinalAnswer = result.payload
    return answer


async def loop(n: int, *, circle: Callable[[int], Awaitable[int]]) -> Sample:
    """Go round `n` times in one run."""
    await circle(warm(n))
    with Stopwatch() as watch:
        reached = await circle(n)
    require(reached == n, f"the loop ended at {reached}")
    return watch.sample(n)


class Gate:
    """A flow of one node that holds still until it is opened; its queues are unbounded, so all fits in."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.flow = create(Node(self._hold, name="hold", policy=UNCHECKED).to(), queue_maxsize=0)
        self.flow.run()

    async def _hold(self, message: Message, _ctx: Context) -> Message:
        await self.open.wait()
        return message

    def submit(self, item: Item) -> str:
        """Queue a run and give its trace id."""
        message = Message(payload=item, headers=HEADERS)
        self.flow.emit_nowait(message)
        trace: str = message.trace_id
        return trace

    async def drain(self, count: int) -> list[int]:
        """Open the gate and give the numbers of the `count` messages that come out."""
        self.open.set()
        outputs = [await self.flow.fetch() for _ in range(count)]
        await self.flow.stop()
        return [message.payload.n for message in outputs]


async def cancel(n: int, *, unrelated: int) -> Sample:
    """Cancel one queued run, `n` times, with `unrelated` other runs in the queue."""
    gate = Gate()
    for item in make_items(unrelated + 1):
        gate.submit(item)
    await asyncio.sleep(0.05)
    watch = Stopwatch()
    for _ in range(n):
        victim = gate.submit(Item(n=-1, text="victim"))
        with watch:
            found = await gate.flow.cancel(victim)
        require(found, "the run was not cancelled")
    require(await gate.drain(unrelated + 1) == list(range(unrelated + 1)), "another run suffered")
    return watch.sample(n)


async def memory(n: int) -> Sample:
    """Queue `n` runs and see what they hold; the payloads were there before."""
    gate = Gate()
    gate.submit(Item(n=-1, text="payload"))
    await asyncio.sleep(0.05)
    items = make_items(n)

    def queue_all() -> None:
        for item in items:
            gate.submit(item)

    with Stopwatch() as watch:
        held = traced_bytes(queue_all)
    require(await gate.drain(n + 1) == [-1, *range(n)], "a queued run got lost")
    return watch.sample(n, bytes=held)


WORKLOADS: dict[str, Workload] = {
    "chunks": chunks,
    "loop_send": partial(loop, circle=send_round),
    "loop_cycle": partial(loop, circle=cycle_round),
    "loop_agent": partial(loop, circle=agent_round),
    "cancel_0": partial(cancel, unrelated=0),
    "cancel_1000": partial(cancel, unrelated=1000),
    "cancel_10000": partial(cancel, unrelated=10_000),
    "memory": memory,
}
