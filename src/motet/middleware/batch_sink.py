"""Where the chunks of a batch call go: to the callers whose calls are in it."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from motet.kernel.channel import PAUSE, Channel, Sink
from motet.kernel.message import Chunk
from motet.middleware.copying import copied

__all__ = ["BatchSink", "ItemChunk"]


@dataclass(frozen=True, slots=True)
class ItemChunk:
    """What a batch call emits for one of its callers: `await ctx.emit(ItemChunk(index, value))`.

    Args:
        index: The place of the caller's payload in the list that the batch call was given, from 0.
        value: What the caller's stream gets.
    """

    index: int
    value: object


class BatchSink(Sink):
    """A sink for a batch call: each chunk goes through the pipes of the callers that it is for.

    An `ItemChunk` is for one of them, anything else for all: each gets a copy of its own.

    Args:
        depth: How many names the path of the batch call has.
        pipes: One for each payload, in order; None where the caller does not listen.
    """

    __slots__ = ("_depth", "_pipes", "seq")

    def __init__(self, depth: int, pipes: Sequence[Channel | None]) -> None:
        self._depth = depth
        self._pipes = pipes
        self.seq = 0

    @property
    def source(self) -> Sink:
        """This one: each caller has a stream of its own."""
        return self

    def push(self, value: object, path: tuple[str, ...], since: int | None = None) -> bool:
        """Send a chunk to its callers; tell whether one of them is behind.

        Raises:
            ValueError: It is for a caller that there is not.
        """
        if isinstance(value, ItemChunk) and not 0 <= value.index < len(self._pipes):
            raise ValueError(f"{value!r}: the batch has {len(self._pipes)} items, numbered from 0")
        self.seq += 1
        full = False
        for pipe in self._there([self._pipes[value.index]] if isinstance(value, ItemChunk) else self._pipes):
            own = value.value if isinstance(value, ItemChunk) else _own(value)
            full |= pipe.push(Chunk(own, self.seq, path[self._depth :], since), ())
        return full or not self.seq % PAUSE

    async def room(self) -> None:
        """Wait until every caller that is still there has room."""
        there = self._there(self._pipes)
        for pipe in there:
            await pipe.room()
        if not there:
            await asyncio.sleep(0)

    @staticmethod
    def _there(pipes: Iterable[Channel | None]) -> list[Channel]:
        return [pipe for pipe in pipes if pipe is not None and not pipe.closed]


def _own(value: object) -> object:
    try:
        return copied(value)
    except Exception:  # noqa: BLE001 - code of its class runs here; what cannot be copied is shared
        return value
