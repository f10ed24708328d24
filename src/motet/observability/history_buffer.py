"""What waits to be written: bounded in number and bytes, with the parts of histories that it belongs to.

All that a recorder writes of one trace, from the first event it is told of until what began it has ended, is a part
(`history_part` says when that is): a record `begin`, the events, each with a number that counts up from 1, and a record
`end`. Where events found no room, a record `lost` stands in their place. So a reader sees whether anything is missing,
and how much. A part of which nothing finds room from its beginning to its end leaves no record: it is counted only.
"""

import threading
from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from motet.kernel.clock import Clock
from motet.kernel.events import Event
from motet.kernel.frozen import freeze, thaw
from motet.kernel.records import VERSION, Kept
from motet.observability.history_part import Part

__all__ = ["SOME", "URGENT", "Buffer", "Item"]

PARTS: Final = 4096
"""How many parts may be open at once; the one that was begun first is closed for the next."""

MANY: Final = 512
"""How many wait before they are written without waiting for more."""

SOME, URGENT = 1, 2

EVENT_BYTES: Final = 400
"""About what an event takes beside its values."""


Item = tuple[Part, int, Event | dict[str, object], Kept, int]
"""What is to be written: its part and its number there; an event, with what was frozen of it, or a record of the
recorder's own; and about how many bytes it takes."""


class Buffer:
    """A queue that never blocks and never grows beyond its bounds; what finds no room is counted.

    Marks, which are the records of its own, take room as events do. Beyond the bound there are at most the beginning
    and the loss that the last event brought along, and two for each part that had begun when there was room: what it
    lost last, and its end. So there are never more of those than `2 * PARTS`, however long nothing is taken out.

    Args:
        most: How many events and marks.
        most_bytes: How many bytes, about.
        clock: Where the time of day and ids come from.
        about: What every `begin` tells beside its own.

    Attributes:
        dropped: How many events found no room, came after the end, or were given up.
        gone: How many events and marks were taken out again, written or given up.
    """

    def __init__(self, most: int, most_bytes: int, clock: Clock, about: Mapping[str, Any]) -> None:
        self.dropped = 0
        self.gone = 0
        self._shut = False
        self._many = min(MANY, most // 2 or 1)
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._items: deque[Item] = deque()
        self._parts: dict[str, Part] = {}
        self._lock = threading.RLock()  # garbage that is collected meanwhile may have something to tell
        self._clock = clock
        self._about = thaw(freeze(dict(about)))
        self._by = clock.hex_id(4)
        self._begun = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def added(self) -> int:
        """How many events and marks were ever put in: all are written when as many are gone."""
        with self._lock:
            return self.gone + len(self._items)

    def put(self, event: Event, kept: Kept, size: int) -> int:
        """Add an event, whichever thread it comes from.

        Args:
            event: What happened.
            kept: What was frozen of it.
            size: Bytes of that.

        Returns:
            `SOME` where nothing waited before; `URGENT` where it is to be written at once, as there is much, or a trace
            is over; 0 where whoever writes has been told already.
        """
        with self._lock:
            if self._shut:
                self.dropped += 1
                return 0
            items = self._items
            before = len(items)
            size += EVENT_BYTES
            room = before < self._most and self._bytes + size <= self._most_bytes
            part = self._parts.get(event.trace)
            if part is None:
                part = self._open(event, room)
            part.count += 1
            if room:
                if part.lost:
                    self._tell_lost(part, part.count - 1)
                items.append((part, part.count, event, kept, size))
                self._bytes += size
            else:
                part.lost += 1
                self.dropped += 1
            if type(event) in part.watched and part.ends_with(event):
                self._close(part, "over")
                return URGENT if len(items) > before else 0
            if before < self._many <= len(items):
                return URGENT
            return 0 if before else SOME

    def take(self, most: int) -> list[Item]:
        """Return what comes next, without taking it out."""
        with self._lock:
            return list(islice(self._items, most))

    def written(self, count: int) -> None:
        """Take out what was written: the first ones."""
        with self._lock:
            self.gone += count
            for _ in range(count):
                self._bytes -= self._items.popleft()[-1]

    def tell_losses(self) -> bool:
        """Put in a record of what was lost and of no event that came after it, as far as there is room.

        Returns:
            Whether all is told now.
        """
        with self._lock:
            for part in self._parts.values():
                if part.lost:
                    if len(self._items) >= self._most:
                        return False
                    self._tell_lost(part, part.count)
            return True

    def close(self) -> None:
        """End every part: no more is told."""
        with self._lock:
            self._shut = True
            for part in list(self._parts.values()):
                self._close(part, "closed")

    def give_up(self) -> int:
        """Take out everything that waits, and count its events as dropped.

        Returns:
            How many they were.
        """
        with self._lock:
            events = sum(isinstance(item[2], Event) for item in self._items)
            self.dropped += events
            self.written(len(self._items))
            return events

    def _open(self, event: Event, room: bool) -> Part:
        if len(self._parts) >= PARTS:
            self._close(next(iter(self._parts.values())), "closed")
        self._begun += 1
        part = self._parts[event.trace] = Part(event.trace, f"{self._by}{self._begun:x}", event)
        if room:
            self._tell_begun(part)
        return part

    def _close(self, part: Part, why: str) -> None:
        del self._parts[part.trace]
        if not part.begun and len(self._items) >= self._most:
            return  # otherwise traces that come and go would fill the memory with marks while nothing is written
        if part.lost:
            self._tell_lost(part, part.count)
        self._items.append((part, part.count, {"kind": "end", "why": why}, (), 0))

    def _tell_begun(self, part: Part) -> None:
        part.begun = True
        # Asked anew for each part: the time of day is set, and goes on while a machine sleeps, unlike that of events.
        wall_of_zero = self._clock.wall() - self._clock.now()
        record = {
            **self._about,
            "kind": "begin",
            "v": VERSION,
            "trace": part.trace,
            "at": part.at,
            "wall": wall_of_zero + part.at,
            "clock": self._by,
            "buffer": self._most,
        }
        self._items.append((part, 0, record, (), 0))

    def _tell_lost(self, part: Part, last: int) -> None:
        if not part.begun:
            self._tell_begun(part)
        self._items.append((part, last, {"kind": "lost", "count": part.lost}, (), 0))
        part.lost = 0
