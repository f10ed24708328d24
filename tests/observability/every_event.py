"""One event of every kind there is, made by hand."""

from motet.kernel import events
from motet.kernel.event import Event
from motet.kernel.message import Chunk

TRACE, SPAN, PARENT = "a" * 32, "b" * 16, "c" * 16
ERROR = ConnectionError("the secret is hush")


def every_event(trace: str = TRACE, span: str = SPAN, parent: str = PARENT) -> list[Event]:
    """Make one event of each kind, in an order in which they may come; those of calls all speak of one span."""
    return [
        events.AgentStarted(trace, 1.0, span, parent, "ann", {"payload": "hush"}),
        events.AgentChosen(trace, 1.0, span, "ann", "bob", (ERROR,)),
        events.Intervened(trace, 1.0, span, "ann", "cache", "hit", "hush"),
        events.ChunkEmitted(trace, 1.0, span, "ann", 1, False, "hush"),
        events.ChunkEmitted(trace, 1.0, span, "ann", 2, True),
        events.RetryScheduled(trace, 1.0, span, "ann", 1, 0.5, ERROR),
        events.DeadlinePassed(trace, 1.0, span, "ann"),
        events.BudgetSpent(trace, 1.0, span, "ann", 17, 0.25, "m", "p", 10, 5),
        events.ToolCalled(trace, 1.0, span, "ann", "hush"),
        events.RemoteStarted(trace, 1.0, span, "ann", "http", "example.org:80"),
        events.RemoteEnded(
            trace, 1.5, span, "ann", "http", "example.org:80", "cancelled", 0.5, 7, 9, ERROR, cancelling=0.1
        ),
        events.AgentEnded(trace, 2.0, span, "ann", "failed", 1.0, ERROR, "hush"),
        events.RunStarted(trace, 1.0, "1" * 16, parent, "flow", "hush"),
        events.NodeStarted(trace, 1.0, "2" * 16, "1" * 16, "flow", "node", 1, "hush"),
        events.MessageSent(trace, 1.0, "2" * 16, "flow", "node", "", "hush"),
        events.JoinFired(trace, 1.0, "1" * 16, "flow", "join", 3, False),
        events.LateDropped(trace, 1.0, "1" * 16, "flow", "join"),
        events.NodeEnded(trace, 1.0, "2" * 16, "flow", "node", "completed", 0.5, None, "hush"),
        events.RunCancelled(trace, 1.0, "1" * 16, "flow"),
        events.RunEnded(trace, 1.0, "1" * 16, "flow", "cancelled", 0.5),
        events.TaskChanged(trace, 1.0, "tree", "tree-1", "task", "in_progress", 1, 0.0, "", "3" * 16, "4" * 16),
        events.TaskChanged(trace, 1.5, "tree", "tree-1", "task", "in_progress", 1, 0.5, "hush", "3" * 16, "4" * 16),
        events.TaskChunk(trace, 2.0, "tree", "tree-1", "task", Chunk("hush", 1, ("task",), None)),
        events.TaskChanged(trace, 3.0, "tree", "tree-1", "task", "failed", 1, 1.0, "hush", "3" * 16, "4" * 16),
        events.TreeChanged(trace, 4.0, "tree", "tree", "failed", 1.0, "4" * 16, parent),
    ]


KINDS = {getattr(events, name) for name in events.__all__ if name not in {"Event", "Status"}}
