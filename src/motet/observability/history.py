"""`HistoryRecorder`: an observer that keeps what happens in a store, behind a bounded buffer."""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self, get_args

from motet.kernel.clock import SYSTEM_CLOCK, Clock
from motet.kernel.errors import NotAvailable
from motet.kernel.events import Event
from motet.kernel.frozen import LIMIT
from motet.kernel.history import StateStore
from motet.kernel.records import Capture, keepers
from motet.observability.history_buffer import URGENT, Buffer
from motet.observability.history_writer import HistoryWriter

__all__ = ["HistoryRecorder"]

logger = logging.getLogger(__name__)

_SIZED: Final = frozenset({bytes, str})


class HistoryRecorder:
    """Keeps what happens in a store: an observer, to be given to calls, flows and task managers.

    What an event says is frozen when it happens, and waits in a buffer; a task of its own writes it. The work never
    waits for that: where the store is slower than the work, or out of reach, the buffer fills up, and further events
    are counted in its place. The history says how many are missing where.

    It works within `async with`, in the event loop that the store was opened in; or within `with`, in a thread and an
    event loop of its own, which then opens and closes the store itself: for `motet.run`, and for programs with several
    event loops. Events may come from any thread and any event loop. Leaving writes what is left.

    Args:
        store: Where the history goes.
        capture: "all" keeps what agents are given and give; "outputs" only what they give, chunks included; "none"
            neither: names, times and errors remain.
        limit: Bytes of JSON up to which a value is kept whole; of a longer one its beginning.
        buffer: How many events may wait, with the marks that say where something begins, ends or is missing.
        buffer_bytes: How many bytes they may take, about.
        every: Seconds between two writes while a trace goes on; its end is written at once.
        about: JSON data that the history begins with, such as what was called.
        clock: Whose time events have: for the time of day.
        grace: Seconds that leaving waits at most for a store that does not answer.

    Raises:
        ValueError: There is no such `capture`, or a bound is below 1.
    """

    def __init__(
        self,
        store: StateStore,
        *,
        capture: Capture = "all",
        limit: int = LIMIT,
        buffer: int = 8192,
        buffer_bytes: int = 32 * 1024 * 1024,
        every: float = 0.1,
        about: Mapping[str, Any] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        grace: float = 10.0,
    ) -> None:
        if capture not in get_args(Capture):
            raise ValueError(f"capture={capture!r}: it is one of {', '.join(get_args(Capture))}")
        for name, value in (("limit", limit), ("buffer", buffer), ("buffer_bytes", buffer_bytes)):
            if value < 1:
                raise ValueError(f"{name}={value}: it is at least 1")
        self._keepers = keepers(capture)
        self._limit = limit
        self._store = store
        self._buffer = Buffer(buffer, buffer_bytes, clock, about or {})
        self._writer = HistoryWriter(self._buffer, store, self._keepers, limit)
        self._every = every
        self._grace = grace
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None
        self._some, self._urgent = asyncio.Event(), asyncio.Event()
        self._leaving = asyncio.Event()
        self._closing = False

    @property
    def dropped(self) -> int:
        """How many events are lost: they found no room, and the history says where, or were given up on leaving.

        A trace of which nothing at all found room is not in the store, and is counted here.
        """
        return self._buffer.dropped

    @property
    def pending(self) -> int:
        """How many records wait to be written."""
        return len(self._buffer)

    @property
    def written(self) -> int:
        """How many records are in the store."""
        return self._writer.written

    def __call__(self, event: Event) -> None:
        """Take an event; this never waits."""
        # Written out, as it is on the way of everything that happens: `keep`, and the size of what was kept.
        size, kept = 0, []
        for name, freeze in self._keepers[type(event)]:
            value = getattr(event, name)
            if value is not None:
                value = freeze(value, self._limit)
                size += len(value) if type(value) in _SIZED else _size(value)
            kept.append(value)
        wake = self._buffer.put(event, kept, size)
        if wake and self._loop is not None:
            # An event loop that has ended writes nothing more: what waits is counted, as `pending`.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ring, wake is URGENT)

    async def flush(self) -> None:
        """Wait until everything that was told so far is written, however long the store takes and whatever comes after.

        What was lost so far is written, too, as a number. Leaving meanwhile ends this, with what is given up then.

        Raises:
            NotAvailable: Nobody writes: this is for within `async with`.
        """
        if self._task is None or self._loop is not asyncio.get_running_loop():
            raise NotAvailable("flush() works within `async with recorder:`, in its event loop")
        told = self._buffer.tell_losses()
        await self._gone(self._buffer.added)
        if not told:  # there was no room for all of it
            self._buffer.tell_losses()
            await self._gone(self._buffer.added)

    async def __aenter__(self) -> Self:
        self._begin(self._write())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __enter__(self) -> Self:
        self._check_fresh()
        ready = threading.Event()
        serve = self._serve(ready)
        self._thread = threading.Thread(target=asyncio.run, args=(serve,), name="motet-history", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def aclose(self) -> None:
        """Write what is left, and end; what the store does not take in time is lost, and said so in the log."""
        task, self._task = self._task, None
        if task is None:
            return
        self._buffer.close()
        self._closing = True
        self._ring(urgent=True)
        try:
            await asyncio.wait((task,), timeout=self._grace)
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait((task,))
            left = self._buffer.give_up()
            self._writer.moved.set()
            if left:
                logger.error("%d events of history could not be stored, and are lost", left)

    def close(self) -> None:
        """Write what is left, and end: for `with`."""
        thread, self._thread = self._thread, None
        if thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._leaving.set)
            thread.join()

    def _check_fresh(self) -> None:
        if self._loop is not None or self._thread is not None:
            raise NotAvailable("A recorder is entered once: make another one")

    def _begin(self, write: Coroutine[Any, Any, None]) -> None:
        if self._loop is not None:
            write.close()
            self._check_fresh()
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(write, name="motet-history")
        if len(self._buffer):
            self._ring(urgent=False)

    async def _gone(self, count: int) -> None:
        """Wait until so many events and marks are out of the buffer."""
        while self._buffer.gone < count:
            self._writer.moved.clear()
            self._ring(urgent=True)
            await self._writer.moved.wait()

    def _ring(self, urgent: bool) -> None:
        self._some.set()
        if urgent:
            self._urgent.set()

    async def _write(self) -> None:
        while not (self._closing and not len(self._buffer)):
            if not self._closing:
                await self._some.wait()
            if not self._urgent.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._urgent.wait(), self._every)
            self._some.clear()
            self._urgent.clear()
            await self._writer.drain()

    async def _serve(self, ready: threading.Event) -> None:
        """Write in an event loop of this thread until `close`, with a store that is opened and closed here."""
        store = self._store

        async def write() -> None:
            await self._writer.patiently(getattr(store, "open", _nothing))
            await self._write()

        self._begin(write())
        ready.set()
        await self._leaving.wait()
        await self.aclose()
        await getattr(store, "close", _nothing)()


def _size(kept: object) -> int:
    """Return about how many bytes a number takes, or a chunk."""
    value = kept[0] if isinstance(kept, tuple) else None
    return 8 if value is None else 64 + (len(value) if isinstance(value, bytes | str) else 0)


async def _nothing() -> None:
    """Do nothing: a store that is ready at once."""
