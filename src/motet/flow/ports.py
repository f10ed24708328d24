"""What flows need of a message bus: the contract that every bus meets, in memory or behind a broker.

A topic is a line of messages, a group is a reader of it that may have many members: every group gets every message, and
within a group one member at a time has it.

- **At least once.** What a bus has taken stays until each group has acknowledged it. A member holds what it received
  until it acknowledges it, gives it back, or leaves; if it does none of that for the bus's visibility time, it counts
  as dead. What is not acknowledged goes to another member, or to the same one again, and its `attempt` is one higher.
- **Groups remember.** A group exists from its first `declare` or `subscribe` until it is forgotten, with members or
  without, and gets whatever is published in between. What comes to a topic without groups is gone.
- **In order per key.** Of the messages with one key, a group holds one at a time: a later one is delivered only after
  all the earlier ones were acknowledged, also while these wait for another attempt. They come in the order in which the
  bus took them: what one publisher publishes one after another stays in that order. Different keys do not wait for one
  another, and of messages without a key nothing is promised: several are held at once, and they may come in any order.
- **Bounded.** A topic holds a number of messages, its capacity: each from when it is taken until the last group has
  acknowledged it. A full topic suspends its publishers, and lets them in in the order in which they came. Topics do not
  wait for one another; the groups of a topic do, so forget those that nobody reads any more.

A bus says in its constructor how large its capacity is, and how long its visibility time.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

__all__ = ["Delivery", "MessageBus", "Subscription"]


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """A message in the hands of one member of a group; it is this very object that the member settles.

    Args:
        topic: Where it was published.
        payload: What was published.
        key: What it is in order with; None if with nothing.
        headers: What was published with it; read-only.
        attempt: How many times the group has been given it, this time included.
    """

    topic: str
    payload: bytes
    key: str | None
    headers: Mapping[str, str]
    attempt: int


class Subscription(ABC):
    """A member of a group.

    To leave the block of `async with` is to leave the group; `async for` receives for ever. Several tasks may receive.
    `ack`, `nack` and `extend` raise `Unavailable` if the bus cannot be reached: then nobody knows whether it was done.
    """

    @abstractmethod
    async def receive(self) -> Delivery:
        """Wait for the next message, and hold it. One that is cancelled while it waits takes none.

        Raises:
            NotFound: The group was forgotten.
            Unavailable: The subscription or the bus is closed, also if that happens meanwhile; or it cannot be reached.
        """

    @abstractmethod
    async def ack(self, delivery: Delivery) -> bool:
        """Acknowledge a message: the group has done with it.

        Returns:
            Whether it was still held here. If not, it was acknowledged before, or somebody else has it or will get it;
            nothing of theirs is changed.
        """

    @abstractmethod
    async def nack(self, delivery: Delivery, *, delay: float = 0.0) -> bool:
        """Give a message back: it comes again to whichever member receives next.

        Args:
            delivery: What `receive` returned.
            delay: Seconds before it does; later ones of its key wait as long.

        Returns:
            Whether it was still held, as with `ack`.

        Raises:
            ValueError: The delay is negative, or no finite number.
        """

    @abstractmethod
    async def extend(self, delivery: Delivery) -> bool:
        """Say that the work on a message goes on: it is held for another visibility time from now.

        Returns:
            Whether it was still held, as with `ack`.
        """

    @abstractmethod
    async def close(self) -> None:
        """Leave the group: what is held comes again at once, to others. May be called twice."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Delivery:
        return await self.receive()


class MessageBus(ABC):
    """Where messages go between flows.

    Names of topics and groups have 1 to 200 of the letters a to z and A to Z, digits, `_`, `.` and `-`. Every method
    but `close` raises `InvalidPayload` if a name is none, and `Unavailable` if the bus is closed or cannot be reached.
    A bus is used from one event loop.
    """

    @abstractmethod
    async def open(self) -> None:
        """Make the bus ready. One that was closed stays closed."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything: whoever publishes or receives gets `Unavailable`. May be called twice.

        What a broker has taken stays there, and what was held here goes to others.
        """

    @abstractmethod
    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        wait: bool = True,
    ) -> None:
        """Publish a message; return when the bus has taken responsibility for it.

        Cancelled while the topic is full, it leaves nothing behind; cancelled later, nobody knows.

        Args:
            topic: Where to.
            payload: Any bytes.
            key: What it is in order with, any text; None if with nothing.
            headers: What goes with it unchanged, such as `traceparent`. Names are like those of topics; values are any
                text without control characters.
            wait: Whether to wait while the topic is full.

        Raises:
            InvalidPayload: Something is of another type or form; nothing was published.
            QueueFull: The topic is full, and `wait` is False; nothing was published.
            Unavailable: The bus is closed, also if that happens while it waits: nothing was published. Or it cannot be
                reached: then nobody knows.
        """

    @abstractmethod
    async def declare(self, topic: str, group: str) -> None:
        """Let there be a group that gets what is published from now on; one that is there already stays as it is."""

    @abstractmethod
    async def subscribe(self, topic: str, group: str) -> Subscription:
        """Become a member of a group, which is declared by that."""

    @abstractmethod
    async def forget(self, topic: str, group: str) -> None:
        """Let a group be gone with everything that waits for it; one that is not there is none.

        Its members get `NotFound`.
        """

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
