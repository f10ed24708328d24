"""What is kept in memory of every task of a tree that is worked on."""

from typing import NamedTuple

from motet.tasks.definition import NORMAL, Definition
from motet.tasks.model import Task
from motet.tasks.status import Status

__all__ = ["Outline", "outline_of", "outline_of_new"]


class Outline(NamedTuple):
    """What has to be known of every task of a tree while it is worked on; the rest stays in the store.

    Args:
        seq: Its place in the tree.
        executor: The id of its executor; None for a group.
        parent: The place of the task that it belongs to.
        dependencies: The places of the tasks that it waits for, and whether each has to complete.
        status: Where it stands.
        priority: 0 urgent to 3 low.
        key: Its concurrency key.
        wake_at: The wall-clock time before which it does not start.
        owner: Who runs it.
        attempt: How many attempts were begun.
        name: What people and other tasks call it.
    """

    seq: int
    executor: str | None
    parent: int | None
    dependencies: tuple[tuple[int, bool], ...]
    status: Status = Status.PENDING
    priority: int = NORMAL
    key: str | None = None
    wake_at: float | None = None
    owner: str | None = None
    attempt: int = 0
    name: str = ""

    @property
    def group(self) -> bool:
        """Whether it is done when its children are."""
        return self.executor is None


def outline_of(task: Task) -> Outline:
    """Return the outline of a task as it stands."""
    defined = task.definition
    return Outline(
        defined.seq,
        defined.executor,
        defined.parent,
        tuple((dependency.seq, dependency.required) for dependency in defined.dependencies),
        task.status,
        defined.priority,
        defined.concurrency_key,
        task.wake_at,
        task.owner,
        task.attempt,
        defined.name,
    )


def outline_of_new(defined: Definition) -> Outline:
    """Return the outline of a task that was just created."""
    return outline_of(Task("", defined, wake_at=defined.not_before))
