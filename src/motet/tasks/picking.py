"""Which tasks of a tree a change is about, and what becomes of them: pure."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from motet.kernel.error_payload import to_payload
from motet.kernel.errors import Cancelled, NotFound
from motet.tasks.changes import Change, Move, TreeMove
from motet.tasks.errors import Conflict
from motet.tasks.model import Task, Tree
from motet.tasks.outlines import outline_of
from motet.tasks.reach import belonging
from motet.tasks.status import TREE_TRANSITIONS, Status
from motet.tasks.tree import Progression

__all__ = ["cancellation", "deletable", "free", "places"]


def cancellation(tree: Tree, seq: int | None, reason: str, now: float) -> Sequence[Change]:
    """Return the changes that cancel what is still open, and what ends with it."""
    outlines = [outline_of(task) for task in tree.tasks]
    chosen = {task.seq for task in tree.tasks} if seq is None else belonging(outlines, (seq,))
    error = to_payload(Cancelled(reason))
    why = to_payload(Cancelled(f"A task that it needs was cancelled: {reason}"))
    changes: list[Change] = []
    progression = Progression(outlines)
    follows = progression.first().ended
    for task in tree.tasks:
        if task.seq not in chosen or task.status.ended:
            continue
        running = task.status is Status.IN_PROGRESS
        changes.append(
            Move(
                tree.id,
                task.seq,
                task.status,
                Status.CANCELLED,
                now,
                task.owner if running else None,
                task.attempt if running else None,
                error=error,
                started_at=task.started_at if running else None,
            )
        )
        follows += progression.end(task.seq, Status.CANCELLED).ended
    # Groups and dependants that end with them are told in the same commit.
    changes += [
        Move(tree.id, ended.seq, Status.PENDING, ended.status, now, error=why if ended.status in _WORSE else None)
        for ended in follows
        if ended.seq not in chosen
    ]
    outcome = Status.CANCELLED if changes and seq is None else progression.outcome
    moves = tuple(change for change in changes if isinstance(change, Move))
    # Also where nothing is left to cancel: nobody may work on the tree who would end it, or go on with it.
    if outcome in TREE_TRANSITIONS[tree.status] and outcome.ended:
        changes.append(TreeMove(tree.id, tree.status, outcome, now, after=moves))
    elif tree.status is Status.INPUT_REQUIRED and any(progression.is_ready(task.seq) for task in tree.tasks):
        changes.append(TreeMove(tree.id, tree.status, Status.IN_PROGRESS, now, after=moves))
    return changes


_WORSE: Final = frozenset({Status.CANCELLED, Status.SKIPPED, Status.FAILED})


def deletable(tree: Tree, task: Task) -> set[int]:
    """Return what is deleted with a task.

    Raises:
        Conflict: Another task depends on it.
    """
    chosen = belonging([outline_of(other) for other in tree.tasks], (task.seq,))
    for other in tree.tasks:
        needed = {dependency.seq for dependency in other.definition.dependencies}
        if other.seq not in chosen and needed & chosen:
            raise Conflict(f"Task {other.name!r} depends on what would be deleted: delete that one first")
    return chosen


def places(tree: Tree, names: Iterable[str]) -> set[int]:
    """Find tasks by name or id.

    Raises:
        NotFound: There is none of a name.
    """
    by_name: dict[str, list[int]] = {}
    for task in tree.tasks:
        by_name.setdefault(task.name, []).append(task.seq)
        by_name.setdefault(task.id, []).append(task.seq)
    found: set[int] = set()
    for name in names:
        if name not in by_name:
            known = ", ".join(sorted({task.name for task in tree.tasks})[:20])
            raise NotFound(f"Tree {tree.id} has no task {name!r}: it has {known}", name=name)
        found.update(by_name[name])
    return found


def free(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken."""
    while name in taken:
        name += " copy"
    return name
