"""How what an executor emits reaches those who watch its tree."""

from collections.abc import Awaitable, Callable

from motet.kernel.channel import Channel
from motet.kernel.message import Chunk

__all__ = ["Feed"]


class Feed(Channel):
    """The way of an executor's chunks to those who watch the tree; nobody watching, they are dropped.

    Args:
        forward: Takes a chunk; tells whether the emitter should wait.
        wait: Waits until there is room.
    """

    __slots__ = ("_forward", "_wait")

    def __init__(self, forward: Callable[[Chunk], bool], wait: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._forward = forward
        self._wait = wait

    def push(self, value: object, path: tuple[str, ...], since: int | None = None) -> bool:
        """Hand a chunk on."""
        self.seq += 1
        return self._forward(Chunk(value, self.seq, path, since))

    async def room(self) -> None:
        """Wait until those who watch have taken enough."""
        await self._wait()
