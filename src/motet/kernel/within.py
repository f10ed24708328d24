"""The same call in another scope: for an agent that changes something for the calls below it, such as a loop."""

from asyncio import Task
from typing import Any

from motet.kernel.channel import Channel
from motet.kernel.context import Context
from motet.kernel.scope import Scope

__all__ = ["Within"]


class Within(Context):
    """The context of a call once more, with a scope of its own; its span, place and chunks are those of `around`.

    Args:
        around: The context that the call was given.
        scope: What the calls below share.
    """

    __slots__ = ("_around",)

    def __init__(self, around: Context, scope: Scope) -> None:
        self._around = around
        emitted = around.first_chunk
        super().__init__(scope, around.agent, around.parent, around.host)
        self.first_chunk = emitted

    @property
    def around(self) -> Context:
        """The context that the call was given."""
        return self._around

    @property
    def span(self) -> str:
        """The id of the call, the same as around."""
        return self._around.span

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the agents around the call, the same as around."""
        if not self._path:
            self._path = self._around.path
        return self._path

    @property
    def first_chunk(self) -> int:
        """The first chunk of the call, kept where whoever tries the call again will look."""
        return self._around.first_chunk

    @first_chunk.setter
    def first_chunk(self, seq: int) -> None:
        self._around.first_chunk = seq

    def begun(self, task: Task[Any], channel: Channel) -> None:
        """Take note of a stream that this call has begun, where whoever ends the call will look."""
        self._around.begun(task, channel)
