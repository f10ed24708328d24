"""Spans of durable tasks: one of each attempt, and one of each tree when it has ended."""

import time
from collections.abc import Callable
from typing import Any, Final

from motet.kernel.event import Event
from motet.kernel.events import TaskChanged, TaskChunk, TreeChanged
from motet.observability.metadata import Value
from motet.observability.otel_open import OpenSpans, finish
from motet.observability.shelf import Shelf

__all__ = ["TaskSpans"]

UNDER_WAY: Final = "in_progress"


class TaskSpans:
    """Makes a span of every attempt and of every tree.

    Args:
        spans: Where open spans are.
        size: How many trees are remembered until they end.
    """

    def __init__(self, spans: OpenSpans, size: int) -> None:
        self._spans = spans
        self._trees: Shelf[int] = Shelf(size)
        self.handlers: dict[type[Event], Callable[[Any], None]] = {
            TaskChanged: self._task_changed,
            TreeChanged: self._tree_changed,
            TaskChunk: self._task_chunk,
        }

    def _task_changed(self, event: TaskChanged) -> None:
        if not event.span:
            return
        status = str(event.status)
        if status != UNDER_WAY:
            # An attempt after which the task waits for another one has failed.
            self._spans.end(event.span, "failed" if status == "pending" else status, "")
        elif self._spans.get(event.span) is None:
            if event.parent and self._trees.get(event.parent) is None:
                self._trees.put(event.parent, time.time_ns())
            attributes: dict[str, Value] = {
                "motet.task.id": event.task,
                "motet.task.name": event.name,
                "motet.tree.id": event.tree,
                "motet.attempt": event.attempt,
            }
            self._spans.begin(
                event.trace,
                event.span,
                event.parent,
                f"task {event.name}",
                attributes,
                told=True,
                sampled=event.sampled,
            )

    def _tree_changed(self, event: TreeChanged) -> None:
        """Make the span of a tree when it ends, which may be in another process than where it began: so it is one."""
        status = str(event.status)
        if not event.ended or not event.span:
            return
        begun = self._trees.take(event.span)
        attributes = {"motet.tree.id": event.tree, "motet.tree.name": event.name}
        name = f"tree {event.name}"
        span = self._spans.start(
            event.trace, event.span, event.parent, name, attributes, at=begun, told=True, sampled=event.sampled
        )
        finish(span, status, "")

    def _task_chunk(self, event: TaskChunk) -> None:
        """Leave chunks of tasks be: they are those of a call below, which counts them."""
