"""What is measured: the one table from kinds of events to instruments, which code, documentation and tests read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from motet.kernel.event import Event
from motet.kernel.events import (
    AgentChosen,
    AgentEnded,
    AgentStarted,
    BudgetSpent,
    ChunkEmitted,
    DeadlinePassed,
    Intervened,
    JoinFired,
    LateDropped,
    MessageSent,
    NodeEnded,
    NodeStarted,
    RemoteEnded,
    RemoteStarted,
    RetryScheduled,
    RunCancelled,
    RunEnded,
    RunStarted,
    TaskChanged,
    TaskChunk,
    ToolCalled,
    TreeChanged,
)

__all__ = ["GAUGES", "INSTRUMENTS", "WATCHED", "Instrument"]

Kind = Literal["counter", "histogram", "gauge"]


@dataclass(frozen=True, slots=True)
class Instrument:
    """Something that is measured.

    Args:
        name: Its name, with dots.
        kind: A "counter" is given what is added to it, a "histogram" each value, a "gauge" what it stands at, when
            somebody looks.
        unit: As in UCUM: "s", "By", or a noun in braces.
        labels: The names of its labels; their values are few: never ids of traces, payloads, or messages of errors.
        about: What it says, in one line.
        calls: Whether it speaks of single calls, so that it takes the metadata that may leave as further labels.
    """

    name: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    about: str
    calls: bool = False


def _counter(name: str, unit: str, labels: str, about: str, *, calls: bool = False) -> Instrument:
    return Instrument(f"motet.{name}", "counter", unit, tuple(labels.split()), about, calls)


def _histogram(name: str, unit: str, labels: str, about: str, *, calls: bool = False) -> Instrument:
    return Instrument(f"motet.{name}", "histogram", unit, tuple(labels.split()), about, calls)


def _gauge(name: str, unit: str, labels: str, about: str) -> Instrument:
    return Instrument(f"motet.{name}", "gauge", unit, tuple(labels.split()), about)


_AGENTS: Final = _gauge("agent.running", "{call}", "agent", "Calls of the agent that run now")
_RUNS: Final = _gauge("flow.running", "{run}", "flow", "Runs that are in the flow now")
_NODES: Final = _gauge("node.running", "{message}", "flow node", "Messages that the node works on now")
_REMOTE: Final = _gauge("remote.running", "{call}", "protocol peer", "Remote calls under way now")

INSTRUMENTS: Final[Mapping[type[Event], tuple[Instrument, ...]]] = {
    AgentStarted: (_AGENTS,),
    AgentEnded: (
        _histogram("agent.duration", "s", "agent status error", "How long calls of the agent took", calls=True),
        _AGENTS,
    ),
    AgentChosen: (
        _counter("composition.chosen", "{call}", "agent chosen", "Which of its agents a composition took"),
        _counter("composition.failed", "{call}", "agent", "Calls that failed before another agent was taken"),
    ),
    Intervened: (
        _counter("middleware.interventions", "{event}", "agent by what", "What middleware did beside passing on"),
    ),
    ChunkEmitted: (
        _counter("agent.chunks", "{chunk}", "agent", "Chunks that the agent emitted", calls=True),
        _counter("agent.restarts", "{restart}", "agent", "How often its chunks no longer counted"),
    ),
    RetryScheduled: (
        _counter("agent.retries", "{retry}", "agent error", "Attempts that failed, with another one to follow"),
        _histogram("agent.retry.delay", "s", "agent", "How long it waits before the next attempt"),
    ),
    DeadlinePassed: (_counter("agent.deadlines", "{call}", "agent", "Work that a deadline interrupted", calls=True),),
    BudgetSpent: (
        _counter("llm.tokens", "{token}", "agent provider model type", "Tokens of type input, output, any", calls=True),
        _counter("llm.cost", "{currency}", "agent provider model", "What was spent", calls=True),
    ),
    ToolCalled: (_counter("tool.calls", "{call}", "tool", "Calls of the tool; how they ended: agent.duration"),),
    RunStarted: (_RUNS,),
    RunEnded: (
        _histogram("flow.duration", "s", "flow status error", "How long runs took", calls=True),
        _RUNS,
    ),
    RunCancelled: (_counter("flow.cancels", "{run}", "flow", "Runs that somebody cancelled"),),
    NodeStarted: (_NODES,),
    NodeEnded: (
        _histogram("node.duration", "s", "flow node status error", "How long the node worked on messages", calls=True),
        _NODES,
    ),
    MessageSent: (_counter("node.sent", "{message}", "flow node", "Values sent on ahead of the node's output"),),
    JoinFired: (
        _histogram("join.size", "{message}", "flow node complete", "How many messages the join sent on together"),
    ),
    LateDropped: (_counter("join.late", "{message}", "flow node", "Messages that came after the join's timeout"),),
    TaskChanged: (
        _counter("task.changes", "{change}", "status", "Changes of the status of durable tasks"),
        _histogram("task.attempt.duration", "s", "status", "How long attempts took, by what the task was then"),
    ),
    TreeChanged: (
        _counter("tree.changes", "{change}", "status", "Changes of the status of task trees"),
        _histogram("tree.duration", "s", "status", "How long trees took that were begun in this process"),
    ),
    TaskChunk: (_counter("task.chunks", "{chunk}", "", "Chunks that executors of tasks emitted"),),
    RemoteStarted: (_REMOTE,),
    RemoteEnded: (
        _histogram("remote.duration", "s", "agent protocol peer status error", "How long such calls took", calls=True),
        _counter("remote.sent", "By", "protocol peer", "Bytes of payloads that were sent"),
        _counter("remote.received", "By", "protocol peer", "Bytes of answers that were read"),
        _histogram("remote.cancel.duration", "s", "protocol peer", "From the wish to cancel until it was so"),
        _REMOTE,
    ),
}
"""The instruments of every kind of event, in the order in which `measuring` tells them."""

WATCHED: Final = _gauge("middleware.counter", "1", "middleware counter", "What middleware counts, read when asked for")
"""What is read of middleware that a tracer watches."""

GAUGES: Final = (_AGENTS, _RUNS, _NODES, _REMOTE, WATCHED)
"""What is told when somebody looks, and not with each event."""
