"""An agent on the other side of a wire that is none: for tests of what changes when an agent becomes remote."""

import asyncio
from itertools import count
from types import TracebackType
from typing import Generic, TypeVar

from motet.kernel.agent import Agent
from motet.kernel.context import Context
from motet.kernel.errors import Unavailable
from motet.kernel.observers import Observer
from motet.kernel.schema import Schema
from motet.testing.loopback_call import LoopbackCall
from motet.testing.loopback_pipe import Pipe
from motet.testing.loopback_server import LoopbackServer
from motet.testing.loopback_wire import Head, encode

__all__ = ["Loopback"]

In = TypeVar("In")
Out = TypeVar("Out")


class Loopback(Generic[In, Out]):
    """Puts an agent behind a pipe of bytes within the process, and gives an agent that reaches it.

    Values cross as JSON, errors as their payloads, and the serving side has a context of its own: nothing is passed by
    reference. What crosses beside the payload are deadline, metadata, trace and cancellation; budgets do not.

        async with Loopback(agent) as remote:
            await remote("text")

    Args:
        agent: What is served.
        observer: Told of what happens on the serving side.
    """

    def __init__(self, agent: Agent[In, Out], *, observer: Observer | None = None) -> None:
        self.agent = agent
        self._observer = observer
        self._calls: dict[int, LoopbackCall] = {}
        self._numbers = count(1)
        self._there: Pipe | None = None
        self._back: Pipe | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Agent[In, Out]:
        await self.up()
        return _Reaching(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()

    async def up(self) -> None:
        """Let the serving side be there, again; nothing happens if it is."""
        if self._there is not None:
            return
        there, back = self._there, self._back = Pipe(), Pipe()
        server = LoopbackServer(self.agent, there, back, self._observer)
        self._tasks = [asyncio.ensure_future(server.run()), asyncio.ensure_future(self._read(back))]

    async def down(self) -> None:
        """Let the serving side die with all it does: calls under way, and those that follow, are `Unavailable`."""
        there, back, tasks = self._there, self._back, self._tasks
        self._there = self._back = None
        if there is None or back is None:
            return
        back.close()
        there.close()
        tasks[0].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def call(self, payload: In, ctx: Context) -> Out:
        """Call the agent on the other side."""
        agent = self.agent
        body = encode(agent.types[0], payload, agent.name, "input")
        if self._there is None:
            raise Unavailable(f"{agent.name!r} cannot be reached: the other side is down")
        number = next(self._numbers)
        call = self._calls[number] = LoopbackCall(number, self._there, agent.name, ctx)
        try:
            call.begin(_head(ctx), body)
            return await call.result(agent.types[1])
        finally:
            del self._calls[number]
            call.end()

    async def _read(self, back: Pipe) -> None:
        while (frame := await back.read()) is not None:
            call = self._calls.get(frame.head["id"])
            if call is not None:
                call.told(frame)
        for call in self._calls.values():
            call.lost()


class _Reaching(Agent[In, Out]):
    """An agent that reaches another one; to everybody else it is that agent."""

    validate = "none"  # values are checked where they are written and read

    def __init__(self, loopback: Loopback[In, Out]) -> None:
        served = loopback.agent
        self._loopback = loopback
        self.name, self.description, self.tags = served.name, served.description, served.tags
        self.version, self.examples, self.streaming = served.version, served.examples, served.streaming

    @property
    def types(self) -> tuple[Schema[In], Schema[Out]]:
        return self._loopback.agent.types

    async def call(self, payload: In, ctx: Context) -> Out:
        return await self._loopback.call(payload, ctx)


def _head(ctx: Context) -> Head:
    head: Head = {
        "kind": "call",
        "stream": ctx.scope.channel is not None,
        "traceparent": ctx.traceparent,
        "metadata": dict(ctx.metadata),
    }
    remaining = ctx.remaining()
    return head if remaining is None else {**head, "deadline": remaining}
