"""The server side of HTTP/1.1 for stand-ins, on h11: requests in, answers out, and what no server should do."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from motet.kernel.errors import MissingExtra

try:
    import h11
except ImportError as error:
    raise MissingExtra.of("A stand-in that speaks HTTP", "testing") from error

__all__ = ["HttpRequest", "Reply", "serve_http"]

MOST: Final = 32 * 2**20
"""Bytes that the body of a request may have."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request, whole; the names of the headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Reply:
    """The way back to the client of one request.

    Args:
        connection: What writes HTTP.
        writer: What sends it.
        bodiless: Whether the client asked for the head of the answer alone: of a body only the length is told.
    """

    def __init__(self, connection: h11.Connection, writer: asyncio.StreamWriter, *, bodiless: bool = False) -> None:
        self._connection = connection
        self._writer = writer
        self._bodiless = bodiless

    @property
    def begun(self) -> bool:
        """Whether something was sent."""
        return self._connection.our_state not in {h11.IDLE, h11.SEND_RESPONSE}

    async def json(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        """Send a whole answer."""
        body = json.dumps(value, ensure_ascii=False).encode()
        fields = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
        await self.begin(status, fields)
        await self.send(body)
        await self.end()

    async def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Send status and headers; without a content-length the body comes in chunks."""
        await self._write(h11.Response(status_code=status, headers=list(headers.items())))

    async def send(self, data: bytes) -> None:
        """Send a part of the body."""
        if not self._bodiless:
            await self._write(h11.Data(data=data))

    async def end(self) -> None:
        """Say that the body is whole."""
        await self._write(h11.EndOfMessage())

    async def raw(self, data: bytes) -> None:
        """Send bytes that need not be HTTP, and close."""
        self._writer.write(data)
        with contextlib.suppress(OSError):
            await self._writer.drain()
        self._writer.close()
        self._connection.send_failed()

    def disconnect(self) -> None:
        """Be gone in the middle of whatever was said."""
        self._writer.transport.abort()
        self._connection.send_failed()

    async def _write(self, event: h11.Event) -> None:
        data = self._connection.send(event)
        if data:
            self._writer.write(data)
            await self._writer.drain()


Handler = Callable[[HttpRequest, Reply], Awaitable[None]]


async def serve_http(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handler, left: Callable[[], None]
) -> None:
    """Serve one connection until either side ends it.

    Args:
        reader: What comes from the client.
        writer: The way to it.
        handle: Answers a request.
        left: Told when a client has left before it had its answer; the answering is cancelled then.
    """
    connection = h11.Connection(h11.SERVER)
    try:
        while (request := await _request(connection, reader, writer)) is not None:
            reply = Reply(connection, writer, bodiless=request.method == "HEAD")
            if not await _answered(connection, reader, handle(request, reply)):
                left()
                return
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                return
            connection.start_next_cycle()
    except h11.RemoteProtocolError as error:
        reply = Reply(connection, writer)
        if not reply.begun:
            told = {"error": {"message": f"This is no HTTP request: {error}", "type": "invalid_request_error"}}
            await reply.json(error.error_status_hint, told, {"connection": "close"})
    except OSError:
        left()
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _request(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> HttpRequest | None:
    """Read a whole request; None where the client has no more."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            connection.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MOST:
                raise h11.RemoteProtocolError(f"the body is larger than {MOST} bytes", error_status_hint=413)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
            return HttpRequest(head.method.decode(), head.target.decode("latin-1"), headers, bytes(body))
        else:
            return None


async def _answered(connection: h11.Connection, reader: asyncio.StreamReader, work: Awaitable[None]) -> bool:
    """Let a request be answered; tell whether the client waited for it."""
    answering = asyncio.ensure_future(work)
    reading = asyncio.ensure_future(reader.read(65_536))
    try:
        while not answering.done():
            both: list[asyncio.Future[Any]] = [answering, reading]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                continue
            data = reading.result()
            if not data and not answering.done():
                return False
            if data:
                connection.receive_data(data)
                reading = asyncio.ensure_future(reader.read(65_536))
        await answering
        return True
    finally:
        for task in (answering, reading):
            task.cancel()
        await asyncio.gather(answering, reading, return_exceptions=True)
