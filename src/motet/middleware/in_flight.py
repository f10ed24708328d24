"""The context of work that several callers wait for, and those callers."""

from collections.abc import Collection
from dataclasses import dataclass

from motet.kernel.context import Context
from motet.kernel.scope import Scope
from motet.middleware.replay import Replay

__all__ = ["InFlight", "Rider"]


@dataclass(eq=False, slots=True)
class Rider:
    """Somebody who waits for a flight.

    Args:
        ctx: The context of the call.
        leads: Whether it has begun the flight.
        replay: Emits the chunks where this caller listens.
    """

    ctx: Context
    leads: bool
    replay: Replay | None = None


class InFlight(Context):
    """The context of a call that may go on when the caller who began it has left.

    It has the caller's place in the trace, and chunks and streams of its own: those end with the work.

    Args:
        around: The context of the caller who begins it.
        scope: What the calls below share.
        riders: Those who wait, as they come and go.
    """

    __slots__ = ("around", "riders")

    def __init__(self, around: Context, scope: Scope, riders: Collection[Rider]) -> None:
        super().__init__(scope, around.agent, around.parent, around.host)
        self.around = around
        self.riders = riders

    @property
    def span(self) -> str:
        """The id of the call, the same as around."""
        return self.around.span

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the agents around the call, the same as around."""
        return self.around.path
