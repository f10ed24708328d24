"""A protocol for tests of the contract of adapters: a line of JSON for each message, over real sockets."""

import asyncio
import contextvars
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

from motet import Agent
from motet.kernel.error_payload import to_payload
from motet.kernel.errors import Cancelled, Fault, InvalidPayload
from motet.kernel.scope import CallOptions
from motet.testing.loopback_wire import encode
from motet.testing.raw_peer import RawAnswer, RawPeer

LONGEST: Final = 2**26
"""Bytes of the longest line."""


class Lines:
    """Serves an agent to whoever connects."""

    def __init__(self, agent: Agent[Any, Any]) -> None:
        self.agent = agent
        self.connections: set[asyncio.Task[Any]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one message after the other, until the peer is gone."""
        task = asyncio.current_task()
        assert task is not None
        self.connections.add(task)
        try:
            while (line := await self.line(reader)) is not None:
                work = asyncio.get_running_loop().create_task(self.answer(line), context=contextvars.Context())
                gone = asyncio.ensure_future(self.gone(reader))
                await self.first(work, gone)
                if not work.done():
                    return
                writer.write(work.result() + b"\n")
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self.connections.discard(task)
            writer.close()

    async def first(self, work: "asyncio.Task[bytes]", gone: "asyncio.Future[None]") -> None:
        """Wait for the end of the work, or for that of the connection."""
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, work):
                if not task.done():
                    task.cancel()
                    await asyncio.wait((task,))

    async def gone(self, reader: asyncio.StreamReader) -> None:
        """Wait until the peer has closed its side."""
        while not reader.at_eof():
            await asyncio.sleep(0.005)

    async def line(self, reader: asyncio.StreamReader) -> bytes | None:
        """Return the next whole line."""
        try:
            return await reader.readuntil(b"\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            return None

    async def answer(self, line: bytes) -> bytes:
        """Do what a line asks for."""
        try:
            message = self.read(line)
            return b'{"output": %s}' % await self.called(message)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            assert task is not None
            if task.cancelling():
                raise
            return self.failed(Cancelled("it was cancelled from within"))
        except Exception as error:  # noqa: BLE001 - told to the peer
            return self.failed(error)

    def read(self, line: bytes) -> dict[str, Any]:
        """Read a line."""
        try:
            message = from_json(line, allow_inf_nan=False)
        except ValueError as error:
            raise InvalidPayload(f"this is no line of JSON: {error}") from error
        if not isinstance(message, dict) or "payload" not in message:
            raise InvalidPayload("a message is an object with a `payload`")
        return message

    async def called(self, message: dict[str, Any]) -> bytes:
        """Call the agent."""
        options: CallOptions = {}
        if message.get("traceparent"):
            options["traceparent"] = self.trace(message["traceparent"])
        if message.get("deadline") is not None:
            options["deadline"] = message["deadline"]
        output = await self.agent(self.payload(message["payload"]), **options)
        return encode(self.agent.types[1], output, self.agent.name, "output")

    def trace(self, text: str) -> str:
        """Return the span that a call belongs to."""
        return text

    def payload(self, data: object) -> object:
        """Make what the agent takes."""
        try:
            return self.agent.types[0].adapter.validate_python(data)
        except ValidationError as error:
            raise InvalidPayload(f"{self.agent.name} does not take this: {error.errors()[0]['msg']}") from error

    def failed(self, error: BaseException) -> bytes:
        """Write an error."""
        return json.dumps({"error": to_payload(error)}).encode()


class SocketPeer(RawPeer):
    """Connects to a port."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, data: bytes) -> None:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=LONGEST)
        self._streams[1].write(data)
        await self._streams[1].drain()

    async def leave(self) -> None:
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
            with suppress(OSError):
                await streams[1].wait_closed()


class LinesPeer(SocketPeer):
    """Writes lines, and whatever else."""

    garbage: Sequence[bytes] = (
        b"\n",
        b"hello\n",
        b"{\n",
        b"[]\n",
        b"{}\n",
        b"7\n",
        b'{"payload": 1\n',
        b"\xff\xfe\n",
        b"\x00" * 100 + b"\n",
        b"GET / HTTP/1.1\n",
    )

    def message(self, payload: str, *, traceparent: str = "", deadline: float | None = None) -> bytes:
        around = json.dumps({"traceparent": traceparent, "deadline": deadline})
        return f'{around[:-1]}, "payload": {payload}}}\n'.encode("utf-8", "surrogatepass")

    async def receive(self) -> RawAnswer | None:
        assert self._streams is not None
        line = b""
        with suppress(OSError):
            line = await self._streams[0].readline()
        if not line:
            await self.leave()
            return None
        told = json.loads(line)
        if "error" not in told:
            return RawAnswer(line, told["output"])
        error = told["error"]
        return RawAnswer(line, None, error["code"], error["message"], Fault(error["fault"]))


@asynccontextmanager
async def serve_lines(agent: Agent[Any, Any], kind: type[Lines] = Lines) -> AsyncIterator[Callable[[], RawPeer]]:
    """Serve an agent with lines; the peers that were made are gone afterwards."""
    lines = kind(agent)
    server = await asyncio.start_server(lines.connected, "127.0.0.1", 0, limit=LONGEST)
    peers: list[LinesPeer] = []

    def door() -> RawPeer:
        peers.append(LinesPeer(server.sockets[0].getsockname()[1]))
        return peers[-1]

    try:
        yield door
    finally:
        server.close()
        tasks = list(lines.connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for peer in peers:
            await peer.leave()
        await server.wait_closed()
