"""What a fault is: pure decisions about the bytes that go through a proxy in one direction of one connection."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, field
from random import Random
from typing import Literal

__all__ = ["Direction", "Effect", "End", "NetworkFault", "Outcome", "Way", "chance"]

Direction = Literal["up", "down", "both"]
"""Up goes to the server, down comes from it."""

End = Literal["close", "reset", "vanish"]
"""How a fault ends a connection: with a FIN, with a RST, or without a word."""


@dataclass(frozen=True, slots=True)
class Way:
    """One direction of one connection; connections are numbered from 1."""

    connection: int
    direction: Direction


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a piece of bytes.

    Args:
        data: What goes on of it.
        delay: Seconds until it does.
        end: What happens to the connection afterwards.
        fired: Whether the fault has done something, for its counter.
    """

    data: bytes
    delay: float = 0.0
    end: End | None = None
    fired: bool = True


class Effect(ABC):
    """A fault at work on one way: it keeps what it has to know of the bytes that went before."""

    size: int = 65_536
    """How many bytes a piece may have."""

    @abstractmethod
    def take(self, data: bytes, now: float) -> Outcome:
        """Say what becomes of a piece.

        Args:
            data: At least one byte.
            now: The time in seconds.
        """

    def withholds_end(self) -> bool:
        """Say whether the end of the bytes (a FIN) is kept from the other side, too; here: it is not."""
        return False


@dataclass(eq=False, kw_only=True)
class NetworkFault(ABC):
    """Something that goes wrong; `FaultProxy.add` lets it begin, and `remove` lets it end.

    Args:
        direction: Which bytes it works on: "up" to the server, "down" from it, or "both", each for itself.
        connection: The number of the connection that it works on, from 1, or several; None for all.
        once: It begins on a connection when these bytes have gone through it, in either direction; what follows in
            the same direction, and what then comes in the other one, is the first that it works on.
        times: How often it fires before it is gone; None sets no limit.

    Attributes:
        fired: How often it has fired.
    """

    direction: Direction = "both"
    connection: int | Collection[int] | None = None
    once: bytes = b""
    times: int | None = None
    fired: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.direction not in {"up", "down", "both"}:
            raise ValueError(f"direction={self.direction!r}: it is 'up' (to the server), 'down' (from it) or 'both'")
        if self.times is not None and self.times < 1:
            raise ValueError(f"times={self.times}: a fault fires at least once")
        self.check()

    def check(self) -> None:  # noqa: B027 - most kinds have nothing to check
        """Check what the kind was given.

        Raises:
            ValueError: It makes no sense; the message says what would.
        """

    @abstractmethod
    def effect(self, way: Way) -> Effect:
        """Begin to work on one direction of a connection."""

    @property
    def spent(self) -> bool:
        """Whether it has fired as often as it may."""
        return self.times is not None and self.fired >= self.times

    def concerns(self, way: Way) -> bool:
        """Tell whether it works on a way."""
        if self.direction not in {"both", way.direction}:
            return False
        wanted = self.connection
        return wanted is None or (way.connection == wanted if isinstance(wanted, int) else way.connection in wanted)


def chance(seed: int, way: Way) -> Random:
    """Make the random numbers of a fault on one way: the same for the same seed, whatever other ways do."""
    return Random(f"{seed}/{way.connection}/{way.direction}")  # noqa: S311 - no secret is made of it
