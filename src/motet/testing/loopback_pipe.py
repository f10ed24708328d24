"""A pipe for frames within one event loop: bytes go in, and come out in order."""

import asyncio

from motet.testing.loopback_wire import Frame, pack, sizes_of, unpack

__all__ = ["Pipe"]


class Pipe:
    """One direction between two sides. Nothing but bytes passes, so nothing is shared by reference."""

    def __init__(self) -> None:
        self._reader = asyncio.StreamReader()
        self._closed = False

    def write(self, frame: Frame) -> None:
        """Say something; it goes nowhere once the pipe is closed.

        Raises:
            InvalidPayload: The metadata is no JSON data.
        """
        data = pack(frame)
        if not self._closed:
            self._reader.feed_data(data)

    async def read(self) -> Frame | None:
        """Wait for what is said next; None when the pipe is closed."""
        try:
            head, body = sizes_of(await self._reader.readexactly(8))
            return unpack(await self._reader.readexactly(head), await self._reader.readexactly(body))
        except asyncio.IncompleteReadError:
            return None

    def close(self) -> None:
        """Let nothing more through."""
        if not self._closed:
            self._closed = True
            self._reader.feed_eof()
