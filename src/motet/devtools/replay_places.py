"""The calls of a recorded trace: what each was given, what happened in it, how it ended, and what it called."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from motet.kernel.errors import InvalidPayload
from motet.kernel.events import (
    AgentEnded,
    AgentStarted,
    ChunkEmitted,
    Event,
    MessageSent,
    NodeEnded,
    NodeStarted,
    RunEnded,
    RunStarted,
    TreeChanged,
)
from motet.kernel.records import read_event

__all__ = ["ABSENT", "Place", "places_of", "walk"]


class _Absent:
    """Stands for a value that was not recorded."""

    def __repr__(self) -> str:
        return "(not recorded)"


ABSENT: Final = _Absent()


@dataclass(slots=True, eq=False)
class Place:
    """A call of an agent, or a message at a node.

    Args:
        name: The name of the agent or the node.
        path: The names of the calls around it, outermost first, its own last.
        span: Its id.
        begun: When it began, as a number that counts what happened in the trace.
        node: Whether it is a node of a flow.
        flow: Whether it is the run of a flow.
        durable: Whether it created a durable task tree.
        payload: What it was given; `ABSENT` where that was not recorded.
        output: What it gave, likewise.
        status: How it ended; empty where there is no end.
        error: The payload of its error.
        ended: When it ended, as a number likewise; 0 where there is no end.
        happened: Everything that happened in it between beginning and end, in order, each with its number.
        children: What it called, in the order in which that began.
        around: What called it.
    """

    name: str
    path: tuple[str, ...]
    span: str
    begun: int
    node: bool = False
    flow: bool = False
    durable: bool = False
    payload: Any = ABSENT
    output: Any = ABSENT
    status: str = ""
    error: Mapping[str, Any] | None = None
    ended: int = 0
    happened: list[tuple[int, Event]] = field(default_factory=list)
    children: list["Place"] = field(default_factory=list)
    around: "Place | None" = None

    @property
    def leaf(self) -> bool:
        """Whether it called nothing that would be called again."""
        return self.durable or not (self.children or self.flow)

    @property
    def chunks(self) -> list[Any]:
        """The values that it emitted itself; a restart is the word `restart` in an object."""
        return [
            {"restart": True} if event.restart else event.value
            for _, event in self.happened
            if isinstance(event, ChunkEmitted)
        ]

    @property
    def sent(self) -> list[Any]:
        """What it sent on ahead of its output, and where to."""
        return [{"to": event.to, "value": event.value} for _, event in self.happened if isinstance(event, MessageSent)]


def walk(place: Place) -> Iterator[Place]:
    """Yield a call and everything below it."""
    yield place
    for child in place.children:
        yield from walk(child)


def places_of(records: Iterable[Mapping[str, object]], trace: str) -> list[Place]:
    """Return the calls at the top of a trace, with everything below them.

    Args:
        records: The history; what is no record of an event is passed over.
        trace: The id of the trace.
    """
    roots: list[Place] = []
    known: dict[str, Place] = {}
    for number, record in enumerate(records, 1):
        try:
            event = read_event(record, trace)
        except InvalidPayload:
            continue
        if event is None:
            continue
        if isinstance(event, AgentStarted | NodeStarted | RunStarted):
            _begin(event, record, number, known, roots)
        elif isinstance(event, TreeChanged):
            if event.parent in known:
                known[event.parent].durable = True
        else:
            _happen(event, record, number, known)
    return roots


def _begin(
    event: AgentStarted | NodeStarted | RunStarted,
    record: Mapping[str, object],
    number: int,
    known: dict[str, Place],
    roots: list[Place],
) -> None:
    place = known.get(event.span)
    if place is None:
        name = (
            event.node
            if isinstance(event, NodeStarted)
            else event.agent
            if isinstance(event, AgentStarted)
            else event.flow
        )
        around = known.get(event.parent)
        path = (name,) if around is None else (*around.path, name)
        place = known[event.span] = Place(name, path, event.span, number, isinstance(event, NodeStarted), around=around)
        place.payload = record.get("payload", ABSENT)
        (roots if around is None else around.children).append(place)
    place.flow |= isinstance(event, RunStarted)


def _happen(event: Event, record: Mapping[str, object], number: int, known: dict[str, Place]) -> None:
    place = known.get(getattr(event, "span", ""))
    if place is None:
        return
    if isinstance(event, AgentEnded | NodeEnded | RunEnded):
        error = record.get("error")
        place.status, place.ended = event.status, number
        place.output = record.get("output", ABSENT)
        place.error = error if isinstance(error, Mapping) else None
    else:
        place.happened.append((number, event))
