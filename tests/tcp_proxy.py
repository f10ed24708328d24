"""A way to a server that can be cut: a TCP proxy on loopback."""

import asyncio
import contextlib


class Proxy:
    """Passes bytes on until it is told to cut, or until `mute_after` is asked, whose answer it keeps.

    Args:
        host: Where the server is.
        port: (the same)
    """

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self.listening = 0
        self.mute_after = None
        self._muted = False
        self._server = None
        self._tasks = set()
        self._writers = set()

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.listening)
        self.listening = self._server.sockets[0].getsockname()[1]

    async def cut(self):
        """Refuse new connections, and drop those that are there."""
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        there_reader, there_writer = await asyncio.open_connection(self.host, self.port)
        for one in (writer, there_writer):
            self._writers.add(one)
        ways = [self._pass(reader, there_writer, asked=True), self._pass(there_reader, writer, asked=False)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        self._tasks |= {*tasks, asyncio.current_task()}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in (writer, there_writer):
            one.transport.abort()
            self._writers.discard(one)
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks -= {*tasks, asyncio.current_task()}

    async def _pass(self, reader, writer, asked):
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if not asked and self._muted:
                    # The server has done what it was asked; nobody hears of it.
                    self._muted = False
                    return
                if asked and self.mute_after is not None and self.mute_after in data:
                    self.mute_after, self._muted = None, True
                writer.write(data)
                await writer.drain()
