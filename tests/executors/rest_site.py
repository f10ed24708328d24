"""A real HTTP server on the loopback interface, for the tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """A server that answers what a test tells it to, and keeps what it was sent.

    Attributes:
        url: Where it is.
        seen: The requests.
        bodies: Their bodies.
        answers: What it answers by path; every other path repeats the request as JSON.
    """

    url: str = ""
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answers: dict[str, Handler] = field(default_factory=dict)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request."""
        self.bodies.append(await request.read())
        self.seen.append(request)
        return await self.answers.get(request.path, self.repeat)(request)

    async def repeat(self, request: web.Request) -> web.Response:
        """Answer with what was sent."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        said = {"method": request.method, "path": request.path_qs, "headers": headers}
        return web.json_response(said | {"body": self.bodies[-1].decode()})

    def says(self, path: str, *answers: web.Response) -> None:
        """Let a path give answers in turn, the last one for ever."""
        left = list(answers)

        async def answer(request: web.Request) -> web.Response:
            chosen = left.pop(0) if len(left) > 1 else left[0]
            return web.Response(status=chosen.status, headers=chosen.headers, body=chosen.body)

        self.answers[path] = answer


@asynccontextmanager
async def opened() -> AsyncIterator[Site]:
    """Open a site on a port that is free."""
    site = Site()
    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{path:.*}", site.handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    listening = web.TCPSite(runner, "127.0.0.1", 0)
    await listening.start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield site
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw(answer: bytes, *, hold: bool = False) -> AsyncIterator[str]:
    """Open a server that says the same bytes to everybody, and closes; or holds the connection until it is left."""
    left = asyncio.Event()
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            if hold:
                await left.wait()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever asked has left
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        left.set()
        server.close()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()
