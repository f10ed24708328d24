"""What happens to calls of agents, and to what crosses a wire."""

from dataclasses import dataclass, field

from motet.kernel.event import Event, Status

__all__ = [
    "AgentChosen",
    "AgentEnded",
    "AgentStarted",
    "BudgetSpent",
    "ChunkEmitted",
    "DeadlinePassed",
    "Intervened",
    "RemoteEnded",
    "RemoteStarted",
    "RetryScheduled",
    "ToolCalled",
]


@dataclass(frozen=True, slots=True)
class AgentStarted(Event):
    """An agent was called, by the program or by another agent."""

    span: str
    parent: str
    agent: str
    payload: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AgentEnded(Event):
    """A call of an agent is over."""

    span: str
    agent: str
    status: Status
    seconds: float
    error: BaseException | None = None
    output: object = field(default=None, repr=False)


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
    value: object = field(default=None, repr=False)


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
    """An agent reported what it used; of what `model` of which `provider`, where it is a language model's."""

    span: str
    agent: str
    tokens: int
    cost: float
    model: str = ""
    provider: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ToolCalled(Event):
    """The call that has `span` is one of a tool, and not of any agent; `failed` comes as an `Intervened`."""

    span: str
    agent: str
    description: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class RemoteStarted(Event):
    """A call crosses a wire.

    Args:
        span: The call that crosses it.
        agent: Whose call it is.
        protocol: What is spoken, such as "http".
        peer: Who is called: a host and a port, without a path, query or credentials.
        call: Tells the remote calls of one span apart: retries and redirects are calls of their own.
        client: The span of the remote call itself, below that of the call: what the other side does names it as its
            parent, where its header was sent. Empty where it has no span of its own.
    """

    span: str
    agent: str
    protocol: str
    peer: str
    call: int = 1
    client: str = ""


@dataclass(frozen=True, slots=True)
class RemoteEnded(Event):
    """A call that crossed a wire is over.

    Args:
        span: The call that crossed it.
        agent: Whose call it is.
        protocol: What was spoken.
        peer: Who was called.
        status: How it ended.
        seconds: How long it took.
        sent: Bytes of the payload that were sent.
        received: Bytes of the answer that were read.
        error: Why it failed.
        cancelling: Seconds from the wish to cancel until nothing of it was under way here; None where nobody wished.
        call: Which remote call of the span.
    """

    span: str
    agent: str
    protocol: str
    peer: str
    status: Status
    seconds: float
    sent: int = 0
    received: int = 0
    error: BaseException | None = None
    cancelling: float | None = None
    call: int = 1
