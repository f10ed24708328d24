"""From the events of a run to a tree: what called what, when, how long it took, and how it ended."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from motet.cli.words import counted, seconds
from motet.kernel.events import (
    AgentChosen,
    AgentEnded,
    AgentStarted,
    BudgetSpent,
    ChunkEmitted,
    DeadlinePassed,
    Event,
    Intervened,
    JoinFired,
    LateDropped,
    NodeEnded,
    NodeStarted,
    RetryScheduled,
    RunEnded,
    RunStarted,
    Status,
)

__all__ = ["Span", "grow"]


@dataclass(slots=True)
class Span:
    """One call of an agent, one message at a node, or one run of a flow: whatever has the same span id.

    Args:
        name: The name of the agent, node or flow.
        start: When it began, in seconds of the clock.
        took: How many seconds it took; None while it has not ended, and for what takes no time.
        status: How it ended; None if it has not.
        error: Why it failed.
        notes: What else is to be said of it.
        children: What was called in it, in the order in which it began.
        chunks: How many chunks it emitted itself.
        tokens: How many tokens it reported.
        cost: What it reported to have cost.
        late: How many messages came too late for a join of it.
    """

    name: str
    start: float
    took: float | None = None
    status: Status | None = None
    error: BaseException | None = None
    notes: list[str] = field(default_factory=list)
    children: list["Span"] = field(default_factory=list)
    chunks: int = 0
    tokens: int = 0
    cost: float = 0.0
    late: int = 0

    @property
    def remarks(self) -> list[str]:
        """Everything that is to be said in a few words."""
        told = list(self.notes)
        if self.chunks:
            told.append(counted(self.chunks, "chunk"))
        if self.tokens:
            told.append(counted(self.tokens, "token"))
        if self.cost:
            told.append(f"cost {self.cost:g}")
        if self.late:
            told.append(f"{counted(self.late, 'late message')} dropped")
        return told


def grow(events: Iterable[Event]) -> list[Span]:
    """Make the tree of a run.

    Args:
        events: In the order in which they happened; what began before the first of them is left out.

    Returns:
        The spans that have no parent among the events, usually one.
    """
    roots: list[Span] = []
    spans: dict[str, Span] = {}
    for event in events:
        match event:
            case RunStarted() | NodeStarted() | AgentStarted():
                _begin(event, spans, roots)
            case RunEnded() | NodeEnded() | AgentEnded() if event.span in spans:
                span = spans[event.span]
                span.took, span.status, span.error = event.seconds, event.status, event.error
            case RunEnded() | NodeEnded() | AgentEnded():
                pass
            case _:
                span_id = getattr(event, "span", "")
                if span_id in spans:
                    _remark(event, spans[span_id])
    return roots


def _begin(event: RunStarted | NodeStarted | AgentStarted, spans: dict[str, Span], roots: list[Span]) -> None:
    name = event.agent if isinstance(event, AgentStarted) else event.flow
    if isinstance(event, NodeStarted):
        name = event.node
    known = spans.get(event.span)
    if known is not None:
        # A flow is called as an agent, or stands at a node, and its run is the same piece of work.
        if known.name != name:
            known.notes.append(f"flow {name}")
        return
    span = spans[event.span] = Span(name, event.at)
    if isinstance(event, NodeStarted) and event.attempt > 1:
        span.notes.append(f"attempt {event.attempt}")
    parent = spans.get(event.parent)
    (roots if parent is None else parent.children).append(span)


def _remark(event: Event, span: Span) -> None:
    match event:
        case ChunkEmitted(restart=True):
            span.notes.append("its chunks start again")
        case ChunkEmitted():
            span.chunks += 1
        case RetryScheduled():
            span.notes.append(f"tried again after {seconds(event.delay)}")
        case DeadlinePassed():
            span.notes.append("deadline passed")
        case BudgetSpent():
            span.tokens += event.tokens
            span.cost += event.cost
        case JoinFired():
            cut = "" if event.complete else ", cut short"
            span.children.append(
                Span(event.node, event.at, status="completed", notes=[f"joined {counted(event.size, 'message')}{cut}"])
            )
        case LateDropped():
            span.late += 1
        case AgentChosen():
            after = f", after {counted(len(event.failed), 'failure')}" if event.failed else ""
            span.notes.append(f"chose {event.chosen}{after}")
        case Intervened():
            span.notes.append(f"{event.by}: {event.what}".replace("_", " "))
        case _:
            pass
