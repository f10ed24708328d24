"""Chunks that one piece of work emits, and another call emits as its own."""

from bisect import bisect_right
from collections.abc import Callable
from math import inf
from typing import Final

from motet.kernel.channel import Channel
from motet.kernel.context import Context
from motet.kernel.message import Chunk

__all__ = ["AHEAD", "Replay", "drain"]

AHEAD: Final = 8
"""How many chunks a pipe holds: so far work may be ahead of a caller, beyond that caller's own stream."""


class Replay:
    """Emits the chunks of another call as those of this one: at its place, with the numbers of its own stream.

    The paths of the chunks begin below the call, so that those of its own are empty. Their numbers grow.

    Args:
        ctx: The context of the call that emits them.
        copy: What is done with a value before it is emitted.
    """

    __slots__ = ("_copy", "_ctx", "_last", "_runs")

    def __init__(self, ctx: Context, copy: Callable[[object], object]) -> None:
        self._ctx = ctx
        self._copy = copy
        # Where runs of chunks begin that follow one another in both streams: (their number, the number here).
        self._runs: list[tuple[int, int]] = []
        self._last = (0, 0)

    async def emit(self, chunk: Chunk) -> None:
        """Emit a chunk, or a restart; waits while the reader of the stream is behind."""
        channel = self._ctx.scope.channel
        if channel is None:
            return
        if chunk.since is not None:
            await self._restart(chunk.path, chunk.since)
            return
        before, self._last = self._last, (chunk.seq, channel.seq + 1)
        if self._last != (before[0] + 1, before[1] + 1) or not self._runs:
            self._runs.append(self._last)
        await self._ctx.emit_for(self._copy(chunk.value), chunk.path)

    async def undo(self) -> None:
        """Say that nothing of what was emitted here counts any more."""
        await self._restart((), 0)

    async def _restart(self, path: tuple[str, ...], since: int) -> None:
        number = self._number(since)
        if number is None:
            return
        context = self._ctx
        for name in path:
            context = Context(context.scope, name, context)
        # What the call had emitted before all this still counts.
        before, context.first_chunk = context.first_chunk, number
        await context.restart()
        if before < number:
            context.first_chunk = before

    def _number(self, since: int) -> int | None:
        """Tell which number the first chunk from `since` on has here; None if there is none."""
        if since > self._last[0] or not self._runs:
            return None
        at = bisect_right(self._runs, (since, inf)) - 1
        if at < 0:
            return self._runs[0][1]
        seq, number = self._runs[at]
        number += since - seq
        return min(number, self._runs[at + 1][1]) if at + 1 < len(self._runs) else number


async def drain(pipe: Channel, replay: Replay) -> None:
    """Emit the chunks that come as values through a pipe, until it is closed."""
    while True:
        piece = pipe.pull()
        if piece is None:
            if pipe.closed:
                return
            await pipe.wait()
        elif isinstance(piece.value, Chunk):
            await replay.emit(piece.value)
