"""`Batch`: calls that come at the same time are done together."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

from motet.kernel.adapt import checked
from motet.kernel.agent import Agent, Middleware, Wrapped
from motet.kernel.channel import Channel
from motet.kernel.context import Context
from motet.kernel.function import FunctionAgent
from motet.kernel.invoke import Call
from motet.middleware.arguments import check_callable, check_number, check_whole
from motet.middleware.batch_desk import Desk, Item
from motet.middleware.batch_queue import BatchQueue
from motet.middleware.batch_sent import BatchCall, Released
from motet.middleware.ending import end
from motet.middleware.errors import MiddlewareClosed, Saturated
from motet.middleware.keyed import KeyOf, key_of
from motet.middleware.replay import AHEAD, Replay, drain

__all__ = ["Batch"]

BatchFunction = Callable[[list[Any]], Awaitable[Any]] | Callable[[list[Any], Context], Awaitable[Any]]


class Batch(Middleware):
    """Collect calls until there are `size` of them, or `wait` seconds after the first, and do them together.

    With `call` one real call is made for all of them, in place of the agent's own and of what else is wrapped around
    that: it takes a list of payloads, and returns a list with the output for each, in the same order; an item that is
    an exception is raised for that caller alone. What the agent checks of its payloads and outputs is checked all the
    same, for each caller. Without `call` the agent's own calls begin together, each as its caller's.

    A batch does not wait for the one before: up to `concurrency` of them are under way at once. Beyond that they wait,
    and go on collecting. A caller who is cancelled, or whose deadline passes, leaves the others alone: before the batch
    is sent its payload is taken out, later its output is dropped; a batch call is cancelled when all its callers are
    gone. A call from within a batch is not put into another one, which could wait for its own end: it goes below as a
    single call.

    A batch call serves several traces, so it begins one of its own: its deadline is the latest of the callers' (none
    where one has none), their traceparents are in its metadata under "traceparents", and everybody who observes one of
    them is told of it, once. What it spends is charged to nobody. What it emits goes to all callers who listen, or as
    an `ItemChunk` to one of them; a slow reader makes it wait, one that has gone does not.

    One batch may stand around several agents, which then share it, and is for one event loop at a time.

    Args:
        call: An agent or a function that does a whole batch; None lets single calls begin together.
        size: How many calls make a batch, from 1.
        wait: How many seconds the first of them waits for others.
        concurrency: How many batches are under way at most, from 1.
        max_waiting: How many calls wait at most, from `size`; who comes when there are as many gets `Saturated`.
        key: Tells which calls may go together, from (payload, ctx); None puts any two together.

    Raises:
        ValueError: An argument makes no sense; the message says what is allowed.
        InvalidAgent: `call` can be no agent.
    """

    def __init__(
        self,
        call: Agent[list[Any], Any] | BatchFunction | None = None,
        *,
        size: int = 16,
        wait: float = 0.01,
        concurrency: int = 4,
        max_waiting: int = 1024,
        key: KeyOf | None = None,
    ) -> None:
        check_whole("size", size, 1)
        check_number("wait", wait, 0)
        check_whole("concurrency", concurrency, 1)
        check_whole("max_waiting", max_waiting, size)
        check_callable("key", key)
        if call is not None and not callable(call):
            raise ValueError(f"call={call!r}: it is an agent, or a function that takes a list of payloads")
        self._call = call if call is None or isinstance(call, Agent) else FunctionAgent(call, validate="none")
        self._wait = wait
        self._key = key
        self._new_queue: Callable[[], BatchQueue[Item]] = partial(BatchQueue, size, concurrency, max_waiting)
        self._desk: Desk | None = None
        self._closed = False
        self._counts = dict.fromkeys(("calls", "batches", "biggest", "failed", "refused", "direct"), 0)

    def counters(self) -> Mapping[str, float]:
        """Return the calls, the batches, the biggest one, what failed or was refused, what waits and is under way."""
        desk = self._desk
        waiting, in_flight = (0, 0) if desk is None else (desk.queue.waiting, sum(sent.there for sent in desk.sent))
        return {**self._counts, "waiting": waiting, "in_flight": in_flight}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self, *, drain: bool = True) -> None:
        """Take nothing new, answer everybody, and wait until nothing is under way.

        Args:
            drain: Send what waits, and let everything end. Otherwise what waits gets `MiddlewareClosed`, batch calls
                are cancelled and their callers get `Cancelled`; single calls end by themselves.
        """
        self._closed = True
        if self._desk is not None and self._desk.loop is asyncio.get_running_loop():
            await self._desk.close(drain=drain)

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that is done together with others."""
        if self._call is None:
            return partial(self._released, call)
        while isinstance(agent, Wrapped):
            agent = agent.inner  # the one that says what is checked
        joint = partial(self._joint, call)
        return checked(joint, agent.name, *agent.types, agent.validate) if agent.validate != "none" else joint

    async def _joint(self, call: Call[Any, Any], payload: Any, ctx: Context) -> Any:
        """Wait for the output that a batch call gives for a payload."""
        desk = self._open_desk()
        if desk.under_way and desk.inside(ctx):
            self._counts["direct"] += 1
            return await call(payload, ctx)
        item = self._enter(desk, payload, ctx, None if ctx.scope.channel is None else Channel(AHEAD))
        try:
            if item.pipe is not None:
                await drain(item.pipe, Replay(ctx, _itself))
            await item.answered
        except (Exception, asyncio.CancelledError):
            task = desk.leave(item)
            if task is not None:
                await end(task)
            raise
        if item.failure is not None:
            raise item.failure
        return item.output

    async def _released(self, call: Call[Any, Any], payload: Any, ctx: Context) -> Any:
        """Call below when a batch is complete."""
        desk = self._open_desk()
        if desk.under_way and desk.inside(ctx):
            self._counts["direct"] += 1
            return await call(payload, ctx)
        item = self._enter(desk, payload, ctx, None)
        try:
            await item.answered
            if item.failure is not None:
                raise item.failure
            return await call(payload, ctx)
        finally:
            desk.leave(item)

    def _open_desk(self) -> Desk:
        """Return the desk of the running event loop; what another one has left is none of its business.

        Raises:
            MiddlewareClosed: Nothing new is taken.
        """
        if self._closed:
            raise MiddlewareClosed("This batch was closed: it takes no further calls")
        if self._desk is None or self._desk.loop is not asyncio.get_running_loop():
            self._desk = Desk(self._new_queue(), self._wait, self._send, self._counts)
        return self._desk

    def _enter(self, desk: Desk, payload: Any, ctx: Context, pipe: Channel | None) -> Item:
        """Let a call wait.

        Raises:
            Saturated: Too many do.
        """
        if desk.queue.full:
            self._counts["refused"] += 1
            raise Saturated(f"{desk.queue.waiting} calls wait for a batch already", agent=ctx.agent)
        key = None if self._key is None else key_of(self._key, payload, ctx)
        item = Item(payload, ctx, desk.loop.create_future(), pipe)
        self._counts["calls"] += 1
        desk.add(key, item)
        return item

    def _send(self, desk: Desk, items: list[Item]) -> BatchCall | Released:
        if self._call is None:
            return Released(desk, items)
        return BatchCall(desk, items, self._call.bound, self._call.name, self._counts)


def _itself(value: object) -> object:
    return value
