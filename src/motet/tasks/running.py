"""The handle of a tree that a manager works on."""

from collections.abc import Generator
from typing import Any, Protocol

from motet.tasks.model import Tree

__all__ = ["TreeRun"]


class Runner(Protocol):
    """What works on trees."""

    async def wait(self, tree_id: str, *, tasks: bool = True) -> Tree:
        """Return a tree when it has ended, or waits for a person."""

    async def cancel(self, id: str) -> Tree:  # noqa: A002
        """Cancel a tree."""


class TreeRun:
    """A tree that was submitted; awaiting it waits until it has ended, or waits for a person.

    Args:
        manager: The manager that works on it.
        tree_id: The tree's id.
    """

    def __init__(self, manager: Runner, tree_id: str) -> None:
        self.id = tree_id
        self._manager = manager

    def __repr__(self) -> str:
        return f"<TreeRun {self.id}>"

    def __await__(self) -> Generator[Any, Any, Tree]:
        return self.wait().__await__()

    async def wait(self, *, tasks: bool = True) -> Tree:
        """Return the tree when it has ended or waits for a person; cancelling the wait leaves the tree alone.

        Args:
            tasks: Whether to return it with its tasks: those of a large tree take memory.
        """
        return await self._manager.wait(self.id, tasks=tasks)

    async def cancel(self) -> Tree:
        """Cancel the tree; return it as it is then."""
        return await self._manager.cancel(self.id)
