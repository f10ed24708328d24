"""A second protocol for tests of the contract of adapters: POST over HTTP/1.1, behind a server that many people use."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from aiohttp import web
from pydantic import ValidationError
from pydantic_core import from_json

from motet import Agent
from motet.kernel.error_payload import to_payload
from motet.kernel.errors import Cancelled, Fault, InvalidPayload, MotetError
from motet.kernel.scope import CallOptions
from motet.testing.loopback_wire import encode
from motet.testing.raw_peer import RawAnswer, RawPeer
from testing.lines import LONGEST, SocketPeer


class HttpPeer(SocketPeer):
    """Writes requests, and whatever else."""

    garbage: Sequence[bytes] = (
        b"hello\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"POST / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    )

    def message(self, payload: str, *, traceparent: str = "", deadline: float | None = None) -> bytes:
        body = payload.encode("utf-8", "surrogatepass")
        head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
        head += f"traceparent: {traceparent}\r\n" if traceparent else ""
        head += f"x-deadline: {deadline}\r\n" if deadline is not None else ""
        return head.encode() + b"\r\n" + body

    async def send(self, data: bytes) -> None:
        with suppress(OSError):  # the server may have refused the beginning already
            await super().send(data)

    async def receive(self) -> RawAnswer | None:
        assert self._streams is not None
        try:
            head = await self._streams[0].readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().splitlines() if line.startswith(b"content-length:"))
            body = await self._streams[0].readexactly(int(length.partition(b":")[2]))
        except (asyncio.IncompleteReadError, OSError):
            await self.leave()
            return None
        status = int(head.split()[1])
        if status == 200:
            return RawAnswer(head + body, json.loads(body))
        told: Any = None
        with suppress(ValueError):
            told = json.loads(body)
        if not isinstance(told, dict):  # the server's own answer, which has come no further
            return RawAnswer(head + body, None, f"status_{status}", body.decode(), FAULTS[status // 100])
        assert Fault(told["fault"]) is FAULTS[status // 100] or status >= 500
        return RawAnswer(head + body, None, told["code"], told["message"], Fault(told["fault"]))


FAULTS: Final = {4: Fault.CALLER, 5: Fault.SYSTEM}


def _handler(agent: Agent[Any, Any]) -> Callable[[web.Request], Any]:
    async def handle(request: web.Request) -> web.Response:
        try:
            return web.Response(body=await _called(agent, await request.read(), request.headers))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return _failed(Cancelled("it was cancelled from within"))
        except Exception as error:  # noqa: BLE001 - told to the peer
            return _failed(error)

    return handle


async def _called(agent: Agent[Any, Any], body: bytes, headers: Any) -> bytes:
    try:
        payload = agent.types[0].adapter.validate_python(_data(body))
    except ValidationError as error:
        raise InvalidPayload(f"{agent.name} does not take this: {error.errors()[0]['msg']}") from error
    options: CallOptions = {}
    if "traceparent" in headers:
        options["traceparent"] = headers["traceparent"]
    if "x-deadline" in headers:
        options["deadline"] = float(headers["x-deadline"])
    return encode(agent.types[1], await agent(payload, **options), agent.name, "output")


def _data(body: bytes) -> object:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidPayload(f"the body is no JSON: {error}") from error


def _failed(error: Exception) -> web.Response:
    status = 400 if isinstance(error, MotetError) and error.fault is Fault.CALLER else 500
    return web.json_response(to_payload(error), status=status)


@asynccontextmanager
async def serve_http(agent: Agent[Any, Any]) -> AsyncIterator[Callable[[], RawPeer]]:
    """Serve an agent with HTTP; the peers that were made are gone afterwards."""
    app = web.Application(client_max_size=LONGEST)
    app.router.add_post("/", _handler(agent))
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    peers: list[HttpPeer] = []

    def door() -> RawPeer:
        peers.append(HttpPeer(runner.addresses[0][1]))
        return peers[-1]

    try:
        yield door
    finally:
        for peer in peers:
            await peer.leave()
        await runner.cleanup()
