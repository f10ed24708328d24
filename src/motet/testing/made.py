"""Trees, tasks and changes for contract suites, short to write."""

from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from motet.kernel.clock import SYSTEM_CLOCK
from motet.tasks.changes import Change, Claim, Move
from motet.tasks.definition import Definition
from motet.tasks.model import Task, Tree
from motet.tasks.ports import TaskStore
from motet.tasks.status import Status

__all__ = ["apply", "claim", "complete", "defined", "give_back", "new_id", "new_tree", "refused", "stored", "task_of"]

Raised = TypeVar("Raised", bound=BaseException)

NOW = 1_700_000_000.25


def new_id() -> str:
    """Return an id that no tree has."""
    return SYSTEM_CLOCK.hex_id(8)


def new_tree(tree_id: str | None = None, **fields: Any) -> Tree:
    """Make a tree that is to be stored."""
    fields.setdefault("created_at", NOW)
    fields.setdefault("trace", SYSTEM_CLOCK.hex_id(16))
    return Tree(tree_id or new_id(), fields.pop("name", "tree"), **fields)


def defined(count: int, **fields: Any) -> list[Definition]:
    """Define a root and its children."""
    executor = fields.pop("executor", "work")
    return [
        Definition(seq, f"task {seq}", executor, {"n": seq}, None if seq == 1 else 1, **fields)
        for seq in range(1, count + 1)
    ]


async def stored(store: TaskStore, count: int = 3, **fields: Any) -> str:
    """Store a tree with some tasks; return its id."""
    return await store.create(new_tree(**fields), defined(count))


async def apply(store: TaskStore, *changes: Change) -> Sequence[bool | None]:
    """Apply changes in one call; return which were applied."""
    await store.apply(changes)
    return [change.applied for change in changes]


def claim(tree_id: str, seq: int = 1, owner: str = "me", **fields: Any) -> Claim:
    """Make a claim."""
    return Claim(tree_id, seq, owner, fields.pop("at", NOW + 1), **fields)


def complete(tree_id: str, seq: int = 1, result: object = "done", owner: str | None = "me", **fields: Any) -> Move:
    """Make the move of a running task to its end."""
    fields.setdefault("attempt", 1)
    at = fields.pop("at", NOW + 2)
    return Move(tree_id, seq, Status.IN_PROGRESS, Status.COMPLETED, at, owner, result=result, **fields)


def give_back(tree_id: str, seq: int = 1, owner: str | None = "me", **fields: Any) -> Move:
    """Make the move of a running task back to where it waits."""
    at = fields.pop("at", NOW + 2)
    return Move(tree_id, seq, Status.IN_PROGRESS, Status.PENDING, at, owner, **fields)


async def task_of(store: TaskStore, tree_id: str, seq: int = 1) -> Task:
    """Return a task that is there."""
    task = await store.task(tree_id, seq)
    assert task is not None
    return task


async def refused(work: Awaitable[object], error: type[Raised]) -> Raised:
    """Return the error that something has to end with."""
    try:
        await work
    except error as raised:
        return raised
    raise AssertionError(f"It was taken, and should have been refused with {error.__name__}")
