"""Virtual time: hours of timers pass in milliseconds, in exact order; with a clock that goes along."""

import asyncio
import random
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from unittest import mock

from motet.kernel.clock import Clock
from motet.testing.virtual_loop import PATIENCE, VirtualLoop, finite

__all__ = ["VirtualClock", "VirtualTime", "as_system_clock"]

T = TypeVar("T")

EPOCH: Final = 1_750_000_000.0
"""The time of day at which virtual time begins, in seconds since 1970."""


class VirtualClock(Clock):
    """The clock of a virtual loop, with ids and random numbers that a seed decides.

    Args:
        loop: Whose time it tells; without one it stands at 0.
        seed: Of the random numbers.

    Attributes:
        loop: (the same)
    """

    __slots__ = ("_random", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None, seed: int = 0) -> None:
        self.loop = loop
        self._random = random.Random(seed)  # noqa: S311 - no secret is made of it

    def now(self) -> float:
        """Return the loop's time in seconds."""
        return 0.0 if self.loop is None else self.loop.time()

    def wall(self) -> float:
        """Return the time of day that goes along with the loop's time."""
        return EPOCH + self.now()

    def random(self) -> float:
        """Return the next random number in [0, 1)."""
        return self._random.random()

    def hex_id(self, size: int) -> str:
        """Return the next id of `size` bytes as hexadecimal digits."""
        return self._random.randbytes(size).hex()


@contextmanager
def as_system_clock(clock: Clock) -> Iterator[None]:
    """Let a clock be asked wherever nobody passed one in, so that no time of the machine gets mixed with virtual time.

    Args:
        clock: One with methods of its own for time, random numbers and ids.
    """
    with mock.patch.multiple(
        Clock,
        now=lambda _: clock.now(),
        wall=lambda _: clock.wall(),
        random=lambda _: clock.random(),
        hex_id=lambda _, size: clock.hex_id(size),
    ):
        yield


class VirtualTime:
    """A world with virtual time, to be used in a `with` block by a test that has no event loop yet.

    Args:
        seed: Of random numbers and ids.
        patience: Real seconds for which sockets, pipes and processes are waited for.

    Attributes:
        loop: The event loop.
        clock: Its clock; give it to calls as `clock=`, so that deadlines and waits go by it.
    """

    def __init__(self, seed: int = 0, *, patience: float = PATIENCE) -> None:
        self.loop = VirtualLoop(patience)
        self.clock = VirtualClock(self.loop, seed)
        self._runner = asyncio.Runner(loop_factory=lambda: self.loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something to its end; tasks that it leaves go on with the next."""
        return self._runner.run(work)

    def advance(self, seconds: float) -> None:
        """Let time pass, with everything that happens meanwhile.

        Raises:
            ValueError: So many seconds cannot pass.
        """
        self.run(asyncio.sleep(finite(seconds)))

    def settle(self) -> None:
        """Run what can be done now, without letting time pass."""
        self.run(_turns(20))

    def close(self) -> None:
        """End what is still running, and close the loop."""
        self._runner.close()
        self.loop.close()  # the runner does so only where it has run something

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
