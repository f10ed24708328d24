"""What happens while work runs: one closed set of frozen events. `observers` tells who is told of them."""

from motet.kernel.call_events import (
    AgentChosen,
    AgentEnded,
    AgentStarted,
    BudgetSpent,
    ChunkEmitted,
    DeadlinePassed,
    Intervened,
    RemoteEnded,
    RemoteStarted,
    RetryScheduled,
    ToolCalled,
)
from motet.kernel.event import Event, Status
from motet.kernel.flow_events import (
    JoinFired,
    LateDropped,
    MessageSent,
    NodeEnded,
    NodeStarted,
    RunCancelled,
    RunEnded,
    RunStarted,
)
from motet.kernel.task_events import (
    TaskChanged,
    TaskChunk,
    TreeChanged,
)

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
    "MessageSent",
    "NodeEnded",
    "NodeStarted",
    "RemoteEnded",
    "RemoteStarted",
    "RetryScheduled",
    "RunCancelled",
    "RunEnded",
    "RunStarted",
    "Status",
    "TaskChanged",
    "TaskChunk",
    "ToolCalled",
    "TreeChanged",
]
