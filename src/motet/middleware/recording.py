"""What a piece of work emits, kept for those who read along, and for those who get its answer later."""

import logging
from collections.abc import Callable
from sys import getsizeof
from typing import Final

from motet.kernel.channel import Channel, Sink
from motet.kernel.message import Chunk
from motet.kernel.relay import Relay
from motet.middleware.bell import Bell
from motet.middleware.copying import copied, size_of
from motet.middleware.replay import Replay

__all__ = ["MOST_BYTES", "MOST_CHUNKS", "Recording"]

logger = logging.getLogger(__name__)

MOST_CHUNKS: Final = 10_000
"""How many chunks a recording holds; what is longer is given up."""

MOST_BYTES: Final = 4 * 1024 * 1024
"""How many bytes the chunks of a recording take, as `size_of` estimates; what is larger is given up."""


class Recording(Relay):
    """A sink for the calls below one call: its chunks go to the one who began it, and are kept for everybody else.

    They are numbered here, and their paths begin below the call.

    Args:
        depth: How many names the path of the call has.
        pipe: Where chunks go at once; None where who began it does not listen. The work waits for this reader alone.
        kept: Whether chunks are kept; without that a recording is given up from the beginning.
        copy: Whether what is kept is a copy.
    """

    __slots__ = ("_bell", "_bytes", "_copy", "_depth", "_kept", "_seq", "_size", "over", "pipe")

    def __init__(self, depth: int, pipe: Channel | None, *, kept: bool, copy: bool) -> None:
        super().__init__(pipe)
        self.pipe = pipe
        self.over = False
        self._depth = depth
        self._copy: Callable[[object], object] = copied if copy else _itself
        self._size: Callable[[object], int] = size_of if copy else getsizeof
        self._kept: list[Chunk] | None = [] if kept else None
        self._bytes = 0
        self._seq = 0
        self._bell = Bell()

    @property
    def seq(self) -> int:  # type: ignore[override]
        """The number of the newest chunk of the work."""
        return self._seq

    @property
    def source(self) -> Sink:
        """This one: whoever reads has a stream of its own."""
        return self

    @property
    def given_up(self) -> bool:
        """Whether the chunks are not kept: there were too many, or one could not be copied."""
        return self._kept is None

    def push(self, value: object, path: tuple[str, ...], since: int | None = None) -> bool:
        """Pass a chunk on, and keep it."""
        self._seq += 1
        below = path[self._depth :]
        if self._kept is not None:
            self._keep(self._kept, Chunk(value, self._seq, below, since))
            self._bell.ring()
        return super().push(Chunk(value, self._seq, below, since), ())

    def close(self) -> None:
        """Pass nothing on from here: who began the work has left. Chunks are still kept."""
        super().close()
        if self.pipe is not None:
            self.pipe.close(discard=True)

    def end(self) -> None:
        """Take note that the work is over."""
        self.over = True
        self._bell.ring()
        if self.pipe is not None:
            self.pipe.close()

    async def follow(self, replay: Replay) -> bool:
        """Emit everything for somebody who reads along, as fast as that reader is, until the work is over.

        Returns:
            Whether that was everything: False if the recording was given up, and what was emitted is a part of it.
        """
        at = 0
        while (kept := self._kept) is not None:
            if at < len(kept):
                await replay.emit(kept[at])
                at += 1
            elif self.over:
                return True
            else:
                await self._bell.wait()
        return False

    def counting(self) -> tuple[Chunk, ...] | None:
        """Return the chunks that count: those that no restart has taken back. None if they were not kept."""
        if self._kept is None:
            return None
        counting: list[Chunk] = []
        for chunk in self._kept:
            if chunk.restart:
                counting = [earlier for earlier in counting if not chunk.replaces(earlier)]
            else:
                counting.append(chunk)
        return tuple(counting)

    def _keep(self, kept: list[Chunk], chunk: Chunk) -> None:
        try:
            value = self._copy(chunk.value)
            self._bytes += self._size(value)
        except Exception:
            logger.warning("A chunk that cannot be copied is not kept, nor are the others", exc_info=True)
            self._kept = None
            return
        kept.append(Chunk(value, chunk.seq, chunk.path, chunk.since))
        if len(kept) > MOST_CHUNKS or self._bytes > MOST_BYTES:
            self._kept = None


def _itself(value: object) -> object:
    return value
