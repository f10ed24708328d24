"""A history as it was recorded: its records put in order, what is missing, and the events again.

A history is made of parts: see `motet.observability.history_buffer`. It is read as far as it goes: what cannot be read,
what is missing and what has no end is said, and is no error.
"""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from motet.devtools.words import counted
from motet.kernel.errors import InvalidPayload, NotFound
from motet.kernel.events import Event
from motet.kernel.history import StateStore
from motet.kernel.records import VERSION, read_event

__all__ = ["History", "Reader", "from_lines", "read_history", "records_after", "to_lines"]

Record = Mapping[str, object]

LATEST: Final = 253_402_300_800
"""Seconds from 1970 to the year 10000, which no date has."""

PAGE: Final = 1000
"""How many records are read from a store at once."""


@dataclass(slots=True)
class _Part:
    """What one recorder wrote."""

    number: int = 0
    begun: bool = False
    ended: str = ""
    shift: float = 0.0
    buffer: int = 0


@dataclass(slots=True)
class History:
    """What is known of a trace.

    Args:
        trace: Its id.
        records: What was recorded, each record once, in the order in which it was stored.
        events: The events that the records tell of, their times in seconds of one clock.
        problems: What is missing or cannot be read, each in one sentence.
        missing: How many events are known to be missing.
        wall_of_zero: What to add to an event's time for the time of day; None where that is not known.
        about: What the recorder was told of the trace, such as `target` and `sketch`.
        over: Whether everything that was begun has its end.
    """

    trace: str
    records: list[Record] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    missing: int = 0
    wall_of_zero: float | None = None
    about: dict[str, Any] = field(default_factory=dict)
    over: bool = False

    @property
    def began_at(self) -> float | None:
        """The time of day when it began, in seconds since 1970 UTC."""
        if self.wall_of_zero is None or not self.events:
            return None
        return self.wall_of_zero + self.events[0].at


class Reader:
    """Reads records, as many as there are for now; more may follow.

    Args:
        trace: The id of the trace.
    """

    def __init__(self, trace: str) -> None:
        self._found = History(trace)
        self._parts: dict[str, _Part] = {}
        self._clock = ""
        self._seen = 0

    def add(self, records: Iterable[object]) -> list[Event]:
        """Read some more records.

        Args:
            records: JSON data, in the order in which it was stored.

        Returns:
            The events they tell of.
        """
        before = len(self._found.events)
        for record in records:
            self._seen += 1
            self._add(record)
        return self._found.events[before:]

    @property
    def history(self) -> History:
        """What has been read so far, and what is missing of it if nothing more comes."""
        found = self._found
        problems = list(found.problems)
        open_parts = [part for part in self._parts.values() if not part.ended]
        stopped = sum(part.ended == "closed" for part in self._parts.values())
        if not self._parts:
            problems.append("The beginning is missing")
        if stopped:
            problems.append("Recording ended before the trace did")
        if open_parts:
            most = max(part.buffer for part in open_parts)
            waited = f": at most {counted(most, 'event')} that waited to be written" if most else ""
            problems.append(
                f"There is no end: it still goes on, or its process was killed, and something may be missing{waited}"
            )
        return replace(found, problems=problems, over=bool(self._parts) and not open_parts)

    def _add(self, record: object) -> None:
        found = self._found
        if not isinstance(record, Mapping):
            found.problems.append(f"Record {self._seen} is no object")
            return
        by, number, kind = record.get("by", ""), record.get("n"), record.get("kind")
        if not isinstance(by, str) or not isinstance(number, int) or not isinstance(kind, str):
            found.problems.append(f"Record {self._seen} does not say what it is, whose, or which one")
            return
        part = self._parts.setdefault(by, _Part())
        if kind not in {"begin", "end"} and number <= part.number:
            return  # written twice: the store had it, and its answer was lost
        if kind == "begin" and part.begun:
            return
        found.records.append(record)
        if kind == "begin":
            self._begin(record, part)
        elif kind == "end":
            self._gap(part, number + 1)
            part.ended = str(record.get("why", "over"))
        else:
            self._event(record, kind, number, part)

    def _begin(self, record: Record, part: _Part) -> None:
        found = self._found
        clock, buffer = record.get("clock"), record.get("buffer")
        at, wall = _time(record.get("at")), _time(record.get("wall"))
        part.begun = True
        part.buffer = buffer if isinstance(buffer, int) else 0
        version = record.get("v")
        if version != VERSION:
            found.problems.append(f"Records are of version {version!r}, and this reads version {VERSION}")
        if at is not None and wall is not None:
            if found.wall_of_zero is None:
                found.wall_of_zero, self._clock = wall - at, str(clock)
            elif clock != self._clock:
                part.shift = wall - at - found.wall_of_zero  # another process, whose clock began at another time
        own = {"kind", "v", "at", "wall", "clock", "buffer", "by", "n", "trace"}
        for key, value in record.items():
            if key not in own:
                found.about.setdefault(key, value)

    def _event(self, record: Record, kind: str, number: int, part: _Part) -> None:
        found = self._found
        if kind == "lost":
            count = record.get("count")
            count = count if isinstance(count, int) and count > 0 else 1
            self._gap(part, number - count + 1)
            part.number = number
            self._miss(count, "found no room where they waited to be written")
            return
        self._gap(part, number)
        part.number = number
        try:
            event = read_event(record, found.trace)
        except InvalidPayload as error:
            found.problems.append(f"Record {self._seen} cannot be read: {error.message}")
            return
        if event is None:
            found.problems.append(f"Record {self._seen} is of a kind that is not known here: {kind!r}")
            return
        found.events.append(replace(event, at=event.at + part.shift) if part.shift else event)

    def _gap(self, part: _Part, number: int) -> None:
        if number > part.number + 1:
            self._miss(number - part.number - 1, "are missing")
            part.number = number - 1

    def _miss(self, count: int, why: str) -> None:
        found = self._found
        found.missing += count
        where = "at the beginning"
        if found.events:
            last = found.events[-1]
            name = next((getattr(last, key) for key in ("agent", "node", "flow", "name") if hasattr(last, key)), "")
            where = f"after {type(last).__name__} of {name!r}"
        verb = why.replace("they waited", "it waited") if count == 1 else why
        verb = "is missing" if count == 1 and why == "are missing" else verb
        found.problems.append(f"{counted(count, 'event')} {where} {verb}")


async def records_after(store: StateStore, trace: str, after: int = 0) -> AsyncIterator[tuple[int, Record]]:
    """Yield what a store has of a trace, in order.

    Args:
        store: Where it is kept.
        trace: The id of the trace.
        after: The number of the last record that is known already.
    """
    while True:
        page = await store.history(trace, after, PAGE)
        for number, record in page:
            yield number, record
        after = page[-1][0] if page else after
        if len(page) < PAGE:
            return


async def read_history(store: StateStore, trace: str) -> History:
    """Read everything that a store has of a trace.

    Args:
        store: Where it is kept.
        trace: The id of the trace.

    Raises:
        NotFound: The store knows nothing of it.
    """
    reader = Reader(trace)
    found = [record async for _, record in records_after(store, trace)]
    if not found:
        raise NotFound(f"The store has no history of trace {trace}", trace=trace)
    reader.add(found)
    return reader.history


def to_lines(records: Iterable[Record]) -> str:
    """Write records as JSON Lines: one record in each line."""
    return "".join(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n" for record in records)


def from_lines(text: str) -> History:
    """Read a history from JSON Lines, as `to_lines` wrote them.

    Args:
        text: A record in each line; lines that are none are said to be so.

    Raises:
        NotFound: Not one line is a record.
    """
    # JSON's own line ends alone: the others that `str.splitlines` knows may stand within a text.
    records = list(map(_parsed, filter(str.strip, text.split("\n"))))
    begins: Sequence[Any] = [one for one in records if isinstance(one, dict) and one.get("kind") == "begin"]
    if not any(isinstance(one, dict) for one in records):
        raise NotFound("There is no record in this text: a history has one JSON object in each line")
    reader = Reader(str(begins[0].get("trace", "")) if begins else "")
    reader.add(records)
    return reader.history


def _parsed(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _time(value: object) -> float | None:
    """Return a time that can be reckoned with, in seconds; None for what is none, or is later than the year 9999."""
    return value if isinstance(value, int | float) and abs(value) < LATEST else None
