"""What waits for one group, and which of it may be received: decided without I/O, with the time passed in."""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

from motet.bus.posted import Posted
from motet.flow.ports import Delivery

__all__ = ["GroupState"]


@dataclass(slots=True)
class Entry:
    """A message that a group has not acknowledged."""

    number: int
    posted: Posted
    attempt: int = 0


@dataclass(slots=True)
class Hold:
    """Who has a message, and until when."""

    entry: Entry
    member: object
    until: float


class GroupState:
    """The messages of one group.

    Each is in one of four places: ready; held; delayed; or in the line of its key behind another one. Only the first of
    a line is in another place, so nothing overtakes it. What time decides is looked at when somebody asks: times are
    those of one clock, in seconds, and do not go back.

    Args:
        visibility: Seconds for which a message is held.
        done: Is told the number of each message that the group has done with.
    """

    def __init__(self, visibility: float, done: Callable[[int], None]) -> None:
        self.forgotten = False
        self._visibility = visibility
        self._done = done
        self._open: set[int] = set()
        self._lines: dict[str, deque[Entry]] = {}
        self._ready: list[tuple[int, Entry]] = []
        self._delayed: list[tuple[float, int, Entry]] = []
        self._held: OrderedDict[Delivery, Hold] = OrderedDict()

    def add(self, number: int, posted: Posted) -> None:
        """Add a message; numbers increase."""
        entry = Entry(number, posted)
        self._open.add(number)
        line = None if posted.key is None else self._lines.setdefault(posted.key, deque())
        if line is not None:
            line.append(entry)
        if line is None or len(line) == 1:
            self._make_ready(entry)

    def ready(self, now: float) -> int:
        """Count the messages that may be received."""
        while self._held and self._first_held().until <= now:
            self._make_ready(self._held.popitem(last=False)[1].entry)
        while self._delayed and self._delayed[0][0] <= now:
            self._make_ready(heappop(self._delayed)[2])
        return len(self._ready)

    def due(self) -> float | None:
        """Return when more may be received, if nobody does anything until then."""
        held = [self._first_held().until] if self._held else []
        delayed = [self._delayed[0][0]] if self._delayed else []
        return min(held + delayed, default=None)

    def take(self, member: object, now: float) -> Delivery | None:
        """Let a member hold the message that has waited longest; None if none may be received."""
        if not self.ready(now):
            return None
        _, entry = heappop(self._ready)
        entry.attempt += 1
        posted = entry.posted
        delivery = Delivery(posted.topic, posted.payload, posted.key, posted.headers, entry.attempt)
        self._held[delivery] = Hold(entry, member, now + self._visibility)
        return delivery

    def ack(self, delivery: Delivery, member: object, now: float) -> bool:
        """Be done with a message, if this member holds it."""
        if not self._holds(delivery, member, now):
            return False
        entry = self._held.pop(delivery).entry
        if delivery.key is not None:
            line = self._lines[delivery.key]
            line.popleft()
            if line:
                self._make_ready(line[0])
            else:
                del self._lines[delivery.key]
        self._open.remove(entry.number)
        self._done(entry.number)
        return True

    def nack(self, delivery: Delivery, member: object, now: float, delay: float) -> bool:
        """Let a message be received again after some seconds, if this member holds it."""
        if not self._holds(delivery, member, now):
            return False
        entry = self._held.pop(delivery).entry
        heappush(self._delayed, (now + delay, entry.number, entry))
        return True

    def extend(self, delivery: Delivery, member: object, now: float) -> bool:
        """Let a message be held for longer, if this member holds it."""
        if not self._holds(delivery, member, now):
            return False
        self._held[delivery].until = now + self._visibility
        self._held.move_to_end(delivery)
        return True

    def leave(self, member: object) -> None:
        """Let everything that a member holds be received again."""
        for delivery in [delivery for delivery, hold in self._held.items() if hold.member is member]:
            self._make_ready(self._held.pop(delivery).entry)

    def forget(self) -> None:
        """Be done with everything."""
        self.forgotten = True
        left, self._open = sorted(self._open), set()
        for kept in (self._held, self._ready, self._delayed, self._lines):
            kept.clear()
        for number in left:
            self._done(number)

    def _first_held(self) -> Hold:
        return next(iter(self._held.values()))

    def _make_ready(self, entry: Entry) -> None:
        heappush(self._ready, (entry.number, entry))

    def _holds(self, delivery: Delivery, member: object, now: float) -> bool:
        self.ready(now)
        hold = self._held.get(delivery)
        return hold is not None and hold.member is member
