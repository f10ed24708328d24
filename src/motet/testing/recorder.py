"""`Recorder`: an observer that keeps every event, answers questions about them, and can be waited for."""

import asyncio
from collections.abc import Iterator
from typing import Final, TypeVar

from motet.kernel.events import Event
from motet.testing.patterns import Pattern, brief, event
from motet.testing.showing import listed, ordinal, plural
from motet.testing.waiting import patience

__all__ = ["Recorder"]

E = TypeVar("E", bound=Event)

NAMES: Final = ("agent", "node", "flow", "name")
"""The fields in which events name who they are about."""


class Recorder:
    """Keeps every event it is told of; give it as `observer=` to a call, or in `observers=` to a flow."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._waiting: list[tuple[Pattern, asyncio.Future[Event], list[int]]] = []

    def __call__(self, told: Event) -> None:
        """Keep an event, and wake whoever waits for one like it."""
        self._events.append(told)
        for entry in tuple(self._waiting):
            pattern, future, missing = entry
            if pattern.matches(told):
                missing[0] -= 1
                if not missing[0]:
                    self._waiting.remove(entry)
                    # It may be a worker thread that tells: a future belongs to its loop.
                    future.get_loop().call_soon_threadsafe(_answer, future, told)

    def __iter__(self) -> Iterator[Event]:
        return iter(tuple(self._events))

    def __len__(self) -> int:
        return len(self._events)

    def __repr__(self) -> str:
        return f"<Recorder of {plural(len(self), 'event')}>"

    def __str__(self) -> str:
        return f"{plural(len(self), 'event')}:\n{listed(map(brief, self), many=60)}"

    @property
    def events(self) -> list[Event]:
        """Every event so far, in the order in which they were told."""
        return list(self._events)

    def of(self, *kinds: type[E]) -> list[E]:
        """Return the events of one or several classes.

        Args:
            *kinds: Classes such as `NodeStarted`.
        """
        return [told for told in self._events if isinstance(told, kinds)]

    def for_agent(self, name: str) -> list[Event]:
        """Return the events that name an agent, node, flow, task or tree.

        Args:
            name: Its name.
        """
        return [told for told in self._events if any(getattr(told, field, None) == name for field in NAMES)]

    def clear(self) -> None:
        """Forget every event; who waits goes on waiting."""
        self._events.clear()

    async def until(self, kind: type[E], *, nth: int = 1, timeout: float | None = None, **fields: object) -> E:
        """Wait for an event; one that has come already counts.

        As in `await recorder.until(NodeStarted, node="search")`.

        Args:
            kind: Its class.
            nth: Which one of those that match, from 1.
            timeout: Seconds of the loop's time; 10 unless given, or a day where time is virtual.
            **fields: What its fields have to be, as `event` takes them.

        Raises:
            AssertionError: It did not come in time; the message shows what came.
            TypeError: Events of that class have no such field.
            ValueError: There is no event of that number.
        """
        __tracebackhide__ = True
        if nth < 1:
            raise ValueError(f"nth={nth}: it is which one of those that match, counted from 1")
        pattern = event(kind, **fields)
        known = [told for told in self._events if pattern.matches(told)]
        if len(known) >= nth:
            return known[nth - 1]  # type: ignore[return-value]
        future: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        entry = (pattern, future, [nth - len(known)])
        self._waiting.append(entry)
        seconds = patience(timeout)
        try:
            async with asyncio.timeout(seconds):
                return await future  # type: ignore[return-value]
        except TimeoutError:
            raise AssertionError(self._missed(pattern, nth, seconds)) from None
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)

    def _missed(self, pattern: Pattern, nth: int, seconds: float) -> str:
        alike = [told for told in self._events if isinstance(told, pattern.kind)]
        which = f"No {pattern} came" if nth == 1 else f"The {ordinal(nth)} {pattern} did not come"
        near = [f"{brief(told)}: {'; '.join(pattern.misfits(told)) or 'matches'}" for told in alike]
        if near:
            return f"{which} within {seconds:g} s. Of that class came\n{listed(near)}"
        return f"{which} within {seconds:g} s, and no other of that class. There came\n{listed(map(brief, self))}"


def _answer(future: "asyncio.Future[Event]", told: Event) -> None:
    if not future.done():
        future.set_result(told)
