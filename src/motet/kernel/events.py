"""What happens while work runs: one closed set of frozen events. `observers` tells who is told of them."""

from dataclasses import dataclass
from typing import Literal

from motet.kernel.message import Chunk

__all__ = [
    "AgentChosen",
    "AgentEnded",
    "AgentStarted",
    "BudgetSpent",
    "ChunkEmitted",
    "DeadlinePassed",
    "Event",
    "Intervened",
    "JoinFired",
    "LateDropped",
    "NodeEnded",
    "NodeStarted",
    "RetryScheduled",
    "RunCancelled",
    "RunEnded",
    "RunStarted",
    "Status",
    "TaskChanged",
    "TaskChunk",
    "TreeChanged",
]

Status = Literal["completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Event:
    """What every event carries.

    Args:
        trace: The id of the trace, 32 hexadecimal digits.
        at: When it happened, in seconds of the clock's monotonic time.
    """

    trace: str
    at: float


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """A flow has taken up an input. `parent` is the span around it, empty at the top."""

    span: str
    parent: str
    flow: str


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """Nothing of a run is left in its flow."""

    span: str
    flow: str
    status: Status
    seconds: float
    error: BaseException | None = None


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


@dataclass(frozen=True, slots=True)
class NodeEnded(Event):
    """A node has worked on a message."""

    span: str
    flow: str
    node: str
    status: Status
    seconds: float
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class AgentStarted(Event):
    """An agent was called, by the program or by another agent."""

    span: str
    parent: str
    agent: str


@dataclass(frozen=True, slots=True)
class AgentEnded(Event):
    """A call of an agent is over."""

    span: str
    agent: str
    status: Status
    seconds: float
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class AgentChosen(Event):
    """A composition, `agent`, took the answer of one of its agents, or sent its input there; `failed` came before."""

    span: str
    agent: str
    chosen: str
    failed: tuple[BaseException, ...] = ()


@dataclass(frozen=True, slots=True)
class Intervened(Event):
    """A middleware around `agent` did more than pass a call on.

    `by` says which one, such as "circuit_breaker", `what` what it did, such as "opened", for which `key` of several.
    """

    span: str
    agent: str
    by: str
    what: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class ChunkEmitted(Event):
    """An agent emitted a chunk into a stream. `restart` says that the agent begins again."""

    span: str
    agent: str
    seq: int
    restart: bool


@dataclass(frozen=True, slots=True)
class RetryScheduled(Event):
    """An attempt failed, and another one follows after `delay` seconds."""

    span: str
    agent: str
    attempt: int
    delay: float
    error: BaseException


@dataclass(frozen=True, slots=True)
class DeadlinePassed(Event):
    """A deadline interrupted the work of `agent`."""

    span: str
    agent: str


@dataclass(frozen=True, slots=True)
class BudgetSpent(Event):
    """An agent reported what it used."""

    span: str
    agent: str
    tokens: int
    cost: float


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


@dataclass(frozen=True, slots=True)
class TaskChanged(Event):
    """A durable task has changed, and the change is on disk.

    Args:
        tree: The id of its tree.
        task: Its id.
        name: Its name.
        status: Where it stands now: "pending", "in_progress", "input_required", "completed", "failed", "cancelled" or
            "skipped".
        attempt: How many attempts were begun.
        progress: From 0 to 1.
        message: What the executor last said beside its progress, or why the task ended as it did.
    """

    tree: str
    task: str
    name: str
    status: str
    attempt: int
    progress: float
    message: str = ""


@dataclass(frozen=True, slots=True)
class TreeChanged(Event):
    """A task tree has changed its status, or got on.

    Args:
        tree: Its id.
        name: Its name.
        status: Where it stands now.
        progress: From 0 to 1.
    """

    tree: str
    name: str
    status: str
    progress: float


@dataclass(frozen=True, slots=True)
class TaskChunk(Event):
    """The executor of a task emitted a chunk."""

    tree: str
    task: str
    name: str
    chunk: Chunk
