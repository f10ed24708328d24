"""From the events of a trace to a tree: what called what, when, how long it took, and how it ended."""

from bisect import insort
from collections.abc import Iterable

from motet.devtools.span import Kind, Span, walk
from motet.devtools.words import counted, seconds
from motet.kernel.errors import AgentFailed
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
    MessageSent,
    NodeEnded,
    NodeStarted,
    RemoteEnded,
    RemoteStarted,
    RetryScheduled,
    RunEnded,
    RunStarted,
    TaskChanged,
    TaskChunk,
    ToolCalled,
    TreeChanged,
)

__all__ = ["grow"]


def grow(events: Iterable[Event]) -> list[Span]:
    """Make the tree of a trace.

    Args:
        events: In the order in which they happened; what began before the first of them is left out.

    Returns:
        The spans that have no parent among the events, usually one.
    """
    roots: list[Span] = []
    spans: dict[str, Span] = {}
    tasks: dict[str, Span] = {}
    for event in events:
        match event:
            case RunStarted() | NodeStarted() | AgentStarted():
                _begin(event, spans, roots)
            case TreeChanged():
                _tree(event, spans, roots)
            case TaskChanged():
                _task(event, spans, roots, tasks)
            case TaskChunk() if event.task in tasks:
                tasks[event.task].chunks += event.chunk.since is None
            case RunEnded() | NodeEnded() | AgentEnded() if event.span in spans:
                span = spans[event.span]
                span.took, span.status, span.error = event.seconds, event.status, event.error
            case _:
                _remark(event, spans)
        known = spans.get(getattr(event, "span", "")) or tasks.get(getattr(event, "task", ""))
        if known is not None:
            known.events.append(event)
    return roots


def _begin(event: RunStarted | NodeStarted | AgentStarted, spans: dict[str, Span], roots: list[Span]) -> None:
    name, kind = _called(event)
    known = spans.get(event.span)
    if known is not None:
        # A flow is called as an agent, or stands at a node, and its run is the same piece of work.
        if known.name != name:
            known.notes.append(f"flow {name}")
        if known.kind == "agent":
            known.kind = kind
        return
    span = _open(event.span, event.parent, Span(name, event.at, kind=kind, id=event.span), spans, roots)
    if isinstance(event, NodeStarted) and event.attempt > 1:
        span.notes.append(f"attempt {event.attempt}")


def _called(event: RunStarted | NodeStarted | AgentStarted) -> tuple[str, Kind]:
    match event:
        case AgentStarted():
            return event.agent, "agent"
        case NodeStarted():
            return event.node, "node"
        case _:
            return event.flow, "flow"


def _open(span_id: str, parent_id: str, span: Span, spans: dict[str, Span], roots: list[Span]) -> Span:
    spans[span_id] = span
    parent = spans.get(parent_id)
    (roots if parent is None else parent.children).append(span)
    return span


_ENDED = frozenset({"completed", "failed", "cancelled"})


def _tree(event: TreeChanged, spans: dict[str, Span], roots: list[Span]) -> None:
    span, note = spans.get(event.span), f"task tree {event.tree}"
    if span is None:
        made = Span(event.name, event.at, kind="tree", id=event.span, notes=[note])
        span = _open(event.span, event.parent, made, spans, roots)
    elif span.kind == "tree" and note not in span.notes:
        # Its tasks came before it, and they know neither its name nor what created it.
        span.name = event.name
        span.notes.insert(0, note)
        _move(span, spans.get(event.parent), roots)
    _end(span, event.status, event.at)


def _move(span: Span, parent: Span | None, roots: list[Span]) -> None:
    """Put a span that stood at the top below what began it, unless a broken history has that below the span itself."""
    if parent is None or any(each is parent for each in walk([span])):
        return
    roots[:] = [each for each in roots if each is not span]
    insort(parent.children, span, key=lambda child: child.start)


def _task(event: TaskChanged, spans: dict[str, Span], roots: list[Span], tasks: dict[str, Span]) -> None:
    if event.parent and event.parent not in spans:
        # A tree that was begun by somebody else, or that tells of itself later.
        _open(event.parent, "", Span(event.tree, event.at, kind="tree", id=event.parent), spans, roots)
    span_id = event.span or event.task  # what never had an attempt has no span
    span = spans.get(span_id)
    if span is None:
        if event.status == "pending":
            return
        made = Span(event.name, event.at, kind="task", id=event.span)
        span = _open(span_id, event.parent, made, spans, roots)
        if event.attempt > 1:
            span.notes.append(f"attempt {event.attempt}")
    tasks[event.task] = span
    if event.status == "pending" and span.status is None:
        _end(span, "failed", event.at)  # this attempt; there will be another one
        span.notes.append("will be tried again")
        span.retries += 1
    elif event.status == "input_required":
        span.notes.append("waits for an answer")
    elif event.status == "skipped":
        span.status = "skipped"
    else:
        _end(span, event.status, event.at)
    if event.message and span.status == "failed" and not any(child.error for child in span.children):
        span.error = AgentFailed(event.message)


def _end(span: Span, status: str, at: float) -> None:
    if status in _ENDED:
        span.status, span.took = status, max(0.0, at - span.start)


def _remark(event: Event, spans: dict[str, Span]) -> None:
    span = spans.get(getattr(event, "span", ""))
    if span is None:
        return
    match event:
        case ChunkEmitted(restart=True):
            span.notes.append("its chunks start again")
        case ChunkEmitted():
            span.chunks += 1
        case RetryScheduled():
            span.retries += 1
            span.notes.append(f"tried again after {seconds(event.delay)}")
        case BudgetSpent():
            span.tokens += event.tokens
            span.cost += event.cost
        case JoinFired():
            cut = "" if event.complete else ", cut short"
            note = f"joined {counted(event.size, 'message')}{cut}"
            span.children.append(Span(event.node, event.at, status="completed", notes=[note], kind="join"))
        case LateDropped():
            span.late += 1
        case MessageSent():
            span.sent += 1
        case ToolCalled():
            span.kind = "tool"
        case RemoteStarted():
            span.notes.append(f"called {event.protocol} {event.peer}")
            if event.client:
                spans.setdefault(event.client, span)  # what the other side does stands below the call
        case _:
            _note(event, span)


def _note(event: Event, span: Span) -> None:
    match event:
        case DeadlinePassed():
            span.notes.append("deadline passed")
        case AgentChosen():
            after = f", after {counted(len(event.failed), 'failure')}" if event.failed else ""
            span.notes.append(f"chose {event.chosen}{after}")
        case Intervened():
            span.notes.append(f"{event.by}: {event.what}".replace("_", " "))
        case RemoteEnded(status="completed"):
            span.notes.append(f"{event.sent:,} B sent, {event.received:,} B received")
        case RemoteEnded():
            span.notes.append(f"{event.peer} {event.status} after {seconds(event.seconds)}")
        case _:
            pass
