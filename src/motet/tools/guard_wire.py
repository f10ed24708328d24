"""The way to the guard of a program and back: lines of JSON come, and words of one letter go."""

import asyncio
import json
import os
import socket
from contextlib import suppress
from typing import Any, cast

__all__ = ["GuardWire"]


class GuardWire(asyncio.Protocol):
    """This end of the socket. What the guard tells is not lost when it ends with a word of ours unread.

    Args:
        socket: The socket, to which words are written past the transport.

    Attributes:
        told: What the guard has told, by name.
        way: The transport, for the order.
        lost: Whether the guard has ended.
    """

    def __init__(self, socket: socket.socket) -> None:
        self.told: dict[str, Any] = {}
        self._socket = socket
        self.lost = False
        self._heard = asyncio.Event()
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.way = cast("asyncio.WriteTransport", transport)

    def say(self, word: bytes) -> None:
        """Say a word. The transport would close, and drop what is there to be read, where nobody reads any more."""
        if self.way.get_write_buffer_size():
            self.way.abort()  # the guard has not even got its order: that nobody wants it is all that it has to know
        else:
            with suppress(OSError):
                os.write(self._socket.fileno(), word)

    def data_received(self, data: bytes) -> None:
        """Take in whole lines."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self.told |= json.loads(line)
        self._heard.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that the guard has ended."""
        self.lost = True
        self._heard.set()

    async def hear(self, *wanted: str) -> None:
        """Wait until the guard has told one of these, or has ended."""
        while not (self.lost or self.told.keys() & set(wanted)):
            self._heard.clear()
            await self._heard.wait()
