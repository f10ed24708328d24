"""What a manager tells about trees and tasks, as they stand in the store."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from motet.kernel.errors import InvalidPayload, NotFound
from motet.kernel.events import Event
from motet.tasks.desk import Desk
from motet.tasks.model import Attempt, Task, Tree, split_task_id
from motet.tasks.ports import Filter, Page, TaskStore
from motet.tasks.status import Status
from motet.tasks.watching import watch

__all__ = ["TaskReader", "no_tree"]


class TaskReader:
    """The questions that a manager answers.

    Args:
        desk: Where the store is.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @property
    def store(self) -> TaskStore:
        """Where the trees are kept."""
        return self._desk.store

    async def tree(self, tree_id: str, *, tasks: bool = True) -> Tree:
        """Return a tree.

        Args:
            tree_id: Which one.
            tasks: Whether to return it with its tasks.

        Raises:
            NotFound: There is none of that id.
        """
        tree = await self._desk.store.tree(tree_id, tasks=tasks)
        if tree is None:
            raise no_tree(tree_id)
        return tree

    async def get(self, task_id: str) -> Task:
        """Return a task.

        Raises:
            NotFound: There is none of that id.
        """
        place = _place_of(task_id)
        task = await self._desk.store.task(*place) if place is not None else None
        if task is None:
            raise NotFound(
                f"There is no task {task_id!r}: `motet tasks tree TREE` shows the ids of a tree's tasks", id=task_id
            )
        return task

    async def children(self, task_id: str) -> Sequence[Task]:
        """Return the tasks that belong to a task, in the order of creation."""
        task = await self.get(task_id)
        tree = await self.tree(task.tree_id)
        return [child for child in tree.tasks if child.definition.parent == task.seq]

    async def attempts(self, task_id: str) -> Sequence[Attempt]:
        """Return the attempts of a task that are over: when, by whom, with what inputs, and how they ended."""
        task = await self.get(task_id)
        return await self._desk.store.attempts(task.tree_id, task.seq)

    async def list(self, which: Filter | None = None, *, limit: int = 50, cursor: str | None = None) -> Page:
        """List tasks, those of the newest trees first.

        Args:
            which: Which of them; all unless given.
            limit: How many at most, from 1.
            cursor: The `cursor` of the page before.
        """
        _check_limit(limit)
        return await self._desk.store.list_tasks(which or Filter(), limit, cursor)

    async def trees(self, which: Filter | None = None, *, limit: int = 50, cursor: str | None = None) -> Page:
        """List trees without their tasks, the newest first; see `list`."""
        _check_limit(limit)
        return await self._desk.store.list_trees(which or Filter(), limit, cursor)

    async def find(self, text: str) -> str:
        """Return the id of the one tree whose id begins with a text, or whose key it is.

        Raises:
            NotFound: There is none, or more than one.
        """
        found = [text] if await self._desk.store.tree(text, tasks=False) else await self._desk.store.find(text)
        if len(found) == 1:
            return found[0]
        if found:
            raise NotFound(f"{text!r} could be any of {', '.join(found)}: write more of it", id=text)
        raise no_tree(text)

    async def counts(self, tree_id: str | None = None) -> Mapping[Status, int]:
        """Count the tasks in each status, of one tree or of all."""
        found = await self._desk.store.counts(tree_id)
        return {status: found.get(status, 0) for status in Status}

    async def watch(self, tree_id: str, *, chunks: bool = True) -> AsyncGenerator[Event]:
        """Yield what happens in a tree, until it has ended or waits for a person.

        First every task is told as it stands, then each change. What changes faster than it is read is told once, as
        it stands then. The last event is a `TreeChanged` that says how the tree ended.

        Args:
            tree_id: Which tree; it may be worked on by another process.
            chunks: Whether to yield the chunks of executors that run in this process.

        Yields:
            `TaskChanged`, `TreeChanged` and `TaskChunk`.

        Raises:
            NotFound: There is no such tree.
            Cancelled: The manager was closed before the tree had ended.
        """
        desk = self._desk
        if await desk.store.tree(tree_id, tasks=False) is None:
            raise no_tree(tree_id)
        async with aclosing(watch(desk.store, desk.audience, desk.clock, tree_id, chunks=chunks)) as events:
            async for event in events:
                yield event


def no_tree(tree_id: str) -> NotFound:
    """Make the error that says that there is no such tree."""
    return NotFound(f"There is no task tree {tree_id!r}: `motet tasks list` shows those there are", id=tree_id)


def _place_of(task_id: str) -> tuple[str, int] | None:
    try:
        return split_task_id(task_id)
    except ValueError:
        return None


def _check_limit(limit: int) -> None:
    if limit < 1:
        raise InvalidPayload(f"limit={limit}: a page holds at least 1 entry")
