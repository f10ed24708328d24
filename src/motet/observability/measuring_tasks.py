"""What is measured of durable tasks, whose events say where they stand and not how long that took."""

from collections.abc import Mapping
from typing import Final

from motet.kernel.events import TaskChanged, TaskChunk, TreeChanged
from motet.observability.desk import Book
from motet.observability.shelf import Shelf

__all__ = ["TaskMeasures"]

UNDER_WAY: Final = "in_progress"
MOST: Final = 10_000
"""How many attempts and trees are remembered until they end; of what gives way, no duration is told."""


class TaskMeasures:
    """Tells changes from news of progress, and takes the time.

    Args:
        books: The books of all instruments, by name.
    """

    def __init__(self, books: Mapping[str, Book]) -> None:
        self._changes = books["task.changes"].tell
        self._attempt = books["task.attempt.duration"].tell
        self._tree_changes = books["tree.changes"].tell
        self._tree = books["tree.duration"].tell
        self._chunks = books["task.chunks"].tell
        self._attempts: Shelf[float] = Shelf(MOST)
        self._trees: Shelf[float] = Shelf(MOST)

    def task(self, event: TaskChanged) -> None:
        """Count a change of status; an attempt that is under way and was so before only tells of its progress."""
        status = str(event.status)
        if status == UNDER_WAY:
            if self._attempts.get(event.span) is not None:
                return
            self._attempts.put(event.span, event.at)
            if event.parent and self._trees.get(event.parent) is None:
                self._trees.put(event.parent, event.at)
        elif event.span:
            begun = self._attempts.take(event.span)
            if begun is not None:
                self._attempt((status,), max(0.0, event.at - begun))
        self._changes((status,), 1)

    def tree(self, event: TreeChanged) -> None:
        """Count a change of status, and at the end the time since the first task of it was begun here."""
        status = str(event.status)
        if event.ended:
            begun = self._trees.take(event.span)
            if begun is not None:
                self._tree((status,), max(0.0, event.at - begun))
        self._tree_changes((status,), 1)

    def chunk(self, event: TaskChunk) -> None:
        """Count a chunk."""
        self._chunks((), 1)
