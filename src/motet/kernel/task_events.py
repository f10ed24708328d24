"""What happens to durable tasks and their trees."""

from dataclasses import dataclass

from motet.kernel.event import Event
from motet.kernel.message import Chunk

__all__ = [
    "TaskChanged",
    "TaskChunk",
    "TreeChanged",
]


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
        span: The span of its latest attempt, the same in every process: what the executor does stands below it. Empty
            before the first one.
        parent: The span of its tree.
        sampled: Whether those who trace by other means record the call that created the tree; None where nobody has
            decided.
    """

    tree: str
    task: str
    name: str
    status: str
    attempt: int
    progress: float
    message: str = ""
    span: str = ""
    parent: str = ""
    sampled: bool | None = None


@dataclass(frozen=True, slots=True)
class TreeChanged(Event):
    """A task tree has changed its status, or got on.

    Args:
        tree: Its id.
        name: Its name.
        status: Where it stands now.
        progress: From 0 to 1.
        span: The span of the tree, the same in every process.
        parent: The span of the call that created it; empty where it was created at the top.
        sampled: Whether those who trace by other means record that call; None where nobody has decided.
    """

    tree: str
    name: str
    status: str
    progress: float
    span: str = ""
    parent: str = ""
    sampled: bool | None = None

    @property
    def ended(self) -> bool:
        """Whether the tree has ended: it is rerun at most."""
        return self.status in {"completed", "failed", "cancelled"}


@dataclass(frozen=True, slots=True)
class TaskChunk(Event):
    """The executor of a task emitted a chunk."""

    tree: str
    task: str
    name: str
    chunk: Chunk
