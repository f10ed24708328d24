"""One call on the client's side of a loopback: chunks as they come, and then its end."""

import asyncio
import json
from bisect import bisect_left
from typing import TypeVar

from motet.kernel.context import Context
from motet.kernel.error_payload import from_payload
from motet.kernel.errors import Unavailable
from motet.kernel.schema import ANY, Schema
from motet.testing.loopback_pipe import Pipe
from motet.testing.loopback_wire import Frame, Head, decode

__all__ = ["LoopbackCall"]

T = TypeVar("T")


class LoopbackCall:
    """Waits for the answer to one call.

    Args:
        number: Its number on the wire.
        there: The way to the serving side.
        agent: The name of the agent.
        ctx: The context of the call.
    """

    def __init__(self, number: int, there: Pipe, agent: str, ctx: Context) -> None:
        self._number = number
        self._there = there
        self._agent = agent
        self._ctx = ctx
        self._frames: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._seqs: list[int] = []
        self._numbers: list[int] = []
        self._pending = False

    def begin(self, head: Head, body: bytes) -> None:
        """Send the call.

        Raises:
            InvalidPayload: The metadata is no JSON data.
        """
        self._there.write(Frame({**head, "id": self._number}, body))
        self._pending = True

    def told(self, frame: Frame) -> None:
        """Take what came for this call."""
        self._frames.put_nowait(frame)

    def lost(self) -> None:
        """Take note that nothing more can come."""
        self._frames.put_nowait(None)

    def end(self) -> None:
        """Let the other side cancel what nobody waits for any more."""
        if self._pending:
            self._there.write(Frame({"kind": "cancel", "id": self._number}))

    async def result(self, schema: Schema[T]) -> T:
        """Emit the chunks that come, and return the output.

        Raises:
            Unavailable: The other side is gone.
            MotetError: What the agent has raised.
        """
        while (frame := await self._frames.get()) is not None:
            if frame.head["kind"] == "chunk":
                await self._emit(frame)
                self._there.write(Frame({"kind": "more", "id": self._number}))
                continue
            self._pending = False
            if frame.head["kind"] == "error":
                raise from_payload(json.loads(frame.body))
            return decode(schema, frame.body, self._agent, "output")
        self._pending = False
        raise Unavailable(f"{self._agent!r} was lost before it had answered: the other side has gone down")

    async def _emit(self, frame: Frame) -> None:
        channel, path, since = self._ctx.scope.channel, tuple(frame.head["path"]), frame.head["since"]
        if channel is None:
            return
        if since is not None:
            await self._restart(path, since)
            return
        self._seqs.append(frame.head["seq"])
        self._numbers.append(channel.seq + 1)
        await self._ctx.emit_for(decode(ANY, frame.body, self._agent, "chunk"), path)

    async def _restart(self, path: tuple[str, ...], since: int) -> None:
        place = bisect_left(self._seqs, since)
        if place == len(self._seqs):
            return
        context, number = self._ctx, self._numbers[place]
        for name in path:
            context = Context(context.scope, name, context)
        before, context.first_chunk = context.first_chunk, number
        await context.restart()
        if before < number:
            context.first_chunk = before
