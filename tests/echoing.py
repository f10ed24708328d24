"""Small servers for the tests of what stands between: an echo, and one that sends what it is told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class EchoServer:
    """Sends back what it gets, and keeps it.

    Attributes:
        got: What came, by connection in the order in which they came.
        ended: How each connection ended: "eof", or the name of the error.
    """

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.ended: dict[int, str] = {}
        self.port = 0
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(self.got)
        self.got.append(b"")
        self._tasks[asyncio.current_task()] = writer
        try:
            while data := await reader.read(65_536):
                self.got[number] += data
                writer.write(data)
                await writer.drain()
            self.ended[number] = "eof"
        except OSError as error:
            self.ended[number] = type(error).__name__
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def end(self) -> None:
        for writer in self._tasks.values():
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def echoing(path: str | None = None) -> AsyncIterator[EchoServer]:
    """Serve on loopback, or at the path of a Unix socket."""
    echo = EchoServer()
    if path is None:
        server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
        echo.port = server.sockets[0].getsockname()[1]
    else:
        server = await asyncio.start_unix_server(echo.serve, path)
    try:
        yield echo
    finally:
        server.close()
        await echo.end()
