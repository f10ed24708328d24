"""Ways into a channel that somebody along the way watches, or closes."""

import asyncio

from motet.kernel.channel import PAUSE, Sink

__all__ = ["Relay"]


class Relay(Sink):
    """A way into another sink, for the calls below a middleware; what is emitted once it is closed goes nowhere.

    Give it to them with `Within(ctx, ctx.scope.derive({}, relay))`.

    Args:
        target: Where chunks go; None where nobody listens.

    Attributes:
        open: Whether chunks pass.
    """

    __slots__ = ("_alone", "open", "target")

    def __init__(self, target: Sink | None) -> None:
        self.target = target
        self.open = True
        self._alone = 0

    @property
    def seq(self) -> int:  # type: ignore[override]
        """The number of the newest chunk."""
        return self._alone if self.target is None else self.target.seq

    @property
    def source(self) -> Sink:
        """What numbers the chunks; this relay itself once it is closed: nothing of what comes is in the stream."""
        return self if self.target is None or not self.open else self.target.source

    def push(self, value: object, path: tuple[str, ...], since: int | None = None) -> bool:
        """Let a chunk pass; subclasses look at it here."""
        if self.target is not None and self.open:
            return self.target.push(value, path, since)
        self._alone += 1
        return not self._alone % PAUSE

    async def room(self) -> None:
        """Wait until there is room; where chunks go nowhere, for the event loop to have its turn."""
        if self.target is not None and self.open:
            await self.target.room()
        else:
            await asyncio.sleep(0)

    def close(self) -> None:
        """Let nothing pass from here on: whoever emits has been given up."""
        self.open = False
