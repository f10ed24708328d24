"""An event loop on which nobody waits for timers: its time stands still, or jumps to the next of them."""

import asyncio
import contextvars
import heapq
import itertools
import math
import selectors
import socket
from collections.abc import Callable
from typing import Any, Final, TypeVar, TypeVarTuple

__all__ = ["PATIENCE", "VirtualLoop", "finite"]

T = TypeVar("T")
Args = TypeVarTuple("Args")

PATIENCE: Final = 1.0
"""Real seconds for which sockets, pipes and processes are waited for before time goes on without them."""


RESOLUTION: Final = 1e-9
"""Seconds by which two timers may differ and fire in the same turn."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still while something can be done, and jumps to the next timer otherwise.

    Timers fire in the order of their times; those of one time in the order in which they were set, and one at infinity
    never. While a thread is at work for the loop, time stands still: real work has no virtual length. What comes from
    sockets, pipes and processes has none either, but nobody knows whether it will come: it is waited for, as long as
    `patience` says.

    Args:
        patience: Real seconds to wait for a connection, a pipe or a process that is there, each time before time goes
            on; 0 does not wait, `math.inf` lets no time pass while there is one. What only listens is not waited for.
    """

    _scheduled: list[asyncio.TimerHandle]  # of asyncio: a heap

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._now = 0.0
        self._at_work = 0
        self._numbers = itertools.count()
        self._processes: list[asyncio.SubprocessTransport] = []
        super().__init__(_Jumping(self))

    def time(self) -> float:
        """Return the virtual time in seconds, from 0."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let time pass without running anything, as where the machine was busy with something else.

        Raises:
            ValueError: So many seconds cannot pass.
        """
        self._now += finite(seconds)

    @property
    def waiting(self) -> bool:
        """Whether there is a timer that fires some time: to sleep for ever, asyncio sets one at infinity."""
        return bool(self._scheduled) and self._scheduled[0].when() < math.inf

    def jump_to_next(self) -> None:
        """Move time on to the next timer, without running anything."""
        self._now = max(self._now, self._scheduled[0].when())
        # A timer fires if it is due before now and this, a sum that has to be more than now.
        self._clock_resolution = max(RESOLUTION, 2 * math.ulp(self._now))

    @property
    def busy(self) -> bool:
        """Whether a thread is at work that does not wait for this loop itself."""
        return self._at_work > 0

    @property
    def processes(self) -> bool:
        """Whether a process runs that was started in this loop."""
        self._processes = [process for process in self._processes if process.get_returncode() is None]
        return bool(self._processes)

    def stand_still(self, until: "asyncio.Future[Any]") -> None:
        """Let no time pass before a future is done."""
        self._at_work += 1
        until.add_done_callback(self._returned, context=contextvars.Context())

    def go_on(self, change: int) -> None:
        """Count a thread at work that only waits for this loop (1), or one that does so no longer (-1)."""
        self._at_work -= change

    def call_at(
        self,
        when: float,
        callback: Callable[[*Args], object],
        *args: *Args,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call something at a time; what was set first comes first among those of one time."""
        if self.is_closed():
            raise RuntimeError("Event loop is closed")
        timer = _Timer(when, callback, args, self, context)
        timer.number = next(self._numbers)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # noqa: SLF001 - as the method of asyncio does, which cannot be told of an order
        return timer

    def run_in_executor(self, executor: Any, func: Callable[[*Args], T], *args: *Args) -> "asyncio.Future[T]":
        """Run a function in a worker thread; time stands still meanwhile."""
        future = super().run_in_executor(executor, func, *args)
        self.stand_still(future)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for the end of the worker threads; time stands still meanwhile, so no timeout comes before it."""
        self._at_work += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._at_work -= 1

    async def subprocess_exec(self, *args: Any, **options: Any) -> Any:
        """Start a program, which is waited for as `patience` says."""
        transport, protocol = await super().subprocess_exec(*args, **options)
        self._processes.append(transport)
        return transport, protocol

    async def subprocess_shell(self, *args: Any, **options: Any) -> Any:
        """Run a line in a shell, likewise."""
        transport, protocol = await super().subprocess_shell(*args, **options)
        self._processes.append(transport)
        return transport, protocol

    def _returned(self, _: object) -> None:
        self._at_work -= 1


def finite(seconds: float) -> float:
    """Return seconds that can pass.

    Raises:
        ValueError: They cannot.
    """
    if not math.isfinite(seconds):
        raise ValueError(f"{seconds} s is no time that can pass: give a finite number of seconds")
    return seconds


class _Timer(asyncio.TimerHandle):
    """A timer that knows when it was set."""

    __slots__ = ("number",)

    number: int
    _scheduled: bool  # of asyncio

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, _Timer):
            return NotImplemented
        return (self.when(), self.number) < (other.when(), other.number)


class _Jumping(selectors.DefaultSelector):
    """A selector that does not wait for timers: it moves the time of its loop on instead."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        loop = self._loop
        if loop.busy or not loop.waiting:
            return super().select(None)
        ready = super().select(0)
        if not ready and loop.patience > 0 and (loop.processes or self._connected()):
            ready = super().select(None if math.isinf(loop.patience) else loop.patience)
        if not ready and not loop.busy:
            loop.jump_to_next()
        return ready

    def _connected(self) -> bool:
        """Tell whether something may come from outside: from a connection or a pipe."""
        own = self._loop._ssock.fileno()  # type: ignore[attr-defined]  # noqa: SLF001 - by which threads wake the loop
        return any(key.fd != own and not _listens(key.fd) for key in self.get_map().values())


def _listens(descriptor: int) -> bool:
    try:
        with socket.socket(fileno=descriptor) as found:
            try:
                return found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) != 0
            finally:
                found.detach()
    except OSError:  # a pipe
        return False
