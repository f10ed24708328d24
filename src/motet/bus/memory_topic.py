"""Who waits at a topic in memory, publishers and members: the shell around the state of its groups."""

import asyncio
from collections import OrderedDict

from motet.bus.group_state import GroupState
from motet.bus.posted import Posted
from motet.flow.ports import Delivery
from motet.kernel.clock import Clock
from motet.kernel.errors import QueueFull

__all__ = ["MemoryGroup", "MemoryTopic"]


class MemoryTopic:
    """A topic with its groups, and the publishers that it suspends.

    While somebody waits to publish the topic is full: a place that gets free is taken by the first of them at once.

    Args:
        name: For messages to people.
        capacity: How many messages it holds.
        visibility: Seconds for which a message is held.
        clock: Whose seconds.
    """

    def __init__(self, name: str, capacity: int, visibility: float, clock: Clock) -> None:
        self._name = name
        self._capacity = capacity
        self._visibility = visibility
        self._clock = clock
        self._groups: dict[str, MemoryGroup] = {}
        self._number = 0
        self._owing: dict[int, int] = {}  # how many groups have not acknowledged a message, by its number
        self._publishers: OrderedDict[asyncio.Future[bool], Posted] = OrderedDict()

    def group(self, name: str) -> "MemoryGroup":
        """Return a group, which is made where there is none."""
        if name not in self._groups:
            self._groups[name] = MemoryGroup(GroupState(self._visibility, self._acknowledged), self._clock)
        return self._groups[name]

    def forget(self, name: str) -> bool:
        """Forget a group; tell whether there are others."""
        group = self._groups.pop(name, None)
        if group is not None:
            group.forget()
        return bool(self._groups)

    async def publish(self, posted: Posted, *, wait: bool) -> bool:
        """Take a message, as soon as there is room for it.

        Returns:
            Whether it was taken; if not, the topic was closed.

        Raises:
            QueueFull: There is no room, and `wait` is False.
        """
        if len(self._owing) < self._capacity:
            self._take(posted)
            return True
        if not wait:
            raise QueueFull(
                f"The topic {self._name!r} is full: wait, or have its groups acknowledge what they were given"
            )
        admitted: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._publishers[admitted] = posted
        try:
            return await admitted
        finally:
            self._publishers.pop(admitted, None)

    def close(self) -> None:
        """Let nobody wait any more, and hold nothing."""
        while self._publishers:
            admitted, _ = self._publishers.popitem(last=False)
            if not admitted.done():
                admitted.set_result(False)
        groups, self._groups = self._groups, {}
        for group in groups.values():
            group.close()

    def _take(self, posted: Posted) -> None:
        if not self._groups:
            return
        self._number += 1
        self._owing[self._number] = len(self._groups)
        for group in self._groups.values():
            group.add(self._number, posted)

    def _acknowledged(self, number: int) -> None:
        self._owing[number] -= 1
        if self._owing[number]:
            return
        del self._owing[number]
        while self._publishers and len(self._owing) < self._capacity:
            admitted, posted = self._publishers.popitem(last=False)
            if not admitted.done():
                self._take(posted)
                admitted.set_result(True)


class MemoryGroup:
    """A group, and those of its members that wait for a message.

    Args:
        state: What waits for it.
        clock: By which it goes.
    """

    def __init__(self, state: GroupState, clock: Clock) -> None:
        self.closed = False
        self._state = state
        self._clock = clock
        self._waiting: OrderedDict[asyncio.Future[None], object] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None

    @property
    def forgotten(self) -> bool:
        """Whether it was forgotten."""
        return self._state.forgotten

    def add(self, number: int, posted: Posted) -> None:
        """Add a message."""
        self._state.add(number, posted)
        self._tell()

    def take(self, member: object) -> Delivery | None:
        """Let a member hold the next message; None if none may be received now."""
        delivery = self._state.take(member, self._clock.now())
        self._set_timer()
        return delivery

    async def change(self, member: object) -> None:
        """Wait until there may be something to receive for a member, or something to know."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[woken] = member
        self._set_timer()
        try:
            await woken
        except asyncio.CancelledError:
            self._waiting.pop(woken, None)
            self._tell()  # somebody else, if this one was woken for a message
            raise

    def ack(self, delivery: Delivery, member: object) -> bool:
        """Be done with a message."""
        done = self._state.ack(delivery, member, self._clock.now())
        self._tell()
        return done

    def nack(self, delivery: Delivery, member: object, delay: float) -> bool:
        """Give a message back."""
        done = self._state.nack(delivery, member, self._clock.now(), delay)
        self._tell()
        return done

    def extend(self, delivery: Delivery, member: object) -> bool:
        """Hold a message for longer."""
        return self._state.extend(delivery, member, self._clock.now())

    def leave(self, member: object) -> None:
        """Give back what a member holds, and let it wait no longer."""
        self._state.leave(member)
        self._wake([woken for woken, waiting in self._waiting.items() if waiting is member])
        self._tell()

    def forget(self) -> None:
        """Hold nothing any more, and tell the members."""
        self._state.forget()
        self._wake(list(self._waiting))
        self._set_timer()

    def close(self) -> None:
        """Do the same, as the bus is closed."""
        self.closed = True
        self.forget()

    def _wake(self, those: list[asyncio.Future[None]]) -> None:
        for woken in those:
            del self._waiting[woken]
            if not woken.done():
                woken.set_result(None)

    def _tell(self) -> None:
        """Wake as many as there are messages for them, the first that came first."""
        for _ in range(min(self._state.ready(self._clock.now()), len(self._waiting))):
            self._wake([next(iter(self._waiting))])
        self._set_timer()

    def _set_timer(self) -> None:
        """Have a timer if somebody waits for something that time brings; one that comes too early is set again."""
        due = self._state.due() if self._waiting else None
        if due is not None and self._due is not None and self._due <= due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._due = None, due
        if due is not None:
            wait = max(0.0, due - self._clock.now())
            self._timer = asyncio.get_running_loop().call_later(wait, self._time_over)

    def _time_over(self) -> None:
        self._timer = self._due = None
        self._tell()
