"""What happens to the runs of flows, and at their nodes."""

from dataclasses import dataclass, field

from motet.kernel.event import Event, Status

__all__ = [
    "JoinFired",
    "LateDropped",
    "MessageSent",
    "NodeEnded",
    "NodeStarted",
    "RunCancelled",
    "RunEnded",
    "RunStarted",
]


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """A flow has taken up an input. `parent` is the span around it, empty at the top."""

    span: str
    parent: str
    flow: str
    payload: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """Nothing of a run is left in its flow."""

    span: str
    flow: str
    status: Status
    seconds: float
    error: BaseException | None = None
    output: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RunCancelled(Event):
    """Somebody cancelled a run; its end follows."""

    span: str
    flow: str


@dataclass(frozen=True, slots=True)
class NodeStarted(Event):
    """A node of a flow begins to work on a message."""

    span: str
    parent: str
    flow: str
    node: str
    attempt: int
    payload: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NodeEnded(Event):
    """A node has worked on a message."""

    span: str
    flow: str
    node: str
    status: Status
    seconds: float
    error: BaseException | None = None
    output: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MessageSent(Event):
    """A node sent a value on, ahead of its own output; to all of its successors where `to` is empty."""

    span: str
    flow: str
    node: str
    to: str = ""
    value: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class JoinFired(Event):
    """A join sent on what it had collected. `complete` is False where a timeout cut it short."""

    span: str
    flow: str
    node: str
    size: int
    complete: bool


@dataclass(frozen=True, slots=True)
class LateDropped(Event):
    """A message came to a join after a timeout had closed it, and was dropped."""

    span: str
    flow: str
    node: str
