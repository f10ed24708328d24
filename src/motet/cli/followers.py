"""Who follows a task tree while it is worked on: lines for logs, a live view, JSON lines, or nobody."""

import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from motet.cli.failures import one_line
from motet.cli.live_tree import LiveTree
from motet.cli.output import Output
from motet.cli.show import Show
from motet.cli.tasks_documents import event_document
from motet.cli.tree_state import TreeState
from motet.kernel.events import Event, TaskChanged, TaskChunk
from motet.tasks.model import Tree
from motet.tasks.status import Status

__all__ = ["Chunks", "EventLines", "Follower", "Live", "Plain"]


class Follower:
    """Is told of everything that happens in a tree; this one shows nothing of it.

    Attributes:
        chunks: Whether the chunks of executors are wanted.
    """

    chunks = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind."""

    def begin(self, tree: Tree) -> None:
        """Take note of the tree, as it stands at first."""

    def tell(self, event: Event) -> None:
        """Take note of what happens."""


class Chunks(Follower):
    """Shows the chunks of the executor of a tree of one task.

    Args:
        show: Where they go.
    """

    chunks = True

    def __init__(self, show: Show) -> None:
        self._show = show

    def tell(self, event: Event) -> None:
        """Show a chunk."""
        if isinstance(event, TaskChunk):
            self._show.chunk(event.chunk)


class EventLines(Follower):
    """Writes each event as a JSON document in a line of standard output.

    Args:
        out: Standard output.
    """

    chunks = True

    def __init__(self, out: Output) -> None:
        self._out = out

    def tell(self, event: Event) -> None:
        """Write the event."""
        self._out.document(event_document(event))


class Plain(Follower):
    """Writes each change of a status in a line of standard error."""

    def begin(self, tree: Tree) -> None:
        """Name the tree."""
        self._state = TreeState(tree)
        print(f"{tree.name} ({tree.id}): {tree.status}", file=sys.stderr, flush=True)

    def tell(self, event: Event) -> None:
        """Write a line where the status has changed."""
        status = self._state.tell(event, time.time())
        if status is None:
            return
        if isinstance(event, TaskChanged):
            # Why it ended as it did, or why there is another attempt: what an executor says of its progress is no news.
            why = event.message if status not in {Status.COMPLETED, Status.IN_PROGRESS} else ""
            name, told = self._state.label(event.task), f": {one_line(why)}" if why else ""
        else:
            name, told = f"{self._state.name} ({self._state.id})", ""
        print(f"{name}: {status}{told}", file=sys.stderr, flush=True)


class Live(Follower):
    """Keeps the live view of a terminal up to date."""

    def __init__(self) -> None:
        self._view = ExitStack()
        self._state: TreeState | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the view away."""
        self._view.close()

    def begin(self, tree: Tree) -> None:
        """Begin to show the tree."""
        self._state = TreeState(tree)
        self._view.enter_context(LiveTree(self._state))

    def tell(self, event: Event) -> None:
        """Let the view show it."""
        if self._state is not None:
            self._state.tell(event, time.time())
