"""Trees for tests that look at them: made of plain values, without a store."""

from collections.abc import Sequence
from typing import Any

from motet.tasks.definition import Definition, Dependency
from motet.tasks.model import Task, Tree
from motet.tasks.status import Status

__all__ = ["ID", "make_large", "make_task", "make_tree"]

ID = "1f0c5ab29e7d4413"


def make_task(
    seq: int,
    name: str,
    status: str = "pending",
    *,
    parent: int | None = 1,
    executor: str | None = "job",
    needs: Sequence[tuple[int, str]] = (),
    defined: dict[str, Any] | None = None,
    **fields: Any,
) -> Task:
    """Make a task of a tree; the first one is the root."""
    definition = Definition(
        seq,
        name,
        executor,
        parent=None if seq == 1 else parent,
        dependencies=tuple(Dependency(other, called) for other, called in needs),
        **(defined or {}),
    )
    return Task(ID, definition, Status(status), **fields)


def make_tree(tasks: Sequence[Task], status: str = "in_progress", **fields: Any) -> Tree:
    """Make a tree of its tasks."""
    options: dict[str, Any] = {"name": tasks[0].name, "started_at": 1000.0, "created_at": 999.0, **fields}
    return Tree(ID, total=len(tasks), status=Status(status), tasks=tuple(tasks), **options)


def make_large(special: dict[int, str]) -> Tree:
    """Make a tree of ten groups of 99 tasks each, completed but for those that are named by their place."""
    tasks = [make_task(1, "all", executor=None)]
    for group in range(10):
        tasks.append(make_task(len(tasks) + 1, f"group {group}", executor=None))
        parent = len(tasks)
        for _ in range(99):
            seq = len(tasks) + 1
            tasks.append(make_task(seq, f"item {seq}", special.get(seq, "completed"), parent=parent))
    return make_tree(tasks)
