"""What people do to trees and tasks: cancel, answer, rerun, copy, update, delete. Each works whoever runs the tree."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from motet.kernel.errors import InvalidPayload
from motet.tasks.changes import Change, Move, Step, TreeMove
from motet.tasks.copying import entries_of
from motet.tasks.desk import Desk
from motet.tasks.errors import Conflict
from motet.tasks.json_schema import mismatch
from motet.tasks.model import Task, Tree
from motet.tasks.outlines import outline_of
from motet.tasks.picking import cancellation, free, places
from motet.tasks.reach import downstream, upstream
from motet.tasks.status import Status
from motet.tasks.telling import Telling
from motet.tasks.updating import TaskUpdater

__all__ = ["TaskEditor"]

TRIES: Final = 50
"""How often a change is tried that others get ahead of: each try reads the tree anew."""

Scope = Literal["full", "minimal", "custom"]


class TaskEditor(TaskUpdater):
    """The changes that a manager makes for people.

    Args:
        desk: Where the store is.
        resumes: Whether trees that can go on are taken up.
    """

    def __init__(self, desk: Desk, *, resumes: bool) -> None:
        super().__init__(desk)
        self._resumes = resumes

    @property
    @abstractmethod
    def _telling(self) -> Telling:
        """Who tells observers and hooks."""

    @abstractmethod
    def _interrupt(self, changes: Iterable[Change]) -> None:
        """End what runs here and was cancelled by changes that are on disk."""

    @abstractmethod
    async def _take_up(self, tree_id: str) -> None:
        """Begin to work on a stored tree, unless it has ended."""

    @abstractmethod
    async def _changed(self, tree_id: str) -> None:
        """Let everybody here know that a tree was changed in the store."""

    @abstractmethod
    async def create(
        self,
        tasks: Sequence[Mapping[str, Any]],
        *,
        name: str | None = None,
        key: str | None = None,
        user: str = "",
        extra: Mapping[str, object] | None = None,
    ) -> Tree:
        """Store a task tree."""

    async def cancel(self, id: str, reason: str = "It was cancelled") -> Tree:  # noqa: A002
        """Cancel a tree, or a task with what belongs to it, whoever works on it; results that there are stay.

        Args:
            id: The id of a tree or a task.
            reason: Why, for whoever reads it later.

        Returns:
            The tree as it is then; one that has ended already is returned as it is.
        """
        self._check_open()
        if await self.store.tree(id, tasks=False) is not None:
            tree_id, seq = id, None
        else:
            task = await self.get(id)
            tree_id, seq = task.tree_id, task.seq
        await self._cancelled(tree_id, seq, reason)
        await self._changed(tree_id)
        tree = await self.tree(tree_id)
        if self._resumes and tree.status is Status.IN_PROGRESS and tree.owner is None:
            await self._take_up(tree_id)  # it waited for a person, and now goes on without
        return tree

    async def answer(self, task_id: str, value: object) -> Task:
        """Answer the question of a task, which goes on from there.

        Args:
            task_id: Which task.
            value: The answer, JSON data that meets the question's schema.

        Returns:
            The task as it is then.

        Raises:
            Conflict: The task asks nothing.
            InvalidPayload: The answer is not what was asked for.
        """
        self._check_open()
        task = await self._answered(task_id, value)
        await self._changed(task.tree_id)
        if self._resumes:
            await self._take_up(task.tree_id)
        return await self.get(task_id)

    async def rerun(self, tree_id: str, tasks: Iterable[str] = (), *, start: bool = True) -> Tree:
        """Run failed tasks again, or those that are named, and everything downstream.

        Args:
            tree_id: A tree that has ended.
            tasks: Names or ids of tasks; those that failed or were cancelled unless given.
            start: Whether to begin at once; otherwise the tree is pending.

        Raises:
            Conflict: The tree has not ended, or there is nothing to run again.
        """
        self._check_open()
        tree = await self._reset(tree_id, tasks)
        self._desk.audience.wake(tree_id)
        if start:
            await self._take_up(tree_id)
        return tree

    async def copy(
        self,
        tree_id: str,
        scope: Scope = "full",
        tasks: Iterable[str] = (),
        *,
        name: str | None = None,
        key: str | None = None,
    ) -> Tree:
        """Make a new tree of a tree's definitions; nothing of what it gave is taken along.

        Args:
            tree_id: The tree.
            scope: "full": all of it; "minimal": the named tasks and everything that they need; "custom": the named
                tasks alone, without their links to others.
            tasks: Names or ids of tasks.
            name: What to call the new tree.
            key: As in `create`.
        """
        original = await self.tree(tree_id)
        entries = await self._copied(tree_id, scope, tasks)
        return await self.create(entries, name=name or original.name, key=key, user=original.user, extra=original.extra)

    async def _cancelled(self, tree_id: str, seq: int | None, reason: str) -> None:
        """Cancel a tree, or a task with what belongs to it, in the store."""
        for _ in range(TRIES):
            tree = await self.tree(tree_id)
            if tree.status.ended:
                return
            changes = cancellation(tree, seq, reason, self._desk.clock.wall())
            if not changes:
                return
            await self._desk.store.apply(changes)
            self._interrupt(changes)
            self._telling.cancelled(tree, changes)
        raise Conflict(f"Tree {tree_id} changes faster than it can be cancelled: try again")

    async def _answered(self, task_id: str, value: object) -> Task:
        """Store the answer to a question."""
        task = await self.get(task_id)
        if task.status is not Status.INPUT_REQUIRED or task.question is None:
            raise Conflict(f"Task {task.name!r} ({task_id}) asks nothing: it is {task.status}", status=task.status)
        problem = mismatch(value, task.question.schema)
        if problem:
            raise InvalidPayload(f"That is no answer to {task.question.text!r}: {problem}")
        now = self._desk.clock.wall()
        move = Move(
            task.tree_id,
            task.seq,
            Status.INPUT_REQUIRED,
            Status.PENDING,
            now,
            attempt=task.attempt,
            steps=(Step(task.question.key, value),),
        )
        # Refused where the tree goes on meanwhile with other tasks: then whoever drives it sees the answer.
        wake = TreeMove(task.tree_id, Status.INPUT_REQUIRED, Status.IN_PROGRESS, now, after=(move,))
        await self._desk.store.apply((move, wake))
        if not move.applied:
            raise Conflict(f"Task {task.name!r} ({task_id}) was answered or cancelled by somebody else meanwhile")
        return task

    async def _reset(self, tree_id: str, names: Iterable[str]) -> Tree:
        """Make failed or named tasks, and everything downstream, pending again."""
        tree = await self.tree(tree_id)
        if not tree.status.ended:
            raise Conflict(
                f"Tree {tree_id} is {tree.status}: cancel it, or wait until it has ended", status=tree.status
            )
        outlines = [outline_of(task) for task in tree.tasks]
        chosen = places(tree, names) or {
            task.seq for task in tree.tasks if task.status in {Status.FAILED, Status.CANCELLED}
        }
        if not chosen:
            raise Conflict(f"Nothing of tree {tree_id} has failed: name the tasks to run again, or copy the tree")
        now = self._desk.clock.wall()
        again = downstream(outlines, chosen)
        changes: list[Change] = [
            Move(tree_id, task.seq, task.status, Status.PENDING, now, attempt=task.attempt, reset=True)
            for task in tree.tasks
            if task.seq in again and task.status.ended
        ]
        changes.append(TreeMove(tree_id, tree.status, Status.PENDING, now))
        await self._desk.store.apply(changes)
        if not all(change.applied for change in changes):
            raise Conflict(f"Tree {tree_id} was changed by somebody else meanwhile: look at it, and try again")
        return await self.tree(tree_id)

    async def _copied(self, tree_id: str, scope: Scope, names: Iterable[str]) -> list[dict[str, Any]]:
        """Return the array for a copy of a tree, or of a part of it."""
        tree = await self.tree(tree_id)
        chosen = places(tree, names)
        if scope == "full":
            if chosen:
                raise InvalidPayload("A full copy takes no names of tasks: use scope='minimal' or scope='custom'")
            return entries_of(tree)
        if not chosen:
            raise InvalidPayload(f"A {scope} copy needs the names of the tasks to copy")
        taken = upstream([outline_of(task) for task in tree.tasks], chosen) if scope == "minimal" else chosen
        entries = entries_of(tree, taken)
        tops = [entry for entry in entries if "parent" not in entry]
        if len(tops) > 1:
            # What held them together is left out: a group does.
            name = free(tree.name, {entry["id"] for entry in entries})
            for entry in tops:
                entry["parent"] = name
            entries.insert(0, {"id": name, "name": name})
        return entries
