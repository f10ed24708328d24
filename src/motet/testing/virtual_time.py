"""Virtual time: an event loop on which nobody waits, and hours of timers pass in milliseconds, in exact order."""

import asyncio
import contextvars
import random
import selectors
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from motet.kernel.clock import Clock

__all__ = ["VirtualClock", "VirtualLoop", "VirtualTime"]

T = TypeVar("T")

EPOCH: Final = 1_750_000_000.0
"""The time of day at which virtual time begins, in seconds since 1970."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still while something can be done, and jumps to the next timer otherwise.

    While a function runs in a worker thread, time stands still too: real work has no virtual length. Sockets work, but
    what comes from another process has no place in virtual time: a timer that is due before it fires first.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._in_threads = 0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        """Return the virtual time in seconds, from 0."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let time pass without running anything."""
        self._now += seconds

    @property
    def busy(self) -> bool:
        """Whether a worker thread is at work."""
        return self._in_threads > 0

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":  # type: ignore[override]
        """Run a function in a worker thread; time stands still meanwhile."""
        future = super().run_in_executor(executor, func, *args)
        self._in_threads += 1
        future.add_done_callback(self._returned, context=contextvars.Context())
        return future

    def _returned(self, _: object) -> None:
        self._in_threads -= 1


class _Jumping(selectors.DefaultSelector):
    """A selector that does not wait for timers: it moves the time of its loop on instead."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or self._loop.busy:
            return super().select(None if timeout != 0 else 0)
        ready = super().select(0)
        if not ready:
            self._loop.jump(max(timeout, 0.0))
        return ready


class VirtualClock(Clock):
    """The clock of a virtual loop, with ids and random numbers that a seed decides.

    Args:
        loop: Whose time it tells.
        seed: Of the random numbers.
    """

    __slots__ = ("_loop", "_random")

    def __init__(self, loop: asyncio.AbstractEventLoop, seed: int = 0) -> None:
        self._loop = loop
        self._random = random.Random(seed)  # noqa: S311 - no secret is made of it

    def now(self) -> float:
        """Return the loop's time in seconds."""
        return self._loop.time()

    def wall(self) -> float:
        """Return the time of day that goes along with the loop's time."""
        return EPOCH + self._loop.time()

    def random(self) -> float:
        """Return the next random number in [0, 1)."""
        return self._random.random()

    def hex_id(self, size: int) -> str:
        """Return the next id of `size` bytes as hexadecimal digits."""
        return self._random.randbytes(size).hex()


class VirtualTime:
    """A world with virtual time, to be used in a `with` block by a test that has no event loop yet.

    Args:
        seed: Of random numbers and ids.

    Attributes:
        loop: The event loop.
        clock: Its clock; give it to calls as `clock=`, so that deadlines and waits go by it.
    """

    def __init__(self, seed: int = 0) -> None:
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop, seed)
        self._runner = asyncio.Runner(loop_factory=lambda: self.loop)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something to its end; tasks that it leaves go on with the next."""
        return self._runner.run(work)

    def advance(self, seconds: float) -> None:
        """Let time pass, with everything that happens meanwhile."""
        self.run(asyncio.sleep(seconds))

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
