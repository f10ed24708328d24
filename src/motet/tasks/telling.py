"""What a scheduler tells observers and hooks: each change once it is on disk."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from motet.kernel.events import TaskChanged
from motet.tasks.changes import Change, Move, TreeMove
from motet.tasks.desk import Desk
from motet.tasks.model import Task, Tree, task_id_of
from motet.tasks.spans import attempt_span, tree_span
from motet.tasks.status import Status
from motet.tasks.watching import task_changed, tree_changed
from motet.tasks.work import Work

__all__ = ["Telling"]

logger = logging.getLogger(__name__)


class Telling:
    """Tells; with no observer and no hooks nothing is built.

    Args:
        desk: Where observer, hooks and clock are.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def task(self, work: Work, task: Task) -> None:
        """Tell that a task was claimed, and starts."""
        if self._desk.observer is not None:
            self._desk.observer(task_changed(task, work.tree, self._desk.clock))

    def move(self, work: Work, move: Move) -> None:
        """Tell that a task has gone on."""
        if self._desk.observer is not None and move.applied:
            self._move(work.tree, move, work.name_of(move.seq), work.attempt_of(move.seq))

    def tree(self, work: Work, move: TreeMove) -> Tree:
        """Tell that a tree has gone on; return it as it is now."""
        return self._tree(work.tree, move, len(work.progression.status) - 1, work.progression.open)

    def cancelled(self, tree: Tree, changes: Iterable[Change]) -> None:
        """Tell what a cancellation has changed.

        Args:
            tree: The tree with its tasks, as it was before.
            changes: What was to change.
        """
        tasks = {task.seq: task for task in tree.tasks}
        ended = {seq for seq, task in tasks.items() if task.status.ended}
        for change in changes:
            if change.applied and isinstance(change, Move):
                ended.add(change.seq)
                if self._desk.observer is not None:
                    self._move(tree, change, tasks[change.seq].name, tasks[change.seq].attempt)
            elif change.applied and isinstance(change, TreeMove):
                self._tree(tree, change, len(tasks), len(tasks) - len(ended))

    def _move(self, tree: Tree, move: Move, name: str, attempt: int) -> None:
        if self._desk.observer is None:
            return
        self._desk.observer(
            TaskChanged(
                tree.trace,
                self._desk.clock.now(),
                tree.id,
                task_id_of(tree.id, move.seq),
                name,
                move.target,
                attempt,
                1.0 if move.target.ended else 0.0,
                move.error["message"] if move.error is not None else "",
                attempt_span(tree, move.seq, attempt),
                tree_span(tree.id),
                tree.sampled,
            )
        )

    def _tree(self, before: Tree, move: TreeMove, size: int, still: int) -> Tree:
        desk = self._desk
        tree = replace(before, status=move.target, owner=move.owner, ended_at=move.at if move.target.ended else None)
        if desk.observer is not None:
            desk.observer(tree_changed(tree, (size - still) / size, desk.clock))
        if move.target.ended and desk.hooks:
            desk.spawn(self._ended(tree.id, move.target))
        return tree

    async def _ended(self, tree_id: str, status: Status) -> None:
        tree = await self._desk.store.tree(tree_id)
        if tree is None:
            return  # deleted meanwhile
        for hook in tuple(self._desk.hooks):
            try:
                await (hook.tree_completed if status is Status.COMPLETED else hook.tree_failed)(tree)
            except Exception:
                logger.exception("Hook %r failed on the end of tree %s", hook, tree_id)
