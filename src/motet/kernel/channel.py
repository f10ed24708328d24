"""The way chunks take from whoever emits them to the one consumer of a stream: ordered and bounded."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from typing import Final

from motet.kernel.message import Chunk

__all__ = ["Channel", "Sink"]


PAUSE: Final = 64
"""After how many chunks that nobody reads a writer lets the event loop have its turn."""


class Sink(ABC):
    """Where chunks go: a channel, or something on the way to one."""

    __slots__ = ()

    seq: int
    """The number of the newest chunk."""

    @property
    @abstractmethod
    def source(self) -> "Sink":
        """What numbers the chunks: the same for all ways into one stream."""

    @abstractmethod
    def push(self, value: object, path: tuple[str, ...], since: int | None = None) -> bool:
        """Add a chunk; tell whether the writer should wait for `room`."""

    @abstractmethod
    async def room(self) -> None:
        """Wait until there is room again."""


class Channel(Sink):
    """A bounded buffer of chunks with one reader and any number of writers, all in one event loop.

    Every chunk of a stream gets its number here, so the numbers increase without gaps whoever emits. A writer adds its
    chunk first and waits afterwards while the buffer is full: the buffer holds at most `limit` chunks and one more for
    each writer beyond the first.

    Args:
        limit: How many chunks may wait for the reader, from 1.
    """

    __slots__ = ("_buffer", "_limit", "_reader", "_writers", "closed", "seq")

    def __init__(self, limit: int = 64) -> None:
        if limit < 1:
            raise ValueError(f"a stream's buffer holds at least 1 chunk, not {limit}")
        self._buffer: deque[Chunk] = deque()
        self._limit = limit
        self._reader: asyncio.Future[None] | None = None
        self._writers: list[asyncio.Future[None]] = []
        self.seq = 0
        self.closed = False

    @property
    def source(self) -> "Channel":
        """This channel."""
        return self

    def push(self, value: object, path: tuple[str, ...], since: int | None = None) -> bool:
        """Add a chunk and wake the reader; where nobody reads any more the chunk is counted, and dropped.

        Returns:
            Whether the writer should wait for `room`: the buffer is full now, or, now and then, nobody reads any more.
        """
        self.seq += 1
        if self.closed:
            return not self.seq % PAUSE
        self._buffer.append(Chunk(value, self.seq, path, since))
        reader = self._reader
        if reader is not None:
            self._reader = None
            if not reader.done():
                reader.set_result(None)
        return len(self._buffer) >= self._limit

    async def room(self) -> None:
        """Wait until the reader has taken enough; where nobody reads any more, for the event loop to have its turn.

        Without that turn a writer that does nothing else would never notice that it was cancelled.
        """
        if self.closed:
            await asyncio.sleep(0)
            return
        while len(self._buffer) >= self._limit and not self.closed:
            writer = asyncio.get_running_loop().create_future()
            self._writers.append(writer)
            try:
                await writer
            finally:
                if not writer.done() or writer.cancelled():
                    self._writers = [other for other in self._writers if other is not writer]

    def pull(self) -> Chunk | None:
        """Take the oldest chunk, or None if there is none now."""
        if not self._buffer:
            return None
        chunk = self._buffer.popleft()
        # Writers are woken when half the buffer is free, not for each place: they work in batches, not in lockstep.
        if self._writers and len(self._buffer) <= self._limit // 2:
            self._wake_writers()
        return chunk

    async def wait(self) -> None:
        """Wait until there is a chunk, or the channel is closed.

        Raises:
            RuntimeError: Somebody else waits for the chunks already.
        """
        if self._buffer or self.closed:
            return
        if self._reader is not None:
            raise RuntimeError("A stream has one reader: it is being read already")
        self._reader = asyncio.get_running_loop().create_future()
        try:
            await self._reader
        finally:
            self._reader = None

    def close(self, *, discard: bool = False) -> None:
        """Take no more chunks; what waits can still be read unless it is discarded."""
        self.closed = True
        if discard:
            self._buffer.clear()
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)
        self._wake_writers()

    def _wake_writers(self) -> None:
        writers, self._writers = self._writers, []
        for writer in writers:
            if not writer.done():
                writer.set_result(None)
