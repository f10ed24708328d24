"""One connection through a proxy: two sockets, and the bytes between them."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

from motet.testing.fault import End, Way
from motet.testing.fault_judge import Judge

__all__ = ["Link"]

AHEAD: Final = 256
"""How many pieces may wait in one direction before no more is read."""

Tell = Callable[[str, Way, int], None]
"""Told what happened, on which way, and with how many bytes."""


class Link:
    """Passes bytes on between a client and the server, as far as the faults allow.

    Args:
        number: The number of the connection, from 1.
        client: The socket that was accepted.
        target: Where the server is: host and port, or the path of a Unix socket.
        judge: Decides what becomes of the bytes.
        changed: Notified when there may be other faults.
        tell: Told what happens.
    """

    def __init__(
        self,
        number: int,
        client: socket.socket,
        target: tuple[str, int] | str,
        judge: Judge,
        changed: asyncio.Condition,
        tell: Tell,
    ) -> None:
        self._target = target
        self._server = socket.socket(_family(target))
        self._client = client
        self._ways = Way(number, "up"), Way(number, "down")
        self._judge = judge
        self._changed = changed
        self._tell = tell
        self._end: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._cut = asyncio.Event()

    def end(self, how: End) -> None:
        """End the connection; the first end counts, but a reset ends one that vanished, or is about to close, too."""
        if not self._end.done():
            self._end.set_result(how)
        elif how == "reset":
            self._cut.set()

    async def run(self) -> None:
        """Pass bytes on until the connection has ended; `close` has to follow, also where this was never begun."""
        self._tell("opened", self._ways[0], 0)
        passing = asyncio.ensure_future(self._pass())
        try:
            passing.add_done_callback(lambda _: self.end("close"))
            how = await asyncio.shield(self._end)
            await _cancelled(passing)
            self._tell(_WORDS[how], self._ways[0], 0)
            await self._leave(how)
        finally:
            await _cancelled(passing)

    def close(self) -> None:
        """Close both sockets."""
        self._client.close()
        self._server.close()

    async def _pass(self) -> None:
        """Do what is to be done until both sides have said all they had to say, or something ends the connection."""
        for one in (self._client, self._server):
            one.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(self._server, self._target)
        except OSError:
            self._tell("unreachable", self._ways[0], 0)
            self.end("reset")
            return
        ways = [asyncio.ensure_future(self._serve(way)) for way in self._ways]
        try:
            await asyncio.gather(*ways)
        finally:
            await _cancelled(*ways)

    async def _leave(self, how: End) -> None:
        if how == "close":
            # A socket that is closed with bytes unread sends a RST: they are read until the other side has ended, too.
            closing = asyncio.gather(_ended(self._client), _ended(self._server), return_exceptions=True)
            closing.add_done_callback(lambda _: self._cut.set())
            try:
                await self._cut.wait()
            finally:
                aborted = not closing.done()
                await _cancelled(closing)
        else:
            aborted = True
            if how == "vanish":
                await self._cut.wait()
        if aborted:
            for one in (self._client, self._server):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    async def _serve(self, way: Way) -> None:
        """Pass on what goes one way; it is read ahead, so that what is late keeps nothing else up."""
        queue: asyncio.Queue[tuple[float, bytes, End | None] | None] = asyncio.Queue(AHEAD)
        reading = asyncio.ensure_future(self._read(way, queue))
        try:
            await self._write(way, queue)
        except OSError:
            self.end("reset")
        finally:
            await _cancelled(reading)

    async def _read(self, way: Way, queue: "asyncio.Queue[tuple[float, bytes, End | None] | None]") -> None:
        loop, source = asyncio.get_running_loop(), self._client if way.direction == "up" else self._server
        try:
            while data := await loop.sock_recv(source, self._judge.size(way)):
                now = loop.time()
                for outcome, fired in self._judge.outcomes(way, data, now):
                    for fault in fired:
                        self._tell(type(fault).__name__, way, len(outcome.data))
                    await queue.put((now + outcome.delay, outcome.data, outcome.end))
                    if outcome.end:
                        return
        except OSError:
            self.end("reset")
            return
        if self._judge.withholds_end(way):
            self.end("vanish")
            return
        await queue.put(None)

    async def _write(self, way: Way, queue: "asyncio.Queue[tuple[float, bytes, End | None] | None]") -> None:
        loop, target = asyncio.get_running_loop(), self._server if way.direction == "up" else self._client
        while (piece := await queue.get()) is not None:
            due, data, end = piece
            await asyncio.sleep(max(0.0, due - loop.time()))
            await self._until_free(way)
            if data:
                await loop.sock_sendall(target, data)
                self._tell("bytes", way, len(data))
            if end:
                self.end(end)
                return
        await self._until_free(way)
        target.shutdown(socket.SHUT_WR)

    async def _until_free(self, way: Way) -> None:
        fault = self._judge.held(way)
        if fault is None:
            return
        fault.fired += 1
        self._tell(type(fault).__name__, way, 0)
        async with self._changed:
            await self._changed.wait_for(lambda: self._judge.held(way) is None)


_WORDS: Final = {"close": "closed", "reset": "reset", "vanish": "vanished"}


def _family(target: tuple[str, int] | str) -> socket.AddressFamily:
    if isinstance(target, str):
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in target[0] else socket.AF_INET


async def _ended(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_WR)
        while await asyncio.get_running_loop().sock_recv(one, 65_536):
            pass


async def _cancelled(*tasks: "asyncio.Future[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
