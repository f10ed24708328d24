"""Hooks: code of the user's that is asked before and after a task, and told about trees."""

from collections.abc import Mapping
from dataclasses import dataclass

from motet.tasks.model import Task, Tree

__all__ = ["Hook", "Skip"]


@dataclass(frozen=True, slots=True)
class Skip:
    """What a hook returns so that a task is not run.

    Args:
        result: What the task gives instead, as JSON data.
        complete: Whether the task counts as completed with that result; otherwise it is skipped, and so are the tasks
            that require it.
    """

    result: object = None
    complete: bool = True


class Hook:
    """Override what you need. Hooks are called in the order in which they were added, also those added later.

    An exception in `before_task`, `after_task`, `tree_creating` or `tree_started` refuses: the task fails with it, or
    the tree is not created, or not started. The others come after the fact; an exception in them is logged.
    """

    async def tree_creating(self, tree: Tree) -> None:
        """Called before a tree is stored, with its tasks; raise to refuse it."""

    async def tree_started(self, tree: Tree) -> None:
        """Called when a manager is about to work on a tree, again after each restart; raise to refuse."""

    async def before_task(self, task: Task, inputs: Mapping[str, object]) -> Mapping[str, object] | Skip | None:
        """Called before each attempt of a task.

        Args:
            task: The task, in progress.
            inputs: What its executor will be given; a copy.

        Returns:
            Other inputs, a `Skip`, or None to leave it as it is.
        """
        return None

    async def after_task(self, task: Task, result: object) -> None:
        """Called when an executor has given a result, before that is stored; raise to fail the task.

        Args:
            task: The task, still in progress.
            result: What its executor gave, as JSON data.
        """

    async def tree_completed(self, tree: Tree) -> None:
        """Called when a tree has completed, and that is on disk."""

    async def tree_failed(self, tree: Tree) -> None:
        """Called when a tree has failed or was cancelled, and that is on disk."""
