"""The side of a fault proxy that lives in its event loop: it accepts connections, or refuses them."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from motet.testing.fault import Direction, NetworkFault, Way
from motet.testing.fault_judge import Judge
from motet.testing.fault_kinds import Refuse
from motet.testing.fault_link import Link

__all__ = ["HOST", "Books", "FaultListener", "Happened"]

HOST: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened on the way.

    Args:
        at: Seconds since the proxy began.
        connection: The number of the connection, from 1.
        what: "opened", "closed", "reset", "vanished", "unreachable" (the server), or the name of the fault that fired.
        direction: Which way, where it was one.
        size: How many bytes a fault has let pass of the piece on which it fired.
    """

    at: float
    connection: int
    what: str
    direction: Direction = "both"
    size: int = 0


class Books:
    """What a proxy has seen."""

    def __init__(self) -> None:
        self.record: list[Happened] = []
        self.passed: Counter[Way] = Counter()
        self.connections = 0
        self._began = time.monotonic()

    def tell(self, what: str, way: Way, size: int) -> None:
        """Take down what happened on a way."""
        if what == "bytes":
            self.passed[way] += size
            return
        direction: Direction = "both" if what in _OF_BOTH else way.direction
        self.record.append(Happened(time.monotonic() - self._began, way.connection, what, direction, size))


_OF_BOTH: Final = frozenset({"opened", "closed", "reset", "vanished", "unreachable"})


class FaultListener:
    """Accepts connections, and lets each be served.

    Args:
        target: Where the server is: host and port, or the path of a Unix socket.
        faults: Those that there are; the list changes, and `adjust` is called then.
        books: What is seen is taken down here.
    """

    def __init__(self, target: tuple[str, int] | str, faults: Sequence[NetworkFault], books: Books) -> None:
        self._target = target
        self._faults = faults
        self._books = books
        self._links: dict[Link, asyncio.Task[None]] = {}
        self._listening: socket.socket | None = None
        self._changed = asyncio.Condition()
        # A socket that is bound, and never listens, keeps the port while connections are refused.
        self._place = _bound((HOST, 0))
        self.port = int(self._place.getsockname()[1])

    @property
    def open(self) -> int:
        """How many connections are open."""
        return len(self._links)

    async def adjust(self) -> None:
        """Do what the faults that there are now ask for."""
        loop = asyncio.get_running_loop()
        refuse = any(isinstance(fault, Refuse) for fault in tuple(self._faults))
        if refuse and self._listening is not None:
            self._deaf(loop)
        elif not refuse and self._listening is None:
            self._listening = _bound((HOST, self.port))
            self._listening.listen(256)
            loop.add_reader(self._listening, self._accept, self._listening)
        async with self._changed:
            self._changed.notify_all()

    async def cut(self) -> None:
        """Reset the connections that are open."""
        links = dict(self._links)
        for link in links:
            link.end("reset")
        await asyncio.wait(links.values()) if links else None

    async def end(self) -> None:
        """Listen no more; connections end when their tasks do."""
        self._deaf(asyncio.get_running_loop())
        self._place.close()

    def _deaf(self, loop: asyncio.AbstractEventLoop) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            loop.remove_reader(listening)
            listening.close()

    def _accept(self, listening: socket.socket) -> None:
        # In one step: a task that is cancelled between the accepting and the rest would lose the socket.
        try:
            client, _ = listening.accept()
        except OSError:
            return  # whoever it was has left again
        self._books.connections += 1
        number = self._books.connections
        link = Link(number, client, self._target, Judge(number, self._faults), self._changed, self._books.tell)
        task = self._links[link] = asyncio.ensure_future(link.run())
        task.add_done_callback(partial(self._gone, link))

    def _gone(self, link: Link, _: object) -> None:
        link.close()
        del self._links[link]


def _bound(place: tuple[str, int]) -> socket.socket:
    made = socket.socket()
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(place)
    except OSError:
        made.close()
        raise
    return made
