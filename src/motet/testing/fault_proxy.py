"""A TCP proxy on loopback that lets go wrong what a test says, for tests of anything networked."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from motet.testing.background import Background
from motet.testing.fault import Direction, NetworkFault
from motet.testing.fault_listener import HOST, Books, FaultListener, Happened

__all__ = ["FaultProxy"]


class FaultProxy:
    """Listens on 127.0.0.1, at a port of the system's choosing, and passes bytes on to a server, with faults.

    It lives in a thread of its own: a test that blocks its event loop, or has none, does not stop it. Faults may be
    added and removed at any time, from any thread, while connections are open.

        with FaultProxy("127.0.0.1", 5432) as proxy:
            proxy.add(Latency(0.05))
            with proxy.fault(Reset(direction="down", after=100)):
                ...

    Args:
        host: Where the server is; the path of a Unix socket where no port is given.
        port: The server's port.

    Raises:
        ValueError: There is neither a port nor a path.
    """

    def __init__(self, host: str | Path, port: int | None = None) -> None:
        if port is None and "/" not in str(host) and not isinstance(host, Path):
            raise ValueError(f"FaultProxy({host!r}): give a port too, or the path of a Unix socket")
        self._target: tuple[str, int] | str = str(host) if port is None else (str(host), port)
        self._faults: list[NetworkFault] = []
        self._loop: Background | None = None
        self._inside: FaultListener | None = None
        self._books = Books()

    @property
    def host(self) -> str:
        """Where it listens: 127.0.0.1."""
        return HOST

    @property
    def port(self) -> int:
        """The port at which it listens."""
        return self._running()[1].port

    @property
    def record(self) -> tuple[Happened, ...]:
        """What happened so far, in order; it can be read when the proxy has stopped, too."""
        return tuple(self._books.record)

    @property
    def connections(self) -> int:
        """How many connections were accepted."""
        return self._books.connections

    @property
    def open(self) -> int:
        """How many connections are open now; those that vanished are."""
        return 0 if self._inside is None else self._inside.open

    @property
    def faults(self) -> tuple[NetworkFault, ...]:
        """The faults that there are, in the order in which bytes meet them."""
        return tuple(self._faults)

    def passed(self, direction: Direction = "both", connection: int | None = None) -> int:
        """Count the bytes that it has passed on.

        Args:
            direction: "up" to the server, "down" from it, or "both".
            connection: Of one connection; None counts all.
        """
        return sum(
            size
            for way, size in tuple(self._books.passed.items())
            if direction in {"both", way.direction} and connection in {None, way.connection}
        )

    def fired(self, kind: type[NetworkFault] = NetworkFault) -> int:
        """Count how often faults of a kind have fired."""
        names = {cls.__name__ for cls in _kinds(kind)}
        return sum(entry.what in names for entry in self.record)

    def add(self, fault: NetworkFault) -> NetworkFault:
        """Let a fault begin, on the connections that are open, too; return it."""
        self._faults.append(fault)
        self._apply()
        return fault

    def remove(self, fault: NetworkFault) -> None:
        """Let a fault end; nothing happens if it is not there."""
        if fault in self._faults:
            self._faults.remove(fault)
        self._apply()

    def clear(self) -> None:
        """Let all faults end."""
        self._faults.clear()
        self._apply()

    @contextlib.contextmanager
    def fault(self, *faults: NetworkFault) -> Iterator[None]:
        """Let faults begin, and end with the block."""
        try:
            for fault in faults:
                self.add(fault)
            yield
        finally:
            for fault in faults:
                self.remove(fault)

    def cut(self) -> None:
        """Reset all connections that are open, and wait until they are gone; new ones are taken."""
        loop, inside = self._running()
        loop.run(inside.cut())

    def wait_until(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        """Block until something is so, such as `lambda: proxy.connections == 2`.

        In async code, write `await asyncio.to_thread(proxy.wait_until, ...)`.

        Raises:
            TimeoutError: It is not so after that many seconds.
        """
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"It is still not so after {seconds:g} s; what happened: {self.record}")
            time.sleep(0.001)

    def start(self) -> Self:
        """Begin to listen.

        Raises:
            RuntimeError: It listens already.
        """
        if self._loop is not None:
            raise RuntimeError("The proxy has begun already")
        self._loop = Background("fault-proxy")
        try:
            self._inside = FaultListener(self._target, self._faults, self._books)
            self._loop.run(self._inside.adjust())
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Close every socket and the listening one, whatever peers do; nothing happens if it has not begun."""
        loop, self._loop = self._loop, None
        inside, self._inside = self._inside, None
        if loop is not None:
            loop.stop(inside.end() if inside is not None else None)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _running(self) -> "tuple[Background, FaultListener]":
        if self._loop is None or self._inside is None:
            raise RuntimeError("The proxy has not begun: use it in a `with` block, or call start()")
        return self._loop, self._inside

    def _apply(self) -> None:
        if self._loop is not None and self._inside is not None:
            self._loop.run(self._inside.adjust())


def _kinds(kind: type[NetworkFault]) -> Iterator[type[NetworkFault]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)
