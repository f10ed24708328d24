"""Changes of what is stored of a task, and deletion."""

from abc import abstractmethod
from dataclasses import replace
from typing import Any, Final

from motet.tasks.copying import entries_of
from motet.tasks.errors import Conflict
from motet.tasks.model import Task
from motet.tasks.picking import deletable
from motet.tasks.plan import make_plan
from motet.tasks.reading import TaskReader
from motet.tasks.status import Status

__all__ = ["TaskUpdater"]

_FIXED: Final = {"id", "name", "parent", "parent_id", "dependencies"}


class TaskUpdater(TaskReader):
    """Changes what is defined, as long as that has not begun to matter."""

    @abstractmethod
    def _check_open(self) -> None:
        """Raise `NotAvailable` unless the manager is open."""

    async def update(self, task_id: str, **changes: Any) -> Task:
        """Change how a task is defined, before it has started.

        Args:
            task_id: Which task.
            **changes: Fields as in a task array: inputs, executor, priority, retry, timeout, not_before,
                concurrency_key, and fields of your own. None takes a field away. Fields of your own may be changed at
                any time.

        Returns:
            The task as it is now.

        Raises:
            InvalidPlan: A field is not as it should be.
            Conflict: The task has started already.
        """
        self._check_open()
        task = await self.get(task_id)
        fixed = sorted(_FIXED & changes.keys())
        if fixed:
            raise Conflict(
                f"{', '.join(fixed)} cannot be changed in a stored tree: copy the tree with the change instead"
            )
        tree = await self.tree(task.tree_id)
        entries = entries_of(tree)
        index = next(index for index, other in enumerate(tree.tasks) if other.seq == task.seq)
        entry = {**entries[index], **changes}
        entries[index] = {key: value for key, value in entry.items() if value is not None}
        plan = make_plan(entries)
        defined = plan.definitions[index]
        definition = replace(
            defined, seq=task.seq, parent=task.definition.parent, dependencies=task.definition.dependencies
        )
        only_extra = replace(definition, extra=task.extra) == task.definition
        sources = frozenset(Status) if only_extra else frozenset({Status.PENDING})
        for id_, agent in plan.agents.items():
            self._desk.executors.add(agent, id_)
        if not await self._desk.store.update(task.tree_id, definition, sources):
            raise Conflict(
                f"Task {task.name!r} ({task_id}) has started: only fields of your own can still be changed",
                status=(await self.get(task_id)).status,
            )
        self._desk.audience.wake(task.tree_id)
        return await self.get(task_id)

    async def delete(self, id: str) -> None:  # noqa: A002
        """Delete a tree, or a task with everything that belongs to it.

        A tree in progress is not deleted, and neither is a task that others depend on.

        Args:
            id: The id of a tree or a task; that of the root deletes the tree.

        Raises:
            NotFound: There is none of that id.
            Conflict: It cannot be deleted now; the message says why.
        """
        self._check_open()
        store = self._desk.store
        if await store.tree(id, tasks=False) is not None:
            tree_id, seqs = id, None
        else:
            task = await self.get(id)
            tree = await self.tree(task.tree_id)
            tree_id, seqs = tree.id, None if task.seq == tree.root else deletable(tree, task)
        if not await store.delete(tree_id, seqs):
            raise Conflict(f"Tree {tree_id} is in progress: cancel it first, or wait until it has ended")
        self._desk.audience.wake(tree_id)
