"""`Concurrency`: so many calls at once, and the others wait in the order in which they came."""

import asyncio
from collections.abc import Hashable, Mapping
from math import inf
from typing import Any

from motet.kernel.agent import Agent, Middleware
from motet.kernel.context import Context
from motet.kernel.invoke import Call
from motet.middleware.arguments import SHORTEST, check_callable, check_number, check_whole
from motet.middleware.errors import Saturated
from motet.middleware.keyed import Keyed, KeyOf, key_of, tell
from motet.middleware.line import Line, Place

__all__ = ["Concurrency"]


class Concurrency(Middleware):
    """Let at most `limit` calls be at work at once.

    The others wait in the order in which they came. A call that ends hands its place to the one that has waited
    longest, so nobody who comes at that moment is faster. A call is refused with `Saturated` where `max_waiting` calls
    wait already, once it has waited for `max_wait` seconds, and where it would have to wait though its deadline has
    passed. One that is cancelled while it waits makes room at once.

    An agent that calls itself, or another agent with the same `Concurrency` around it, holds one place while it waits
    for a second one: give them different ones, or a `max_wait`. Calls are at work, and wait, in one event loop at a
    time; calls that an event loop left undone when it was closed are not counted any more.

    Args:
        limit: How many calls may be at work at once.
        key: Tells from (payload, ctx) which calls share the limit; without it all do.
        max_waiting: How many calls may wait for one key.
        max_wait: How many seconds a call may wait; None sets no limit, 0 lets none wait.
        max_keys: How many keys may have calls at work at once; a call with one more is refused.

    Raises:
        ValueError: An argument is out of bounds; the message says what is allowed.
    """

    def __init__(
        self,
        limit: int,
        *,
        key: KeyOf | None = None,
        max_waiting: int = 1024,
        max_wait: float | None = None,
        max_keys: int = 1024,
    ) -> None:
        check_whole("limit", limit, 1)
        check_callable("key", key)
        check_whole("max_waiting", max_waiting, 0)
        if max_wait is not None:
            check_number("max_wait", max_wait, 0)
        check_whole("max_keys", max_keys, 1)
        self._limit, self._key = limit, key
        self._max_waiting, self._max_wait, self._max_keys = max_waiting, max_wait, max_keys
        self._loop: asyncio.AbstractEventLoop | None = None
        self._slots: Keyed[Slots] = Keyed(Slots, max_keys)
        self._passed = self._waited = self._refused = self._cancelled = 0
        self._seconds = 0.0

    def counters(self) -> Mapping[str, float]:
        """Return what was counted.

        Calls that `passed`, how many of these `waited`, and for how many seconds (`seconds_waited`); `refused` calls;
        calls `cancelled` while they waited; how many are `waiting` and `at_work` now.
        """
        return {
            "passed": self._passed,
            "waited": self._waited,
            "seconds_waited": self._seconds,
            "refused": self._refused,
            "cancelled": self._cancelled,
            "waiting": sum(len(slots.line) for slots in self._slots),
            "at_work": sum(slots.busy for slots in self._slots),
        }

    def wrap(self, call: Call[Any, Any], agent: Agent[Any, Any]) -> Call[Any, Any]:
        """Return a call that waits for its place."""

        async def limited(payload: Any, ctx: Context) -> Any:
            key = None if self._key is None else key_of(self._key, payload, ctx)
            known = self._open()
            slots = self._find(known, key, ctx)
            if slots.busy < self._limit:  # so nobody waits: a place that is given up is handed on
                slots.busy += 1
                known.hold(key, slots)
            else:
                await self._wait(known, slots, ctx, key)
            self._passed += 1
            try:
                return await call(payload, ctx)
            finally:
                _give_up(known, slots, key)

        return limited

    def _open(self) -> "Keyed[Slots]":
        """Return who is at work in the event loop that is running.

        Raises:
            RuntimeError: Calls are at work in another one.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None and not self._loop.is_closed() and any(slots.busy for slots in self._slots):
                raise RuntimeError(
                    "Calls of another event loop are at work: what one middleware limits runs in one loop at a time"
                )
            self._loop, self._slots = loop, Keyed(Slots, self._max_keys)
        return self._slots

    def _find(self, known: "Keyed[Slots]", key: Hashable, ctx: Context) -> "Slots":
        found = known.use(key)
        if found is not None:
            return found
        if known.full and not known.drop_free():
            raise self._refusal(f"calls with {len(known)} other keys are at work", key, ctx)
        return known.add(key)

    async def _wait(self, known: "Keyed[Slots]", slots: "Slots", ctx: Context, key: Hashable) -> None:
        start, remaining = ctx.now(), ctx.remaining()
        if len(slots.line) >= self._max_waiting:
            raise self._refusal(f"{slots.busy} calls are at work, and {len(slots.line)} wait already", key, ctx)
        if self._max_wait == 0 or (remaining is not None and remaining <= 0):
            raise self._refusal(f"{slots.busy} calls are at work, and it has no time to wait", key, ctx)
        place = Place(ctx, until=inf if self._max_wait is None else start + self._max_wait)
        slots.join(place)
        try:
            await place.over
        except BaseException:
            self._cancelled += 1
            if place.turn:
                _give_up(known, slots, key)  # it was cancelled at the moment in which it got its place
            else:
                slots.line.leave(place)
            raise
        if not place.turn:
            raise self._refusal(f"it has waited for {self._max_wait:g} s, and no place was free", key, ctx)
        self._waited += 1
        self._seconds += max(0.0, ctx.now() - start)
        tell(ctx, "concurrency", "waited", key)

    def _refusal(self, why: str, key: Hashable, ctx: Context) -> Saturated:
        self._refused += 1
        tell(ctx, "concurrency", "refused", key)
        return Saturated(f"A call of {ctx.agent!r} was refused: {why}", agent=ctx.agent)


class Slots:
    """The places of one key, and those who wait for one.

    Attributes:
        busy: How many places are taken.
        line: Those who wait; nobody does while a place is free.
    """

    __slots__ = ("busy", "line")

    def __init__(self) -> None:
        self.busy = 0
        self.line = Line(self.expire)

    def join(self, place: Place) -> None:
        """Let a call wait for a place."""
        self.line.open()
        self.line.join(place)
        if self.line.first is place:
            self.expire()

    def give_up(self) -> None:
        """Hand a place to the one who has waited longest."""
        while (place := self.line.first) is not None:
            if self.line.call(place):
                return
        self.busy -= 1

    def expire(self) -> None:
        """Let those go who have waited too long, and see to it that the next one is woken in time."""
        while (place := self.line.first) is not None and place.until < inf:
            seconds = place.until - place.ctx.now()
            if seconds > SHORTEST:
                self.line.arm(seconds)
                return
            self.line.call(place, turn=False)


def _give_up(known: Keyed[Slots], slots: Slots, key: Hashable) -> None:
    slots.give_up()
    if not slots.busy:
        known.release(key, slots)
