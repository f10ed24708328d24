"""Chunks that are held back until it is known whether anybody may see them."""

from motet.kernel.channel import Sink
from motet.kernel.context import Context
from motet.kernel.message import Chunk
from motet.kernel.relay import Relay
from motet.middleware.errors import Refused

__all__ = ["Holding"]


class Holding(Relay):
    """A sink for the calls below one call, whose chunks go nowhere until they are released.

    They are numbered here, as in a stream of their own: an attempt that is begun again takes back what it has emitted.

    Args:
        ctx: The context of the call.
        most: How many chunks are held.
    """

    __slots__ = ("_before", "_ctx", "_held", "_most", "_seq")

    def __init__(self, ctx: Context, most: int) -> None:
        super().__init__(ctx.scope.channel)
        self._ctx = ctx
        self._most = most
        self._seq = 0
        self._held: list[Chunk] = []
        # The number of the call's first chunk is one of the stream outside, and has to stay so.
        self._before = ctx.first_chunk
        ctx.first_chunk = 0

    @property
    def seq(self) -> int:  # type: ignore[override]
        """The number of the newest chunk that is held."""
        return self._seq

    @property
    def source(self) -> Sink:
        """This one: what is held is in no stream yet."""
        return self

    def push(self, value: object, path: tuple[str, ...], since: int | None = None) -> bool:
        """Hold a chunk, or take back what a restart voids.

        Raises:
            Refused: There are too many.
        """
        if not self.open:
            return super().push(value, path, since)
        self._seq += 1
        chunk = Chunk(value, self._seq, path, since)
        if chunk.restart:
            self._held = [held for held in self._held if not chunk.replaces(held)]
        else:
            self._held.append(chunk)
        if len(self._held) > self._most:
            raise Refused(
                f"{self._ctx.agent!r} emitted more than {self._most} chunks before its output could be looked at: "
                "raise max_held, or let it emit larger ones"
            )
        return False

    def close(self) -> None:
        """Hold nothing more; what is emitted from here on goes nowhere."""
        super().close()
        self._ctx.first_chunk = self._before

    async def release(self) -> None:
        """Let go on what was held; the reader of the stream may make this wait."""
        held, self._held = self._held, []
        depth = len(self._ctx.path)
        for chunk in held:
            await self._ctx.emit_for(chunk.value, chunk.path[depth:])
