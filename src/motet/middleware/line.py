"""A waiting line: those who came first have their turn first, and whoever is cancelled leaves at once."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from math import inf

from motet.kernel.context import Context

__all__ = ["Line", "Place"]


class Place:
    """A place in a line.

    Args:
        ctx: The context of the call that waits.
        cost: What it waits for, in whatever the line's owner counts.
        until: When it will wait no longer, by the clock of its context.

    Attributes:
        over: Done when there is nothing more to wait for.
        turn: Whether it has had its turn.
    """

    __slots__ = ("cost", "ctx", "over", "turn", "until")

    over: "asyncio.Future[None]"

    def __init__(self, ctx: Context, cost: float = 1, until: float = inf) -> None:
        self.ctx = ctx
        self.cost = cost
        self.until = until
        self.turn = False


class Line:
    """Those who wait in one event loop for something that another one decides about, with one timer at most.

    A line belongs to the loop of those who stand in it. Once that loop is closed nobody stands in it any more, and the
    next one to come brings a loop of its own.

    Args:
        wake: What the timer calls.

    Attributes:
        cost: What all who wait here wait for together.
    """

    __slots__ = ("_loop", "_places", "_timer", "_wake", "cost")

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._loop: asyncio.AbstractEventLoop | None = None
        self._places: OrderedDict[Place, None] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self.cost: float = 0

    def __len__(self) -> int:
        return len(self._places)

    @property
    def first(self) -> Place | None:
        """Whose turn is next."""
        if not self._places:
            return None
        self._sweep()
        return next(iter(self._places), None)

    def open(self) -> None:
        """Make it the line of the loop that is running; see to this before looking at who waits.

        Raises:
            RuntimeError: Somebody waits here in another loop.
        """
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        if self.first is not None:
            raise RuntimeError(
                "Calls of another event loop wait here: what one middleware limits runs in one loop at a time"
            )
        self._loop = loop

    def join(self, place: Place) -> None:
        """Stand at the end of the line; to be called in its loop, after `open`."""
        place.over = asyncio.get_running_loop().create_future()
        self._places[place] = None
        self.cost += place.cost

    def call(self, place: Place, *, turn: bool = True) -> bool:
        """End the wait of somebody in the line.

        Args:
            place: Where it stands.
            turn: Whether it is its turn; otherwise it has waited in vain.

        Returns:
            Whether it can hear that: it may have been cancelled, and not know yet.
        """
        self.leave(place)
        if place.over.done():
            return False
        place.turn = turn
        place.over.set_result(None)
        return True

    def leave(self, place: Place) -> bool:
        """Leave the line; tell whether others may move up for that."""
        self._sweep()
        if place not in self._places:
            return False
        del self._places[place]
        self.cost -= place.cost
        if not self._places:
            self._clear()
        return True

    def arm(self, seconds: float) -> None:
        """Wake whoever decides after some seconds, and at no other time."""
        self._disarm()
        if self._loop is not None:
            self._timer = self._loop.call_later(seconds, self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._wake()

    def _sweep(self) -> None:
        if self._loop is not None and self._loop.is_closed():
            self._clear()

    def _clear(self) -> None:
        self._places.clear()
        self.cost = 0  # the sum of fractions that came and went may be a little more or less
        self._disarm()

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
